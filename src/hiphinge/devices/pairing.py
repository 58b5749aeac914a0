"""Accelerometer and gyroscope as two streams on one clock, put together by time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hiphinge.blocks import Floats, Times

WIDEST = 2.5
"""Periods between two accelerations that may be interpolated: one sample may be missing, a frame not [D]."""
WAITING = 32
"""Frames of the gyroscope that wait for accelerations; more: those are lost for good [D]."""


class Frame(NamedTuple):
    """Samples of one notification: t_ns (n,) on the device's clock, rising; values (n, 3); when it was heard."""

    t_ns: Times
    values: Floats
    arrival_ns: int


class Pair(NamedTuple):
    """A frame of the gyroscope, and the accelerations of its instants."""

    t_ns: Times
    acc: Floats
    gyr: Floats
    arrival_ns: int


class Pairing:
    """Accelerations interpolated to the gyroscope's instants, which are kept.

    A frame of the gyroscope waits until the accelerations reach its end, and
    comes whole; samples beside which accelerations were lost are left out.
    ``arrival_ns`` stays the gyroscope's own. What is lost of one stream shifts
    nothing.
    """

    def __init__(self, period_ns: float) -> None:
        self.lost = 0
        self._widest_ns = WIDEST * period_ns
        self._t, self._acc = np.empty(0, np.int64), np.empty((0, 3))
        self._waiting: list[Frame] = []

    def acc(self, frame: Frame) -> list[Pair]:
        """Accelerations later than those before; the pairs that they complete."""
        self._t = np.concatenate([self._t, frame.t_ns])
        self._acc = np.concatenate([self._acc, frame.values])
        return self._whole()

    def gyr(self, frame: Frame) -> list[Pair]:
        """The same of the gyroscope."""
        self._waiting.append(frame)
        if len(self._waiting) > WAITING:
            self.lost += len(self._waiting.pop(0).t_ns)
        return self._whole()

    def _whole(self) -> list[Pair]:
        pairs: list[Pair] = []
        while self._waiting and len(self._t) and self._t[-1] >= self._waiting[0].t_ns[-1]:
            pairs.append(self._pair(self._waiting.pop(0)))
        self._forget()
        return pairs

    def _pair(self, frame: Frame) -> Pair:
        after = np.searchsorted(self._t, frame.t_ns)
        before = np.maximum(after - (self._t[after] > frame.t_ns), 0)
        gap, since = self._t[after] - self._t[before], frame.t_ns - self._t[before]
        known = (since >= 0) & (gap <= self._widest_ns)
        self.lost += int((~known).sum())
        share = np.where(gap > 0, since / np.maximum(gap, 1), 0.0)[:, None]
        acc = self._acc[before] + share * (self._acc[after] - self._acc[before])
        return Pair(frame.t_ns[known], acc[known], frame.values[known], frame.arrival_ns)

    def _forget(self) -> None:
        """Accelerations before the earliest instant that may still be asked for."""
        if self._waiting:
            first = int(np.searchsorted(self._t, self._waiting[0].t_ns[0], "right")) - 1
        else:
            first = len(self._t) - 4096
        self._t, self._acc = self._t[max(first, 0) :], self._acc[max(first, 0) :]
