"""Cues over virtual Bluetooth, in real time: which lifts are cued, and how long after the true crossing.

The scenario "hinge-or-rounded" (lifts of 0.2 to 1.1 of the natural spine flexion on
one trunk path), from its first lift on, over three virtual sensors of three makes
with a connection interval of 30 ms. Judged are lifts whose true peak is more than 5 %
of the own range away from the limit. The delay is from the instant at which the true
flexion crosses the limit to the call of the listener that sounds: dwell, radio, time
grid and load of the machine are in it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import MutableMapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from hiphinge import simulate
from hiphinge.alerts.cues import SET, START
from hiphinge.alerts.rules import ROUNDED
from hiphinge.apps.live.core import Live
from hiphinge.apps.on_air import BEFORE_S, calibration
from hiphinge.blocks import Input, Outcome, Sensor
from hiphinge.monitor import Monitor, Params
from hiphinge.simulate import Simulation, TrueLift
from hiphinge.sources.ble.radio import Radio
from hiphinge.sources.ble.source import Bluetooth
from hiphinge.sources.virtual import faults, worn
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
SEEDS = {"small": 1, "full": 16}
SMALL_S = 22.0
LIMIT, MARGIN = 0.80, 0.05
"""Shares of the own range."""
AFTER_S = 1.5
"""A cue may come so long after its lift ended."""


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """Precision, recall and delays over all sessions."""
    keys = [f"hinge-or-rounded {seed} {SMALL_S if size == 'small' else 0}" for seed in range(SEEDS[size])]
    lifts = [lift for session in played.parts(progress, keys, one) for lift in session]
    clear = [lift for lift in lifts if abs(lift["true_share"] - LIMIT) > MARGIN]
    cued = [lift for lift in clear if lift["cued_after_s"] is not None]
    rounded = [lift for lift in clear if lift["rounded"]]
    right = [lift for lift in cued if lift["rounded"]]
    delays = [lift["cued_after_s"] for lift in right]
    return {
        "sessions": len(keys),
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


def one(key: str) -> list[dict[str, Any]]:
    """Every true lift of one session that was heard whole, and what was told of it."""
    name, seed, seconds = key.split()
    session = simulate.scenario(name, seed=int(seed))
    begin = session.lifts[0].start - BEFORE_S
    length = float(seconds) or session.duration - begin
    told = asyncio.run(heard(name, int(seed), begin, length))
    t, share = true_share(session)
    lifts = [lift for lift in session.lifts if lift.end + AFTER_S < begin + length]
    return [beside(lift, told, t, share) for lift in lifts]


async def heard(name: str, seed: int, begin: float, seconds: float) -> list[tuple[float, str]]:
    """When each cue was told, s of the scenario, and its kind."""
    found = calibration(simulate.scenario(name, seed=seed))
    wearing = worn.Worn(name, seed=seed, faults=faults.Params(interval=0.03))
    told: list[tuple[float, str]] = []
    async with worn.wearing(wearing) as wearer:
        began = time.monotonic() - begin
        wearer.motion.begin(began)
        sensors = tuple(Sensor(worn.address(site), make, site) for site, make in wearing.makes.items())
        source = Bluetooth(Radio(wearer.air.scanner, wearer.air.client), sensors)
        live = Live(source, Monitor(replace(Params(), sensors=sensors), found))
        live.ask(SET, START)

        def listen(_: Sequence[Input], outcome: Outcome) -> None:
            told.extend((time.monotonic() - began, cue.kind) for cue in outcome.cues)

        live.listeners.append(listen)
        await live.run(seconds)
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
