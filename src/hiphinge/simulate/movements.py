"""Standing, bending and lifting. Angles in degrees here, rad from the score on.

The trunk's path never depends on ``spine_share``: hinge and rounded lift of
the same depth and tempo have the same trunk inclination at every instant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hiphinge.simulate.score import Mark, Score, Span

VISIBLE = 0.785
"""Share of a transition's time in which it is beyond a twentieth of its way: before, nobody sees it."""


class Movement(Protocol):
    """Anything that writes itself into a score from ``score.now`` on and advances it."""

    def play(self, score: Score) -> None:
        """Write and advance."""


@dataclass(frozen=True)
class Stand:
    """Quiet standing with sway; ``label`` makes it a marker."""

    seconds: float = 4.0
    label: str = ""

    def play(self, score: Score) -> None:
        """Write and advance."""
        score.posture("standing")
        end = score.now + self.seconds
        sway(score, score.now, end, score.wearer.sway)
        if self.label:
            score.marks.append(Mark(self.label, score.now, end))
        score.now = end


@dataclass(frozen=True)
class Lift:
    """Down and up again, from standing to standing.

    ``depth_deg`` trunk inclination, ``thigh_deg`` thigh elevation at the bottom;
    ``spine_share`` of the natural lumbar flexion at that depth (1 as uncoached,
    0.3 a clean hinge); ``lumbar_deg`` instead of it; ``wink_deg`` the pelvis
    turns back late in the descent and the spine rounds by as much.
    ``begins`` "standing", or "bottom": the repetition counts from the pull on.
    """

    movement: str
    depth_deg: float
    thigh_deg: float
    spine_share: float = 1.0
    lumbar_deg: float | None = None
    wink_deg: float = 0.0
    lowering: float = 1.8
    hold: float = 0.4
    lifting: float = 1.6
    begins: str = "standing"
    counted: bool = True

    def play(self, score: Score) -> None:
        """Write and advance."""
        start, lumbar = score.now, self._lumbar(score)
        stir(score, start, start + self.lowering + self.hold + self.lifting, self._vigour())
        self._descend(score, lumbar)
        bottom = score.now
        score.now += self.hold
        if self.begins == "bottom":
            start = bottom = score.now
        self._ascend(score)
        if self.counted:
            share = self.spine_share if self.lumbar_deg is None else float("nan")
            score.spans.append(Span(self.movement, start, bottom, score.now, share))

    def _lumbar(self, score: Score) -> float:
        if self.lumbar_deg is not None:
            return float(np.deg2rad(self.lumbar_deg))
        return self.spine_share * score.wearer.natural_lumbar(float(np.deg2rad(self.depth_deg)))

    def _vigour(self) -> float:
        """rad/s: how fast the largest angle changes."""
        return float(np.deg2rad(max(self.depth_deg, self.thigh_deg))) / (0.5 * (self.lowering + self.lifting))

    def _descend(self, score: Score, lumbar: float) -> None:
        wearer, thigh, trunk = score.wearer, np.deg2rad(self.thigh_deg), np.deg2rad(self.depth_deg)
        lag, wink = pelvis_lag(score, self.lowering), np.deg2rad(self.wink_deg)
        score.move("trunk", trunk, self.lowering)
        score.move("lumbar", lumbar, self.lowering - lag)
        if wink:
            score.move("lumbar", lumbar + wink, 0.4 * self.lowering, after=0.6 * self.lowering)
        for leg in ("left", "right"):
            score.move(f"thigh_{leg}", thigh, self.lowering)
            score.move(f"spread_{leg}", wearer.spread * (1.0 + 2.0 * np.sin(thigh)), self.lowering)
        score.move("shank", 0.3 * thigh - np.deg2rad(3.0), self.lowering)
        score.move("roll", np.sin(wearer.askew) * 0.5 * trunk, self.lowering)
        score.move("side_bend", np.sin(wearer.askew) * 0.5 * trunk, self.lowering)
        score.now += self.lowering

    def _ascend(self, score: Score) -> None:
        """Knees lead, hips follow, the spine comes last (Burgess-Limerick 1995)."""
        lag, wink = pelvis_lag(score, self.lifting), np.deg2rad(self.wink_deg)
        late = lag
        if wink:
            score.move("lumbar", score.levels["lumbar"] - wink, 0.4 * self.lifting)
        score.move("trunk", 0.0, self.lifting)
        score.move("lumbar", 0.0, self.lifting - late, after=late)
        for leg in ("left", "right"):
            score.move(f"thigh_{leg}", 0.0, self.lifting - lag)
            score.move(f"spread_{leg}", 0.0, self.lifting)
        for coordinate in ("shank", "roll", "side_bend"):
            score.move(coordinate, 0.0, self.lifting)
        score.now += self.lifting


def hinge(spine_share: float = 0.35, depth_deg: float = 75.0, *, lowering: float = 1.8, lifting: float = 1.6) -> Lift:
    """A hip hinge, or with a larger share a rounded lift on the same trunk path."""
    return Lift("hinge", depth_deg, 14.0, spine_share, lowering=lowering, lifting=lifting)


def stoop(spine_share: float = 1.05, depth_deg: float = 90.0, *, lowering: float = 1.6, lifting: float = 1.5) -> Lift:
    """Bending over with straight knees and a round back."""
    return Lift("stoop", depth_deg, 8.0, spine_share, lowering=lowering, lifting=lifting)


def squat(depth_deg: float = 85.0, *, trunk_deg: float = 38.0, lumbar_deg: float = 14.0, wink_deg: float = 8.0) -> Lift:
    """A squat to this thigh elevation, with a butt wink."""
    return Lift(
        "squat", trunk_deg, depth_deg, lumbar_deg=lumbar_deg, wink_deg=wink_deg, lowering=1.7, hold=0.3, lifting=1.4
    )


def quick(spine_share: float = 0.8, seconds: float = 0.75, depth_deg: float = 55.0) -> Lift:
    """Something snatched up: seen to move for 0.6 to 0.8 s."""
    half = 0.5 * seconds / VISIBLE
    return Lift("quick", depth_deg, 16.0, spine_share, lowering=half, hold=0.0, lifting=half)


def deadlifts(times: int = 5, spine_share: float = 0.6, depth_deg: float = 68.0) -> list[Movement]:
    """A set from the floor: the first repetition begins at the bottom, hands on the bar."""
    first = Lift("deadlift", depth_deg, 38.0, spine_share, lowering=2.2, hold=1.8, lifting=1.7, begins="bottom")
    rest: list[Movement] = []
    for _ in range(times - 1):
        rest += [Stand(1.0), Lift("deadlift", depth_deg, 38.0, spine_share, lowering=1.5, hold=0.5, lifting=1.6)]
    return [first, *rest]


@dataclass(frozen=True)
class Bends:
    """Full forward bends with straight knees, as for a calibration; the largest is the own maximum.

    Comfortable bends are unequal: of five captured ones the least reached three
    quarters of the largest.
    """

    times: int = 5
    label: str = "bend"

    def play(self, score: Score) -> None:
        """Write and advance."""
        start, wearer = score.now, score.wearer
        size = score.rng.uniform(0.76, 0.97, self.times)
        largest = score.rng.permutation(self.times)[:2]
        size[largest] = (1.0, score.rng.uniform(0.98, 1.0))[: len(largest)]
        seconds = score.rng.uniform((1.9, 1.0, 1.8), (2.8, 1.9, 2.6), (self.times, 3))
        for share, (lowering, hold, lifting) in zip(size, seconds, strict=True):
            lumbar = float(np.rad2deg(share * wearer.max_lumbar))
            depth = lumbar + share * float(np.rad2deg(wearer.max_pelvis)) * float(score.rng.uniform(0.95, 1.05))
            tempo = {"lowering": lowering, "hold": hold, "lifting": lifting}
            Lift("bend", depth, 6.0, lumbar_deg=lumbar, counted=False, **tempo).play(score)
            pause(score, score.rng.uniform(0.6, 1.4))
        if self.label:
            score.marks.append(Mark(self.label, start, score.now))


def pause(score: Score, seconds: float) -> None:
    """Stand a moment between movements."""
    sway(score, score.now, score.now + seconds, 0.7 * score.wearer.sway)
    score.now += seconds


def pelvis_lag(score: Score, duration: float) -> float:
    """How long before the pelvis the spine arrives, s; quick movements have no time for it."""
    return min(score.wearer.pelvis_lag, 0.24 * duration)


def sway(score: Score, start: float, end: float, rms: float) -> None:
    """The body never stands still: ankles, hips and spine, each a little."""
    for coordinate, share in (("trunk", 1.0), ("lumbar", 0.6), ("roll", 0.6), ("heading", 0.8), ("side_bend", 0.4)):
        score.stir(coordinate, start, end, share * rms, (0.08, 0.7))
    for coordinate in ("thigh_left", "thigh_right", "shank", "turn_left", "turn_right"):
        score.stir(coordinate, start, end, 0.7 * rms, (0.08, 0.8))
    score.stir("rotation", start, end, 0.5 * rms, (0.1, 0.6))


BENDING = {
    "heading": 0.35,
    "roll": 0.25,
    "side_bend": 0.50,
    "rotation": 0.30,
    "spread_left": 0.15,
    "spread_right": 0.15,
    "turn_left": 0.18,
    "turn_right": 0.18,
}
"""Coordinate -> its rate as a share of the movement's, on the feet."""
SEATING = {**BENDING, "heading": 0.55, "roll": 0.40, "side_bend": 0.35, "spread_left": 0.3, "spread_right": 0.3}
"""The same while sitting down and standing up: the whole body turns more, the spine bends less sideways."""


def stir(score: Score, start: float, end: float, vigour: float, shares: Mapping[str, float] = BENDING) -> None:
    """What people mix into a movement of ``vigour`` rad/s: turning, side-bend, twist, uneven legs.

    Sized so that the first principal axis explains as much as in real people (0.58 to 0.87).
    """
    size = score.wearer.impurity * vigour / (2 * np.pi * 0.85)
    for coordinate, share in shares.items():
        score.stir(coordinate, start, end, share * size, (0.5, 1.2))
