"""The product's own cost: CPU time and memory of `hiphinge lift --json` with three real links to BlueZ.

The real command in a process of its own, its own home, sensors assigned and a
calibration kept; bleak's BlueZ backend over a private bus to a fake org.bluez in
another process (tests/bluez), whose three sensors are worn by somebody who works out:
100 Hz, 5 samples a notification, StartNotify. CPU time is the command's own, user and
system, all its threads and ended children, after the first minute; other work on the machine
lengthens it by what it takes away of caches, not of time. Memory is the resident set.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hiphinge.blocks import Packet
from hiphinge.devices.driver import LOST
from hiphinge.devices.hiphinge_ble import NAME
from hiphinge.recording import open_recording
from tests.benchmarks.worn_home import furnish
from tests.bluez.bench import VARIABLE, bench
from tests.bluez.bluetoothd import ADDRESSES
from tests.bluez.private_bus import MISSING, is_there

PLAN = {"small": (4.0, 0.0, 0.5), "full": (1920.0, 60.0, 10.0)}
"""Seconds of the session, of its beginning that does not count, and between two looks at the process."""
HALF_HOUR = 1800.0

LIMITS = {
    "cpu_pct_of_a_core": (None, 8.0),
    "steady_s": (HALF_HOUR, None),
    "memory.growth_mb_per_hour": (None, 10.0),
    "packets.lost": (0, 0),
    "exit_code": (0, 0),
}
SMALL_LIMITS = {"packets.lost_on_whole_links": (0, 0), "exit_code": (0, 0), "packets.recorded": (10, None)}
"""Without CPU and memory: the beginning costs more than all that follows; and the machine may be busy.
bluetoothd may wait for it, so that a link is given up: what is made meanwhile is nobody's loss."""


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """CPU in per cent of a core, memory in MB; packets made against packets in the recording."""
    if sys.platform != "linux" or not is_there():
        raise FileNotFoundError(MISSING)
    seconds, beginning, every = PLAN[size]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home = furnish(folder / "home", dict.fromkeys(ADDRESSES, NAME))
        with bench(folder, str(seconds / 3600 + 0.05)) as bluez:
            made = bluez.made()
            run = lifting(home, bluez.address, seconds)
            looks = watched(run, every)
            packets = compared(home, bluez.made(), made)
    return {
        **judged(looks, beginning),
        "packets": packets,
        "exit_code": run.returncode,
        "load_average_at_the_end": os.getloadavg()[1],
    }


def lifting(home: Path, address: str, seconds: float) -> subprocess.Popen[bytes]:
    """The command as a user starts it, on the private bus."""
    with (home / "out.json").open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "hiphinge", "lift", "--json", "--for", str(seconds)],
            env={**os.environ, "HIPHINGE_HOME": str(home), VARIABLE: address},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )


@dataclass(frozen=True)
class Look:
    """At the process, at ``at`` s: CPU seconds so far, MB resident, threads."""

    at: float
    cpu_s: float
    resident_mb: float
    threads: int


def watched(run: subprocess.Popen[bytes], every: float) -> list[Look]:
    """Looks until it ends."""
    looks = []
    while run.poll() is None:
        looks.append(look(run.pid))
        try:
            run.wait(every)
        except subprocess.TimeoutExpired:
            continue
    return looks


def look(pid: int) -> Look:
    """Fields of proc(5): utime, stime, cutime, cstime, num_threads, rss."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    return Look(time.monotonic(), sum(map(int, fields[11:15])) / ticks, int(fields[21]) * page / 1e6, int(fields[17]))


def judged(looks: list[Look], beginning: float) -> dict[str, Any]:
    """What they say once ``beginning`` s are over; growth is the slope of a line through the second half."""
    steady = [one for one in looks if one.at - looks[0].at >= beginning and one.resident_mb]
    first, last = steady[0], steady[-1]
    half = steady[len(steady) // 2 :]
    slope = np.polyfit([one.at for one in half], [one.resident_mb for one in half], 1)[0] if len(half) > 2 else np.nan
    minutes = {f"minute_{m}": mb(steady, looks[0].at + 60 * m) for m in (1, 5, 10, 15, 20, 25, 30)}
    return {
        "cpu_pct_of_a_core": 100 * (last.cpu_s - first.cpu_s) / max(last.at - first.at, 1e-3),
        "cpu_s_of_the_beginning": first.cpu_s,
        "steady_s": last.at - first.at,
        "memory": {"growth_mb_per_hour": slope * 3600, "most_mb": max(one.resident_mb for one in looks), **minutes},
        "threads": last.threads,
    }


def mb(looks: list[Look], at: float) -> float:
    """Resident at about ``at``."""
    return min(looks, key=lambda one: abs(one.at - at)).resident_mb


def compared(home: Path, made: dict[str, int], before: dict[str, int]) -> dict[str, int]:
    """Packets of samples that the sensors made and that the recording holds.

    Made while the link is closed at the very end are not lost: nobody listens any more; at most one of each sensor.
    """
    [file] = (home / "recordings").glob("*.mcap")
    held = [one for batch in open_recording(file).batches() for one in batch if isinstance(one, Packet)]
    recorded = {name: sum(p.sensor == name and p.characteristic == "data" for p in held) for name in made}
    lost = {name: max(made[name] - before[name] - recorded[name] - 1, 0) for name in made}
    lines = [json.loads(line) for line in (home / "out.json").read_text().splitlines() if line.startswith("{")]
    told = {kind: sum(line["event"] == kind for line in lines) for kind in ("repetition", "alert", "link")}
    given_up = {line["sensor"] for line in lines if line["event"] == "link" and line["state"] == LOST}
    return {
        "made": sum(made.values()) - sum(before.values()),
        "recorded": sum(recorded.values()),
        "lost": sum(lost.values()),
        "lost_on_whole_links": sum(n for name, n in lost.items() if name not in given_up),
    } | told
