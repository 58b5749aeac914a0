"""Hinge against rounding on the same trunk path, and the kind of each lift, simulated.

The scenario "hinge-or-rounded": lifts with 0.2 to 1.1 of the natural spine flexion
on one trunk path each, twenty people. Judged are the lifts whose true peak is more
than 5 % of the own range away from the limit of 80 %. A lift that was not found, or
whose rounding stays open, counts as wrong. Reported beside it: all lifts, and the
workouts and mixed sessions of five seeds (squats, deadlifts, stoops, quick ones), and
how far begin, end and duration of each are off. The truth's begin and end are where
trunk or thigh are a twentieth of their way off; a pull from the floor has no begin
that could be seen, it follows the lowering.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hiphinge import simulate
from hiphinge.simulate import TrueLift
from tests.benchmarks import played

LIMITS = {
    "seeds": (20, None),
    "clear.rounded_right_share": (0.97, None),
    "clear.kind_right_share": (0.90, None),
    "surplus_repetitions": (0, 0),
    "timing.begin_s_p95": (None, 0.10),
    "timing.end_s_p95": (None, 0.20),
    "timing.duration_s_p95": (None, 0.20),
    "others.workout.timing.duration_s_p95": (None, 0.20),
    "others.mixed.timing.duration_s_p95": (None, 0.20),
}
SMALL_LIMITS = {
    "clear.lifts": (8, None),
    "clear.rounded_right_share": (0.90, None),
    "clear.kind_right_share": (0.80, None),
    "surplus_repetitions": (0, 0),
    "timing.duration_s_p95": (None, 0.20),
}
"""Of some ten lifts: one may be wrong, two where it is the kind."""

SEEDS = {"small": 2, "full": 20}
OTHERS = {"small": 0, "full": 5}
LIMIT, MARGIN = 0.80, 0.05
"""Shares of the own range."""

Lift = dict[str, Any]


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """Figures over all lifts, over the clear ones, by the scenario's spine share, and of other sessions."""
    keys = [f"hinge-or-rounded {seed}" for seed in range(SEEDS[size])]
    sessions = dict(zip(keys, played.parts(progress, keys, one), strict=True))
    lifts = [lift for session in sessions.values() for lift in session["lifts"]]
    shares = sorted({lift["spine_share"] for lift in lifts})
    return {
        "seeds": len(keys),
        "clear": figures([lift for lift in lifts if is_clear(lift)]),
        "all": figures(lifts),
        "timing": timing(lifts),
        "surplus_repetitions": sum(session["surplus"] for session in sessions.values()),
        "by_spine_share": {f"{s:g}": figures([lift for lift in lifts if lift["spine_share"] == s]) for s in shares},
        "others": {name: other(name, OTHERS[size], progress) for name in ("workout", "mixed") if OTHERS[size]},
        "wrong": [lift for lift in lifts if not (lift["rounded_right"] and lift["kind_right"])],
    }


def other(name: str, seeds: int, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """The same figures of another scenario, by movement too."""
    sessions = list(played.parts(progress, [f"{name} {seed}" for seed in range(seeds)], one))
    lifts = [lift for session in sessions for lift in session["lifts"]]
    movements = sorted({lift["movement"] for lift in lifts})
    return {
        "clear": figures([lift for lift in lifts if is_clear(lift)]),
        "timing": timing(lifts),
        "by_movement": {m: figures([lift for lift in lifts if lift["movement"] == m]) for m in movements},
        "surplus_repetitions": sum(session["surplus"] for session in sessions),
    }


def one(key: str) -> dict[str, Any]:
    """Every true lift of one session beside what was found, and how many repetitions belong to none."""
    name, seed = key.split()
    session = simulate.scenario(name, seed=int(seed))
    with tempfile.TemporaryDirectory() as temporary:
        here = Path(temporary)
        reps = played.analyzed(played.recorded(session, here / "session.mcap"), here / "analysis").reps
    pairs = [(lift, match(reps, lift)) for lift in session.lifts]
    taken = {int(row["rep"]) for _, row in pairs if row is not None}
    return {"lifts": [beside(key, lift, row) for lift, row in pairs], "surplus": len(reps) - len(taken)}


def match(reps: pd.DataFrame, lift: TrueLift) -> pd.Series | None:
    """The repetition that shares the most time with the lift, at least half of it; None if there is none."""
    shared = reps["end_s"].clip(upper=lift.end) - reps["start_s"].clip(lower=lift.start)
    if not len(reps) or shared.max() < 0.5 * (lift.end - lift.start):
        return None
    return reps.loc[shared.idxmax()]


def beside(key: str, lift: TrueLift, row: pd.Series | None) -> Lift:
    """Truth and finding of one lift."""
    rounded = None if row is None or pd.isna(row["rounded"]) else bool(row["rounded"])
    kind = None if row is None else str(row["kind"])
    return {
        "session": key,
        "start_s": round(lift.start, 2),
        **off(lift, row),
        "movement": lift.movement,
        "spine_share": None if pd.isna(lift.spine_share) else lift.spine_share,
        "true_share": round(lift.share, 3),
        "share": None if row is None else round(row["peak_lumbar_flexion_pct"] / 100, 3),
        "rounded": rounded,
        "rounded_right": rounded == lift.rounded,
        "true_kind": lift.kind,
        "kind": kind,
        "kind_right": kind == lift.kind,
    }


def off(lift: TrueLift, row: pd.Series | None) -> Lift:
    """How much later it was found to begin and to end, and how much longer to last, s; None where nobody can say."""
    if row is None:
        return {"begin_s": None, "end_s": None, "duration_s": None}
    from_floor = lift.bottom - lift.start < 0.1
    begin, end = row["start_s"] - lift.start, row["end_s"] - lift.end
    found = {"begin_s": None if from_floor else begin, "end_s": end, "duration_s": None if from_floor else end - begin}
    return {name: None if x is None else round(x, 3) for name, x in found.items()}


def timing(lifts: list[Lift]) -> dict[str, float]:
    """Median and 95th percentile of how far off, whichever way; the median also as it is."""
    found: dict[str, float] = {}
    for name in ("begin_s", "end_s", "duration_s"):
        late = [lift[name] for lift in lifts if lift[name] is not None]
        size = np.abs(late)
        found |= {f"{name}_{label}": float(x) for label, x in (("p50", np.median(size)), ("late", np.median(late)))}
        found[f"{name}_p95"] = float(np.percentile(size, 95))
    return found


def is_clear(lift: Lift) -> bool:
    """Further from the limit than the margin."""
    return bool(abs(lift["true_share"] - LIMIT) > MARGIN)


def figures(lifts: list[Lift]) -> dict[str, Any]:
    """How many of them are right."""
    n = max(len(lifts), 1)
    mistaken = Counter(f"{x['true_kind']} as {x['kind']}" for x in lifts if not x["kind_right"])
    return {
        "lifts": len(lifts),
        "found_share": sum(x["kind"] is not None for x in lifts) / n,
        "rounded_right_share": sum(x["rounded_right"] for x in lifts) / n,
        "kind_right_share": sum(x["kind_right"] for x in lifts) / n,
        "kinds_mistaken": dict(mistaken),
    }
