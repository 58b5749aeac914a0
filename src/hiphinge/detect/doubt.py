"""Poses that nobody could name from outside: half on a stool, a foot on a step, far back in a chair, on all fours.

The published rules decide them at a line and are as often wrong as right there
(biomechanics 4.1, failure cases). Kept for a moment, they are called unknown,
unless the pelvis tells: it rolls back on a seat and does not on the feet.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hiphinge.blocks import Bools, Floats
from hiphinge.detect.cells import PER_SECOND, CellBlock
from hiphinge.detect.thighs import Raised

NOTHING, OPEN, SEATED, UNTOLD = range(4)
"""No doubt; a doubt unless the wearer lies; what looked like one and is a seat; a doubt even then."""

Verdicts = NDArray[np.int8]


@dataclass(frozen=True)
class Params:
    """What is open to doubt (biomechanics 4.1 for 30 to 45° and reclined; the rest [D]).

    low, high : rad of a thigh that may be perching on a stool or a foot on a step.
    propped : rad up to which the same is open where the pelvis does not roll back.
    rolled_back : rad of pelvis tilt that decides for a seat.
    bent : rad of the trunk forward from which none of this is asked: a lift.
    reclined : rad by which trunk or pelvis is past lying, from which the posture would
        be that (its band), and from which it surely is; between them it may be a chair.
    on_hands : rad forward of the pelvis, and of the trunk where no pelvis is seen,
        that nobody keeps on a seat: thighs so raised stand on their knees.
    squatting : rad of a thigh, and of the trunk forward, from which it may be a
        squat as well as a seat on the floor.
    backward : rad of a thigh behind the body that no hip allows: its sensor has turned.
    turned : rad of one that is a seat, its sensor turned half round: behind a trunk
        that leaves no hip for it, and hanging when the wearer last walked.
    kept : s that such a pose must last.
    """

    low: float = field(default=np.deg2rad(30), metadata={"unit": "rad"})
    high: float = field(default=np.deg2rad(55), metadata={"unit": "rad"})
    propped: float = field(default=np.deg2rad(65), metadata={"unit": "rad"})
    rolled_back: float = field(default=np.deg2rad(-12), metadata={"unit": "rad"})
    bent: float = field(default=np.deg2rad(40), metadata={"unit": "rad"})
    reclined: tuple[float, float] = field(default=(np.deg2rad(5), np.deg2rad(15)), metadata={"unit": "rad"})
    on_hands: tuple[float, float] = field(default=(np.deg2rad(55), np.deg2rad(75)), metadata={"unit": "rad"})
    squatting: tuple[float, float] = field(default=(np.deg2rad(103), np.deg2rad(15)), metadata={"unit": "rad"})
    backward: float = field(default=np.deg2rad(-45), metadata={"unit": "rad"})
    turned: tuple[float, float] = field(default=(np.deg2rad(-115), np.deg2rad(-50)), metadata={"unit": "rad"})
    kept: float = 3.0


class Doubt:
    """Cells in, a verdict for each out."""

    def __init__(self, params: Params) -> None:
        self.params = params
        self._perched = self._reclined = self._floored = 0  # cells for which it has been so

    def follow(self, cells: CellBlock, thigh: Raised, tilt: Floats, lying: Floats) -> Verdicts:
        """One of the four (n,); ``tilt`` (n,) rad tells lying from the limit ``lying`` (n,) on."""
        p, raised = self.params, thigh.angle
        pelvis, trunk = cells.angle("pelvis_tilt"), cells.angle("trunk_inclination")
        rolled = pelvis < p.rolled_back
        high = np.where(np.isfinite(pelvis) & ~rolled, p.propped, p.high)
        perched = (raised > p.low) & (raised < high) & ~(trunk > p.bent) & ~(pelvis > p.bent)
        reclined = ~(raised < p.low) & (-tilt > lying + p.reclined[0]) & (-tilt < lying + p.reclined[1])
        on_hands = np.where(np.isnan(pelvis), trunk > p.on_hands[1], pelvis > p.on_hands[0])
        floored = (raised > p.low) & (on_hands | ((raised > p.squatting[0]) & (trunk > p.squatting[1])))
        kept = round(p.kept * PER_SECOND)
        perched, self._perched = lasting(perched, self._perched, kept)
        reclined, self._reclined = lasting(reclined, self._reclined, kept)
        floored, self._floored = lasting(floored, self._floored, kept)
        verdict = np.where(perched, np.where(rolled, SEATED, OPEN), NOTHING)
        verdict[floored | (raised < p.backward)] = OPEN
        seat = (raised > p.turned[0]) & (raised < p.turned[1]) & thigh.upright
        verdict[seat & (raised + tilt < p.backward)] = SEATED
        verdict[reclined | (thigh.aside & np.isnan(tilt))] = UNTOLD
        return verdict.astype(np.int8)


def lasting(state: Bools, before: int, least: int) -> tuple[Bools, int]:
    """Where ``state`` (n,) has held for ``least`` cells, ``before`` of them earlier; and for how many at the end."""
    at = np.arange(len(state))
    since = np.maximum.accumulate(np.where(state, -1, at))  # the last cell where it did not hold
    length = np.where(since < 0, at + 1 + before, at - since)
    return state & (length >= least), int(length[-1]) if len(state) else before
