"""One session as the journal takes it, and as ``<id>.summary.json`` keeps it when the recording is gone."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hiphinge.errors import JournalError
from hiphinge.settings.places import file_name, private_folder, write_private

RECORDINGS, ENDING = "recordings", ".summary.json"
FORMAT, FORMAT_VERSION = "hiphinge session summary", 1
NEEDED = ("recording_id", "wearer", "start_s", "end_s", "duration_s", "start_utc", "utc_offset_s")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """What one session found: the dict of summary.json and rows as in reps.csv, bouts.csv, alerts.csv.

    ``shifts`` are the times s of posture shifts while seated; None: not known.
    ``size`` is that of the recording, bytes, when it was read: a larger one is newer.
    """

    summary: Mapping[str, Any]
    reps: tuple[Row, ...] = ()
    bouts: tuple[Row, ...] = ()
    alerts: tuple[Row, ...] = ()
    shifts: tuple[float, ...] | None = None
    size: int = 0

    @classmethod
    def of(cls, summary: Mapping[str, Any], reps: pd.DataFrame, bouts: pd.DataFrame, alerts: pd.DataFrame) -> Entry:
        """From the outcome of ``Session.analyze`` or ``Session.stream``."""
        return cls(summary, _rows(reps), _rows(bouts), _rows(alerts))

    @property
    def id(self) -> str:
        """The recording's own id."""
        return str(self.summary["recording_id"])

    def to_json(self) -> str:
        """The text of the summary file: the same entry, the same bytes."""
        tables = {"reps": self.reps, "bouts": self.bouts, "alerts": self.alerts}
        content = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "recording_bytes": self.size,
            "summary": self.summary,
            **{name: _table(rows) for name, rows in tables.items()},
            "shifts_s": None if self.shifts is None else list(self.shifts),
        }
        return json.dumps(content, allow_nan=False, ensure_ascii=False) + "\n"


def from_json(text: str, who: str) -> Entry:
    """The entry again. JournalError, beginning with ``who``: no such file, or one of a newer version."""
    try:
        content = json.loads(text)
        if content["format"] != FORMAT or not isinstance(content["format_version"], int):
            raise ValueError("another format")
        if content["format_version"] > FORMAT_VERSION:
            raise JournalError(
                f"{who}: summary format {content['format_version']}, expected at most {FORMAT_VERSION}. "
                f"Update hiphinge to read it."
            )
        missing = [name for name in NEEDED if name not in content["summary"]]
        if missing:
            raise ValueError(f"no {missing[0]}")
        tables = {name: _untable(content[name]) for name in ("reps", "bouts", "alerts")}
        shifts = content["shifts_s"]
        known = None if shifts is None else tuple(map(float, shifts))
        return Entry(content["summary"], **tables, shifts=known, size=int(content["recording_bytes"]))
    except (ValueError, KeyError, TypeError, RecursionError) as e:
        raise JournalError(
            f"{who}: no summary of a session ({type(e).__name__}), expected one that hiphinge wrote. Move it away."
        ) from e


def recordings(home: Path) -> Path:
    """The folder of recordings and summaries below ``home``."""
    return home / RECORDINGS


def summary_path(home: Path, session: str) -> Path:
    """Where the summary of a session is kept; any id makes a harmless name."""
    return recordings(home) / (file_name(session) + ENDING)


def keep(home: Path, entry: Entry) -> Path:
    """Write the summary file: whole or not at all, for the owner only."""
    path = summary_path(home, entry.id)
    private_folder(path.parent)
    write_private(path, entry.to_json())
    return path


def kept(home: Path) -> list[Path]:
    """All summary files, by name."""
    return sorted(recordings(home).glob(f"*{ENDING}"))


def read(path: Path) -> Entry:
    """A summary file. Raises JournalError, OSError."""
    try:
        return from_json(path.read_text("utf-8"), path.name)
    except UnicodeDecodeError as e:
        raise JournalError(f"{path.name}: no text, expected a summary of a session. Move it away.") from e


def _rows(frame: pd.DataFrame) -> tuple[Row, ...]:
    names = list(frame.columns)
    return tuple(dict(zip(names, map(plain, row), strict=True)) for row in frame.itertuples(index=False, name=None))


def plain(value: Any) -> Any:
    """In JSON's own types; None where nothing is known."""
    if value is None or value is pd.NA:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _table(rows: tuple[Row, ...]) -> dict[str, Any]:
    columns = list(rows[0]) if rows else []
    return {"columns": columns, "rows": [[row[name] for name in columns] for row in rows]}


def _untable(table: Mapping[str, Any]) -> tuple[Row, ...]:
    return tuple(dict(zip(table["columns"], row, strict=True)) for row in table["rows"])
