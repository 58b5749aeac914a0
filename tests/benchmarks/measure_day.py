"""An eight-hour day: what the live core costs as the service runs it, as fast as the path allows; virtual.

A virtual desk day of three sensors goes through `Live.run` with its recorder and listeners,
gathered as the service gathers (core.DESK_S), without waiting for real time. CPU time is that
of the process, the recording's thread too, less that of the same source into an inbox that
nobody judges. What Bluetooth adds is not in it: see the measure cost.
"""

from __future__ import annotations

import asyncio
import gc
import os
import tempfile
import time
from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hiphinge import simulate, wizard
from hiphinge.apps.live import keeping
from hiphinge.apps.live.core import DESK_S, Live, clock_pair
from hiphinge.apps.live.opening import CALIBRATED_S, Opened
from hiphinge.apps.live.run import Totals
from hiphinge.blocks import Input, Outcome, Sensor, Tick
from hiphinge.monitor import Monitor, Params
from hiphinge.recording import Writer, open_recording
from hiphinge.sources.inbox import Inbox
from hiphinge.sources.replayed import Replayed

PLAN = {"small": (0.05, 0.01), "full": (8.0, 1.0)}
"""Hours of the day, and those whose memory does not count."""
LOOK_S = 60.0
"""Of recorded time, between two looks at the memory."""

LIMITS = {
    "hours": (8.0, None),
    "cpu_pct_of_a_core": (None, 3.0),
    "memory.growth_mb": (None, 20.0),
    "file_mb_per_hour": (None, 40.0),
    "inputs.not_in_the_file": (0, 0),
}
SMALL_LIMITS = {"inputs.not_in_the_file": (0, 0), "file_mb_per_hour": (None, 45.0)}
"""Without CPU and memory: the machine that runs the tests may be busy, and three minutes are not steady."""


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """CPU in per cent of a core at real time, memory and file in MB."""
    hours, beginning = PLAN[size]
    with tempfile.TemporaryDirectory() as name:
        day = simulated(Path(name) / "day.mcap", hours)
        idle = asyncio.run(carried(day))
        lived = asyncio.run(passed(day, Path(name) / "live.mcap"))
    seconds = lived.seconds
    return {
        "hours": round(seconds / 3600, 3),
        "cpu_pct_of_a_core": 100 * (lived.cpu_s - idle) / seconds,
        "cpu_s": lived.cpu_s - idle,
        "cpu_s_of_the_source": idle,
        "wall_s": lived.wall_s,
        "feeds": lived.feeds,
        "memory": judged(lived.looks, 3600 * beginning),
        "file_mb_per_hour": lived.file_mb / (seconds / 3600),
        "file_mb": lived.file_mb,
        "inputs": {"recorded": lived.inputs, "not_in_the_file": lived.missing},
        "outcomes": lived.outcomes,
        "load_average": os.getloadavg()[1],
    }


@dataclass(frozen=True)
class Day:
    """A recorded day that is to be lived through, and what its wearer's calibration found."""

    file: Path
    sensors: tuple[Sensor, ...]
    params: Params
    calibrated: Any

    def groups(self) -> Iterator[list[Input]]:
        """Its inputs, with the clock pairs of a live session, as the inbox would hand them on."""
        return gathered(ticked(open_recording(self.file).batches()), DESK_S)


def simulated(file: Path, hours: float) -> Day:
    """A desk day on the disk, so that making it costs neither memory nor time of what is measured."""
    played = simulate.scenario("desk-day", hours=hours, seed=3, faults=())
    params, begun = Params(sensors=played.sensors), list[Input]()
    source = Replayed("simulated", played.sensors, (), 1.0)
    with Writer(file, keeping.header(Opened(source, params, Monitor(params).calibration, ""))) as writer:
        for batch in played.batches():
            writer.write(batch)
            begun += [one for one in batch if one.arrival_ns < CALIBRATED_S * 1e9]
    spans = wizard.marked(begun)
    return Day(file, played.sensors, params, wizard.calibrate_recording(params, [begun], spans))


def ticked(batches: Iterable[Sequence[Input]]) -> Iterator[Input]:
    """The inputs with a clock pair every second, as a live source has them."""
    pair, due = clock_pair(), 0
    for batch in batches:
        for one in batch:
            if one.arrival_ns >= due:
                due = one.arrival_ns + 10**9
                yield Tick(one.arrival_ns, (pair.utc_ns or 0) + one.arrival_ns, pair.utc_offset_s, pair.boot_id)
            yield one


def gathered(inputs: Iterable[Input], seconds: float) -> Iterator[list[Input]]:
    """What comes within so long of the first."""
    group: list[Input] = []
    for one in inputs:
        if group and one.arrival_ns - group[0].arrival_ns >= seconds * 1e9:
            yield group
            group = []
        group.append(one)
    if group:
        yield group


class Hurried(Replayed):
    """Each group as soon as the one before was judged."""

    async def run(self, inbox: Inbox) -> None:
        for group in self._batches:
            for one in group:
                inbox.put(one)
            self._latest_ns, self._at = group[-1].arrival_ns, time.monotonic()
            while inbox._waiting:
                await asyncio.sleep(0)


async def carried(day: Day) -> float:
    """CPU seconds of the source alone: reading, grouping, the inbox and its loop."""
    source = Hurried("simulated", day.sensors, day.groups(), np.inf)
    inbox = Inbox(source.now_ns, 0.0)

    async def drain() -> None:
        while True:
            await inbox.drain()

    before = time.process_time()
    draining = asyncio.create_task(drain())
    await source.run(inbox)
    draining.cancel()
    with suppress(asyncio.CancelledError):
        await draining
    return time.process_time() - before


@dataclass(frozen=True)
class Lived:
    """What a pass through the live core took, and what came of it."""

    seconds: float
    cpu_s: float
    wall_s: float
    feeds: int
    inputs: int
    missing: int
    file_mb: float
    looks: list[tuple[float, float]]
    outcomes: dict[str, int]


class Looks:
    """A listener: resident memory every minute of recorded time, and counts."""

    def __init__(self) -> None:
        self.feeds = self.inputs = self.bouts = self.breaks = 0
        self.at = list[tuple[float, float]]()

    def __call__(self, inputs: Sequence[Input], outcome: Outcome) -> None:
        """What one feed brought."""
        self.feeds += 1
        self.inputs += len(inputs)
        self.bouts += len(outcome.bouts)
        self.breaks += sum(event.kind == "break_taken" for event in outcome.events)
        t = inputs[-1].arrival_ns / 1e9 if inputs else -1.0
        if inputs and (not self.at or t - self.at[-1][0] >= LOOK_S):
            self.at.append((t, resident_mb()))


async def passed(day: Day, file: Path) -> Lived:
    """The day lived through."""
    source = Hurried("simulated", day.sensors, day.groups(), np.inf)
    writer = Writer(file, keeping.header(Opened(source, day.params, day.calibrated, "")), threaded=True)
    live = Live(source, Monitor(day.params, day.calibrated), writer, gather_s=0.0)
    totals, looks = Totals(), Looks()
    live.listeners += [totals, looks]
    gc.collect()
    wall, cpu = time.monotonic(), time.process_time()
    await live.run()
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    found = sum(len(batch) for batch in open_recording(file).batches())
    return Lived(
        seconds=totals.seconds,
        cpu_s=cpu,
        wall_s=wall,
        feeds=looks.feeds,
        inputs=looks.inputs,
        missing=looks.inputs - found,
        file_mb=file.stat().st_size / 1e6,
        looks=looks.at,
        outcomes={"alerts": totals.alerts, "bouts": looks.bouts, "breaks": looks.breaks},
    )


def judged(looks: list[tuple[float, float]], beginning: float) -> dict[str, Any]:
    """MB: the most after the beginning above what there was at its end; and hour by hour."""
    steady = [mb for t, mb in looks if t - looks[0][0] >= beginning] or [looks[-1][1]]
    hourly = {f"hour_{hour}": mb for hour, mb in ((int(t // 3600), mb) for t, mb in reversed(looks))}
    return {"growth_mb": max(steady) - steady[0], "most_mb": max(mb for _, mb in looks), **dict(sorted(hourly.items()))}


def resident_mb() -> float:
    """Of this process; 0 where the system has no /proc."""
    path = Path("/proc/self/statm")
    return int(path.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6 if path.exists() else 0.0
