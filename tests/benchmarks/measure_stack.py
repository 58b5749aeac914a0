"""The whole stack: three virtual sensors of three makes, bumble, real BleakClients, recording, monitor, at real time.

Each notification is noted where the twin hands it to its radio, and again where the
listeners of the live core hear of it: what was sent against what is in the recording,
and how long it took. Two ends are told apart: ``heard_ms``, to the outcome of the feed
that held the notification (of it 20 ms are gathered on purpose, sources/inbox.py), and
``angles_ms``, to the outcome whose angles reach the notification's last sample: an instant
of the grid is known when the slowest sensor has sent a sample after it, at worst one
interval between its notifications later. That interval is the radio's own.
The whole of it, twins and virtual air too, runs in one thread: ``waited`` is the time that
this thread stood ready while other programs had the processor (Linux tells it), and the
figures ``…_alone`` are without it.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
import time
from array import array
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from bleak.uuids import normalize_uuid_str

from hiphinge.blocks import FILLED, MISSING, Floats, Input, Link, Outcome, Packet, Sensor
from hiphinge.devices.driver import Wanted
from hiphinge.devices.registry import DRIVERS
from hiphinge.reception import Reception
from hiphinge.recording import open_recording
from hiphinge.sources.virtual.peripheral import Peripheral
from hiphinge.sources.virtual.worn import Worn
from tests.benchmarks.live_air import OnAir, on_air
from tests.benchmarks.worn_home import assigned

PLAN = {"small": ((100.0, 4.0),), "full": ((100.0, 600.0), (200.0, 600.0))}
"""Rate wanted, seconds."""
MAKES = {"upper_lumbar": "hiphinge_ble", "sacrum": "witmotion", "thigh_right": "metamotion"}
SETTLED_S = 2.0
"""After the third sensor's first notification: the grid began with the first one's and waits up to 0.8 s for each."""

LIMITS: dict[str, tuple[float | None, float | None]] = {
    f"{rate}_hz.{name}": bounds
    for rate in (100, 200)
    for name, bounds in {
        "notifications.lost": (0, 0),
        "instants.not_measured": (0, 0),
        "heard_ms.p99_alone": (None, 50),
        "angles_beyond_interval_ms.p99_alone": (None, 50),
        "seconds": (600, None),
    }.items()
}
SMALL_LIMITS: dict[str, tuple[float | None, float | None]] = {
    "100_hz.notifications.lost": (0, 0),
    "100_hz.notifications.recorded": (20, None),
}
"""Without what hangs on time: the machine that runs the tests may be busy."""


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """Figures at each rate."""
    for rate_hz, seconds in PLAN[size]:
        key = f"{rate_hz:.0f}_hz"
        if key not in progress:
            with tempfile.TemporaryDirectory() as folder:
                progress[key] = asyncio.run(one(Path(folder) / "stack.mcap", rate_hz, seconds))
    return dict(progress)


@dataclass
class Notes:
    """Notifications handed to the air and heard of, and outcomes: instants in s, each with the wait until then."""

    waited: Callable[[], float]
    sent: dict[str, array[float]] = field(default_factory=dict)
    sent_bytes: dict[str, list[int]] = field(default_factory=dict)
    heard: dict[str, array[float]] = field(default_factory=dict)
    outcomes: array[float] = field(default_factory=lambda: array("d"))
    doubtful: int = 0
    instants: int = 0
    since: float = np.inf

    def sending(self, one: Peripheral, sensor: str, uuids: Sequence[str]) -> None:
        """Note what ``one`` hands over on these characteristics."""
        times, bodies = self.sent.setdefault(sensor, array("d")), self.sent_bytes.setdefault(sensor, [])
        hand_over = one._send

        async def send(uuid: str, payload: bytes) -> None:
            if one.is_connected and normalize_uuid_str(uuid) in uuids:
                times.extend((time.monotonic(), self.waited()))
                bodies.append(hash(payload))
            await hand_over(uuid, payload)

        one._send = send  # type: ignore[method-assign]  # watched where nothing else can be in between

    def __call__(self, inputs: Sequence[Input], outcome: Outcome) -> None:
        """A listener: note the packets, and how far the angles reach."""
        now, waited = time.monotonic(), self.waited()
        for packet in inputs:
            if isinstance(packet, Packet):
                self.heard.setdefault(packet.sensor, array("d")).extend((now, waited))
        if inputs and len(outcome.angles):  # at the end the samples of some have not met those of the others
            self.outcomes.extend((now, waited, float(outcome.angles.t[-1])))
            counted = outcome.angles.flags[outcome.angles.t >= self.since]
            self.instants += len(counted)
            self.doubtful += int(((counted & (FILLED | MISSING)) > 0).sum())


async def one(file: Path, rate_hz: float, seconds: float) -> dict[str, Any]:
    """A session of so many seconds from the first moment in which all three stream."""
    hours = max(seconds / 3600 + 0.05, 0.1)
    async with on_air(Worn(hours=hours, sensors=MAKES), file, Wanted(rate_hz=rate_hz)) as air:
        notes = Notes(waiting())
        for worn in assigned(MAKES):
            named = DRIVERS[worn.device].characteristics["data"]
            notes.sending(air.wearer.peripherals[worn.site], worn.sensor, named)
        air.live.listeners.append(notes)
        began, before = time.process_time(), resident_mb()
        passed = await run(air, notes, seconds)
        spent, growth = time.process_time() - began, resident_mb() - before
    return {
        "seconds": passed,
        **compared(file, notes),
        "cpu_pct_of_a_core_with_twins_and_air": 100 * spent / passed,
        "memory_growth_mb_with_notes": growth,
        "load_average": os.getloadavg()[1],
    }


async def run(air: OnAir, notes: Notes, seconds: float) -> float:
    """Until all three have streamed so long; the seconds."""
    running = asyncio.create_task(air.live.run())
    while air.live.health.streaming < len(MAKES) and not running.done():
        await asyncio.sleep(0.05)
    began = time.monotonic()
    notes.since = began + SETTLED_S
    await asyncio.wait((running,), timeout=seconds)
    air.live.stop()
    passed = time.monotonic() - began
    await running
    return passed


def compared(file: Path, notes: Notes) -> dict[str, Any]:
    """What was sent against what was recorded, and how long it took."""
    recording = open_recording(file)
    log = [item for batch in recording.batches() for item in batch]
    counts = {"sent": 0, "recorded": 0, "lost": 0, "samples_recorded": 0}
    spans: dict[str, list[Floats]] = {"heard": [], "angles": [], "interval": []}
    for worn in recording.header.sensors:
        packets = [p for p in log if isinstance(p, Packet) and p.sensor == worn.sensor]
        last, samples = last_samples(worn, log)
        heard = rows(notes.heard[worn.sensor], 2)
        data = np.array([p.characteristic == "data" for p in packets])
        matched, lost = matching(
            notes.sent_bytes[worn.sensor], [hash(p.payload) for p in packets if p.characteristic == "data"]
        )
        sent = rows(notes.sent[worn.sensor], 2)[matched]
        settled = sent[:, 0] >= notes.since
        counts["sent"] += len(matched) + lost
        counts["recorded"] += len(matched)
        counts["lost"] += lost
        counts["samples_recorded"] += samples
        spans["heard"].append((heard[data] - sent)[settled])
        spans["angles"].append(until_angles(rows(notes.outcomes, 3), sent[settled], last[data][settled]))
        spans["interval"].append(np.diff(sent[settled, 0]))
    return {
        "notifications": counts,
        "instants": {"counted": notes.instants, "not_measured": notes.doubtful},
        **latencies(spans),
    }


def rows(flat: array[float], width: int) -> Floats:
    """(n, width)."""
    return np.array(flat, float).reshape(-1, width)


def last_samples(worn: Sensor, log: Sequence[Input]) -> tuple[Floats, int]:
    """When (n,) s each packet's last sample was, as the monitor saw it (NaN: it completed none); how many in all."""
    reception, found = Reception(worn), []
    for item in log:
        if isinstance(item, Packet | Link) and item.sensor == worn.sensor:
            block, _ = reception.take([item])
            if isinstance(item, Packet):
                found.append(block.t_ns[-1] / 1e9 if len(block) else np.nan)
    return np.array(found), reception.samples


def matching(sent: Sequence[int], recorded: Sequence[int]) -> tuple[list[int], int]:
    """Which of those sent each recorded one is, in order; how many were passed over between the first and the last.

    Before the first nobody had subscribed, after the last the link was being closed.
    """
    at, matched = -1, list[int]()
    for one in recorded:
        at = sent.index(one, at + 1)
        matched.append(at)
    return matched, (matched[-1] - matched[0] + 1 - len(matched)) if matched else 0


def until_angles(outcomes: Floats, sent: Floats, last: Floats) -> Floats:
    """Seconds (n, 2), and of them waited, from each notification to angles at its last sample (instants of 10 ms)."""
    reach = outcomes[:, 2]
    which = np.searchsorted(reach, np.floor(last / 0.01) * 0.01 - 1e-6)
    known = np.isfinite(last) & (which < len(reach))
    return outcomes[which[known], :2] - sent[known]


def latencies(spans: dict[str, list[Floats]]) -> dict[str, Any]:
    """ms: heard, angles, and angles beyond the interval between the slowest sensor's notifications."""
    interval = max(float(np.median(one)) for one in spans["interval"]) * 1000
    heard, angles = (1000 * np.concatenate(spans[name]) for name in ("heard", "angles"))
    return {
        "heard_ms": spread(heard),
        "angles_ms": spread(angles),
        "interval_ms": interval,
        "angles_beyond_interval_ms": spread(angles - [[interval, 0.0]]),
    }


def spread(ms: Floats) -> dict[str, float]:
    """Of ms (n, 2): as it was, and without the waits."""
    ways = {"": ms[:, 0], "_alone": ms[:, 0] - ms[:, 1]}
    return {
        f"{name}{way}": float(value)
        for way, values in ways.items()
        for name, value in zip(("p50", "p99", "max"), (*np.percentile(values, (50, 99)), values.max()), strict=True)
    }


def waiting() -> Callable[[], float]:
    """Seconds that this thread was ready and had no processor so far (schedstat of Linux; elsewhere 0)."""
    path = f"/proc/self/task/{threading.get_native_id()}/schedstat"
    if not os.path.exists(path):
        return lambda: 0.0
    file = os.open(path, os.O_RDONLY)
    return lambda: int(os.pread(file, 100, 0).split()[1]) / 1e9


def resident_mb() -> float:
    """Of this process; 0 where the system has no /proc."""
    path = Path("/proc/self/statm")
    return int(path.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6 if path.exists() else 0.0
