"""A finger on a sensor: of all that jolt at once, the one that jolts most was tapped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hiphinge.blocks import FILLED, MISSING, Floats, MotionBlock


@dataclass(frozen=True)
class Params:
    """What a tap looks like at 100 Hz; all [D].

    jolt : m/s², change of specific force from one instant to the next that a finger
        makes and slow movement does not; a hard seat makes 4.
    clear : times the jolt of every other sensor: a heel strike shakes them all.
    together : s within which jolts belong together.
    quiet : s before a double tap and after it in which no sensor jolts: steps and
        runs have no such pause. ``stir`` m/s² is still quiet.
    least, most : s between the two taps of a double tap.
    """

    jolt: float = 6.0
    clear: float = 2.0
    together: float = 0.15
    quiet: float = 0.8
    stir: float = 3.0
    least: float = 0.12
    most: float = 0.6


@dataclass(frozen=True, slots=True)
class Tap:
    """Jolts that belong together, from ``t`` s on: ``jolt`` m/s² on ``site``, ``other`` the largest elsewhere."""

    t: float
    site: str
    jolt: float
    other: float


class _Jolts:
    """Motion in, whatever jolts by ``least`` m/s² out, clear or not, once nothing later can belong to it."""

    def __init__(self, together: float, least: float, sites: Sequence[str]) -> None:
        self._together, self._least, self._sites = together, least, tuple(sites)
        self._last: Floats | None = None  # (k, 3)
        self._open: tuple[float, Floats] | None = None  # when it began, largest jolt of each (k,)

    def listen(self, motion: MotionBlock) -> list[Tap]:
        if not len(motion):
            return []
        jolts = self._changes(motion)
        found: list[Tap] = []
        for i in np.flatnonzero(jolts.max(axis=0) >= self._least).tolist():
            found += self._close(float(motion.t[i]))
            began, largest = self._open or (float(motion.t[i]), jolts[:, i])
            self._open = began, np.maximum(largest, jolts[:, i])
        return found + self._close(float(motion.t[-1]))

    def _changes(self, motion: MotionBlock) -> Floats:
        """(k, n) m/s² from instant to instant; 0 where samples miss or were bridged."""
        known = np.where(((motion.flags & (FILLED | MISSING)) == 0)[..., None], motion.acc, np.nan)
        before = np.full_like(known[:, :1], np.nan) if self._last is None else self._last[:, None]
        self._last = known[:, -1]
        change = np.diff(np.concatenate((before, known), axis=1), axis=1)
        return np.nan_to_num(np.sqrt((change**2).sum(axis=-1)))

    def _close(self, now: float) -> list[Tap]:
        if self._open is None or now - self._open[0] <= self._together:
            return []
        (t, jolts), self._open = self._open, None
        i = int(np.argmax(jolts))
        return [Tap(t, self._sites[i], float(jolts[i]), float(np.delete(jolts, i).max(initial=0.0)))]


class Taps:
    """Motion in, taps out: the sensor that jolts far more than every other."""

    def __init__(self, params: Params, sites: Sequence[str]) -> None:
        self.params = params
        self._jolts = _Jolts(params.together, params.jolt, sites)

    def listen(self, motion: MotionBlock) -> tuple[Tap, ...]:
        """The taps that became sure."""
        return tuple(tap for tap in self._jolts.listen(motion) if tap.jolt >= self.params.clear * tap.other)


class DoubleTaps:
    """Motion in, double taps out: twice the same sensor and nothing else before or after. The wish for a new zero."""

    def __init__(self, params: Params, sites: Sequence[str]) -> None:
        self.params = params
        self._jolts = _Jolts(params.together, params.stir, sites)
        self._shaken: list[tuple[float, float]] = []
        self._heard: list[Tap] = []  # since the last pause

    def listen(self, motion: MotionBlock) -> tuple[Tap, ...]:
        """The second tap of every double tap, once the pause after it is over."""
        found: list[Tap] = []
        for jolt in self._jolts.listen(motion):
            found += self._pause(jolt.t)
            self._heard.append(jolt)
        found += self._pause(float(motion.t[-1])) if len(motion) else []
        return tuple(tap for tap in found if not any(a <= tap.t <= b for a, b in self._shaken))

    def shaken(self, start: float, end: float) -> None:
        """From ``start`` to ``end`` s a motor shakes a sensor: two of its pulses would be a double tap."""
        self._shaken.append((start, end))

    def _pause(self, now: float) -> list[Tap]:
        p = self.params
        if not self._heard or now - self._heard[-1].t < p.quiet + p.together:
            return []
        heard, self._heard = self._heard, []
        if len(heard) != 2 or heard[0].site != heard[1].site or not p.least <= heard[1].t - heard[0].t <= p.most:
            return []
        firm = all(tap.jolt >= max(p.jolt, p.clear * tap.other) for tap in heard)
        return [heard[1]] if firm else []
