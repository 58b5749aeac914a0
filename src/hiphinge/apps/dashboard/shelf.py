"""The recordings in the home: a request names one of this list, and never a file."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mcap.opcode import Opcode

from hiphinge.apps.live import keeping
from hiphinge.errors import HiphingeError, InputError
from hiphinge.recording import is_closed, open_recording
from hiphinge.recording.summary import read_summary

_SPAN = struct.Struct("<QQ")
"""First and last time of a chunk, ns, at the start of its entry in the index."""


@dataclass(frozen=True)
class Kept:
    """One recording; ``seconds`` None: not known without reading it. ``trouble``: why it cannot be opened, or ""."""

    name: str
    megabytes: float
    created: str = ""
    wearer: str = ""
    source: str = ""
    sites: str = ""
    seconds: float | None = None
    trouble: str = ""


class Shelf:
    """Lists; what is known of a file is kept until it changes."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, int], Kept] = {}

    def all(self) -> list[Kept]:
        """The newest first."""
        found = {(path.name, *_state(path)): path for path in keeping.recordings().glob("*.mcap")}
        self._known = {key: self._known.get(key) or look(path) for key, path in found.items()}
        return sorted(self._known.values(), key=lambda one: (one.created, one.name), reverse=True)

    def path(self, name: str) -> Path:
        """Of a recording that is listed; InputError for any other name."""
        for path in keeping.recordings().glob("*.mcap"):
            if path.name == name:
                return path
        raise InputError(f"{name!r}: not among the recordings, expected one of the list. Go back to Sessions.")


def _state(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:  # deleted in between
        return 0, 0
    return found.st_mtime_ns, found.st_size


def look(path: Path) -> Kept:
    """What a recording says about itself."""
    size = _state(path)[1] / 1e6
    try:
        head = open_recording(path).header
        trouble = "" if is_closed(path) else "being recorded, or cut off: it is repaired at the next start"
        seconds = _seconds(path)
    except (HiphingeError, OSError) as e:
        return Kept(path.name, size, trouble=str(e))
    sites = ", ".join(s.site.replace("_", " ") for s in head.sensors)
    return Kept(path.name, size, _local(head.created_utc), head.wearer, head.source, sites, seconds, trouble)


def _seconds(path: Path) -> float | None:
    """By the index."""
    with path.open("rb") as file:
        records = read_summary(file, path.stat().st_size) or {}
    chunks = [_SPAN.unpack_from(one) for one in records.get(Opcode.CHUNK_INDEX, []) if len(one) >= _SPAN.size]
    spans = [(first, last) for first, last in chunks if last]
    return (max(last for _, last in spans) - min(first for first, _ in spans)) / 1e9 if spans else None


def _local(utc: str) -> str:
    try:
        return f"{datetime.fromisoformat(utc).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return ""
