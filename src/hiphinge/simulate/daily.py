"""Sitting, lying, reaching, shoes, taking the sensors off. Angles in degrees here, rad from the score on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.simulate.movements import SEATING, stir, sway
from hiphinge.simulate.score import Mark, Off, Score, Shock

LEGS = ("left", "right")
SHIFT_SECONDS = 100.0
"""s between shifts of somebody who sits: nine in a quarter of an hour (Appl Ergon 2024 104374)."""
SEAT_TRUNK = {"usual": 5.0, "tall": 0.0, "slumped": 12.0}
"""Degrees of trunk inclination on a chair."""


@dataclass(frozen=True)
class SitDown:
    """From standing onto a chair: lean, bend the knees, sit back."""

    seconds: float = 2.2
    thigh_deg: float = 80.0

    def play(self, score: Score) -> None:
        """Write and advance."""
        wearer, d = score.wearer, self.seconds
        stir(score, score.now, score.now + d, np.deg2rad(self.thigh_deg) / d, SEATING)
        lean = float(np.deg2rad(score.rng.uniform(28, 42)))
        score.move("trunk", lean, 0.6 * d)
        score.move("trunk", np.deg2rad(SEAT_TRUNK["usual"]), 0.5 * d, after=0.5 * d)
        score.move("lumbar", 0.45 * wearer.natural_lumbar(lean), 0.55 * d)
        score.move("lumbar", wearer.seated, 0.5 * d, after=0.5 * d)
        score.move("shank", np.deg2rad(14.0), 0.6 * d)
        score.move("shank", 0.0, 0.5 * d, after=0.5 * d)
        for leg in LEGS:
            score.move(f"thigh_{leg}", np.deg2rad(self.thigh_deg), 0.85 * d, after=0.12 * d)
            score.move(f"spread_{leg}", 1.6 * wearer.spread, d)
        score.posture("sitting", after=0.6 * d)
        score.shocks.append(Shock(score.now + 0.93 * d, score.rng.uniform(1.0, 4.0)))
        score.now += d


@dataclass(frozen=True)
class Sit:
    """Stay seated as ``how`` says (usual, tall, slumped), shifting now and then; ``label`` makes it a marker."""

    seconds: float = 20.0
    how: str = "usual"
    label: str = ""
    restless: bool = True

    def play(self, score: Score) -> None:
        """Write and advance."""
        start, end = score.now, score.now + self.seconds
        lumbar = {"usual": score.wearer.seated, "tall": score.wearer.tall, "slumped": score.wearer.slumped}[self.how]
        trunk = np.deg2rad(SEAT_TRUNK[self.how])
        settle(score, lumbar, trunk, min(1.6, 0.4 * self.seconds))
        sway(score, start, end, 0.8 * score.wearer.sway)
        while self.restless and (score.now + (wait := score.rng.exponential(SHIFT_SECONDS))) < end - 3.0:
            score.now += max(wait, 2.0)
            settle(score, lumbar + np.deg2rad(score.rng.normal(0, 3)), trunk + np.deg2rad(score.rng.normal(0, 3)), 1.5)
        if self.label:
            score.marks.append(Mark(self.label, start + min(2.0, 0.4 * self.seconds), end))
        score.now = end


def settle(score: Score, lumbar: float, trunk: float, seconds: float) -> None:
    """Another way of sitting: the feet, the pelvis and the back move a little too."""
    score.move("lumbar", lumbar, seconds)
    score.move("trunk", trunk, seconds)
    score.move("heading", score.levels["heading"] + np.deg2rad(score.rng.normal(0, 4)), seconds)
    score.move("roll", np.deg2rad(score.rng.normal(0, 1.5)), seconds)
    score.move("side_bend", np.deg2rad(score.rng.normal(0, 2)), seconds)
    for leg in LEGS:
        score.move(f"thigh_{leg}", score.levels[f"thigh_{leg}"] + np.deg2rad(score.rng.normal(0, 0.7)), seconds)
        score.move(f"spread_{leg}", score.wearer.spread * score.rng.uniform(1.2, 2.0), seconds)


@dataclass(frozen=True)
class StandUp:
    """From a chair to standing: lean, push, straighten."""

    seconds: float = 1.9

    def play(self, score: Score) -> None:
        """Write and advance."""
        d = self.seconds
        stir(score, score.now, score.now + d, np.deg2rad(80.0) / d, SEATING)
        lean = float(np.deg2rad(score.rng.uniform(30, 44)))
        score.move("trunk", lean, 0.5 * d)
        score.move("trunk", 0.0, 0.55 * d, after=0.45 * d)
        score.move("lumbar", 0.4 * score.wearer.natural_lumbar(lean), 0.5 * d)
        score.move("lumbar", 0.0, 0.55 * d, after=0.45 * d)
        score.move("shank", np.deg2rad(16.0), 0.45 * d)
        for coordinate in ("shank", "roll", "side_bend", "thigh_left", "thigh_right"):
            score.move(coordinate, 0.0, 0.6 * d, after=0.4 * d)
        for leg in LEGS:
            score.move(f"spread_{leg}", 0.0, d)
        score.posture("standing", after=0.5 * d)
        score.now += d


@dataclass(frozen=True)
class SitDowns:
    """Sitting down and up again, as for a calibration."""

    times: int = 3
    seconds: float = 3.0
    label: str = "sit"

    def play(self, score: Score) -> None:
        """Write and advance."""
        start = score.now
        for _ in range(self.times):
            SitDown(score.rng.uniform(1.9, 2.8)).play(score)
            Sit(self.seconds * score.rng.uniform(0.7, 1.3), restless=False).play(score)
            StandUp(score.rng.uniform(1.6, 2.3)).play(score)
            sway(score, score.now, score.now + 1.5, score.wearer.sway)
            score.now += 1.5
        score.marks.append(Mark(self.label, start, score.now))


@dataclass(frozen=True)
class TieShoes:
    """On a chair, bent down to the feet; far into the range, but no lift."""

    seconds: float = 9.0

    def play(self, score: Score) -> None:
        """Write and advance."""
        SitDown().play(score)
        Sit(2.5, restless=False).play(score)
        trunk, lumbar = np.deg2rad(score.rng.uniform(50, 66)), score.wearer.max_lumbar * score.rng.uniform(0.82, 0.95)
        settle(score, lumbar, float(trunk), 1.8)
        stir(score, score.now, score.now + self.seconds, 0.35)
        score.now += self.seconds
        Sit(2.5, restless=False).play(score)
        StandUp().play(score)


@dataclass(frozen=True)
class Reach:
    """Standing, an arm up to a high shelf: the back arches and leans."""

    seconds: float = 2.6

    def play(self, score: Score) -> None:
        """Write and advance."""
        half, side = self.seconds / 2, float(score.rng.choice([-1.0, 1.0]))
        stir(score, score.now, score.now + self.seconds, 0.15)
        back = {"trunk": -6.0, "lumbar": -9.0, "side_bend": 5.0 * side, "roll": 2.0 * side, "rotation": 3.0 * side}
        for coordinate, degrees in back.items():
            score.move(coordinate, np.deg2rad(degrees * score.rng.uniform(0.7, 1.3)), half)
            score.move(coordinate, 0.0, half, after=half)
        score.now += self.seconds


POSES: dict[str, dict[str, float]] = {
    "supine": {"trunk": -87.0, "lumbar": 4.0, "thigh_left": 86.0, "thigh_right": 88.0},
    "prone": {"trunk": 86.0, "lumbar": -3.0, "thigh_left": -88.0, "thigh_right": -86.0},
    "left": {"roll": -84.0, "trunk": 12.0, "lumbar": 14.0, "thigh_left": 42.0, "thigh_right": 34.0},
    "right": {"roll": 84.0, "trunk": 12.0, "lumbar": 14.0, "thigh_left": 34.0, "thigh_right": 42.0},
}
"""Degrees; coordinates that are not named are 0."""


@dataclass(frozen=True)
class Lie:
    """From standing down onto a bed, ``how`` supine, prone, left or right, and up again."""

    seconds: float = 60.0
    how: str = "supine"

    def play(self, score: Score) -> None:
        """Write and advance."""
        pose = POSES[self.how]
        if self.how != "prone":
            SitDown().play(score)
            Sit(2.0, restless=False).play(score)
        self._go(score, {c: float(np.deg2rad(pose.get(c, 0.0))) for c in TURNED}, 4.0)
        end = score.now + self.seconds
        for coordinate, rms in (("trunk", 0.4), ("lumbar", 0.4), ("roll", 0.2), ("heading", 0.2)):
            score.stir(coordinate, score.now, end, float(np.deg2rad(rms)), (0.15, 0.35))
        score.now = end
        self._rise(score)

    def _go(self, score: Score, pose: dict[str, float], seconds: float) -> None:
        score.posture("lying", after=0.5 * seconds)
        for coordinate, to in pose.items():
            score.move(coordinate, to, seconds)
        score.now += seconds

    def _rise(self, score: Score) -> None:
        score.posture("sitting" if self.how != "prone" else "standing", after=2.0)
        seated = {"trunk": 0.1, "lumbar": score.wearer.seated, "thigh_left": 1.4, "thigh_right": 1.4}
        for coordinate in TURNED:
            score.move(coordinate, seated.get(coordinate, 0.0) if self.how != "prone" else 0.0, 4.0)
        score.now += 4.0
        if self.how != "prone":
            Sit(2.0, restless=False).play(score)
            StandUp().play(score)


TURNED = ("roll", "trunk", "lumbar", "side_bend", "thigh_left", "thigh_right")


@dataclass(frozen=True)
class TakeOff:
    """The sensors come off and lie on a table, any way up, quite still, to the end of the session."""

    seconds: float = 60.0

    def play(self, score: Score) -> None:
        """Write and advance."""
        score.now += 1.0
        score.off.append(Off(score.now))
        score.posture("not_worn")
        score.now += self.seconds
