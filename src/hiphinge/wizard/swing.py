"""Which way a walking thigh swings forward: its own rhythm says so, wherever its mean lies.

In every stride it swings forward in about 40 % of the time and back, under the
body, in 60 %; and the foot strikes when it is far forward. Walking backward
would turn both round.
"""

from __future__ import annotations

import numpy as np

from hiphinge.blocks import Bools, Floats
from hiphinge.kinematics.mounting import smooth

SWING, STRIDE, SHAKE, SHOCK = 3.0, 0.4, 10.0, 5.0
"""Hz: a thigh's rate below the first, its swing above the second; shocks above the third, their size below the last."""
SURE = 0.1
"""Least of :func:`forward` that decides. Real walking has 0.7 (both legs of one person), the virtual 0.4 to 0.7."""


def forward(acc: Floats, gyr: Floats, right: Floats, walking: Bools, rate: float) -> float:
    """Positive where ``right`` (3,) points to the wearer's right.

    The skewness of the swing's rate plus the correlation of its angle with the shocks.
    acc, gyr (n, 3) m/s² and rad/s without bias and without holes, at ``rate`` Hz.
    """
    swing = smooth(gyr, SWING, rate) @ right
    angle = np.cumsum(swing)[:, None] / rate
    angle -= smooth(angle, STRIDE, rate)
    shaking = ((acc - smooth(acc, SHAKE, rate)) ** 2).sum(axis=1, keepdims=True)
    shocks = np.sqrt(np.maximum(smooth(shaking, SHOCK, rate), 0.0))
    return _skewness(swing[walking]) + _correlation(angle[walking, 0], shocks[walking, 0])


def _skewness(x: Floats) -> float:
    x = x - x.mean()
    return float((x**3).mean() / max(float((x**2).mean()) ** 1.5, 1e-12))


def _correlation(x: Floats, y: Floats) -> float:
    x, y = x - x.mean(), y - y.mean()
    return float((x * y).mean() / max(float(np.sqrt((x**2).mean() * (y**2).mean())), 1e-12))
