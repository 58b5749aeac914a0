"""Off the body a sensor shows its own noise and nothing else; the quietest wearer breathes and sways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from hiphinge.blocks import Bools, Event, Floats
from hiphinge.detect.cells import PER_SECOND, CellBlock
from hiphinge.detect.runs import runs

KNOWN = 0.8
"""Share of a window that must be known; a lost second does not mean that a sensor was moved."""


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
        self._acc, self._gyr = _Means(self._hold), _Means(self._hold)
        self._idle = 0
        self._off: dict[str, bool] = {}

    def follow(self, cells: CellBlock) -> tuple[NDArray[np.int64], list[Event]]:
        """Idle (n,) s, 0 where worn, and events "sensor_taken_off" of one sensor alone (``site``, ``since``)."""
        p = self.params
        acc, acc_noise = self._acc.spread(cells.acc, steps=False)
        gyr, gyr_noise = self._gyr.spread(cells.gyr, steps=True)
        still = _within(acc, acc_noise, p.noise, p.acc_still, p.acc_moved)
        still &= np.isnan(gyr) | _within(gyr, gyr_noise, p.noise, p.gyr_still, p.gyr_moved)
        absent = np.isnan(acc)
        idle = self._count(np.all(still | absent, axis=0) & np.any(still, axis=0))
        alone = still & np.any(acc_noise > p.lively / np.sqrt(PER_SECOND), axis=0)
        return idle, self._single(cells, still, alone)

    def _count(self, off: Bools) -> NDArray[np.int64]:
        idle = np.zeros(len(off), np.int64)
        for value, start, stop in runs(off):
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
    """Means over whole seconds, and their deviation in windows that end with each second."""

    def __init__(self, hold: int) -> None:
        self._hold = hold
        self._means = np.empty((0, 0, 3))
        self._noise = np.empty((0, 0))

    def spread(self, x: Floats, *, steps: bool) -> tuple[Floats, Floats]:
        """Deviation (k, n) of the means of cells (k, n, 3), and what noise alone would make it."""
        if not self._means.size:
            self._means = np.full((len(x), self._hold - 1, 3), np.nan)
            self._noise = np.full((len(x), self._hold - 1), np.nan)
        cells = [x[:, i::PER_SECOND] for i in range(PER_SECOND)]
        means = _sum(cells) / PER_SECOND
        jitter = _sum([(b - a) ** 2 for a, b in pairwise(cells)])
        jitter = (jitter[..., 0] + jitter[..., 1] + jitter[..., 2]) / (6 * (PER_SECOND - 1))
        means = np.concatenate((self._means, means), axis=1)
        noise = np.concatenate((self._noise, jitter), axis=1)
        self._means, self._noise = means[:, 1 - self._hold :], noise[:, 1 - self._hold :]
        around = np.ascontiguousarray(sliding_window_view(noise, self._hold, axis=1))
        windows = np.ascontiguousarray(sliding_window_view(means, self._hold, axis=1))
        known = np.isfinite(around)
        seconds = np.add.reduce(known, axis=-1)
        enough = np.where(seconds >= KNOWN * self._hold, seconds, np.nan)
        expected = np.sqrt(np.add.reduce(np.where(known, around, 0.0), axis=-1) / enough / PER_SECOND)
        off = np.diff(windows, axis=-1) / np.sqrt(2.0) if steps else _centred(windows, enough)
        off = np.where(np.isfinite(off), off, 0.0)
        squares = np.add.reduce(off * off, axis=-1)
        return np.sqrt((squares[..., 0] + squares[..., 1] + squares[..., 2]) / (3.0 * (enough - 1.0))), expected


def _sum(parts: Sequence[Floats]) -> Floats:
    total = parts[0].copy()
    for part in parts[1:]:
        total += part
    return total


def _centred(windows: Floats, count: Floats) -> Floats:
    """Rows of (k, n, 3, w) without the mean of what is known in them: ``count`` (k, n)."""
    filled = np.where(np.isfinite(windows), windows, 0.0)
    return windows - (np.add.reduce(filled, axis=-1) / count[..., None])[..., None]


def _within(value: Floats, expected: Floats, noise: float, still: float, moved: float) -> Bools:
    return value <= np.maximum(still, np.minimum(noise * expected, moved))
