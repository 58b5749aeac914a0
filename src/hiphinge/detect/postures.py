"""One posture every 0.1 s, from the angles and the size of the acceleration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hiphinge.blocks import THIGHS, Bools, Floats, Times
from hiphinge.detect import doubt, gait
from hiphinge.detect.bouts import CYCLING, LYING, MISSING, SITTING, STANDING, UNKNOWN, WALKING
from hiphinge.detect.cells import PER_SECOND, CellBlock
from hiphinge.detect.thighs import Raised

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
    doubt : poses that nobody could name.
    stride_tilt : rad backward, forward; without a thigh, what is beyond is no walk
        but a car's seat or a bicycle [D].
    seated_pelvis : rad; with two thighs and one of them down, a pelvis rolled
        back this far is seated (crossed legs), else half kneeling [D].
    dangling : rad; or the lower thigh is raised this far [D].
    known_for : s that the last known thigh stands for a missing one [D].
    cycling_low, cycling_range : rad; a pedalling thigh never hangs and always
        moves (Acti4: thigh forward; numbers [D]).
    saddle : rad, least and most mean elevation over a second of a thigh that
        pedals, where only its acceleration tells; nobody walks with it raised more
        than the least, forward or back.
    pedalling : m/s², standard deviation of that acceleration at least (Acti4
        decides so; numbers [D]).
    """

    thigh: float = field(default=np.deg2rad(45), metadata={"unit": "rad"})
    band: float = field(default=np.deg2rad(5), metadata={"unit": "rad"})
    lying_trunk: float = field(default=np.deg2rad(45), metadata={"unit": "rad"})
    lying_pelvis: float = field(default=np.deg2rad(65), metadata={"unit": "rad"})
    lying_side: float = field(default=np.deg2rad(60), metadata={"unit": "rad"})
    stride_tilt: tuple[float, float] = field(default=(np.deg2rad(-12), np.deg2rad(25)), metadata={"unit": "rad"})
    seated_pelvis: float = field(default=np.deg2rad(-10), metadata={"unit": "rad"})
    dangling: float = field(default=np.deg2rad(20), metadata={"unit": "rad"})
    known_for: float = 3.0
    cycling_low: float = field(default=np.deg2rad(10), metadata={"unit": "rad"})
    cycling_range: float = field(default=np.deg2rad(25), metadata={"unit": "rad"})
    saddle: tuple[float, float] = field(default=(np.deg2rad(33), np.deg2rad(68)), metadata={"unit": "rad"})
    pedalling: float = 1.0
    doubt: doubt.Params = field(default_factory=doubt.Params)


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


def deciding(params: Params, cells: CellBlock, thighs: Mapping[str, Raised]) -> Raised:
    """The one thigh, or of two the one that decides, cell by cell.

    Of two thighs the higher one counts when the other is raised too or the
    pelvis is rolled back as in sitting; otherwise the lower one: half kneeling,
    or a foot on a step, is no sitting.
    """
    found = list(thighs.values())
    if not found:
        nowhere = np.zeros(len(cells), bool)
        return Raised(np.full(len(cells), np.nan), nowhere, nowhere)
    if len(found) == 1:
        return found[0]
    left, right = found
    low, high = np.fmin(left.angle, right.angle), np.fmax(left.angle, right.angle)
    seated = (cells.angle("pelvis_tilt") < params.seated_pelvis) | (low > params.dangling)
    return Raised(np.where(seated, high, low), left.aside & right.aside, left.upright & right.upright)


def lying_excess(params: Params, cells: CellBlock, thigh: Floats) -> Floats:
    """How far (n,) rad the wearer is past the nearest limit of lying; NaN: nothing tells.

    On the back the trunk leans back and the thigh is up, on the face both are
    the other way round, so that bending forward on a chair is neither.
    """
    tilt, limit = tilted(params, cells, thigh)
    back = np.fmin(-tilt - limit, thigh - params.thigh)
    front = np.minimum(tilt - limit, -thigh - params.thigh)  # no thigh: on the face, bent over, on hands and knees
    # A thigh alone: on the back looks like sitting, on the face like sitting with the sensor turned round.
    back = np.where(np.isnan(tilt), np.nan, back)
    lean = np.fmax(np.abs(cells.angle("trunk_lean")), np.abs(cells.angle("pelvis_lean")))
    return np.fmax(np.fmax(back, front), lean - params.lying_side)


def tilted(params: Params, cells: CellBlock, thigh: Floats) -> tuple[Floats, Floats]:
    """The inclination (n,) of trunk or pelvis that tells lying, and its limit (n,), rad."""
    trunk, pelvis = cells.angle("trunk_inclination"), cells.angle("pelvis_tilt")
    limit = np.where(np.isfinite(trunk) & np.isfinite(thigh), params.lying_trunk, params.lying_pelvis)
    less = np.where(
        np.abs(trunk) < np.abs(pelvis), trunk, pelvis
    )  # in a bend the pelvis, far back in a chair the trunk
    by_trunk = np.isfinite(trunk) & (np.isfinite(thigh) | np.isnan(pelvis))
    return np.where(by_trunk, trunk, less), limit


class Labels:
    """Cells in; the posture of each cell out, four seconds later.

    For each cells first :meth:`walk`, which tells the seconds that were walked,
    then :meth:`follow` with the thigh that decides.
    """

    POSTURES = (SITTING, STANDING, WALKING, CYCLING, LYING, UNKNOWN, MISSING)
    SITTING, STANDING, WALKING, CYCLING, LYING, UNKNOWN, MISSING = range(7)

    def __init__(self, params: Params, walking: gait.Params) -> None:
        self.params, self.walking = params, walking
        self._sit, self._lie, self._walk = Latch(), Latch(), Latch()
        self._doubt = doubt.Doubt(params.doubt)
        self._pedalled = False
        self._sites: tuple[str, ...] = ()
        self._base = np.empty(0, np.int8)  # cells that await their gait
        self._afoot = np.empty(0, bool)  # cells in an attitude that people walk in, likewise
        self._raised = np.empty(0)  # likewise
        self._sizes = np.empty((0, 0))  # (k, n) from 1.5 s before the first of them
        self._thighs = np.empty((0, 0))  # likewise
        self._walking = np.empty(0, bool)  # whole seconds from the first of them on, as far as known
        self._second = 0  # the first of them

    def walk(self, cells: CellBlock) -> list[int]:
        """The seconds that are now known to have been walked, as far as the accelerations say; ending three earlier."""
        if not self._sites:
            self._sites, self._second = cells.sites, cells.first
            self._sizes = np.full((len(cells.sites), BEFORE), np.nan)
            self._thighs = np.full((2, BEFORE), np.nan)
        thighs = np.stack([cells.angle("thigh_elevation" + side) for side in ("", "_left", "_right")])
        return self._hear(gait.size(cells.acc), np.stack((np.fmax(thighs[0], thighs[1]), thighs[2])))

    def follow(self, cells: CellBlock, thigh: Raised) -> Codes:
        """Codes (n,), places in POSTURES, of the next whole seconds."""
        self._base = np.concatenate((self._base, self._at_rest(cells, thigh)))
        self._afoot = np.concatenate((self._afoot, self._on_foot(cells, thigh.angle)))
        self._raised = np.concatenate((self._raised, thigh.angle))
        return self._decide()

    def finish(self) -> Codes:
        """Codes (n,) of the seconds that still waited."""
        tail = BEFORE + PER_SECOND
        self._hear(np.full((len(self._sites), tail), np.nan), np.full((2, tail), np.nan))
        return self._decide()

    def _hear(self, sizes: Floats, thighs: Floats) -> list[int]:
        self._sizes = np.concatenate((self._sizes, sizes), axis=1)
        self._thighs = np.concatenate((self._thighs, thighs), axis=1)
        n = (self._sizes.shape[1] - gait.WINDOW) // PER_SECOND  # the last full window only tells of its neighbour
        self._walking = self._walks(n) if n > 0 else np.empty(0, bool)
        return [self._second + second for second in np.flatnonzero(self._walking).tolist()]

    def _at_rest(self, cells: CellBlock, raised: Raised) -> Codes:
        p, thigh = self.params, raised.angle
        known = np.isfinite(thigh)
        sitting, age = self._sit.follow(thigh > p.thigh + p.band, thigh < p.thigh - p.band, known)
        excess = lying_excess(p, cells, thigh)
        lying, lying_age = self._lie.follow(excess > p.band, excess < -p.band, np.isfinite(excess))
        longest = round(p.known_for * PER_SECOND)
        lying &= lying_age <= longest
        code = np.where(sitting, self.SITTING, self.STANDING)
        tilt, limit = tilted(p, cells, thigh)
        verdict = self._doubt.follow(cells, raised, tilt, limit)
        open_to_doubt = (verdict == doubt.OPEN) | (verdict == doubt.UNTOLD)
        code = np.where(open_to_doubt, self.UNKNOWN, np.where(verdict == doubt.SEATED, self.SITTING, code))
        code[lying & (verdict != doubt.UNTOLD)] = self.LYING
        untold = self.MISSING if any(name.startswith("thigh_") for name in cells.angles) else self.UNKNOWN
        code[(age > longest) & ~lying] = untold
        return code.astype(np.int8)

    def _on_foot(self, cells: CellBlock, thigh: Floats) -> Bools:
        """Whether (n,) somebody in this attitude may be walking, where no thigh says so."""
        trunk, pelvis = cells.angle("trunk_inclination"), cells.angle("pelvis_tilt")
        tilt = np.where(np.isfinite(trunk), trunk, pelvis)
        back, front = self.params.stride_tilt
        return np.isfinite(thigh) | np.isnan(tilt) | ((tilt > back) & (tilt < front))

    def _decide(self) -> Codes:
        n = min(len(self._walking), len(self._base) // PER_SECOND)
        if n < 1:
            return np.empty(0, np.int8)
        drop = n * PER_SECOND
        code = self._base[:drop].reshape(n, PER_SECOND)
        afoot = self._afoot[:drop].reshape(n, PER_SECOND)
        raised = np.add.reduce(self._raised[:drop].reshape(n, PER_SECOND), axis=1) / PER_SECOND
        strides = ~(raised < -self.params.saddle[0]) & ~(raised > self.params.saddle[0])
        on_saddle = (raised > self.params.saddle[0]) & (raised < self.params.saddle[1])
        cycling = self._cycles(n) | self._pedals(on_saddle)
        mostly = PER_SECOND // 2
        upright = (np.add.reduce(code == self.SITTING, axis=1) <= mostly) & (np.add.reduce(afoot, axis=1) > mostly)
        walking = (upright & strides & self._walking[:n])[:, None] & (code != self.LYING)
        code = np.where(walking, self.WALKING, code)
        code = np.where(cycling[:, None] & (code != self.LYING), self.CYCLING, code)
        self._base, self._afoot, self._raised = self._base[drop:], self._afoot[drop:], self._raised[drop:]
        self._sizes, self._thighs = self._sizes[:, drop:], self._thighs[:, drop:]
        self._walking, self._second = self._walking[n:], self._second + n
        return code.ravel()

    def _walks(self, n: int) -> Bools:
        p = self.walking
        windows = gait.windows(self._sizes, n + 1)
        lively, regular = gait.strength(p, windows, self._sites)
        likely = (lively >= p.least) & (regular >= p.likely)
        sure = likely & (regular >= p.sure)
        on = sure[:-1] | (likely[:-1] & sure[1:])
        return self._walk.follow(on, ~likely[:-1], on)[0]

    def _pedals(self, on_saddle: Bools) -> Bools:
        """Seconds (n,) in which a thigh so raised is shaken as regularly as by pedals."""
        thighs = [i for i, site in enumerate(self._sites) if site in THIGHS]
        asked = np.flatnonzero(on_saddle)
        if not thighs or not len(asked):
            return np.zeros(len(on_saddle), bool)
        windows = gait.windows(self._sizes[thighs], len(on_saddle))[:, asked]
        lively, regular = gait.strength(self.walking, windows, [THIGHS[0]] * len(thighs))
        pedals = np.zeros(len(on_saddle), bool)
        pedals[asked] = (lively >= self.params.pedalling) & (regular >= self.walking.sure)
        return pedals

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
