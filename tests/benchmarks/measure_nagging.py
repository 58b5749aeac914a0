"""No nagging: an hour of daily life in desk mode, and what was cued of lifting.

Walking, sitting down, tying shoes, reaching, picking things up: the desk day of three
people, an hour each, no set begun. Every lift is recorded; none is to be cued.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import MutableMapping
from typing import Any

from hiphinge import simulate
from hiphinge.apps.on_air import calibration
from hiphinge.monitor import Monitor, Params
from tests.benchmarks import played

LIMITS = {"hours": (3.0, None), "rounded_cues": (0, 0), "good_cues": (0, 0)}
SMALL_LIMITS = {"rounded_cues": (0, 0), "good_cues": (0, 0)}
HOURS = {"small": (0.1,), "full": (1.0, 1.0, 1.0)}


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """What was told, by kind, and what was only recorded."""
    keys = [f"desk-day {seed} {hours}" for seed, hours in enumerate(HOURS[size])]
    days = list(played.parts(progress, keys, one))
    cues = Counter(kind for day in days for kind in day["cues"])
    return {
        "hours": sum(HOURS[size]),
        "rounded_cues": cues["rounded_back"],
        "good_cues": cues["good"],
        "cues": dict(cues),
        "rounded_recorded": sum(day["rounded"] for day in days),
        "repetitions_recorded": sum(day["reps"] for day in days),
    }


def one(key: str) -> dict[str, Any]:
    """One day through the monitor."""
    name, seed, hours = key.split()
    session = simulate.scenario(name, seed=int(seed), hours=float(hours))
    watched = Monitor(Params(sensors=session.sensors), calibration(session))
    outcomes = [*(watched.feed(batch) for batch in session.batches()), watched.finish()]
    return {
        "cues": [cue.kind for o in outcomes for cue in o.cues],
        "rounded": sum(a.kind == "rounded_back" for o in outcomes for a in o.alerts),
        "reps": sum(len(o.repetitions) for o in outcomes),
    }
