"""Off the body a sensor shows its own noise and nothing else; the quietest wearer breathes and sways."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hiphinge import runs
from hiphinge.blocks import Bools, Event, Floats
from hiphinge.detect.cells import PER_SECOND, CellBlock

KNOWN = 0.8
"""Share of a window that must be known; a lost second does not mean that a sensor was moved."""
PARTS = np.array([[3.0], [6.0]])
"""Squares that make up a variance: three axes; of differences twice as many, since each has two errors."""


@dataclass(frozen=True)
class Params:
    """How still is off the body. [D]: measured at rest (imucal, broad) and on people (qmt_full_body, mobgap_lab).

    All are about means over 1 s: their standard deviation (gyroscope: of their
    differences, since its bias wanders) in a window.

    hold : s of the window. A standing person is at the noise for 4 s, not for 60.
    noise : the most that a sensor at rest shows over what its noise over 0.1 s
        lets expect. At rest 0.8 to 1.3 in 10 s and 0.8 to 1.1 in 28 s; people sitting
        quietly, 20 s: trunk 3.6, pelvis 5.3, thighs 1.8.
    acc_still, acc_moved : m/s², at rest below the one whatever the noise, worn
        above the other. At rest 0.001 to 0.005; the same people 0.016, 0.022, 0.007.
    gyr_still, gyr_moved : rad/s, likewise. At rest 0.0001 to 0.0002; 0.0019,
        0.0027, 0.0006.
    lively : m/s², root mean square from cell to cell of another sensor, which
        shows that this one, still, is off: somebody who walks has 1 and more [D].
    """

    hold: float = 60.0
    noise: float = 1.4
    acc_still: float = 0.002
    acc_moved: float = 0.008
    gyr_still: float = 0.0002
    gyr_moved: float = 0.001
    lively: float = 0.3


class Stillness:
    """Cells in; for each second how long all sensors have been lying there."""

    def __init__(self, params: Params) -> None:
        self.params = params
        self._hold = round(params.hold)
        self._still = np.array([[params.acc_still], [params.gyr_still]])
        self._moved = np.array([[params.acc_moved], [params.gyr_moved]])
        self._means = _Means(self._hold)
        self._idle = 0
        self._off: dict[str, bool] = {}

    def follow(self, cells: CellBlock) -> tuple[NDArray[np.int64], list[Event]]:
        """Idle (n,) s, 0 where worn, and events "sensor_taken_off" of one sensor alone (``site``, ``since``)."""
        p = self.params
        means, noise = self._means.windows(cells.motion)
        if self._stirring(means):
            self._idle, self._off = 0, {}
            return np.zeros(len(cells) // PER_SECOND, np.int64), []
        spread, expected = _deviation(means, noise)
        within = spread <= np.maximum(self._still, np.minimum(p.noise * expected, self._moved))
        unknown = np.isnan(spread)
        still, absent = within[:, 0] & (within[:, 1] | unknown[:, 1]), unknown[:, 0]
        idle = self._count(np.all(still | absent, axis=0) & np.any(still, axis=0))
        alone = still & np.any(expected[:, 0] > p.lively / np.sqrt(PER_SECOND), axis=0)
        return idle, self._single(cells, still, alone)

    def _stirring(self, means: Floats) -> bool:
        """Whether no sensor was still in any window (k, 6, n, w): one step of its rate of turn was too large."""
        turn = means[:, 3:, :, 1:] - means[:, 3:, :, :-1]
        squares = turn[:, 0] ** 2 + turn[:, 1] ** 2 + turn[:, 2] ** 2
        limit = max(self.params.gyr_still, self.params.gyr_moved)
        return bool((squares > PARTS[1] * (self._hold - 1) * limit**2).any(axis=-1).all())

    def _count(self, off: Bools) -> NDArray[np.int64]:
        idle = np.zeros(len(off), np.int64)
        for value, start, stop in runs.of_equal(off):
            if value:
                first = max(self._hold, self._idle + 1)
                idle[start:stop] = np.arange(first, first + stop - start)
            self._idle = int(idle[stop - 1])
        return idle

    def _single(self, cells: CellBlock, still: Bools, alone: Bools) -> list[Event]:
        events = []
        for i, site in enumerate(cells.sites):
            for second in np.flatnonzero(alone[i] | ~still[i]).tolist():
                if alone[i, second] and not self._off.get(site, False):
                    known = cells.first + second + 1.0
                    events.append(Event(known, "sensor_taken_off", {"site": site, "since": known - self._hold}))
                self._off[site] = bool(alone[i, second])
        return sorted(events, key=lambda e: e.t)


class _Means:
    """Means over whole seconds, in windows that end with each second."""

    def __init__(self, hold: int) -> None:
        self._hold = hold
        self._means = np.empty((0, 6, 0))
        self._noise = np.empty((0, 2, 0))

    def windows(self, motion: Floats) -> tuple[Floats, Floats]:
        """Means (k, 6, n, w) of cells (k, n, 6), and the noise (k, 2, n, w) of acc and gyr that they may have."""
        if not self._means.size:
            self._means = np.full((len(motion), 6, self._hold - 1), np.nan)
            self._noise = np.full((len(motion), 2, self._hold - 1), np.nan)
        cells = motion.reshape(len(motion), -1, PER_SECOND, 6)
        steps = cells[:, :, 1:] - cells[:, :, :-1]
        jitter = np.add.reduce(steps * steps, axis=2).swapaxes(1, 2) / (6 * (PER_SECOND - 1))
        means = np.add.reduce(cells, axis=2).swapaxes(1, 2) / PER_SECOND
        means = np.concatenate((self._means, means), axis=-1)
        noise = np.concatenate((self._noise, _over_axes(jitter)), axis=-1)
        self._means, self._noise = means[..., 1 - self._hold :], noise[..., 1 - self._hold :]
        window = np.arange(cells.shape[1])[:, None] + np.arange(self._hold)
        return means.take(window, axis=-1), noise.take(window, axis=-1)


def _deviation(means: Floats, noise: Floats) -> tuple[Floats, Floats]:
    """Of windows of means and noise, as (k, 2, n) for acc and gyr; and what noise alone would make it.

    NaN where too little is known.
    """
    hold = means.shape[-1]
    known = np.isfinite(noise)
    seconds = np.add.reduce(known, axis=-1)
    enough = np.where(seconds >= KNOWN * hold, seconds, np.nan)
    expected = np.sqrt(np.add.reduce(np.where(known, noise, 0.0), axis=-1) / enough / PER_SECOND)
    acc, gyr = means[:, :3], means[:, 3:]
    centre = np.add.reduce(np.where(known[:, :1], acc, 0.0), axis=-1) / enough[:, :1]
    off = _straightened(acc - centre[..., None])
    steps = gyr[..., 1:] - gyr[..., :-1]
    squares = [np.add.reduce(np.where(np.isfinite(x), x * x, 0.0), axis=-1) for x in (off, steps)]
    total = _over_axes(np.concatenate(squares, axis=1))
    return np.sqrt(total / (PARTS * (enough - 1.0))), expected


def _straightened(x: Floats) -> Floats:
    """Rows of (..., w), about zero, without their straight line: off the body a warm sensor cools, its zero wanders."""
    at = np.arange(x.shape[-1]) - (x.shape[-1] - 1) / 2.0
    slope = np.add.reduce(np.where(np.isfinite(x), x * at, 0.0), axis=-1) / float(at @ at)
    return x - slope[..., None] * at


def _over_axes(x: Floats) -> Floats:
    """The sums over xyz of acc and gyr (k, 6, n) -> (k, 2, n)."""
    x = x.reshape(len(x), 2, 3, -1)
    return x[:, :, 0] + x[:, :, 1] + x[:, :, 2]
