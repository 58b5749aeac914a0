"""The grid gathered into cells of 0.1 s and whole seconds, for detectors of slow things.

A mean over 0.1 s stands for the 5 Hz low-pass of the published rules (its −3 dB
point lies at 4.4 Hz) and has no state. Whole seconds of the absolute grid make
every result independent of how the rows were grouped, and so does summing
slices in a fixed order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hiphinge.blocks import AngleBlock, Floats, MotionBlock, Times

PER_SECOND = 10
"""Cells in a second."""


@dataclass(frozen=True, slots=True)
class CellBlock:
    """Whole seconds of cells; n cells, k sensors. NaN where any row of a cell is missing.

    ``first`` numbers the first second (it begins at ``first`` s); ``motion``
    (k, n, 6) are means of ``acc`` and ``gyr``; ``angles`` (n,) rad as at the
    start of each cell, but means, rad/s, where the name ends in ``_rate``.
    """

    first: int
    sites: tuple[str, ...]
    motion: Floats
    angles: Mapping[str, Floats]

    def __len__(self) -> int:
        return self.motion.shape[1]

    @property
    def acc(self) -> Floats:
        """(k, n, 3) m/s²."""
        return self.motion[..., :3]

    @property
    def gyr(self) -> Floats:
        """(k, n, 3) rad/s."""
        return self.motion[..., 3:]

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
        place = _Place(rows[:done], n, self._rate // PER_SECOND)
        motion = np.concatenate([np.concatenate((m.acc, m.gyr), axis=-1) for m in motions], axis=1)
        return CellBlock(first, motions[0].sites, place.means(motion), _Columns(angles, place))


class _Columns(Mapping[str, Floats]):
    """The angles of some blocks, gathered when they are asked for: of fifteen a third is."""

    def __init__(self, blocks: Sequence[AngleBlock], place: _Place) -> None:
        self._blocks, self._place = blocks, place
        self._names = dict.fromkeys(name for block in blocks for name in block.angles)
        self._gathered: dict[str, Floats] = {}

    def __getitem__(self, name: str) -> Floats:
        if name not in self._gathered:
            if name not in self._names:
                raise KeyError(name)
            x = np.concatenate([b.angles[name] if name in b.angles else np.full(len(b), np.nan) for b in self._blocks])
            self._gathered[name] = self._place.mean(x) if name.endswith("_rate") else self._place.starts(x)
        return self._gathered[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class _Place:
    """Rows at their places among ``n`` of the grid, NaN at the others, in cells of ``step`` rows."""

    def __init__(self, rows: Times, n: int, step: int) -> None:
        self._rows, self._n, self._step = rows, n, step
        self._whole = len(rows) == n  # no two rows share a place

    def starts(self, x: Floats) -> Floats:
        """Of (n,), the first row of each cell."""
        return self._spread(x)[:: self._step].copy()

    def mean(self, x: Floats) -> Floats:
        """Of (n,), over each cell."""
        return np.add.reduce(self._spread(x).reshape(-1, self._step), axis=1) / self._step

    def _spread(self, x: Floats) -> Floats:
        if self._whole:
            return x[: self._n]
        out = np.full(self._n, np.nan)
        out[self._rows] = x[: len(self._rows)]
        return out

    def means(self, x: Floats) -> Floats:
        """Of (k, n, m), over each cell."""
        placed = x[:, : len(self._rows)]
        if not self._whole:
            placed = np.full((len(x), self._n, x.shape[-1]), np.nan)
            placed[:, self._rows] = x[:, : len(self._rows)]
        total = placed[:, 0 :: self._step].copy()
        for i in range(1, self._step):
            total += placed[:, i :: self._step]
        return total / self._step


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
