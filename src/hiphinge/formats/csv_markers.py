"""markers.csv: which part of the session shows which calibration movement."""

from __future__ import annotations

import csv
import difflib
import math
from collections.abc import Sequence
from pathlib import Path

from hiphinge.blocks import LATEST_S
from hiphinge.errors import SessionFolderError
from hiphinge.formats.csv_lines import Lines, shown
from hiphinge.formats.csv_table import header_advice
from hiphinge.markers import GUIDED, MOVEMENTS, TWIST, Marker

NAME = "markers.csv"
COLUMNS = ("start_s", "end_s", "label")
LABELS = (*MOVEMENTS, GUIDED, TWIST)
"""contract.md; the last two are written by hiphinge: the whole of a guided calibration, all sensors in one hand."""

LARGEST_BYTES = 1 << 20
"""A day of markers has a few hundred bytes."""
LEAST_STAND_S = 3.0
"""contract.md: standing is still, upright, at least 3 s."""


def read_markers(path: Path) -> list[Marker]:
    """The markers of a file, by end; raises SessionFolderError naming the line."""
    lines = Lines(path)
    text = b""
    for _, block in lines:
        text += block
        if len(text) > LARGEST_BYTES:
            raise _error(lines.name, None, "more than 1 MB", "a few markers", "Keep samples out of it.")
    rows = list(enumerate(text.decode("utf-8", "replace").split("\n"), 1))
    header = rows[0][1].strip()
    if tuple(_cells(header)) != COLUMNS:
        found = f"the header {shown(header)}" if header else "no header"
        raise _error(lines.name, 1, found, ",".join(COLUMNS), header_advice(header))
    markers = [_marker(lines.name, line, row) for line, row in rows[1:] if row.strip()]
    return sorted(markers, key=lambda marker: marker.end_s)


def write_markers(path: Path, markers: Sequence[Marker]) -> None:
    """The file that :func:`read_markers` reads."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        rows.writerows((repr(m.start_s), repr(m.end_s), m.label) for m in markers)


def has_place(marker: Marker) -> bool:
    """Whether the file can hold it: a label that it knows, an end after the start."""
    return marker.label in LABELS and marker.start_s < marker.end_s


def notes_on(markers: Sequence[Marker], first_s: float, last_s: float) -> list[str]:
    """What is odd about markers beside data from ``first_s`` to ``last_s``, but no reason to refuse."""
    notes = []
    for m in markers:
        what = f"{NAME}: {m.label} from {m.start_s:.10g} to {m.end_s:.10g} s"
        if m.end_s <= first_s or m.start_s >= last_s:
            notes.append(f"{what} lies outside the data ({first_s:.10g} to {last_s:.10g} s). It has no effect.")
        elif m.label == "stand" and m.end_s - m.start_s < LEAST_STAND_S:
            notes.append(f"{what} is short, expected {LEAST_STAND_S:.0f} s or more of quiet standing.")
    return notes


def _cells(row: str) -> list[str]:
    return [cell.strip(' \t\r"') for cell in row.split(",")]


def _marker(name: str, line: int, row: str) -> Marker:
    cells = _cells(row)
    if len(cells) != len(COLUMNS):
        raise _error(name, line, f"{len(cells)} cells", "3: start_s,end_s,label", "Commas between, decimal points.")
    start_s, end_s = (_seconds(name, line, *pair) for pair in zip(COLUMNS[:2], cells[:2], strict=True))
    label = cells[2]
    if label not in LABELS:
        near = difflib.get_close_matches(label.lower(), LABELS, 1)
        advice = f"Did you mean {near[0]}?" if near else "Rename it, or remove the row."
        raise _error(name, line, f"the label {shown(label, 30) or 'is empty'}", f"one of {', '.join(LABELS)}", advice)
    if end_s <= start_s:
        found = f"{label} ends at {end_s:.10g} s and starts at {start_s:.10g} s"
        raise _error(name, line, found, "an end after the start", "Correct the row.")
    return Marker(label, start_s, end_s)


def _seconds(name: str, line: int, column: str, cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not abs(value) <= LATEST_S:
        raise _error(name, line, f"{column} is {shown(cell, 20) or 'empty'}", "seconds", "Correct the row.")
    return value


def _error(name: str, line: int | None, found: str, expected: str, advice: str) -> SessionFolderError:
    where = f"{name}, line {line}" if line else name
    return SessionFolderError(f"{where}: {found}, expected {expected}. {advice}", file=name, line=line)
