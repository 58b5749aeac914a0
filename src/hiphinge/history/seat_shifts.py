"""Posture shifts while seated: from a recording's angles, by the second, to the times of new levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.lib.stride_tricks import sliding_window_view

from hiphinge.blocks import Bout, Floats
from hiphinge.history.sitting_figures import SITTING


@dataclass(frozen=True)
class ShiftParams:
    """What counts as a new way to sit (biomechanics 4.5 [D]).

    limit_deg : ° of low back or pelvis from where it was; 5 to 8.
    hold : s for which the new level is held.
    """

    limit_deg: float = 6.0
    hold: int = 10


class SeatLevels:
    """Angle tables in, one row a second out: what low back and pelvis (else the trunk) were on average."""

    COLUMNS = ("lumbar_flexion_deg", "pelvis_tilt_deg", "trunk_inclination_deg")

    def __init__(self) -> None:
        self._seconds: list[Floats] = []
        self._sums: list[Floats] = []
        self._counts: list[Floats] = []

    def take(self, table: pa.Table) -> None:
        """Some instants, in order: columns as in angles.parquet."""
        second, at = np.unique(np.floor(table["t_s"].to_numpy()), return_inverse=True)
        columns = [np.asarray(table[name].to_numpy(), float) for name in self.COLUMNS]
        known = [np.isfinite(column) for column in columns]
        self._seconds.append(second)
        sums = [np.bincount(at, np.where(k, c, 0.0), len(second)) for k, c in zip(known, columns, strict=True)]
        self._sums.append(np.stack(sums, axis=1))
        self._counts.append(np.stack([np.bincount(at, k, len(second)) for k in known], axis=1))

    def levels(self) -> tuple[Floats, Floats]:
        """Seconds (m,) and their mean angles (m, c) in °; c is 0 when none was ever known.

        The trunk counts only where the pelvis is not seen at all.
        """
        if not self._seconds:
            return np.empty(0), np.empty((0, 0))
        seconds, at = np.unique(np.concatenate(self._seconds), return_inverse=True)
        sums, counts = np.zeros((2, len(seconds), len(self.COLUMNS)))
        np.add.at(sums, at, np.concatenate(self._sums))
        np.add.at(counts, at, np.concatenate(self._counts))
        seen = np.array(counts.sum(axis=0) > 0)
        seen[2] &= not seen[1]
        means = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
        return seconds, means[:, seen]

    def shifts(self, bouts: Sequence[Bout], params: ShiftParams | None = None) -> tuple[float, ...] | None:
        """Times s of all shifts within bouts of sitting; None when no angle tells."""
        seconds, levels = self.levels()
        if not levels.shape[1]:
            return None
        found: list[float] = []
        for bout in bouts:
            if bout.posture == SITTING:
                seated = slice(*np.searchsorted(seconds, (np.ceil(bout.start), np.floor(bout.end))))
                found += [float(t) for t in seconds[seated][new_levels(levels[seated], params or ShiftParams())]]
        return tuple(found)


def new_levels(levels: Floats, params: ShiftParams) -> list[int]:
    """Rows of ``levels`` (m, c) °, one a second, where a new level begins.

    Anything that stays within the limit for good or comes back sooner than the
    hold is none; a slow slide counts whenever it has gone one limit farther.
    """
    if len(levels) <= params.hold:
        return []
    windows = sliding_window_view(levels, params.hold, axis=0)  # (m - hold + 1, c, hold)
    lowest, highest, middle = windows.min(axis=-1), windows.max(axis=-1), np.median(windows, axis=-1)
    found: list[int] = []
    level, at = middle[0], 0
    while True:
        beyond = (lowest[at:] > level + params.limit_deg) | (highest[at:] < level - params.limit_deg)
        first = np.flatnonzero(beyond.any(axis=1) | (np.isnan(level) & ~np.isnan(middle[at:])).any(axis=1))
        if not len(first):
            return found
        at += int(first[0])
        if beyond[first[0]].any():
            found.append(at)
        level = np.where(np.isnan(middle[at]), level, middle[at])
