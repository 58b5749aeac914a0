"""The wearer's days: times on a recording's clock, cut at the midnights of the zone that was recorded."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

UNDATED = ""
"""The day of what was recorded without a wall clock."""
DAY = 86_400.0
EPOCH = datetime(1970, 1, 1)
ALMOST = timedelta(milliseconds=1)
"""So near, midnight has struck: datetime knows microseconds, times of recordings nanoseconds."""


class Part(NamedTuple):
    """What of a span lies on one day: ``day`` ISO, ``at`` s after its midnight, ``start`` and ``end`` s as recorded."""

    day: str
    at: float | None
    start: float
    end: float


@dataclass(frozen=True)
class Wall:
    """Wall clock of a recording: from each of the instants ``t`` s on, it was ``local`` then."""

    anchors: tuple[tuple[float, datetime], ...]

    @classmethod
    def of(cls, summary: Mapping[str, Any]) -> Wall | None:
        """What a summary knows; None without a wall clock.

        ``start_utc`` and ``utc_offset_s`` hold from ``start_s`` on. A list ``clock`` of
        ``t_s``, ``utc``, ``utc_offset_s`` may say where the clock was stepped or the zone changed.
        """
        first = {"t_s": summary["start_s"], "utc": summary["start_utc"], "utc_offset_s": summary["utc_offset_s"]}
        changes = [first, *summary.get("clock", [])]
        try:
            anchors = [_anchor(change) for change in changes if change["utc"] is not None]
        except (ValueError, OverflowError):
            return None
        return cls(tuple(sorted(anchors))) if first["utc"] is not None and first["t_s"] is not None else None

    def local(self, t: float) -> datetime:
        """What a clock on the wall said at ``t`` s."""
        start, local = self.anchors[max(bisect_right(self.anchors, t, key=lambda anchor: anchor[0]) - 1, 0)]
        return local + timedelta(seconds=t - start)

    def part(self, t: float) -> Part:
        """One instant on its day."""
        local = self.local(t)
        if (local + ALMOST).date() > local.date():
            local = datetime.combine((local + ALMOST).date(), time())
        midnight = datetime.combine(local.date(), time())
        return Part(local.date().isoformat(), (local - midnight).total_seconds(), t, t)

    def cut(self, start: float, end: float) -> Iterator[Part]:
        """A span in pieces, none of which crosses a midnight or a step of the clock."""
        steps = [t for t, _ in self.anchors if start < t < end]
        for a, b in pairwise((start, *steps, end)):
            at = a
            while at < b:
                here = self.part(at)
                until = min(b, at + DAY - (here.at or 0.0))
                yield here._replace(end=until)
                at = until


def cut(wall: Wall | None, start: float, end: float) -> Iterator[Part]:
    """As :meth:`Wall.cut`; without a wall clock one undated piece."""
    yield from wall.cut(start, end) if wall else (Part(UNDATED, None, start, end),)


def part(wall: Wall | None, t: float) -> Part:
    """As :meth:`Wall.part`; without a wall clock undated."""
    return wall.part(t) if wall else Part(UNDATED, None, t, t)


def _anchor(change: Mapping[str, Any]) -> tuple[float, datetime]:
    return float(change["t_s"]), utc(change["utc"]) + timedelta(seconds=change["utc_offset_s"] or 0)


def utc(text: str) -> datetime:
    """ISO 8601 -> UTC without a zone; ValueError for anything else."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is None else found.astimezone(UTC).replace(tzinfo=None)
