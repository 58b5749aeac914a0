"""Ways of sitting and standing that are hard to name, and the sensors off the body. Angles in degrees here.

Figures are [D] unless a source is named: chairs, stools and seats of cars as one finds them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.simulate.daily import LEGS, SitDown, StandUp
from hiphinge.simulate.movements import Stand, sway
from hiphinge.simulate.score import Off, Score

BREATH_HZ = 0.25
"""Fifteen breaths a minute."""


@dataclass(frozen=True)
class Seat:
    """A way of being seated: trunk against the vertical, lumbar as a share of the seated one, the legs."""

    trunk: tuple[float, float] = (0.0, 8.0)
    lumbar: float = 1.0
    thighs: tuple[tuple[float, float], tuple[float, float]] = ((76.0, 84.0), (76.0, 84.0))
    spread: tuple[float, float] = (8.0, 8.0)
    turn: tuple[float, float] = (0.0, 0.0)


SEATS: dict[str, Seat] = {
    "reclined": Seat(trunk=(-42.0, -22.0), lumbar=1.1, thighs=((72.0, 82.0), (72.0, 82.0))),
    "crossed right": Seat(thighs=((72.0, 82.0), (88.0, 100.0)), spread=(6.0, -12.0)),
    "crossed left": Seat(thighs=((88.0, 100.0), (72.0, 82.0)), spread=(-12.0, 6.0)),
    "ankle on knee": Seat(thighs=((74.0, 82.0), (68.0, 80.0)), spread=(6.0, 32.0), turn=(0.0, -40.0)),
    "legs under the chair": Seat(thighs=((58.0, 68.0), (58.0, 68.0))),
    "legs stretched out": Seat(trunk=(-18.0, -5.0), lumbar=1.3, thighs=((66.0, 76.0), (66.0, 76.0))),
    "over the desk": Seat(trunk=(14.0, 30.0), lumbar=1.2),
    "cross-legged": Seat(lumbar=1.3, thighs=((78.0, 95.0), (78.0, 95.0)), spread=(35.0, 35.0), turn=(-45.0, -45.0)),
    "in a car": Seat(trunk=(-28.0, -14.0), lumbar=1.0, thighs=((68.0, 92.0), (68.0, 88.0)), spread=(12.0, 12.0)),
}
"""Degrees; of the legs the left one first."""


def take(score: Score, seat: Seat, seconds: float) -> None:
    """Move into a seat's pose, drawn within its ranges; does not advance."""
    rng = score.rng
    score.move("trunk", float(np.deg2rad(rng.uniform(*seat.trunk))), seconds)
    score.move("lumbar", seat.lumbar * score.wearer.seated, seconds)
    for i, leg in enumerate(LEGS):
        score.move(f"thigh_{leg}", float(np.deg2rad(rng.uniform(*seat.thighs[i]))), seconds)
        score.move(f"spread_{leg}", float(np.deg2rad(seat.spread[i])), seconds)
        score.move(f"turn_{leg}", float(np.deg2rad(seat.turn[i])), seconds)


def straighten(score: Score, seconds: float = 1.2) -> None:
    """The legs as in an ordinary seat again."""
    for leg in LEGS:
        score.move(f"turn_{leg}", 0.0, seconds)
        score.move(f"thigh_{leg}", float(np.deg2rad(80.0)), seconds)
    score.now += seconds


@dataclass(frozen=True)
class SitSo:
    """Already seated: stay as ``how`` (a name of SEATS) for a while, then as usual again."""

    how: str
    seconds: float = 120.0

    def play(self, score: Score) -> None:
        """Write and advance."""
        end = score.now + self.seconds
        take(score, SEATS[self.how], 1.6)
        sway(score, score.now, end, 0.8 * score.wearer.sway)
        score.now = end
        straighten(score)


@dataclass(frozen=True)
class Doze:
    """Already seated: nothing moves but the breath, and what a sleeper sways."""

    seconds: float = 300.0

    def play(self, score: Score) -> None:
        """Write and advance."""
        start, end = score.now, score.now + self.seconds
        breathe(score, start, end)
        for coordinate, degrees in (("trunk", 0.10), ("lumbar", 0.08), ("roll", 0.05)):
            score.stir(coordinate, start, end, float(np.deg2rad(degrees)), (0.03, 0.3))
        for leg in LEGS:
            # 0.04°: the quieter thigh of a real person over 20 s of sitting (qmt_full_body: 0.007 m/s²).
            score.stir(f"thigh_{leg}", start, end, float(np.deg2rad(0.04)), (0.02, 0.3))
        score.now = end


def breathe(score: Score, start: float, end: float) -> None:
    """The ribs lift and tilt the upper lumbar sensor a little."""
    rate, phase = BREATH_HZ * float(score.rng.uniform(0.8, 1.2)), float(score.rng.uniform(0, 2 * np.pi))
    wobble = (1.0, 0.02, float(score.rng.uniform(0, 2 * np.pi)))
    for coordinate, degrees in (("trunk", 0.25), ("lumbar", 0.15), ("thigh_left", 0.02), ("thigh_right", 0.02)):
        score.cycle([coordinate], start, end, [(float(np.deg2rad(degrees)), rate, phase)], wobble)


@dataclass(frozen=True)
class Perch:
    """From standing half onto a high stool or a table's edge, and up again: sitting to some, leaning to others."""

    seconds: float = 180.0
    thigh_deg: float = 40.0

    def play(self, score: Score) -> None:
        """Write and advance."""
        begun = score.now
        SitDown(1.8, self.thigh_deg).play(score)
        score.move("lumbar", 0.6 * score.wearer.seated, 1.0)
        sway(score, score.now, score.now + self.seconds, score.wearer.sway)
        score.now += self.seconds
        StandUp(1.5).play(score)
        score.doubtful.append((begun, score.now))


@dataclass(frozen=True)
class FootUp:
    """Standing with the right foot on a step, a rail or a chair."""

    seconds: float = 40.0
    thigh_deg: float = 50.0

    def play(self, score: Score) -> None:
        """Write and advance."""
        begun = score.now
        score.move("thigh_right", float(np.deg2rad(self.thigh_deg)), 1.2)
        Stand(self.seconds).play(score)
        score.move("thigh_right", 0.0, 1.2)
        score.now += 1.2
        score.doubtful.append((begun, score.now))


@dataclass(frozen=True)
class Drive:
    """Into a car, along a road with bends and brakes, and out of it."""

    seconds: float = 900.0

    def play(self, score: Score) -> None:
        """Write and advance."""
        SitDown(2.6, 84.0).play(score)
        take(score, SEATS["in a car"], 2.0)
        score.now += 2.0
        start, end = score.now, score.now + self.seconds
        road(score, start, end, 0.4)
        while score.now + (wait := float(score.rng.uniform(8, 40))) < end - 8.0:
            score.now += wait
            self._manoeuvre(score)
        score.now = end
        score.move("forward", 0.0, 9.0)  # the body, which has no wheels, back to where it was
        score.now += 9.0
        straighten(score)
        StandUp(2.4).play(score)

    def _manoeuvre(self, score: Score) -> None:
        """A brake and a bend, and the right foot from one pedal to the other."""
        rng = score.rng
        away = 0.0 if score.levels["forward"] else float(rng.uniform(4.0, 9.0))
        score.move("forward", away, 5.0)
        score.move("heading", score.levels["heading"] + float(np.deg2rad(rng.uniform(-90, 90))), 5.0)
        lifted = score.levels["thigh_right"] + float(np.deg2rad(rng.uniform(3, 7)))
        score.move("thigh_right", lifted, 0.6)
        score.move("thigh_right", lifted - float(np.deg2rad(5.0)), 0.6, after=2.0)
        score.now += 5.0


def road(score: Score, start: float, end: float, rms: float) -> None:
    """What wheels give on: ``rms`` m/s² up and down, at the frequencies of springs and of tyres."""
    for hz, share in ((1.4, 0.6), (3.5, 0.5), (9.0, 0.6)):
        amplitude = share * rms / (2 * np.pi * hz) ** 2
        score.stir("upward", start, end, amplitude, (0.8 * hz, 1.25 * hz))


@dataclass(frozen=True)
class Away:
    """Standing: the sensors come off, lie on the desk or in a coat's pocket, any way up, and are put on again."""

    seconds: float = 600.0
    askew_deg: float = 3.0
    handled: int = 0

    def play(self, score: Score) -> None:
        """Write and advance; ``handled`` times they are picked up and laid down another way."""
        score.now += 1.0
        score.posture("not_worn")
        askew = float(np.deg2rad(self.askew_deg))
        for number in range(self.handled + 1):
            last = number == self.handled
            end = score.now + self.seconds / (self.handled + 1)
            score.off.append(Off(score.now, end, askew if last else 0.0))
            score.now = end
        Stand(6.0).play(score)
