"""From the recordings of this home to the journal: what is new is analysed once, through the path of analyze."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hiphinge import history, session
from hiphinge.blocks import Bout
from hiphinge.errors import CalibrationRefused, HiphingeError, RecordingError
from hiphinge.history import Entry, Journal, Raw, SeatLevels
from hiphinge.recording import is_closed, open_recording
from hiphinge.session import summary as words

ASIDE = (".damaged", ".repaired")
"""Ends of the names of what a repair leaves beside a recording: the same session."""

Progress = Callable[[str], object]


@dataclass(frozen=True)
class OnDisk:
    """A recording of this home and the session that it is of."""

    raw: Raw
    session: str


def on_disk(home: Path) -> tuple[list[OnDisk], list[str]]:
    """All recordings in the home that can be opened, by name; a sentence for each that cannot."""
    found, refused = [], []
    for path in sorted(history.recordings(home).glob("*.mcap")):
        try:
            opened, stat = open_recording(path), path.stat()
        except (RecordingError, OSError) as e:
            refused.append(f"Left out: {e}")
            continue
        summarised = history.summary_path(home, opened.header.recording_id).exists()
        found.append(OnDisk(Raw(path, stat.st_size, stat.st_mtime, summarised), opened.header.recording_id))
    return found, refused


def catch_up(journal: Journal, progress: Progress, *, again: bool = False) -> list[str]:
    """Analyse what has no summary yet or has grown since, and take in every summary; sentences about the rest.

    ``again``: also what nothing could be said of, as a newer version may.
    """
    disk, notes = on_disk(journal.home)
    for one in disk:
        if not _is_due(journal.home, one, again):
            continue
        progress(one.raw.path.name)
        try:
            entry = entry_of(one.raw.path)
            if one.raw.path.exists():  # deleted meanwhile, it shall not come back
                journal.add(entry)
        except (HiphingeError, OSError) as e:
            notes.append(f"Not in the history: {e}")
    return [*notes, *journal.catch_up()]


def waiting(home: Path) -> int:
    """How many recordings :func:`catch_up` would analyse."""
    return sum(_is_due(home, one, again=False) for one in on_disk(home)[0])


def _is_due(home: Path, one: OnDisk, again: bool) -> bool:
    return not one.raw.path.stem.endswith(ASIDE) and not is_growing(one.raw) and _is_new(home, one, again)


def is_growing(raw: Raw) -> bool:
    """Whether somebody may be recording it."""
    return history.is_growing(raw, time.time()) and not is_closed(raw.path)


def _is_new(home: Path, one: OnDisk, again: bool) -> bool:
    if not one.raw.summarised:
        return True
    try:
        kept = history.read(history.summary_path(home, one.session))
    except (HiphingeError, FileNotFoundError):
        return True
    return one.raw.size > kept.size or (again and bool(kept.summary.get("refused")))


def entry_of(path: Path) -> Entry:
    """A recording as the journal takes it; one that allows no calibration keeps when and why.

    Raises RecordingError, SettingsError, CalibrationFileError, OSError.
    """
    opened, levels, size = session.open(path), SeatLevels(), path.stat().st_size
    try:
        found = opened.stream(levels.take)
    except CalibrationRefused as e:
        return Entry(refused(opened, str(e)), size=size)
    bouts = [Bout(b.start_s, b.end_s, b.posture) for b in found.bouts.itertuples()]
    entry = Entry.of(found.summary, found.reps, found.bouts, found.alerts)
    return replace(entry, shifts=levels.shifts(bouts), size=size)


def refused(opened: session.Session, why: str) -> dict[str, Any]:
    """The summary of a recording of which nothing could be said."""
    contents = opened.recording.contents()
    start = None if contents.start_utc_ns is None else datetime(1970, 1, 1, tzinfo=UTC)
    if start is not None:
        start += timedelta(microseconds=(contents.start_utc_ns or 0) // 1000)
    content = {
        "recording": opened.recording.path.name,
        **opened.metadata,
        "start_utc": None if start is None else start.isoformat(timespec="milliseconds"),
        "utc_offset_s": contents.utc_offset_s,
        "start_s": contents.start_s if math.isfinite(contents.start_s) else 0.0,
        "end_s": contents.end_s if math.isfinite(contents.end_s) else 0.0,
        "duration_s": contents.duration_s,
        "setup": words.setup_words(opened.header.sensors),
        "calibration": {"id": None, "verdict": why},
        "refused": why,
    }
    plain: dict[str, Any] = words.plain(content)
    return plain
