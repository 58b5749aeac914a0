"""Speed, whole: `analyze` from the file to the tables, on one core, against bare vqf over the same samples.

Each round runs three processes one after the other: bare vqf (updateBatch over the
decoded arrays, in blocks of 60 000, decoding not counted), `analyze --no-report`, and
`analyze`; the figures are medians over the rounds. Seconds are CPU time (user and
system), start and imports of the command counted. One further run says where the time
goes. At the small size the ratio is not judged: there most of it is imports.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import numpy as np

from hiphinge.blocks import Packet
from hiphinge.devices import hiphinge_imu
from hiphinge.recording import open_recording

ROOT = Path(__file__).resolve().parents[2]
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}

PLAN = {"small": (20.0 / 60.0, 1), "full": (8.0, 3)}
"""Hours, rounds."""
BLOCK = 60_000
"""Samples handed to bare vqf at once: ten minutes."""

LIMITS = {
    "without_report.times_vqf": (None, 4.5),
    "with_report.times_vqf": (None, 5.0),
    "without_report.peak_gb": (None, 1.0),
    "with_report.peak_gb": (None, 1.0),
}
SMALL_LIMITS = {
    "with_report.peak_gb": (None, 1.0),
    "stages_named_share": (0.9, 1.0),
    "vqf_s": (0.001, None),
}
"""That it runs, and that the figures are there."""


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """CPU seconds, how many times those of bare vqf, peak memory; seconds by stage."""
    hours, rounds = PLAN[size]
    parts = [f"round {k}" for k in range(rounds)]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        if not all(part in progress for part in (*parts, "stages")):
            hiphinge(folder, "simulate", "desk-day", "--hours", hours, "--seed", 1, "-o", "day.mcap")
        for part in parts:
            if part not in progress:
                progress[part] = one_round(folder)
        if "stages" not in progress:
            progress["stages"] = stages(folder)
    return summed(hours, [progress[part] for part in parts], progress["stages"])


def one_round(folder: Path) -> dict[str, dict[str, float]]:
    """Bare vqf, tables only, tables and report."""
    analyze = ("-m", "hiphinge", "analyze", "day.mcap", "-o")
    return {
        "vqf": json.loads(python(folder, "-m", "tests.benchmarks.measure_speed", "day.mcap").stdout),
        "without_report": metered(folder, *analyze, "plain", "--no-report"),
        "with_report": metered(folder, *analyze, "whole"),
    }


def stages(folder: Path) -> dict[str, float]:
    """CPU seconds by stage of one run with the report."""
    python(folder, "-m", "tests.benchmarks.stage_clock", "stages.json", "analyze", "day.mcap", "-o", "timed")
    found: dict[str, float] = json.loads((folder / "stages.json").read_text())
    return found


def summed(hours: float, rounds: list[dict[str, dict[str, float]]], by_stage: dict[str, float]) -> dict[str, Any]:
    """Medians over the rounds; the ratio is taken within each round."""
    bare = statistics.median(r["vqf"]["cpu_s"] for r in rounds)
    figures: dict[str, Any] = {
        "hours": hours,
        "rounds": len(rounds),
        "samples": rounds[0]["vqf"]["samples"],
        "vqf_s": bare,
    }
    for kind in ("without_report", "with_report"):
        ratios = [r[kind]["cpu_s"] / r["vqf"]["cpu_s"] for r in rounds]
        figures[kind] = {
            "times_vqf": statistics.median(ratios),
            "times_vqf_each": ratios,
            "cpu_s": statistics.median(r[kind]["cpu_s"] for r in rounds),
            "wall_s": statistics.median(r[kind]["wall_s"] for r in rounds),
            "peak_gb": max(r[kind]["peak_gb"] for r in rounds),
        }
    total = sum(by_stage.values())
    figures["stages_named_share"] = 1.0 - by_stage["everything else"] / total
    figures["stages_s"] = by_stage
    figures["stages_times_vqf"] = {stage: seconds / bare for stage, seconds in by_stage.items()}
    return figures


def hiphinge(folder: Path, *arguments: object) -> None:
    """The command, as a user runs it."""
    python(folder, "-m", "hiphinge", *arguments)


def metered(folder: Path, *arguments: str) -> dict[str, float]:
    """The same, with what it cost."""
    meter = str(Path(__file__).with_name("metered.py"))
    found: dict[str, float] = json.loads(python(folder, meter, sys.executable, *arguments).stdout)
    return found


def python(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """One process in ``folder``, with one thread and a home of its own; its errors are raised."""
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, **ONE_THREAD, "HIPHINGE_HOME": str(folder / "home"), "PYTHONPATH": paths}
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )


def bare_vqf(recording: Path) -> dict[str, float]:
    """CPU seconds of vqf alone over all samples of a recording, sensor by sensor."""
    from vqf import VQF  # noqa: PLC0415  a machine without vqf still lists the measures

    spent, samples = 0.0, 0
    opened = open_recording(recording)
    packets: dict[str, list[Packet]] = {s.sensor: [] for s in opened.header.sensors}
    for batch in opened.batches():
        for one in batch:
            if isinstance(one, Packet):
                packets[one.sensor].append(one)
    for sensor, heard in packets.items():
        block, *_ = hiphinge_imu.Decoder(sensor).decode(heard)
        running = VQF(0.01)
        gyr, acc = np.ascontiguousarray(block.gyr), np.ascontiguousarray(block.acc)
        began = time.process_time()
        for k in range(0, len(block), BLOCK):
            running.updateBatch(gyr[k : k + BLOCK], acc[k : k + BLOCK])
        spent += time.process_time() - began
        samples += len(block)
    return {"cpu_s": spent, "samples": samples}


if __name__ == "__main__":
    print(json.dumps(bare_vqf(Path(sys.argv[1]))))
