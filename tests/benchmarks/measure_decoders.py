"""Decoders: what real sensors sent comes out right; no bytes make one raise, disagree with itself or hang.

The coverage-guided fuzzer (atheris, 10 min on each decoder) needs a Python that has
it: this one, or the one that HIPHINGE_ATHERIS names (``python3.11 -m venv /tmp/fuzz;
/tmp/fuzz/bin/pip install atheris numpy; HIPHINGE_ATHERIS=/tmp/fuzz/bin/python make measure decoders``).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np

from hiphinge.blocks import Link, Packet
from hiphinge.devices.driver import CONFIGURED, CONNECTED
from hiphinge.devices.registry import DECODERS, DRIVERS
from tests.benchmarks.fuzz_decoders import NAMES, configurations, play, refused, seeds

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "build" / "measures" / "decoders-corpus"
RANDOM = {"small": 50, "full": 6400}
"""Inputs for each decoder: the same bytes in every run."""
GUIDED_S = {"small": 0, "full": 600}
HANG_S = 10
LANES = 2
"""Decoders at once: one for each core of the smallest machine."""

LIMITS: dict[str, tuple[float | None, float | None]] = {
    "configurations.refused": (None, 0),
    "captures.wrong": (None, 0),
    "captures.samples": (8, None),
    "random.failures": (None, 0),
    **{f"guided.{name}.failures": (None, 0) for name in NAMES},
    **{f"guided.{name}.seconds": (GUIDED_S["full"], None) for name in NAMES},
}

FUZZ = """
import sys
import atheris
with atheris.instrument_imports(include=["hiphinge.devices"]):
    from tests.benchmarks import fuzz_decoders
fuzz_decoders.main(sys.argv[1:])
"""


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """Captures, random bytes, guided bytes."""
    if "random" not in progress:
        progress["random"] = at_random(RANDOM[size])
    return {
        "configurations": {"refused": len(left_out := refused()), "first": left_out[:1]},
        "captures": captures(),
        "random": progress["random"],
        "guided": guided(GUIDED_S[size], progress),
        "unverified": ", ".join(name for name, driver in DRIVERS.items() if not driver.verified),
    }


def captures() -> dict[str, int]:
    """Samples that the notes quote from outside, and how many of them come out otherwise."""
    note = (ROOT / "firmware_notes" / "witmotion.md").read_text("utf-8")
    wrong = samples = 0
    for raw, meaning in re.findall(r"```capture\n(.*?)```\n```json\n(.*?)```", note, re.DOTALL):
        decoder = DECODERS["witmotion"]("s")
        decoder.follow(Link(0, "s", CONNECTED))
        decoder.follow(Link(0, "s", CONFIGURED, configurations("witmotion")[1]))
        block = decoder.decode([Packet("s", "data", 0, bytes.fromhex(raw))]).block
        wanted = json.loads(meaning)
        near = np.isclose(block.acc / 9.80665, wanted["acc_g"], atol=6e-7)
        near &= np.isclose(np.rad2deg(block.gyr), wanted["gyr_dps"], atol=6e-7)
        samples += len(block)
        wrong += int((~near.all(axis=1)).sum())
    return {"samples": samples, "wrong": wrong}


def at_random(inputs: int) -> dict[str, Any]:
    """Mutations of the notes' examples, by dice."""
    failures, slowest = list[str](), 0.0
    for name in NAMES:
        begin, rng = seeds(name), np.random.default_rng([3, *name.encode()])
        for _ in range(inputs):
            began = time.monotonic()
            some = mutated(begin, rng)
            try:
                play(name, some)
            except Exception as e:  # noqa: BLE001  # any exception is the finding
                failures.append(f"{name}: {e!r} at {some.hex()[:200]}")
            slowest = max(slowest, time.monotonic() - began)
    return {"inputs": inputs * len(NAMES), "failures": len(failures), "first": failures[:1], "slowest_s": slowest}


def mutated(begin: list[bytes], rng: np.random.Generator) -> bytes:
    """A few of the examples, some bytes changed, inserted or cut out."""
    some = bytearray(b"".join(begin[int(i)] for i in rng.integers(len(begin), size=3)))
    for _ in range(int(rng.integers(0, 12))):
        at = int(rng.integers(len(some))) if some else 0
        some[at : at + int(rng.integers(0, 4))] = rng.bytes(int(rng.integers(0, 4)))
    return bytes(some)


def guided(seconds: int, progress: MutableMapping[str, Any]) -> dict[str, Any] | str:
    """Each decoder under atheris; or why not, in a sentence."""
    python = os.environ.get("HIPHINGE_ATHERIS", sys.executable)
    if not seconds:
        return "at full size only"
    if subprocess.run([python, "-c", "import atheris"], capture_output=True, check=False).returncode:
        return f"{Path(python).name} has no atheris: nothing was fuzzed with guidance. Name one with HIPHINGE_ATHERIS."
    left = [name for name in NAMES if f"guided {name}" not in progress]
    with ThreadPoolExecutor(LANES) as lanes:
        under_way = {lanes.submit(fuzzed, python, name, seconds): name for name in left}
        for done in as_completed(under_way):
            progress[f"guided {under_way[done]}"] = done.result()
    return {name: progress[f"guided {name}"] for name in NAMES}


def fuzzed(python: str, name: str, seconds: int) -> dict[str, Any]:
    """What libFuzzer says after so many seconds on one decoder."""
    folder = CORPUS / name.replace(":", "-")
    folder.mkdir(parents=True, exist_ok=True)
    options = [f"-max_total_time={seconds}", f"-timeout={HANG_S}", "-max_len=2048", "-print_final_stats=1"]
    options += ["-rss_limit_mb=6144", f"-artifact_prefix={folder}.failed-"]
    began = time.monotonic()
    run = subprocess.run(
        [python, "-c", FUZZ, name, str(folder), *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    inputs = re.search(r"number_of_executed_units:\s*(\d+)", run.stderr)
    coverage = re.findall(r"cov: (\d+)", run.stderr)
    return {
        "seconds": round(time.monotonic() - began),
        "inputs": int(inputs[1]) if inputs else 0,
        "edges": int(coverage[-1]) if coverage else 0,
        "failures": int(run.returncode != 0),
        "first": "" if run.returncode == 0 else run.stderr[-1500:],
    }
