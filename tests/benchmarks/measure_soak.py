"""A soak: a desk day live over the virtual air at real time, faults and all, for more than an hour.

Three virtual sensors of three makes, bumble, real BleakClients, recording, monitor, in one
process, twins and air included. Each notification is noted where a twin hands it to its
subscribed host, after the faults that its own queue makes, and struck out where the listeners
of the live core hear of it: one passed over in the middle of a link is lost. Those on their
way when a link ends (or sent while a host is still subscribing) went with the link: a queue
of them at most, more would be a loss by another name. ``waited_pct`` is the time that the
thread stood ready while other programs had the processor: a session that gets none is not
at real time, its sensors fall silent and its links end without a fault of theirs.
Every look at the process: resident memory, tasks, open files, threads.
"""

from __future__ import annotations

import asyncio
import gc
import os
import tempfile
import time
from collections import Counter, deque
from collections.abc import MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from bleak.uuids import normalize_uuid_str

from hiphinge import simulate, wizard
from hiphinge.apps.live import keeping
from hiphinge.apps.live.core import Live
from hiphinge.apps.live.opening import Opened
from hiphinge.blocks import Calibration, Input, Outcome, Packet
from hiphinge.devices.registry import DRIVERS
from hiphinge.monitor import Monitor, Params
from hiphinge.recording import Writer, open_recording
from hiphinge.sources.ble.radio import Radio
from hiphinge.sources.ble.source import Bluetooth
from hiphinge.sources.virtual import faults
from hiphinge.sources.virtual.peripheral import Peripheral
from hiphinge.sources.virtual.worn import Worn, wearing
from tests.benchmarks.measure import commit
from tests.benchmarks.measure_stack import waiting
from tests.benchmarks.worn_home import SEED, assigned

MAKES = {"upper_lumbar": "hiphinge_ble", "sacrum": "witmotion", "thigh_right": "metamotion"}
HOURLY = {
    **{"loss": 0.002, "duplicates": 0.002, "nonsense": 0.0002, "drift_ppm": 30.0},
    **{"stall_every": 120.0, "disconnect_every": 300.0, "reboot_every": 900.0, "away": 2.0},
}
HURRIED = {**HOURLY, "stall_every": 2.0, "disconnect_every": 3.0, "reboot_every": 9.0, "away": 0.0}
PLAN = {"small": (8.0, 0.5, HURRIED), "full": (3630.0, 30.0, HOURLY)}
"""Seconds, seconds between two looks, faults of each sensor."""
CALIBRATED_S = 180.0

LIMITS = {
    "seconds": (3600, None),
    "notifications.lost": (0, 0),
    "notifications.not_in_the_file": (0, 0),
    "notifications.went_with_each_link": (None, 32),
    "growth.resident_mb_per_hour": (None, 20),
    "growth.tasks": (None, 0),
    "growth.open_files": (None, 0),
    "growth.threads": (None, 0),
    "faults.links_lost": (10, None),
}
SMALL_LIMITS = {
    "notifications.lost": (0, 0),
    "notifications.not_in_the_file": (0, 0),
    "notifications.recorded": (10, None),
}
"""Few are enough, and links may hold by luck: the machine that runs the tests may be busy."""


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """Notifications sent against recorded, and what the process holds, over the whole session."""
    seconds, every, troubles = PLAN[size]
    begun_at = commit()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(soaked(Path(folder) / "soak.mcap", seconds, every, faults.Params(**troubles)))
    return {"begun_at": begun_at, **found}


@dataclass
class Post:
    """The notifications of one sensor: handed over, and struck out once they are heard of."""

    link: object = None
    links: int = 0
    sent: int = 0
    heard: int = 0
    lost: int = 0
    went_with_the_link: int = 0
    strangers: int = 0
    last: int = 0
    under_way: deque[tuple[int, int]] = field(default_factory=deque)

    def hand_over(self, payload: bytes, link: object) -> None:
        """Sent to a host that subscribed."""
        if link is not self.link:
            self.link, self.links = link, self.links + 1
        self.sent += 1
        self.under_way.append((self.links, hash(payload)))

    def hear(self, payload: bytes) -> None:
        """In order: what was passed over is lost, unless its link ended with it or had just begun."""
        wanted = hash(payload)
        at = next((n for n, (_, one) in enumerate(self.under_way) if one == wanted), None)
        if at is None:
            self.strangers += 1
            return
        passed = [self.under_way.popleft()[0] for _ in range(at)]
        link = self.under_way.popleft()[0]
        self.heard += 1
        first, self.last = self.last != link, link
        for one in passed:
            if one == link and not first:
                self.lost += 1
            else:
                self.went_with_the_link += 1


def watch(one: Peripheral, uuids: Sequence[str], post: Post) -> None:
    """Note what ``one`` hands over on these characteristics while somebody is subscribed."""
    hand_over = one._send

    async def send(uuid: str, payload: bytes) -> None:
        if normalize_uuid_str(uuid) in uuids and is_subscribed(one, uuid):
            post.hand_over(payload, one._link)
        await hand_over(uuid, payload)

    one._send = send  # type: ignore[method-assign]  # watched where nothing else can be in between


def is_subscribed(one: Peripheral, uuid: str) -> bool:
    """Whether the host of its link wants notifications of this characteristic."""
    handle = one._characteristics[uuid].handle
    wishes = one._device.gatt_server.subscribers.get(one._link, {}) if one._link else {}
    return bool(wishes.get(handle, b"\0")[0] & 1)


async def soaked(file: Path, seconds: float, every: float, troubles: faults.Params) -> dict[str, Any]:
    """A session of so many seconds from its start."""
    worn = Worn("desk-day", hours=max(seconds / 3600 + 0.05, 0.25), seed=SEED, sensors=MAKES, faults=troubles)
    calibration = calibrated(worn)
    params = Params(sensors=assigned(MAKES))
    async with wearing(worn) as wearer:
        source = Bluetooth(Radio(wearer.air.scanner, wearer.air.client), params.sensors)
        writer = Writer(file, keeping.header(Opened(source, params, calibration, "")), threaded=True)
        live = Live(source, Monitor(params, calibration), writer)
        posts = {sensor.sensor: Post() for sensor in params.sensors}
        for sensor in params.sensors:
            named = DRIVERS[sensor.device].characteristics["data"]
            watch(wearer.peripherals[sensor.site], named, posts[sensor.sensor])
        seen = Seen(posts)
        live.listeners.append(seen)
        began, spent, waited = time.monotonic(), time.process_time(), waiting()
        before = waited()
        running = asyncio.create_task(live.run(seconds))
        looks = await looked(live, running, every)
        await running
        passed, spent = time.monotonic() - began, time.process_time() - spent
    return {
        "seconds": passed,
        "notifications": {**seen.counts(), "not_in_the_file": seen.missing(file)},
        "faults": {
            "links_lost": sum(max(post.links - 1, 0) for post in posts.values()),
            "settings": dict(sorted_of(troubles)),
        },
        "growth": growth(looks),
        "all_streaming_pct": 100 * float(np.mean([one.streaming == len(MAKES) for one in looks])),
        "outcomes": dict(sorted(seen.kinds.items())),
        "recording_trouble": live.health.recording,
        "file_mb": file.stat().st_size / 1e6,
        "cpu_pct_of_a_core_with_twins_and_air": 100 * spent / passed,
        "waited_pct": 100 * (waited() - before) / passed,
        "load_average": os.getloadavg()[1],
        "looks": [vars(one) for one in looks[:: max(len(looks) // 24, 1)]],
    }


def calibrated(worn: Worn) -> Calibration:
    """What the wizard finds in the beginning of the same day."""
    played = simulate.scenario(worn.scenario, hours=worn.hours, seed=worn.seed, sites=tuple(MAKES), faults=())
    log: list[Input] = []
    for batch in played.batches():
        log += [one for one in batch if one.arrival_ns < CALIBRATED_S * 1e9]
        if batch and batch[-1].arrival_ns >= CALIBRATED_S * 1e9:
            break
    spans = wizard.marked(log)
    return wizard.calibrate_recording(Params(sensors=played.sensors), [log], spans)


class Seen:
    """A listener: strikes out packets, counts all and what the monitor says."""

    def __init__(self, posts: dict[str, Post]) -> None:
        self.posts, self.kinds = posts, Counter[str]()
        self.inputs = 0

    def __call__(self, inputs: Sequence[Input], outcome: Outcome) -> None:
        """What one feed brought."""
        self.inputs += len(inputs)
        for one in inputs:
            if isinstance(one, Packet) and one.characteristic == "data":
                self.posts[one.sensor].hear(one.payload)
        self.kinds.update(f"bout {b.posture}" for b in outcome.bouts)
        self.kinds.update(f"alert {a.kind}" for a in outcome.alerts)
        self.kinds.update(["repetition"] * len(outcome.repetitions))

    def counts(self) -> dict[str, float]:
        """Of all sensors; what is still under way at the end went with its link."""
        posts = self.posts.values()
        gone = sum(p.went_with_the_link + len(p.under_way) for p in posts)
        return {
            "sent": sum(p.sent for p in posts),
            "recorded": sum(p.heard for p in posts),
            "lost": sum(p.lost for p in posts),
            "went_with_a_link": gone,
            "never_sent": sum(p.strangers for p in posts),
            "went_with_each_link": gone / max(sum(p.links for p in posts), 1),
        }

    def missing(self, file: Path) -> int:
        """Inputs that the monitor was fed and that the recording does not hold."""
        return self.inputs - sum(len(batch) for batch in open_recording(file).batches())


@dataclass(frozen=True)
class Look:
    """At this process: s since the start, what it holds, and how many sensors stream."""

    at: float
    resident_mb: float
    tasks: int
    open_files: int
    threads: int
    objects: int
    streaming: int


async def looked(live: Live, running: asyncio.Task[None], every: float) -> list[Look]:
    """Looks until the session ends."""
    began, looks = time.monotonic(), []
    while not running.done():
        looks.append(look(time.monotonic() - began, live.health.streaming))
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(running), every)
    return looks


def look(at: float, streaming: int) -> Look:
    """Fields of proc(5); 0 where the system has no /proc."""
    gc.collect()
    here = Path("/proc/self")
    if not here.exists():
        return Look(at, 0.0, len(asyncio.all_tasks()), 0, 0, len(gc.get_objects()), streaming)
    resident = int((here / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    threads = len(list((here / "task").iterdir()))
    files = len(list((here / "fd").iterdir()))
    return Look(at, resident, len(asyncio.all_tasks()), files, threads, len(gc.get_objects()), streaming)


def growth(looks: list[Look]) -> dict[str, float]:
    """From the second quarter to the last: the least of each, of the looks with as many sensors streaming as ever.

    A sensor that is away has other tasks than one that streams: neither that nor what a lost link holds for
    a while is a leak. Memory as the slope of a line through the last three quarters.
    """
    most_streaming = max(one.streaming for one in looks)
    looks = [one for one in looks if one.streaming == most_streaming]
    quarter = max(len(looks) // 4, 1)
    early, late, most = looks[quarter : 2 * quarter] or looks, looks[-quarter:], looks[quarter:] or looks
    found = {
        name: float(min(getattr(one, name) for one in late) - min(getattr(one, name) for one in early))
        for name in ("tasks", "open_files", "threads", "objects", "resident_mb")
    }
    slope = np.polyfit([one.at for one in most], [one.resident_mb for one in most], 1)[0] if len(most) > 2 else 0.0
    return {"resident_mb_per_hour": float(slope) * 3600, **found}


def sorted_of(troubles: faults.Params) -> list[tuple[str, float]]:
    """Those of the faults that are set."""
    return sorted((k, v) for k, v in vars(troubles).items() if v != getattr(faults.NONE, k))
