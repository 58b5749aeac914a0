"""Faults: 200 lost links, reboots and stalls, duplicates, a dying battery, two sensors swapped; and its replay.

Three makes on the virtual air, a workout, keys pressed all the while (struck.py). Asked
of it: no hang; no alert that is not true of what really happened (``wrong_alerts``); every
silence that the sensors know of, over 0.65 s, in the recording's gaps and every lost link
in its log; and data again within 5 s of the first advertisement after a lost link, where
nothing else struck meanwhile. What a device itself does not advertise (``away``) is no part of
that; it is shown. The recording is then played at once and in random groups: the same
alerts and cues to the last bit; the same repetitions and bouts at the same instants, their numbers to 1e-9
(sums depend in their last bits on how long a block is, and a ratio of small angles shows it).
"""

from __future__ import annotations

import asyncio
import math
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import astuple
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from hiphinge import session
from hiphinge.blocks import SACRUM, THIGH_RIGHT, Alert, Input, Link, Outcome, Packet
from hiphinge.detect.heard import Gap
from hiphinge.devices.driver import CONNECTED, LOST
from hiphinge.monitor import Monitor
from hiphinge.session import course
from hiphinge.simulate import truth
from hiphinge.sources.ble.link import WAITING
from tests.benchmarks import struck
from tests.benchmarks.struck import Diary, Plan
from tests.benchmarks.worn_home import assigned

PLANS = {"small": (Plan(6, 0.8, 0.0, 1.0), 2), "full": (Plan(200, 2.2, 8.0, 60.0), 5)}
"""And how many random groupings."""
SILENCE_S = 0.65
"""Over the 0.5 s that are bridged, a notification and a connection interval."""
STREAMS_S = 5.0
TOLERANCE = 1e-9
"""Of the numbers of repetitions; what alerts say is rounded to as much (alerts/findings.py) and must be equal."""
TRUE_SHARE = 0.72
"""Of the own maximum: an alert at 80 % may be wrong by 4° of 50°, which is what the angles are known to."""

KINDS = ("repetitions", "alerts", "cues", "bouts")
LIMITS = {
    "faults": (200, None),
    "hangs": (0, 0),
    "wrong_alerts": (0, 0),
    "gaps.not_in_the_recording": (0, 0),
    "lost_links.not_in_the_recording": (0, 0),
    "recovery.later_than_5_s": (0, 0),
    **{f"replay.differing_groupings.{kind}": (0, 0) for kind in KINDS},
    "replay.groupings": (6, None),
}
SMALL = ("hangs", "wrong_alerts", "gaps.not_in_the_recording", "lost_links.not_in_the_recording")
SMALL_LIMITS = dict.fromkeys((*SMALL, *(f"replay.differing_groupings.{kind}" for kind in KINDS)), (0, 0))
"""Without the seconds: the machine that runs the tests may be busy."""


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """Figures of the session and of its replays."""
    plan, groupings = PLANS[size]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(os.environ.get("HIPHINGE_KEEP", folder)) / "faults.mcap"
        diary = asyncio.run(struck.session(plan, file))
        opened = session.open(file)
        log = [one for batch in opened.recording.batches() for one in batch]
        return {
            "faults": len(diary.strikes),
            "kinds": dict(Counter(kind for _, _, kind in diary.strikes)),
            "batteries_died": len(diary.died),
            "swapped_s": diary.swapped[1] - diary.swapped[0] if np.isfinite(diary.swapped[1]) else 0.0,
            "seconds": diary.seconds,
            "keys": dict(diary.keys),
            "hangs": int(not diary.streaming_again),
            **alerts(diary),
            "gaps": gaps(diary, opened.gaps, log),
            "lost_links": lost_links(diary, log),
            "recovery": recovery(diary, log),
            "replay": replays(opened, log, diary, groupings),
            "load_average": os.getloadavg()[1],
        }


# --- What was told ---------------------------------------------------------------------


def alerts(diary: Diary) -> dict[str, Any]:
    """By kind; and those that were not true."""
    told = [alert for outcome in diary.outcomes for alert in outcome.alerts]
    wrong = [alert for alert in told if not is_true(alert, diary)]
    return {
        "alerts": dict(Counter(alert.kind for alert in told)),
        "repetitions": sum(len(outcome.repetitions) for outcome in diary.outcomes),
        "wrong_alerts": len(wrong),
        "wrong": [f"{alert.kind} at {since(diary, alert.t):.1f} s: {alert.message}" for alert in wrong],
    }


def is_true(alert: Alert, diary: Diary) -> bool:
    """What may be told: trouble with sensors, for there is some; a swap after it; a rounded back when it is."""
    if alert.kind in ("data_poor", "sensor_lost"):
        return True
    if alert.kind == "sensor_swapped":
        return alert.t >= diary.swapped[0]
    return alert.kind == "rounded_back" and true_share(diary, alert.t) >= TRUE_SHARE


def since(diary: Diary, t: float) -> float:
    """s of the wearer's workout."""
    assert diary.motion is not None
    return t - (diary.motion.began or 0.0) - diary.motion.twist


def true_share(diary: Diary, t: float) -> float:
    """The largest share of the own maximum in the two seconds before ``t`` s."""
    assert diary.motion is not None
    played, at = diary.motion.simulation, round(since(diary, t) * truth.RATE_HZ)
    if at < 0:
        return 0.0
    columns = truth.angles(played.score, max(at - 200, 0), at + 30, (THIGH_RIGHT, SACRUM))
    return float(np.deg2rad(columns["lumbar_flexion_deg"]).max() / played.own_maximum)


# --- What is in the recording ----------------------------------------------------------


def gaps(diary: Diary, found: Sequence[Gap], log: Sequence[Input]) -> dict[str, Any]:
    """Silences that the sensors know of once the first is heard, and which of them the recording does not tell."""
    sites = {one.sensor: one.site for one in assigned(struck.MAKES)}
    first = next(one.arrival_ns for one in log if isinstance(one, Packet) and one.characteristic == "data") / 1e9
    silences = [
        (sites[sensor], a, b)
        for sensor, times in diary.delivered.items()
        for a, b in pairwise(times)
        if b - a > SILENCE_S and b > first
    ]
    missed = [s for s in silences if not any(g.site == s[0] and g.start < s[2] and g.end > s[1] for g in found)]
    return {
        "silences": len(silences),
        "longest_s": max((b - a for _, a, b in silences), default=0.0),
        "in_the_recording": len(found),
        "not_in_the_recording": len(missed),
        "missed": [f"{site}: {b - a:.2f} s at {since(diary, a):.1f} s" for site, a, b in missed],
    }


def lost_links(diary: Diary, log: Sequence[Input]) -> dict[str, Any]:
    """Links that a fault closed, and those of which the log says nothing before the sensor is connected anew."""
    links = [one for one in log if isinstance(one, Link)]
    closed = [(t, sensor) for t, sensor, kind in diary.strikes if kind != "stall"]
    untold = [(t, sensor) for t, sensor in closed if not is_told(t, [one for one in links if one.sensor == sensor])]
    return {
        "closed": len(closed),
        "told": sum(one.state == LOST for one in links),
        "not_in_the_recording": len(untold),
        "untold": [between(log, sensor, t, t + 6.0) for t, sensor in untold],
    }


def is_told(t: float, links: Sequence[Link]) -> bool:
    """Whether a loss after ``t`` comes before a second connection (the first may just have been made)."""
    after = [one.state for one in links if one.arrival_ns / 1e9 > t and one.state in (CONNECTED, LOST)]
    return LOST in after[:2]


def recovery(diary: Diary, log: Sequence[Input]) -> dict[str, Any]:
    """s from an advertisement to data, where nothing else struck; and what the devices themselves impose."""
    spans: list[tuple[float, str]] = []
    for sensor, advertised in diary.advertised.items():
        heard = [p.arrival_ns / 1e9 for p in log if isinstance(p, Packet) and p.sensor == sensor]
        struck_at = [t for t, s, _ in diary.strikes if s == sensor] + [diary.died.get(sensor, np.inf)]
        for at in advertised[1:]:
            again = next((t for t in heard if t > at), np.inf)
            until = min(again, at + STREAMS_S)
            if until < diary.ended and not any(at < t < until for t in struck_at):
                spans.append((again - at, "" if again <= at + STREAMS_S else between(log, sensor, at, again)))
    measured = [s for s, _ in spans if np.isfinite(s)]
    return {
        "undisturbed": len(spans),
        "p50_s": float(np.median(measured)) if measured else 0.0,
        "p95_s": float(np.percentile(measured, 95)) if measured else 0.0,
        "max_s": max(measured, default=0.0),
        "never": len(spans) - len(measured),
        "later_than_5_s": sum(s > STREAMS_S for s, _ in spans),
        "late": [words for _, words in spans if words],
        "away_of_the_sacrum_s": struck.AWAY_S,
        "told_that_a_device_may_refuse": sum(isinstance(one, Link) and one.state == WAITING for one in log),
    }


def between(log: Sequence[Input], sensor: str, start: float, end: float) -> str:
    """What became of all links meanwhile."""
    some = [one for one in log if isinstance(one, Link) and start - 2.0 < one.arrival_ns / 1e9 < end + 0.5]
    words = [f"{one.arrival_ns / 1e9 - start:.1f} …{one.sensor[-2:]} {one.state} {one.value[:60]}" for one in some]
    return f"…{sensor[-2:]} after {end - start:.1f} s: " + "; ".join(words)


# --- Again -----------------------------------------------------------------------------


def replays(opened: session.Session, log: list[Input], diary: Diary, times: int) -> dict[str, Any]:
    """At once, and in random groups; how many differ from what was told live."""
    live = told(diary.outcomes)
    plan = course.plan(opened.recording, {})
    ways = {"at max": told(course.Course(opened.recording, plan).outcomes())}
    for seed in range(times):
        ways[f"groups {seed}"] = told(fed(Monitor(plan.params, plan.calibration), grouped(log, seed)))
    differences = {name: difference(live, again) for name, again in ways.items()}
    return {
        "inputs": len(log),
        "groupings": len(ways),
        "differing_groupings": {kind: sum(kind in found for found in differences.values()) for kind in live},
        "differences": {name: found for name, found in differences.items() if found},
        **{name: len(rows) for name, rows in live.items()},
    }


Told = dict[str, list[Any]]


def told(outcomes: Iterator[Outcome] | Sequence[Outcome]) -> Told:
    """All of a kind in a row; cues by their time, since a late alert and a word in time may come in one feed or two."""
    some = list(outcomes)
    found = {name: [one for outcome in some for one in getattr(outcome, name)] for name in KINDS}
    return found | {"cues": sorted(found["cues"], key=lambda cue: (cue.t, cue.kind))}


def fed(monitor: Monitor, groups: Iterator[list[Input]]) -> Iterator[Outcome]:
    """All groups, and the end."""
    for group in groups:
        yield monitor.feed(group)
    yield monitor.finish()


def grouped(log: list[Input], seed: int) -> Iterator[list[Input]]:
    """From one input to some thousand at a time."""
    rng, at = np.random.default_rng(seed), 0
    while at < len(log):
        size = int(10 ** rng.uniform(0, 3.3))
        yield log[at : at + size]
        at += size


def difference(live: Told, again: Told) -> dict[str, str]:
    """By kind, the first row that is not the same."""
    found = {}
    for name, rows in live.items():
        tolerance = 0.0 if name in ("alerts", "cues") else TOLERANCE
        if len(rows) != len(again[name]):
            found[name] = f"{len(rows)} / {len(again[name])}"
            continue
        for one, other in zip(rows, again[name], strict=True):
            if max(map(distance, astuple(one), astuple(other))) > tolerance:
                found[name] = f"{one} / {other}"
                break
    return found


def distance(one: object, other: object) -> float:
    """Between two fields, of numbers above 1 relative; NaN is NaN, anything else is equal or is not."""
    if isinstance(one, float) and isinstance(other, float) and math.isfinite(one) and math.isfinite(other):
        return abs(one - other) / max(abs(one), 1.0)
    both_nan = isinstance(one, float) and isinstance(other, float) and math.isnan(one) and math.isnan(other)
    return 0.0 if one == other or both_nan else math.inf
