"""Walking, jogging, cycling: rhythms of the legs that the back follows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.simulate.daily import LEGS
from hiphinge.simulate.postures import road
from hiphinge.simulate.score import Score, Shock

Wobble = tuple[float, float, float]
STRIKE = 0.30
"""Of a stride after the thigh's forward peak less a quarter: the heel meets the floor just past the peak."""
YAW_LAG = 0.85
"""rad by which the pelvis turns after the thigh swings: rates then correlate by 0.4 to 0.7."""


@dataclass(frozen=True)
class Walk:
    """Strides of both legs at ``stride_hz``; angles are amplitudes in degrees, lengths in m, shocks in m/s².

    The right thigh swings forward as the pelvis turns left: that is how legs
    are told apart. Amplitudes as in a real recording: thighs ±25°, pelvis yaw
    ±7 to 10°, tilt ±2 to 4°, the trunk turning less than the pelvis.
    """

    seconds: float = 30.0
    stride_hz: float = 0.92
    thigh_deg: float = 23.0
    lean_deg: float = 3.0
    yaw_deg: float = 6.5
    list_deg: float = 3.5
    tilt_deg: float = 1.8
    bounce: float = 0.02
    shock: float = 7.0
    turns: bool = True

    def play(self, score: Score) -> None:
        """Write and advance."""
        start, end = score.now, score.now + self.seconds
        wobble = (0.5, float(score.rng.uniform(0.03, 0.09)), float(score.rng.uniform(0, 2 * np.pi)))
        score.posture("walking")
        score.move("trunk", np.deg2rad(self.lean_deg), 1.5)
        self._legs(score, start, end, wobble)
        self._trunk(score, start, end, wobble)
        self._strikes(score, start, end, wobble)
        self._unevenness(score, start, end)
        if self.turns:
            self._turn(score, end)
        score.now = end - 1.5
        score.move("trunk", 0.0, 1.5)
        score.now = end
        score.posture("standing")

    def _legs(self, score: Score, start: float, end: float, wobble: Wobble) -> None:
        f, swing = self.stride_hz, np.deg2rad(self.thigh_deg)
        for leg, phase in (("right", 0.0), ("left", np.pi)):
            harmonics = [(swing, f, phase), (0.2 * swing, 2 * f, 2 * phase + 1.0), (0.06 * swing, 3 * f, 3 * phase)]
            score.cycle([f"thigh_{leg}"], start, end, harmonics, wobble)
            score.cycle([f"turn_{leg}"], start, end, [(np.deg2rad(5.0), f, phase + 2.0)], wobble)

    def _trunk(self, score: Score, start: float, end: float, wobble: Wobble) -> None:
        f, yaw, drop = self.stride_hz, np.deg2rad(self.yaw_deg), np.deg2rad(self.list_deg)
        tilt = np.deg2rad(self.tilt_deg)

        def rhythm(coordinate: str, *harmonics: tuple[float, float, float]) -> None:
            score.cycle([coordinate], start, end, harmonics, wobble)

        rhythm("heading", (yaw, f, -YAW_LAG), (0.12 * yaw, 2 * f, 2.2), (0.1 * yaw, 3 * f, 1.5))
        rhythm("rotation", (-0.6 * yaw, f, -YAW_LAG - 0.2))
        for coordinate, share in (("roll", 1.0), ("side_bend", -1.1), ("spread_right", 1.0), ("spread_left", -1.0)):
            rhythm(coordinate, (share * drop, f, 0.9), (0.2 * share * drop, 2 * f, 2.0))
        rhythm("trunk", (0.8 * tilt, 2 * f, 0.3))
        rhythm("lumbar", (tilt, 2 * f, 2.6), (0.4 * tilt, f, 1.1))
        rhythm("upward", (self.bounce, 2 * f, 0.8))
        rhythm("forward", (0.7 * self.bounce, 2 * f, 2.4))
        rhythm("leftward", (1.2 * self.bounce, f, 2.5))

    def _strikes(self, score: Score, start: float, end: float, wobble: Wobble) -> None:
        depth, rate, phase = wobble
        u = np.arange(0.0, end - start, 0.01)
        strides = self.stride_hz * (u + depth / (2 * np.pi) * np.sin(2 * np.pi * rate * u + phase))
        for leg, half in (("right", 0.0), ("left", 0.5)):
            count = np.arange(np.ceil(strides[0]), np.floor(strides[-1])) + STRIKE + half
            for when in start + np.interp(count, strides, u):
                if start + 0.8 < when < end - 0.8:
                    score.shocks.append(Shock(float(when), self.shock * score.rng.uniform(0.7, 1.3), leg))

    def _unevenness(self, score: Score, start: float, end: float) -> None:
        for coordinate, degrees in (
            ("heading", 1.5),
            ("roll", 1.0),
            ("trunk", 0.8),
            ("lumbar", 0.8),
            ("side_bend", 1.0),
        ):
            score.stir(coordinate, start, end, float(np.deg2rad(degrees)), (0.2, 1.6))
        for leg in LEGS:
            score.stir(f"thigh_{leg}", start, end, float(np.deg2rad(1.5)), (0.3, 2.0))

    def _turn(self, score: Score, end: float) -> None:
        while score.now + (wait := float(score.rng.uniform(6, 20))) < end - 4.0:
            score.now += wait
            by = np.deg2rad(score.rng.choice([-1, 1]) * score.rng.uniform(20, 110))
            score.move("heading", score.levels["heading"] + float(by), 2.5)


def jog(seconds: float = 20.0) -> Walk:
    """Running slowly: quicker, higher, harder."""
    return Walk(seconds, 1.35, 30.0, 8.0, yaw_deg=7.0, list_deg=4.0, tilt_deg=2.5, bounce=0.035, shock=28.0)


@dataclass(frozen=True)
class Cycle:
    """On a bicycle: the trunk leans, the thighs go up and down."""

    seconds: float = 60.0
    cadence_hz: float = 1.2

    def play(self, score: Score) -> None:
        """Write and advance."""
        self._pose(score, {"trunk": 38.0, "thigh_left": 50.0, "thigh_right": 50.0}, score.wearer.seated)
        score.posture("cycling")
        start, end, size = score.now, score.now + self.seconds, np.deg2rad(22.0)
        for leg, phase in (("right", 0.0), ("left", np.pi)):
            score.cycle([f"thigh_{leg}"], start, end, [(size, self.cadence_hz, phase)])
        for coordinate, degrees in (("roll", 2.0), ("heading", 1.5), ("side_bend", 1.5)):
            score.cycle([coordinate], start, end, [(float(np.deg2rad(degrees)), self.cadence_hz, 0.4)])
            score.stir(coordinate, start, end, float(np.deg2rad(1.0)))
        score.now = end
        self._pose(score, {}, 0.0)
        score.posture("standing")

    def _pose(self, score: Score, degrees: dict[str, float], lumbar: float) -> None:
        for coordinate in ("trunk", "thigh_left", "thigh_right"):
            score.move(coordinate, float(np.deg2rad(degrees.get(coordinate, 0.0))), 3.0)
        score.move("lumbar", lumbar, 3.0)
        score.now += 3.0


@dataclass(frozen=True)
class Ride:
    """A way through town by bicycle: pedalling, coasting for some seconds, pedalling on."""

    seconds: float = 600.0

    def play(self, score: Score) -> None:
        """Write and advance."""
        rng, end = score.rng, score.now + self.seconds
        lean, seat = float(rng.uniform(15, 40)), float(rng.uniform(46, 54))
        pose = {"trunk": lean, "thigh_left": seat, "thigh_right": seat}
        score.posture("cycling")
        for coordinate, degrees in pose.items():
            score.move(coordinate, float(np.deg2rad(degrees)), 2.5)
        score.move("lumbar", score.wearer.seated, 2.5)
        score.now += 2.5
        road(score, score.now, end, 0.3)
        while score.now < end:
            self._pedal(score, min(float(rng.uniform(15, 90)), max(end - score.now, 15.0)))
            score.now += float(rng.uniform(2, 9))
        for coordinate in (*pose, "lumbar"):
            score.move(coordinate, 0.0, 2.5)
        score.now += 2.5
        score.posture("standing")

    def _pedal(self, score: Score, seconds: float) -> None:
        start, stop, rng = score.now, score.now + seconds, score.rng
        size, cadence = float(np.deg2rad(rng.uniform(18, 24))), float(rng.uniform(0.9, 1.5))
        wobble = (0.8, float(rng.uniform(0.03, 0.1)), float(rng.uniform(0, 2 * np.pi)))
        for leg, phase in (("right", 0.0), ("left", np.pi)):
            score.cycle([f"thigh_{leg}"], start, stop, [(size, cadence, phase)], wobble)
        self._stay_on_saddle(score, start, stop, (size, cadence), wobble)
        # The body rolls about the ground here, a rider about the saddle: half a degree is 1 cm at the back.
        for coordinate, degrees in (("roll", 0.5), ("heading", 1.5), ("side_bend", 1.5)):
            score.cycle([coordinate], start, stop, [(float(np.deg2rad(degrees)), cadence, 0.4)], wobble)
            score.stir(coordinate, start, stop, float(np.deg2rad(0.5)))
        score.now = stop

    def _stay_on_saddle(
        self, score: Score, start: float, stop: float, turns: tuple[float, float], wobble: Wobble
    ) -> None:
        """Take off what legs on the ground would lift the hips by: the second harmonic of both thighs' mean."""
        size, cadence = turns
        seat, lift = score.levels["thigh_right"], 0.25 * score.wearer.thigh * size**2
        beat = 2.0 * cadence
        score.cycle(["upward"], start, stop, [(-lift * np.cos(seat), beat, np.pi / 2)], wobble)
        score.cycle(["forward"], start, stop, [(lift * np.sin(seat), beat, np.pi / 2)], wobble)
