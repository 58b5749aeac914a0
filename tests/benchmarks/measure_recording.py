"""Recording: what a kill -9, a cut, a zeroed tail and flipped bits cost.

A process of its own records three sensors at 100 Hz, ten packets a second each, at
real pace with flush_s = 1, half of the runs through the writing thread, and is killed
at a random moment. Lost is the time from the last readable input to the kill, so the
packet's own spacing (33 ms) counts too. What survives is then damaged in three ways;
every row that is read is compared with what was written, and every gap with what the
reader says is lost.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hiphinge.blocks import SITES, Packet, Sensor
from hiphinge.devices import hiphinge_imu
from hiphinge.errors import RecordingError
from hiphinge.recording import Header, Recording, Writer, open_recording, repair

LIMITS = {
    "kills": (20, None),
    "most_seconds_lost_at_kill": (None, 1.0),
    "wrong_rows": (0, 0),
    "losses_misstated": (0, 0),
    "repairs_failed": (0, 0),
}
SMALL_LIMITS = dict.fromkeys(("wrong_rows", "losses_misstated", "repairs_failed"), (0, 0))
"""Without the seconds: the machine that runs the tests may be busy."""

PLAN = {
    # kills, seconds until the kill (from, to), damages of each kind for each survivor
    "small": (2, (1.6, 2.0), 5),
    "full": (20, (1.5, 8.0), 20),
}
SENSORS = SITES[:3]
PACKET_S = 0.1
FLIPS = 40
"""Bits flipped in one file at most, as many as in the comparison of containers that chose MCAP."""

Row = tuple[str, int]
Counts = dict[str, float]


def measure(size: str, progress: dict[str, Any]) -> dict[str, Any]:
    """Figures over all kills; each kill with its damages is one part of ``progress``."""
    kills, wait_s, damages = PLAN[size]
    for k in range(kills):
        if f"kill {k}" not in progress:
            with tempfile.TemporaryDirectory() as folder:
                progress[f"kill {k}"] = one_kill(Path(folder), k, wait_s, damages)
    parts = [progress[f"kill {k}"] for k in range(kills)]
    lost = [part["seconds_lost"] for part in parts]
    summed = ("wrong_rows", "losses_misstated", "repairs_failed", "files_damaged", "files_refused", "rows_compared")
    return {
        "kills": kills,
        "most_seconds_lost_at_kill": max(lost),
        "median_seconds_lost_at_kill": float(np.median(lost)),
        **{name: sum(part[name] for part in parts) for name in summed},
    }


def one_kill(folder: Path, k: int, wait_s: tuple[float, float], damages: int) -> Counts:
    """Record, kill, read, repair; then damage what is left, ``damages`` times in each way."""
    rng = np.random.default_rng(k)
    survivor, clean = folder / "survivor.mcap", folder / "clean.mcap"
    begun_ns, killed_ns = record_and_kill(survivor, rng.uniform(*wait_s), threaded=k % 2 == 0)
    rows, wrong = read(open_recording(survivor))
    counts: Counts = {
        "seconds_lost": (killed_ns - (rows[-1][1] if rows else begun_ns)) / 1e9,
        "wrong_rows": wrong,
        "losses_misstated": 0,
        "repairs_failed": int(not repairs(survivor, clean, rows)),
        "files_damaged": 0,
        "files_refused": 0,
        "rows_compared": len(rows),
    }
    for content in damaged(survivor.read_bytes(), clean.read_bytes(), rng, damages):
        add_damaged(counts, folder, content, rows)
    return counts


def record_and_kill(path: Path, wait_s: float, *, threaded: bool) -> tuple[int, int]:
    """When it had begun and when it was killed, ns on the clock of the arrivals."""
    command = [sys.executable, __file__, str(path), str(int(threaded))]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None, "a pipe was asked for"
        child.stdout.readline()
        begun_ns = time.monotonic_ns()
        time.sleep(wait_s)
        killed_ns = time.monotonic_ns()
        child.kill()
    return begun_ns, killed_ns


def damaged(survivor: bytes, clean: bytes, rng: np.random.Generator, n: int) -> list[bytes]:
    """Cut and zeroed tails of what a kill left; flipped bits in a file that was closed."""
    contents = []
    for _ in range(n):
        cut, zeroed = rng.integers(8, len(survivor), 2)
        contents += [survivor[:cut], survivor[:zeroed] + bytes(len(survivor) - int(zeroed))]
        flipped = bytearray(clean)
        for bit in rng.integers(64, 8 * len(clean), rng.integers(1, FLIPS + 1)):
            flipped[bit // 8] ^= 1 << (bit % 8)
        contents.append(bytes(flipped))
    return contents


def add_damaged(counts: Counts, folder: Path, content: bytes, truth: Sequence[Row]) -> None:
    """Read and repair one damaged file and add what is wrong to ``counts``."""
    path = folder / "damaged.mcap"
    path.write_bytes(content)
    counts["files_damaged"] += 1
    try:
        recording = open_recording(path)
    except RecordingError:
        counts["files_refused"] += 1  # cut before the header, or every copy of it was hit
        return
    rows, wrong = read(recording)
    counts["rows_compared"] += len(rows)
    counts["wrong_rows"] += wrong + len(set(rows) - set(truth))
    inside = truth.index(rows[-1]) + 1 - len(rows) if rows else 0
    is_all = len(rows) == len(truth)
    counts["losses_misstated"] += recording.loss.inputs != inside or not (is_all or recording.damage)
    counts["repairs_failed"] += not repairs(path, folder / "repaired.mcap", rows)


def repairs(path: Path, out: Path, rows: Sequence[Row]) -> bool:
    """Whether the repaired file is clean and holds every row that could be read."""
    saved = repair(path, out)
    recording = open_recording(out)
    return read(recording) == (list(rows), 0) and not recording.damage and saved.saved_inputs == len(rows)


def read(recording: Recording) -> tuple[list[Row], int]:
    """Sensor and arrival of every packet, and how many are not as they were written."""
    rows, wrong = [], 0
    last = dict.fromkeys(SENSORS, -1)
    for batch in recording.batches():
        for packet in batch:
            assert isinstance(packet, Packet), "only packets were written"
            number = int.from_bytes(packet.payload[2:4], "little")
            wrong += packet != packet_of(packet.sensor, number, packet.arrival_ns) or number <= last[packet.sensor]
            last[packet.sensor] = number
            rows.append((packet.sensor, packet.arrival_ns))
    return rows, wrong


def packet_of(sensor: str, number: int, arrival_ns: int) -> Packet:
    """The packet that is written: a pure function of who, which and when."""
    noise = np.random.default_rng([SENSORS.index(sensor), number]).normal(size=(2, 10, 3))
    t_ns = arrival_ns - np.arange(9, -1, -1) * 10_000_000
    return Packet(sensor, hiphinge_imu.CHARACTERISTIC, arrival_ns, hiphinge_imu.encode(number, t_ns, *noise))


def record(path: Path, *, threaded: bool) -> None:
    """Until somebody kills it: each sensor in turn, at real pace."""
    header = Header("kill", "", "", "measure", "hiphinge", tuple(Sensor(s, hiphinge_imu.NAME, s) for s in SENSORS))
    with Writer(path, header, flush_s=1.0, threaded=threaded) as writer:
        start = time.monotonic()
        for k in range(2**16 * len(SENSORS)):
            due = start + k * PACKET_S / len(SENSORS)
            time.sleep(max(0.0, due - time.monotonic()))
            number, which = divmod(k, len(SENSORS))
            writer.write([packet_of(SENSORS[which], number, time.monotonic_ns())])
            if k == 0:
                os.write(1, b"recording\n")


if __name__ == "__main__":
    record(Path(sys.argv[1]), threaded=sys.argv[2] == "1")
