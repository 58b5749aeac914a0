"""An hour of daily life in desk mode: nobody is told about the back, and little about anything.

Virtual, three sensors: shoes tied, things picked up with a round back, reaching, walks,
chairs, a car, a bicycle (scenario "hard-day"), through the whole monitor with nothing
asked for. Rounding is recorded as alerts; cues are what the wearer hears.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import numpy as np

from hiphinge import monitor, simulate, wizard
from hiphinge.simulate import Reach, Stand, TieShoes, Walk, quick, stoop
from tests.benchmarks import played

PLAN = {"small": (1, 0.25), "full": (10, 1.0)}
"""People, hours each."""
LIMITS = {"rounded_cues": (0, 0), "most_cues_in_an_hour": (None, 4), "rounded_backs": (1, None)}
"""That backs were rounded at all shows that there was something to be silent about."""


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """Sums over the people."""
    people, hours = PLAN[size]
    keys = [f"person {seed}" for seed in range(1, people + 1)]
    found = list(played.parts(progress, keys, lambda key: hour(int(key.split()[1]), hours)))
    return {
        "virtual": "virtual",
        "people": people,
        "rounded_cues": sum(one["rounded_cues"] for one in found),
        "most_cues_in_an_hour": max(one["cues"] / max(hours, 1.0) for one in found),
        "rounded_backs": sum(one["rounded_backs"] for one in found),
        "each": dict(zip(keys, found, strict=True)),
    }


def hour(seed: int, hours: float) -> dict[str, int]:
    """Cues and true rounded backs of one person."""
    rng = np.random.default_rng([seed, 10])
    errands = [TieShoes(), Stand(4.0), stoop(1.1), Stand(4.0), quick(1.1), Stand(3.0), Reach(), Walk(20.0), Stand(4.0)]
    day = simulate.SCENARIOS["hard-day"](rng, hours)
    worn = simulate.wear([*day[:-1], *errands], seed=seed)
    batches = list(worn.batches())
    params = monitor.Params(sensors=worn.sensors)
    spans = wizard.marked(one for batch in batches for one in batch)
    fed = monitor.Monitor(params, wizard.calibrate_recording(params, batches, spans))
    cues = [cue.kind for outcome in [*map(fed.feed, batches), fed.finish()] for cue in outcome.cues]
    return {
        "cues": len(cues),
        "rounded_cues": sum(kind in ("rounded_back", "good", "set_note") for kind in cues),
        "rounded_backs": sum(lift.rounded for lift in worn.lifts),
    }
