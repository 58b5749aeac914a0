"""Times of the recording as a reader knows them: the wearer's wall clock, else time since the start."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hiphinge.blocks import Floats

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Clock:
    """``start`` s on the recording's clock; ``wall`` the local time then, or None when unknown."""

    start: float
    wall: datetime | None
    zone: str

    @classmethod
    def of(cls, summary: Mapping[str, Any]) -> Clock:
        """The clock that a summary tells of."""
        start = float(summary["start_s"] or 0.0)
        if summary["start_utc"] is None:
            return cls(start, None, "time since the start of the recording, h:min:s")
        offset = summary["utc_offset_s"]
        zone = "UTC" if offset is None else "wall clock of the wearer"
        if summary.get("clock"):
            zone += " as it was at the start; it was set later, or its zone or summer time changed"
        return cls(start, datetime.fromisoformat(summary["start_utc"]) + timedelta(seconds=offset or 0), zone)

    def ms(self, t: ArrayLike) -> Floats:
        """Times (n,) s as a plot's axis: ms whose hours and minutes read right."""
        zero = 0.0 if self.wall is None else (self.wall - EPOCH) / timedelta(milliseconds=1)
        return (np.asarray(t, float) - self.start) * 1e3 + zero

    def words(self, t: float) -> str:
        """``14:05:09``, or ``0:05:09`` since the start."""
        if not math.isfinite(t):
            return "–"
        if self.wall is not None:
            return (self.wall + timedelta(seconds=t - self.start)).strftime("%H:%M:%S")
        seconds = int(t - self.start)
        return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"

    def day(self) -> str:
        """``Monday 3 March 2025``, or "" when unknown."""
        return "" if self.wall is None else f"{self.wall:%A} {self.wall.day} {self.wall:%B %Y}"
