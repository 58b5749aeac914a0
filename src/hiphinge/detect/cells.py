"""The grid gathered into cells of 0.1 s and whole seconds, for detectors of slow things.

A mean over 0.1 s stands for the 5 Hz low-pass of the published rules (its −3 dB
point lies at 4.4 Hz) and has no state. Whole seconds of the absolute grid make
every result independent of how the rows were grouped, and so does summing
slices in a fixed order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hiphinge.blocks import AngleBlock, Floats, MotionBlock, Times

PER_SECOND = 10
"""Cells in a second."""


@dataclass(frozen=True, slots=True)
class CellBlock:
    """Whole seconds of cells; n cells, k sensors. NaN where any row of a cell is missing.

    ``first`` numbers the first second (it begins at ``first`` s); ``acc`` and
    ``gyr`` (k, n, 3) are means; ``angles`` (n,) rad as at the start of each
    cell, but means, rad/s, where the name ends in ``_rate``.
    """

    first: int
    sites: tuple[str, ...]
    acc: Floats
    gyr: Floats
    angles: Mapping[str, Floats]

    def __len__(self) -> int:
        return self.acc.shape[1]

    def angle(self, name: str) -> Floats:
        """One angle (n,); NaN when nobody gives it."""
        return self.angles[name] if name in self.angles else np.full(len(self), np.nan)


class Cells:
    """Rows in, whole seconds of cells out; ``rate`` Hz of the grid is a multiple of ten.

    Detectors may share one: what was gathered from a block is given again to
    whoever asks with the same block.
    ``start`` and ``end`` s are the first and the last instant seen.
    """

    def __init__(self, rate: float) -> None:
        self.start = self.end = float("nan")
        self._rate = round(rate)
        self._seen: MotionBlock | None = None
        self._gathered: CellBlock | None = None
        self._finished = False
        self._waiting: list[tuple[AngleBlock, MotionBlock]] = []  # all in one second but for the newest

    def gather(self, angles: AngleBlock, motion: MotionBlock) -> CellBlock | None:
        """The seconds that are complete, once a row of a later one has come; both blocks have the same rows."""
        if motion is not self._seen:
            self._seen, self._gathered = motion, self._gather(angles, motion)
        return self._gathered

    def _gather(self, angles: AngleBlock, motion: MotionBlock) -> CellBlock | None:
        if not len(motion):
            return None
        if np.isnan(self.start):
            self.start = float(motion.t[0])
        self.end = float(motion.t[-1])
        self._waiting.append((angles, motion))
        first, last = self._second(self._waiting[0][1].t[0]), self._second(self.end)
        return self._cut(first, last) if last > first else None

    def finish(self) -> CellBlock | None:
        """The last second, as far as it came."""
        if not self._finished:
            self._finished = True
            first = self._second(self._waiting[0][1].t[0]) if self._waiting else 0
            self._gathered = self._cut(first, first + 1) if self._waiting else None
        return self._gathered

    def _second(self, t: float) -> int:
        return round(float(t) * self._rate) // self._rate

    def _cut(self, first: int, stop: int) -> CellBlock:
        waiting, self._waiting = self._waiting, []
        angles, motions = [a for a, _ in waiting], [m for _, m in waiting]
        t = np.concatenate([m.t for m in motions])
        rows = np.rint(t * self._rate).astype(np.int64) - first * self._rate
        n = (stop - first) * self._rate
        done = int(np.searchsorted(rows, n))
        if done < len(rows):
            self._waiting = [_tail(*waiting[-1], len(rows) - done)]
        place = _Place(rows[:done], n)
        columns = {}
        for name in dict.fromkeys(name for a in angles for name in a.angles):
            column = place.spread([a.angles[name] if name in a.angles else np.full(len(a), np.nan) for a in angles])
            columns[name] = self._mean(column[:, None])[:, 0] if name.endswith("_rate") else column[:: self._step]
        acc, gyr = place.spread([m.acc for m in motions]), place.spread([m.gyr for m in motions])
        return CellBlock(first, motions[0].sites, self._mean(acc), self._mean(gyr), columns)

    @property
    def _step(self) -> int:
        return self._rate // PER_SECOND

    def _mean(self, x: Floats) -> Floats:
        total = x[..., 0 :: self._step, :].copy()
        for i in range(1, self._step):
            total += x[..., i :: self._step, :]
        return total / self._step


class _Place:
    """Rows at their places among ``n`` of the grid, NaN at the others; the row axis is the last but xyz."""

    def __init__(self, rows: Times, n: int) -> None:
        self._rows, self._n = rows, n
        self._whole = len(rows) == n  # no two rows share a place

    def spread(self, parts: Sequence[Floats]) -> Floats:
        """Blocks of (n,) or (k, n, 3), one after the other, in one."""
        axis = parts[0].ndim // 2
        x = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=axis)
        if self._whole:
            return x[: self._n] if not axis else x[:, : self._n]
        out = np.full((self._n,) if not axis else (len(x), self._n, 3), np.nan)
        out[(slice(None),) * axis + (self._rows,)] = x[(slice(None),) * axis + (slice(len(self._rows)),)]
        return out


def _tail(angles: AngleBlock, motion: MotionBlock, rows: int) -> tuple[AngleBlock, MotionBlock]:
    """The last ``rows`` of both, copied so that the long block can be forgotten."""
    kept = {name: column[-rows:].copy() for name, column in angles.angles.items()}
    return (
        AngleBlock(angles.t[-rows:].copy(), kept, angles.flags[-rows:].copy()),
        MotionBlock(
            motion.t[-rows:].copy(),
            motion.sites,
            motion.acc[:, -rows:].copy(),
            motion.gyr[:, -rows:].copy(),
            motion.flags[:, -rows:].copy(),
        ),
    )
