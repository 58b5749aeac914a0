"""The guided calibration: virtual wearers who follow it, right and wrong, and a real person's recording.

Thirty seeds, each another wearer with other sensors worn another way round, through the
real state machine. ``good``: nobody errs; then lifts of every kind follow in the same
session, whose lumbar flexion by that calibration is held against the truth;
``lumbar_rmse_fresh`` is only reported: a monitor that is begun in the middle of the
first movement, whose filters must settle. Each fault: whether its first refused step and the fault's
name are the expected ones, and whether that step passes once it is done right. ``next_start``: the
ten-second check of a kept calibration. ``real``: the data "qmt_full_body" with keys put
in; there are no bends in it.
"""

from __future__ import annotations

import tempfile
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hiphinge import simulate
from hiphinge.blocks import SITES, Calibration, Floats, Input
from hiphinge.monitor import Monitor, Params
from hiphinge.recording import open_recording
from hiphinge.wizard.guide import Guide
from hiphinge.wizard.holds import Check
from tests.benchmarks import measure_real_person, played
from tests.wizard.following import LOSS, Followed, followed, keyed


@dataclass(frozen=True)
class Wrong:
    """What somebody does wrong, or how the sensors are worn; ``seen``: the step and the fault that must be named."""

    seen: tuple[str, str]
    mistakes: tuple[str, ...] = ()
    faults: tuple[simulate.Fault, ...] = ()
    begin: str = "stand"
    until: str = "sit_tall"
    """Played from one step until the other is asked for after the fault."""


TRUNK, LOW, HIGH = ("upper_lumbar", "sacrum"), ("sacrum", "thigh_right"), ("upper_lumbar", "thigh_right")
WRONG = {
    "moves_while_standing": Wrong(("stand", "moved"), ("moves",), until="sit"),
    "half_sits": Wrong(("sit", "half"), ("half_sits",), until="bend"),
    "half_bends": Wrong(("bend", "half"), ("half_bends",)),
    "bent_knees": Wrong(("bend", "knees"), ("bent_knees",)),
    "few_bends": Wrong(("bend", "few"), ("few_bends",)),
    "stays_tall": Wrong(("slump", "same"), ("stays_tall",), until="done"),
    "trunk_exchanged_by_tap": Wrong(("tap", "exchanged"), (), (simulate.Swapped(*TRUNK),), "twist", "sit"),
    "trunk_exchanged": Wrong(("bend", "exchanged"), (), (simulate.Swapped(*TRUNK),)),
    "sacrum_and_thigh_exchanged": Wrong(("sit", "exchanged"), (), (simulate.Swapped(*LOW),), until="bend"),
    "upper_lumbar_and_thigh_exchanged": Wrong(("sit", "exchanged"), (), (simulate.Swapped(*HIGH),), until="bend"),
    "wrong_thigh": Wrong(("knee", "wrong_leg"), (), (simulate.Swapped("thigh_right", "thigh_left"),), "twist", "sit"),
}
NEXT_START: dict[str, tuple[str, tuple[simulate.Fault, ...]]] = {
    "same": ("", ()),
    "sacrum_moved": ("moved", (simulate.Slip("sacrum", 0.0, (0.0, 0.0, float(np.deg2rad(9.0)))),)),
    "sacrum_upside_down": ("upside_down", (simulate.UpsideDown("sacrum"),)),
    "trunk_exchanged": ("exchanged", (simulate.Swapped(*TRUNK),)),
}
EACH = ("seconds", "lumbar_rmse_deg", "lumbar_rmse_fresh_deg", "own_range_error_deg")
SEEDS = {"small": 1, "full": 30}
SMALL = ("moves_while_standing", "trunk_exchanged")
LIFTS = (
    *(simulate.hinge(0.3), simulate.Stand(2.0), simulate.hinge(1.1), simulate.Stand(2.0)),
    *(simulate.squat(), simulate.Stand(2.0), simulate.stoop(), simulate.Stand(2.0)),
    *(simulate.SitDown(), simulate.Sit(8.0), simulate.StandUp(), simulate.Walk(8.0), simulate.Stand(2.0)),
    *(simulate.hinge(0.6, 90.0), simulate.Stand(3.0)),
)

LIMITS = {
    "good.right_verdict_share": (1.0, None),
    "good.seconds_worst": (None, 120.0),
    "good.lumbar_rmse_deg_median": (None, 0.9),
    "good.lumbar_rmse_deg_worst": (None, 1.5),
    **{f"wrong.{name}.named_share": (1.0, None) for name in WRONG},
    **{f"wrong.{name}.passed_then_share": (1.0, None) for name in WRONG},
    **{f"next_start.{name}.right_share": (1.0, None) for name in NEXT_START},
    "real.accepted": (1.0, None),
    "real.refused_steps": (0, 0),
}
SMALL_LIMITS = {name: bounds for name, bounds in LIMITS.items() if not name.startswith("good.lumbar")} | {
    "good.lumbar_rmse_deg_worst": (None, 1.5)
}


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """Figures of the good ones, of every fault, of the next start and of the real person."""
    wrong = [name for name in WRONG if size == "full" or name in SMALL]
    kinds = ["good", *wrong]
    keys = [f"{kind} {seed}" for kind in kinds for seed in range(SEEDS[size])]
    found = dict(zip([*keys, "real"], played.parts(progress, [*keys, "real"], one), strict=True))
    of = {kind: [found[f"{kind} {seed}"] for seed in range(SEEDS[size])] for kind in kinds}
    return {
        "seeds": SEEDS[size],
        "good": good(of["good"]),
        "wrong": {name: faulty(of[name]) for name in wrong},
        "next_start": {name: share([g["next_start"][name] for g in of["good"]], "right") for name in NEXT_START},
        "real": found["real"],
        "each": [{k: g.get(k) for k in EACH} for g in of["good"]],
    }


def one(key: str) -> dict[str, Any]:
    """One wearer with one habit, or the real person."""
    if key == "real":
        return real()
    kind, seed = key.rsplit(" ", 1)
    if kind == "good":
        return right(int(seed))
    wrong = WRONG[kind]
    run = followed(int(seed), *wrong.mistakes, faults=wrong.faults, begin=wrong.begin, until=wrong.until)
    named = run.faults[:1] == [wrong.seen] and {f for _, f in run.faults} <= {wrong.seen[1], "moved"}
    then = run.told.step == wrong.until
    return {"named": named, "then": then, "seconds": run.seconds, "faults": run.faults, "words": run.words}


def right(seed: int) -> dict[str, Any]:
    """Nobody errs: the verdict, how long it took, and how right the angles are afterwards."""
    run = followed(seed)
    found = run.told.calibration
    if found is None:
        return {"right": False, "seconds": run.seconds, "faults": run.faults, "next_start": {}}
    own = np.rad2deg(found.max_lumbar_flexion - run.wearer.score.wearer.max_lumbar)
    return {
        "right": run.faults == [] and found.missing == (),
        "seconds": run.seconds,
        "faults": run.faults,
        **rmse_deg(run, found),
        "own_range_error_deg": float(own),
        "next_start": {name: next_start(seed, found, *NEXT_START[name]) for name in NEXT_START},
    }


def rmse_deg(run: Followed, found: Calibration) -> dict[str, float]:
    """Of lumbar flexion in the lifts that follow: in the same session, and by a monitor that begins with them."""
    wearer, before = run.wearer, len(run.log)
    wearer.follow("stand", "", 99)
    start = wearer.score.now + 1.0
    wearer.do(*LIFTS)
    end = wearer.score.now
    while wearer.now < end:
        run.log += wearer.inputs(1.0)
    found_by = {"lumbar_rmse_deg": 0, "lumbar_rmse_fresh_deg": before}
    return {name: error_deg(run, found, run.log[first:], start, end) for name, first in found_by.items()}


def error_deg(run: Followed, found: Calibration, log: Sequence[Input], start: float, end: float) -> float:
    """Root mean square from ``start`` to ``end`` s, of a monitor that is fed ``log``."""
    watched = Monitor(Params(sensors=run.told.sensors), found)
    outcomes = [watched.feed(log[i : i + 200]) for i in range(0, len(log), 200)]
    t = np.concatenate([o.angles.t for o in outcomes])
    lumbar = np.concatenate([o.angles["lumbar_flexion"] for o in outcomes])
    scored = (t > start) & (t < end) & np.isfinite(lumbar)
    return float(np.rad2deg(played.rms(lumbar[scored] - run.true_lumbar(t[scored]))))


def next_start(seed: int, found: Calibration, fault: str, faults: Sequence[simulate.Fault]) -> bool:
    """The same wearer tomorrow: whether the check says what is the matter."""
    wearing = simulate.Wearing(faults=(*LOSS, *faults))
    wearer = simulate.Responsive(seed=seed, wearing=wearing)
    check = Check(Params(), wearer.sensors, found)
    held = check.feed(())
    while not held.done and wearer.now < 20.0:
        held = check.feed(wearer.inputs(0.5))
    return held.fault == fault and held.holds is (fault == "")


REAL_KEYS = (
    (0.0, "stand"),
    (0.3, "next"),
    (5.4, "next"),
    (47.0, "next"),
    (47.5, "skip"),
    (48.0, "skip"),
    (48.5, "skip"),
)
"""Ready, judged as it is, sat down once, no bends, no sitting tall, no slump."""


def real() -> dict[str, Any]:
    """A person who stands, sits half a minute and stands again; both thighs worn."""
    with tempfile.TemporaryDirectory() as temporary:
        here = Path(temporary)
        places = {site: measure_real_person.PLACES[site] for site in SITES}
        session = measure_real_person.write_session(here / "session", places, marked=False)
        recording = open_recording(played.imported(session, here / "session.mcap"))
        guide = Guide(Params(), recording.header.sensors)
        told = guide.feed(keyed((i for batch in recording.batches() for i in batch), REAL_KEYS))
    refused = [v for v in told.ended if not v.passed]
    found = told.calibration
    return {
        "accepted": float(told.done),
        "refused_steps": len(refused),
        "verdicts": [f"{v.step}: {v.words}" for v in told.ended],
        "axes": {site: m.axis_share for site, m in found.mountings.items()} if found else {},
        "missing": list(found.missing) if found else [],
    }


def good(each: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Over the seeds."""
    errors: Floats = np.array([g.get("lumbar_rmse_deg", np.nan) for g in each])
    own: Floats = np.abs([g.get("own_range_error_deg", np.nan) for g in each])
    return {
        "right_verdict_share": float(np.mean([g["right"] for g in each])),
        "seconds_median": float(np.median([g["seconds"] for g in each])),
        "seconds_worst": max(g["seconds"] for g in each),
        "lumbar_rmse_deg_median": float(np.median(errors)),
        "lumbar_rmse_deg_worst": float(np.max(errors)),
        "lumbar_rmse_fresh_deg_median": float(np.median([g.get("lumbar_rmse_fresh_deg", np.nan) for g in each])),
        "lumbar_rmse_fresh_deg_worst": float(np.max([g.get("lumbar_rmse_fresh_deg", np.nan) for g in each])),
        "own_range_error_deg_worst": float(np.max(own)),
    }


def faulty(each: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Over the seeds, with the words of the first; what was named otherwise."""
    return {
        "named_share": float(np.mean([w["named"] for w in each])),
        "passed_then_share": float(np.mean([w["then"] for w in each])),
        "seconds_median": float(np.median([w["seconds"] for w in each])),
        "words": each[0]["words"],
        "otherwise": [f"seed {i}: {w['faults']}" for i, w in enumerate(each) if not w["named"]],
    }


def share(right_ones: Sequence[bool], name: str) -> dict[str, float]:
    """How many of them."""
    return {f"{name}_share": float(np.mean(right_ones))}
