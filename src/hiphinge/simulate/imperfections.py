"""What a real sensor adds to the true motion: bias and its wander, scale, noise, range, steps.

Signals are measured in sensor axes; (n, 3) each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.blocks import Floats
from hiphinge.devices import hiphinge_imu

HOUR = 3600.0
KNOT = 10.0
STEP = 2.0**-15
"""Of full scale: 16-bit readings."""


@dataclass(frozen=True)
class Imperfections:
    """How bad the sensors are; each draws its own constants within these.

    gyr_noise, acc_noise : rad/s, m/s² rms at 100 Hz; 0.0025 and 0.025 in a real
        full-body recording at rest; grows with the square root of the rate.
    gyr_bias : rad/s, largest at switch-on, each axis; data sheets allow 0.05, some parts show more.
    gyr_wander : rad/s rms over hours.
    acc_bias, acc_wander : m/s², largest at first; rms over hours.
    scale, cross : largest relative error of an axis; largest leak into another.
    gyr_range, acc_range : rad/s, m/s².
    rocking : scale of soft tissue: sensors rock as the flesh under them is shaken; 0 is bone.
    """

    gyr_noise: float = 0.0025
    acc_noise: float = 0.025
    gyr_bias: float = 0.05
    gyr_wander: float = 0.001
    acc_bias: float = 0.12
    acc_wander: float = 0.02
    scale: float = 0.005
    cross: float = 0.003
    gyr_range: float = hiphinge_imu.GYR_RANGE
    acc_range: float = hiphinge_imu.ACC_RANGE
    rocking: float = 1.0


PERFECT = Imperfections(0, 0, 0, 0, 0, 0, 0, 0, np.inf, np.inf, 0)
"""No error at all: for tests of the motion itself."""


class Defects:
    """The constants of one sensor, and what they do to its readings."""

    def __init__(self, kind: Imperfections, seed: int, number: int) -> None:
        rng = np.random.default_rng([seed, 4, number])
        self.kind = kind
        self._seed = (seed, 5, number)
        self.gyr_bias = rng.uniform(-1, 1, 3) * kind.gyr_bias
        self.acc_bias = rng.uniform(-1, 1, 3) * kind.acc_bias
        self.gyr_gain, self.acc_gain = (self._gain(rng) for _ in range(2))
        self._gyr_wander, self._acc_wander = (_Wander(rng, rms) for rms in (kind.gyr_wander, kind.acc_wander))

    def _gain(self, rng: np.random.Generator) -> Floats:
        gain = rng.uniform(-1, 1, (3, 3)) * self.kind.cross
        np.fill_diagonal(gain, 1.0 + rng.uniform(-1, 1, 3) * self.kind.scale)
        return gain

    def read(self, t: Floats, acc: Floats, gyr: Floats, rate: float, block: int) -> tuple[Floats, Floats]:
        """What the sensor reports at t (n,); ``block`` numbers the draw of its noise."""
        noise = np.random.default_rng([*self._seed, block]).standard_normal((2, len(t), 3)) * np.sqrt(rate / 100.0)
        acc = acc @ self.acc_gain.T + self.acc_bias + self._acc_wander.at(t) + self.kind.acc_noise * noise[0]
        gyr = gyr @ self.gyr_gain.T + self.gyr_bias + self._gyr_wander.at(t) + self.kind.gyr_noise * noise[1]
        return _converted(acc, self.kind.acc_range), _converted(gyr, self.kind.gyr_range)


class _Wander:
    """Slow drift, zero at first: sines of a quarter of an hour to eight hours, (n, 3)."""

    def __init__(self, rng: np.random.Generator, rms: float) -> None:
        periods = HOUR * np.exp(rng.uniform(np.log(0.25), np.log(8.0), (4, 3)))
        self._rates = 2 * np.pi / periods
        self._phases = rng.uniform(0, 2 * np.pi, (4, 3))
        self._size = rms * np.sqrt(2.0 / 4)

    def at(self, t: Floats) -> Floats:
        if not self._size:
            return np.zeros((len(t), 3))
        # So slow that straight lines between whole KNOTs are right to a thousandth of it.
        knots = KNOT * np.arange(np.floor(t[0] / KNOT), np.ceil(t[-1] / KNOT) + 2)
        sines = np.sin(self._rates * knots[:, None, None] + self._phases) - np.sin(self._phases)
        values = self._size * sines.sum(axis=1)
        return np.stack([np.interp(t, knots, values[:, i]) for i in range(3)], axis=-1)


def _converted(reading: Floats, full_scale: float) -> Floats:
    """In whole steps of a 16-bit converter, held at the end of its range."""
    if not np.isfinite(full_scale):
        return reading
    step = full_scale * STEP
    return np.clip(np.rint(reading / step), -(2**15), 2**15 - 1) * step
