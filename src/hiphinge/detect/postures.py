"""One posture every 0.1 s, from the angles and the size of the acceleration."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hiphinge.blocks import Bools, Floats, Times
from hiphinge.detect import gait
from hiphinge.detect.bouts import CYCLING, LYING, MISSING, SITTING, STANDING, UNKNOWN, WALKING
from hiphinge.detect.cells import PER_SECOND, CellBlock

BEFORE = (gait.WINDOW - PER_SECOND) // 2
"""Cells before a second that its gait depends on; as many after it, and one second more."""


CADENCE = (5, 13)
"""Cells that a turn of the pedals takes: 46 to 120 a minute."""

NEVER = np.iinfo(np.int64).max // 2
"""Cells since something that has not been yet (or more)."""

Codes = NDArray[np.int8]


@dataclass(frozen=True)
class Params:
    """What a posture is (biomechanics 0.4, 4.1: Acti4, ActiPASS; [D] where it says so).

    thigh : rad of elevation between standing and sitting; Acti4 45°.
    band : rad either side of every angle limit, against chatter [D].
    lying_trunk, lying_pelvis : rad of inclination backward or forward, at the
        trunk and where only the pelvis (or no thigh) tells; Acti4 45 and 65°.
    lying_side : rad of sideward lean that nobody sits in [D].
    seated_pelvis : rad; with two thighs and one of them down, a pelvis rolled
        back this far is seated (crossed legs), else half kneeling [D].
    dangling : rad; or the lower thigh is raised this far [D].
    known_for : s that the last known thigh stands for a missing one [D].
    cycling_low, cycling_range : rad; a pedalling thigh never hangs and always
        moves (Acti4: thigh forward; numbers [D]).
    """

    thigh: float = field(default=np.deg2rad(45), metadata={"unit": "rad"})
    band: float = field(default=np.deg2rad(5), metadata={"unit": "rad"})
    lying_trunk: float = field(default=np.deg2rad(45), metadata={"unit": "rad"})
    lying_pelvis: float = field(default=np.deg2rad(65), metadata={"unit": "rad"})
    lying_side: float = field(default=np.deg2rad(60), metadata={"unit": "rad"})
    seated_pelvis: float = field(default=np.deg2rad(-10), metadata={"unit": "rad"})
    dangling: float = field(default=np.deg2rad(20), metadata={"unit": "rad"})
    known_for: float = 3.0
    cycling_low: float = field(default=np.deg2rad(10), metadata={"unit": "rad"})
    cycling_range: float = field(default=np.deg2rad(25), metadata={"unit": "rad"})


class Latch:
    """A switch with memory: 1 after ``on``, 0 after ``off``, the last of the two otherwise."""

    def __init__(self) -> None:
        self._value, self._age = 0, NEVER

    def follow(self, on: Bools, off: Bools, known: Bools) -> tuple[Bools, Times]:
        """State (n,) and for how many cells nothing was ``known`` (n,)."""
        at = np.arange(len(on))
        turned = np.maximum.accumulate(np.where(on | off, at, -1))
        value = np.where(turned < 0, self._value, on[turned])
        seen = np.maximum.accumulate(np.where(known, at, -1))
        age = np.where(seen < 0, self._age + at + 1, at - seen)
        if len(on):
            self._value, self._age = int(value[-1]), int(age[-1])
        return value.astype(bool), age


def thigh_elevation(params: Params, cells: CellBlock) -> Floats:
    """The elevation (n,) that decides: of one thigh, or of both.

    Of two thighs the higher one counts when the other is raised too or the
    pelvis is rolled back as in sitting; otherwise the lower one: half kneeling,
    or a foot on a step, is no sitting.
    """
    if "thigh_elevation" in cells.angles:
        return cells.angle("thigh_elevation")
    left, right = cells.angle("thigh_elevation_left"), cells.angle("thigh_elevation_right")
    low, high = np.fmin(left, right), np.fmax(left, right)
    seated = (cells.angle("pelvis_tilt") < params.seated_pelvis) | (low > params.dangling)
    return np.where(seated, high, low)


def lying_excess(params: Params, cells: CellBlock, thigh: Floats) -> Floats:
    """How far (n,) rad the wearer is past the nearest limit of lying; NaN: nothing tells.

    On the back the trunk leans back and the thigh is up, on the face both are
    the other way round, so that bending forward on a chair is neither.
    """
    trunk, pelvis = cells.angle("trunk_inclination"), cells.angle("pelvis_tilt")
    limit = np.where(np.isfinite(trunk) & np.isfinite(thigh), params.lying_trunk, params.lying_pelvis)
    by_trunk = np.isfinite(trunk) & (np.isfinite(thigh) | np.isnan(pelvis))  # in a bend the pelvis stays behind
    tilt = np.where(by_trunk, trunk, pelvis)
    back = np.fmin(-tilt - limit, thigh - params.thigh)
    front = np.fmin(tilt - limit, -thigh - params.thigh)
    no_trunk = np.isnan(tilt)
    back = np.where(no_trunk, np.nan, back)  # a thigh alone: sitting and lying on the back look the same
    lean = np.fmax(np.abs(cells.angle("trunk_lean")), np.abs(cells.angle("pelvis_lean")))
    return np.fmax(np.fmax(back, front), lean - params.lying_side)


class Labels:
    """Cells in; the posture of each cell out, four seconds later."""

    POSTURES = (SITTING, STANDING, WALKING, CYCLING, LYING, UNKNOWN, MISSING)
    SITTING, STANDING, WALKING, CYCLING, LYING, UNKNOWN, MISSING = range(7)

    def __init__(self, params: Params, walking: gait.Params) -> None:
        self.params, self.walking = params, walking
        self._sit, self._lie, self._walk = Latch(), Latch(), Latch()
        self._pedalled = False
        self._sites: tuple[str, ...] = ()
        self._base = np.empty(0, np.int8)  # cells that await their gait
        self._sizes = np.empty((0, 0))  # (k, n) from 1.5 s before the first of them
        self._thighs = np.empty((0, 0))  # likewise

    def follow(self, cells: CellBlock) -> Codes:
        """Codes (n,), places in POSTURES, of the next whole seconds."""
        if not self._sites:
            self._sites = cells.sites
            self._sizes = np.full((len(cells.sites), BEFORE), np.nan)
            self._thighs = np.full((2, BEFORE), np.nan)
        self._base = np.concatenate((self._base, self._at_rest(cells)))
        thighs = np.stack([cells.angle("thigh_elevation" + side) for side in ("", "_left", "_right")])
        thighs = np.stack((np.fmax(thighs[0], thighs[1]), thighs[2]))
        return self._decide(gait.size(cells.acc), thighs)

    def finish(self) -> Codes:
        """Codes (n,) of the seconds that still waited."""
        tail = BEFORE + PER_SECOND
        return self._decide(np.full((len(self._sites), tail), np.nan), np.full((2, tail), np.nan))

    def _at_rest(self, cells: CellBlock) -> Codes:
        p = self.params
        thigh = thigh_elevation(p, cells)
        known = np.isfinite(thigh)
        sitting, age = self._sit.follow(thigh > p.thigh + p.band, thigh < p.thigh - p.band, known)
        excess = lying_excess(p, cells, thigh)
        lying, lying_age = self._lie.follow(excess > p.band, excess < -p.band, np.isfinite(excess))
        longest = round(p.known_for * PER_SECOND)
        code = np.where(sitting, self.SITTING, self.STANDING)
        code[age > longest] = self.MISSING if any(name.startswith("thigh_") for name in cells.angles) else self.UNKNOWN
        return np.where(lying & (lying_age <= longest), self.LYING, code).astype(np.int8)

    def _decide(self, sizes: Floats, thighs: Floats) -> Codes:
        self._sizes = np.concatenate((self._sizes, sizes), axis=1)
        self._thighs = np.concatenate((self._thighs, thighs), axis=1)
        n = (self._sizes.shape[1] - gait.WINDOW) // PER_SECOND  # the last full window only tells of its neighbour
        n = min(n, len(self._base) // PER_SECOND)
        if n < 1:
            return np.empty(0, np.int8)
        code = self._base[: n * PER_SECOND].reshape(n, PER_SECOND)
        walking, cycling = self._walks(n), self._cycles(n)
        upright = (np.add.reduce(code == self.SITTING, axis=1) <= PER_SECOND // 2)[:, None] & (code != self.LYING)
        code = np.where(upright & walking[:, None], self.WALKING, code)
        code = np.where(cycling[:, None] & (code != self.LYING), self.CYCLING, code)
        drop = n * PER_SECOND
        self._base, self._sizes, self._thighs = self._base[drop:], self._sizes[:, drop:], self._thighs[:, drop:]
        return code.ravel()

    def _walks(self, n: int) -> Bools:
        p = self.walking
        windows = gait.windows(self._sizes, n + 1)
        lively, regular = gait.strength(p, windows, self._sites)
        likely = (lively >= p.least) & (regular >= p.likely)
        sure = likely & (regular >= p.sure)
        on = sure[:-1] | (likely[:-1] & sure[1:])
        return self._walk.follow(on, ~likely[:-1], on)[0]

    def _cycles(self, n: int) -> Bools:
        p = self.params
        windows = gait.windows(self._thighs, n + 1)
        low, high = windows.min(axis=-1), windows.max(axis=-1)
        pedals = (low > p.cycling_low) & (high - low > p.cycling_range)
        if not self._pedalled and not pedals.any():
            return np.zeros(n, bool)
        again = gait.autocorrelation(windows[pedals], CADENCE[1])
        pedals[pedals] = gait.regularity(again, CADENCE[0]) >= self.walking.sure
        turning = np.concatenate(([self._pedalled], pedals.any(axis=0)))
        self._pedalled = bool(turning[n])
        return turning[:-2] | turning[1:-1] | turning[2:]  # a window that reaches over the edge does not turn
