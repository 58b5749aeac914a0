"""What the accuracy measures share: sessions through the real commands, and the truth beside them.

Everything goes a stranger's way: ``import csv`` or a simulated recording, then
``analyze``, then the tables of the outer contract as they stand on disk.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from hiphinge import simulate
from hiphinge.apps import cli
from hiphinge.apps.simulate import header
from hiphinge.blocks import Bools, Floats, Input, Packet
from hiphinge.devices.registry import DECODERS
from hiphinge.recording import Writer, open_recording
from tests.real_recordings import folder

FLUSH_S = 10.0
"""Recorded time per chunk of a simulated recording, as the command writes it."""
HELD = 0.05
"""s: a longer step between two samples is a gap (a lost packet makes 0.1 s of it)."""
SURE = 0.99
"""Interpolated share of known instants from which an instant counts as known, as in the scoring tool."""


@dataclass(frozen=True)
class Tables:
    """One analysis as it stands in its folder."""

    angles: pd.DataFrame
    reps: pd.DataFrame
    bouts: pd.DataFrame
    alerts: pd.DataFrame
    summary: dict[str, Any]


def command(*arguments: object) -> str:
    """``hiphinge ARGUMENTS`` in this process: what it printed; its errors are raised."""
    with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.redirect_stderr(io.StringIO()):
        cli.hiphinge.main([str(a) for a in arguments], standalone_mode=False)
    return said.getvalue()


def imported(session: Path, recording: Path) -> Path:
    """A CSV session folder as a recording."""
    command("import", "csv", session, "-o", recording)
    return recording


def recorded(played: simulate.Simulation, recording: Path) -> Path:
    """A simulation as a recording, as ``hiphinge simulate`` writes it."""
    with Writer(recording, header(played, recording.stem), flush_s=FLUSH_S) as writer:
        for batch in played.batches():
            writer.write(batch)
    return recording


def narrowed(recording: Path, out: Path, sites: tuple[str, ...], calibration: str = "") -> Path:
    """The same recording as if only ``sites`` had been worn; ``calibration`` (JSON) comes with it if given."""
    opened = open_recording(recording)
    worn = tuple(s for s in opened.header.sensors if s.site in sites)
    ids = {s.sensor for s in worn}

    def kept(batch: list[Input]) -> list[Input]:
        return [one for one in batch if not isinstance(one, Packet) or one.sensor in ids]

    with Writer(out, replace(opened.header, sensors=worn, calibration=calibration), flush_s=FLUSH_S) as writer:
        for batch in opened.batches():
            writer.write(kept(batch))
    return out


def analyzed(recording: Path, out: Path) -> Tables:
    """Tables and summary of a recording."""
    command("analyze", recording, "-o", out, "--no-report")
    csv = {name: pd.read_csv(out / f"{name}.csv") for name in ("reps", "bouts", "alerts")}
    return Tables(
        pd.read_parquet(out / "angles.parquet"), **csv, summary=json.loads((out / "summary.json").read_text())
    )


def wearings() -> list[Path]:
    """The wearings of the data "virtual", in order."""
    return sorted(path for path in folder("virtual").iterdir() if path.is_dir())


def scoring_tool() -> ModuleType:
    """``tools/score_virtual.py`` from beside the folder of real recordings."""
    path = folder("virtual").parents[1] / "tools" / "score_virtual.py"
    if not path.exists():
        raise FileNotFoundError("no tools/score_virtual.py beside the folder of real recordings, which scores them")
    spec = importlib.util.spec_from_file_location("score_virtual", path)
    assert spec is not None, "a file's name ends in .py"
    assert spec.loader is not None, "a file's name ends in .py"
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def virtual_truth(wearing: Path) -> tuple[dict[str, Floats], list[dict[str, Any]]]:
    """Columns at 50 Hz with their time as ``t_s``, and the marks, of one wearing."""
    columns = dict(np.load(wearing / "truth.npz"))
    return {"t_s": columns.pop("t"), **columns}, json.loads((wearing / "truth.json").read_text())["marks"]


def calibrated(marks: list[dict[str, Any]]) -> float:
    """s: where scoring begins in one of the twelve."""
    return 1.0 + max(float(m["end"]) for m in marks if m["label"] in ("stand", "bend", "sit"))


def plausible_hip(truth: dict[str, Floats]) -> Bools:
    """Where the twelve's hip truth (n,) is no fitting artefact of the capture, as the scoring tool has it."""
    flexion = truth["hip_flexion_deg"]
    return (np.abs(truth["hip_abduction_deg"]) < 50) & (flexion > -25) & (flexion < 130)


def simulated_truth(played: simulate.Simulation) -> dict[str, Any]:
    """All truth columns (n,) at 100 Hz."""
    chunks = list(played.truth_chunks())
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}


def at(tables: Tables, column: str, t: Floats) -> Floats:
    """A column of the angles at t (n,) s; NaN where the instants beside it are not known."""
    values, when = tables.angles[column].to_numpy(float), tables.angles["t_s"].to_numpy(float)
    known = np.isfinite(values)
    if not known.any():
        return np.full(len(t), np.nan)
    found = np.interp(t, when[known], values[known])
    found[np.interp(t, when, known.astype(float)) <= SURE] = np.nan
    return found


def rms(error: Floats) -> float:
    """Root mean square of what is known of (n,)."""
    return float(np.sqrt(np.nanmean(error**2)))


def silences(recording: Path, sites: tuple[str, ...]) -> list[tuple[float, float]]:
    """(start, end) s of every step over HELD between two samples of one of ``sites``."""
    opened = open_recording(recording)
    sensors = {s.sensor: s for s in opened.header.sensors if s.site in sites}
    packets: dict[str, list[Packet]] = {name: [] for name in sensors}
    for batch in opened.batches():
        for one in batch:
            if isinstance(one, Packet) and one.sensor in packets:
                packets[one.sensor].append(one)
    found = []
    for name, heard in packets.items():
        t = np.sort(DECODERS[sensors[name].device](name).decode(heard)[0].t_ns) / 1e9
        held = np.flatnonzero(np.diff(t) > HELD)
        found += list(zip(t[held].tolist(), t[held + 1].tolist(), strict=True))
    return sorted(found)


def within(t: Floats, spans: list[tuple[float, float]]) -> Bools:
    """Which of t (n,) lie in any of the spans (start, end)."""
    inside = np.zeros(len(t), bool)
    for start, end in spans:
        inside |= (t >= start) & (t < end)
    return inside


def parts(progress: MutableMapping[str, Any], keys: list[str], make: Callable[[str], Any]) -> Iterator[Any]:
    """Each part, made unless ``progress`` has it."""
    for key in keys:
        if key not in progress:
            progress[key] = make(key)
        yield progress[key]
