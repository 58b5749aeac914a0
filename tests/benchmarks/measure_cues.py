"""Cues over virtual Bluetooth, in real time: which lifts are cued, and how long after the true crossing.

The scenario "hinge-or-rounded" (lifts of 0.2 to 1.1 of the natural spine flexion on
one trunk path) over three virtual sensors of three makes with a connection interval
of 30 ms, calibrated from the movements that came over the same radio before. Judged
are lifts whose true peak is more than 5 % of the own range away from the limit. The
delay is from the instant at which the true flexion crosses the limit to the call of
the listener that sounds: dwell, radio, time grid and load of the machine are in it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import MutableMapping
from typing import Any

import numpy as np

from hiphinge import simulate, wizard
from hiphinge.alerts.cues import SET, START
from hiphinge.alerts.rules import ROUNDED
from hiphinge.apps.live.opening import calibration
from hiphinge.apps.on_air import BEFORE_S
from hiphinge.blocks import Control, Input, Sensor
from hiphinge.monitor import Monitor, Params
from hiphinge.simulate import Simulation, TrueLift
from hiphinge.sources.ble.radio import Radio
from hiphinge.sources.ble.source import Bluetooth
from hiphinge.sources.inbox import Inbox
from hiphinge.sources.virtual import faults, worn
from hiphinge.wizard.spans import Span
from tests.benchmarks import played

LIMITS = {
    "clear_lifts": (60, None),
    "precision": (0.95, None),
    "recall": (0.95, None),
    "delay_median_s": (None, 0.5),
    "delay_p95_s": (None, 0.7),
    "good_cues_wrong": (0, 0),
}
SMALL_LIMITS = {"clear_lifts": (2, None), "cues_wrong": (0, 0)}
GROUPS = {"small": [[0]], "full": [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11], [12, 13, 14, 15]]}
"""Seeds of people at once."""
SCENARIO = "hinge-or-rounded"
LIMIT, MARGIN = 0.80, 0.05
"""Shares of the own range."""
AFTER_S = 1.5
"""A cue may come so long after its lift ended."""


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """Precision, recall and delays over all sessions."""
    groups = GROUPS[size]
    keys = [f"{size} {' '.join(map(str, group))}" for group in groups]
    lifts = [lift for group in played.parts(progress, keys, together) for lift in group]
    clear = [lift for lift in lifts if abs(lift["true_share"] - LIMIT) > MARGIN]
    cued = [lift for lift in clear if lift["cued_after_s"] is not None]
    rounded = [lift for lift in clear if lift["rounded"]]
    right = [lift for lift in cued if lift["rounded"]]
    delays = [lift["cued_after_s"] for lift in right]
    return {
        "sessions": sum(map(len, groups)),
        "lifts": len(lifts),
        "clear_lifts": len(clear),
        "precision": len(right) / len(cued) if cued else 1.0,
        "recall": len(right) / len(rounded) if rounded else 1.0,
        "cues_wrong": len(cued) - len(right),
        "good_cues": sum(lift["good"] for lift in clear),
        "good_cues_wrong": sum(lift["good"] and lift["rounded"] for lift in clear),
        "delay_median_s": float(np.median(delays)) if delays else 0.0,
        "delay_p95_s": float(np.quantile(delays, 0.95)) if delays else 0.0,
        "wrong": [lift for lift in clear if (lift["cued_after_s"] is not None) != lift["rounded"]],
    }


def together(key: str) -> list[dict[str, Any]]:
    """Every true lift of some people at once, each on a radio of their own, and what was told of it."""
    size, *seeds = key.split()

    async def all_of_them() -> list[list[dict[str, Any]]]:
        return await asyncio.gather(*(one(int(seed), quick=size == "small") for seed in seeds))

    return [lift for lifts in asyncio.run(all_of_them()) for lift in lifts]


async def one(seed: int, *, quick: bool) -> list[dict[str, Any]]:
    """One session; ``quick``: its first two lifts alone, calibrated from the simulation instead of over the air."""
    session = simulate.scenario(SCENARIO, seed=seed)
    until = session.lifts[1].end + AFTER_S if quick else session.duration
    told = await heard(seed, session.lifts[0].start - BEFORE_S if quick else 0.0, until)
    t, share = true_share(session)
    return [beside(lift, told, t, share) for lift in session.lifts if lift.end + AFTER_S <= until]


async def heard(seed: int, begin: float, until: float) -> list[tuple[float, str]]:
    """When each cue was told, s of the scenario, and its kind."""
    wearing = worn.Worn(SCENARIO, seed=seed, faults=faults.Params(interval=0.03))
    told: list[tuple[float, str]] = []
    async with worn.wearing(wearing) as wearer:
        moved = wearer.motion.simulation
        began = time.monotonic() - begin
        wearer.motion.begin(began)
        sensors = tuple(Sensor(worn.address(site), make, site) for site, make in wearing.makes.items())
        inbox, log = Inbox(), list[Input]()
        source = Bluetooth(Radio(wearer.air.scanner, wearer.air.client), sensors)
        streaming = asyncio.create_task(source.run(inbox))
        while not log or time.monotonic() - began < moved.lifts[0].start - BEFORE_S:
            log += await inbox.drain()
        params = Params(sensors=sensors)
        spans = [Span(m.label, m.start + began, m.end + began) for m in moved.markers]
        found = calibration(moved, params) if begin else wizard.calibrate_recording(params, [log], spans)
        monitor = Monitor(params, found)
        monitor.feed([*log, Control(log[-1].arrival_ns, SET, START)])
        while time.monotonic() - began < until:
            outcome = monitor.feed(await inbox.drain())
            told += [(time.monotonic() - began, cue.kind) for cue in outcome.cues]
        streaming.cancel()
        await asyncio.wait((streaming,))
    return told


def true_share(session: Simulation) -> tuple[np.ndarray, np.ndarray]:
    """Times (n,) s and true lumbar flexion (n,) as a share of the own range."""
    chunks = list(session.truth_chunks())
    t = np.concatenate([chunk["t_s"] for chunk in chunks])
    flexion = np.concatenate([chunk["lumbar_flexion_deg"] for chunk in chunks])
    return t, np.deg2rad(flexion) / session.own_maximum


def beside(lift: TrueLift, told: list[tuple[float, str]], t: np.ndarray, share: np.ndarray) -> dict[str, Any]:
    """Truth and what was told of one lift."""
    within = [(at, kind) for at, kind in told if lift.start <= at < lift.end + AFTER_S]
    over = t[(t >= lift.start) & (t <= lift.end) & (share >= LIMIT)]
    cue = next((at for at, kind in within if kind == ROUNDED), None)
    crossing = float(over[0]) if len(over) else lift.bottom
    return {
        "start_s": round(lift.start, 2),
        "true_share": round(lift.share, 3),
        "rounded": bool(lift.share > LIMIT),
        "cued_after_s": None if cue is None else round(cue - crossing, 3),
        "good": any(kind == "good" for _, kind in within),
    }
