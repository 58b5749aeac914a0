"""Postures as the events file of activPAL, which tools for sitting research read.

Columns and codes: kb.palt.com/articles/events-csv. What this format cannot hold is said in notes.
"""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

from hiphinge.formats.registry import Found, Replacing
from hiphinge.formats.wall_clock import local_start

HEADER = (
    "Time",
    "DataCount (samples)",
    "Interval (s)",
    "ActivityCode (0=sedentary, 1= standing, 2=stepping)",
    "CumulativeStepCount",
    "Activity Score (MET.h)",
    "Sum(Abs(DiffX)",
    "Sum(Abs(DiffY)",
    "Sum(Abs(DiffZ)",
)
CODES = {"sitting": "0", "standing": "1", "walking": "2", "cycling": "2.1", "lying": "3.2"}
"""3.2: lying that is not the night's (3.1)."""
NOT_WORN = "4"
METS = {"sitting": 1.25, "lying": 1.25, "standing": 1.4, "walking": 4.0, "cycling": 4.0}
"""MET of the events in files that activPAL wrote: 1.25 sedentary, 1.4 standing, 4 stepping at 120 a minute."""
PER_S = 10
"""Samples that it counts in a second."""
EXCEL_ZERO = datetime(1899, 12, 30)
"""Day 0 of a spreadsheet."""


def write(found: Found, path: Path, replacing: Replacing) -> list[str]:
    """Write bouts.csv as events; returns what they cannot hold. InputError without a wall clock or a bout."""
    start = local_start(found.summary, path.name)
    first = float(found.bouts["start_s"].iloc[0]) if len(found.bouts) else 0.0
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER)
        for b in found.bouts.itertuples():
            begin, end = (round(PER_S * (t - first)) for t in (b.start_s, b.end_s))
            seconds, since = (end - begin) / PER_S, b.start_s - float(found.summary["start_s"])
            day = (start - EXCEL_ZERO).total_seconds() / 86_400 + since / 86_400
            score = METS.get(b.posture, 0.0) * seconds / 3600
            code = CODES.get(b.posture, NOT_WORN)
            rows.writerow([f"{day:.10f}", begin, f"{seconds:.1f}", code, 0, f"{score:.6g}", 0, 0, 0])
    return _notes(set(found.bouts["posture"]))


def _notes(postures: set[str]) -> list[str]:
    notes = []
    if "walking" in postures:
        notes.append("Steps are not counted: their column is 0, the score of walking is that of 120 steps a minute.")
    if "unknown" in postures:
        notes.append("Unknown spells are written as not worn (4): the format has no word for them.")
    return notes
