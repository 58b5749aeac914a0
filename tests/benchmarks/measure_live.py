"""Speed, live: CPU time of one `feed` of one packet of ten samples from each of three sensors.

A calibrated monitor, a workout of a quarter of an hour, 10 000 feeds in order; no feed
is left out and nothing is warmed up. The clock is the thread's CPU time, which other
work on the machine still lengthens: of five passes the one with the median p99 counts.
Every tenth feed completes a whole second, on which the detectors of slow things work:
both kinds are told apart, and a last pass with timers says which stage the time goes to.
"""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hiphinge import monitor, simulate, wizard
from hiphinge.blocks import Calibration, Floats, Packet
from tests.benchmarks.stage_clock import LIVE, REST, StageClock, put_in

PLAN = {"small": (1_000, 1), "full": (10_000, 5)}
"""Feeds, passes."""
FEED_S = 0.1
"""Recorded time of a feed: ten samples at 100 Hz."""

LIMITS = {"p99_ms": (None, 2.0), "feeds": (10_000, None)}
SMALL_LIMITS = {"feeds": (1_000, None), "whole_second.feeds": (90, 110)}
"""Without the milliseconds: the machine that runs the tests may be busy."""

Feed = Sequence[Packet]


@dataclass(frozen=True)
class Worn:
    """Three sensors on somebody who has calibrated, and what they send."""

    params: monitor.Params
    calibration: Calibration
    feeds: list[Feed]

    def monitor(self) -> monitor.Monitor:
        """A new one, calibrated."""
        return monitor.Monitor(self.params, self.calibration)


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """Milliseconds of CPU a feed, all and by kind; where those that complete a second spend it."""
    feeds, passes = PLAN[size]
    worn = wearing(feeds)
    each = sorted((timed(worn) for _ in range(passes)), key=lambda found: spread(found[0])["p99_ms"])
    ms, collected, seconds = each[passes // 2]
    slowest = np.argsort(ms)[::-1][:20]
    return {
        "feeds": len(ms),
        **spread(ms),
        "p99_ms_each": [spread(found[0])["p99_ms"] for found in each],
        "whole_second": {"feeds": int(seconds.sum()), **spread(ms[seconds])},
        "within_a_second": {"feeds": int((~seconds).sum()), **spread(ms[~seconds])},
        "slowest_20": {
            "completed_a_second": int(seconds[slowest].sum()),
            "met_the_garbage_collector": int(collected[slowest].sum()),
            "among_the_first_ten": int((slowest < 10).sum()),
        },
        "stages_ms": by_stage(worn, seconds),
    }


def wearing(feeds: int) -> Worn:
    """A workout without losses: packet k of each sensor is heard together with packet k of the others."""
    hours = max(feeds * FEED_S / 3600.0 + 0.05, 0.1)
    played = simulate.scenario("workout", hours=hours, seed=2, faults=())
    log = [one for batch in played.batches() for one in batch]
    params = monitor.Params(sensors=played.sensors)
    spans = wizard.marked(log)
    return Worn(params, wizard.calibrate_recording(params, [log], spans), list(together(played, log))[:feeds])


def together(played: simulate.Simulation, log: Sequence[object]) -> Iterator[Feed]:
    """One packet of each sensor at a time."""
    sent = [[one for one in log if isinstance(one, Packet) and one.sensor == s.sensor] for s in played.sensors]
    return zip(*sent, strict=False)


def timed(worn: Worn) -> tuple[Floats, np.ndarray, np.ndarray]:
    """ms (n,) of each feed; whether (n,) it met a garbage collection; whether (n,) it completed a second."""
    running, collections = worn.monitor(), []

    def note(phase: str, _: object) -> None:
        if phase == "stop":
            collections.append(k)

    spent, last = np.empty(len(worn.feeds)), np.empty(len(worn.feeds))
    k, t = 0, -np.inf
    gc.callbacks.append(note)
    try:
        for k, feed in enumerate(worn.feeds):
            began = time.thread_time_ns()
            outcome = running.feed(feed)
            spent[k] = (time.thread_time_ns() - began) / 1e6
            last[k] = t = float(outcome.angles.t[-1]) if len(outcome.angles) else t
    finally:
        gc.callbacks.remove(note)
    whole = np.floor(last) > np.floor(np.concatenate((last[:1], last[:-1])))
    return spent, np.isin(np.arange(len(spent)), collections), whole


def spread(ms: Floats) -> dict[str, float]:
    """Of ms (n,)."""
    p50, p99 = np.percentile(ms, (50, 99))
    return {"p50_ms": float(p50), "p99_ms": float(p99), "max_ms": float(ms.max())}


def by_stage(worn: Worn, seconds: np.ndarray) -> dict[str, dict[str, float]]:
    """Mean ms by stage, timers included, of feeds that complete a second (n,) and of the others."""
    clock, running = StageClock(time.thread_time_ns), worn.monitor()
    spent = {True: Counter[str](), False: Counter[str]()}
    take_out = put_in(clock, LIVE)
    try:
        for feed, whole in zip(worn.feeds, seconds.tolist(), strict=True):
            clock.turn("between feeds")
            clock.spent_ns = spent[whole]
            running.feed(feed)
            clock.turn(REST)
    finally:
        take_out()
    feeds = {True: int(seconds.sum()), False: int((~seconds).sum())}
    return {
        name: {stage: ns / 1e6 / feeds[whole] for stage, ns in spent[whole].most_common() if stage != "between feeds"}
        for name, whole in (("whole_second", True), ("within_a_second", False))
    }
