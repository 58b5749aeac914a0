"""Sensor axes -> segment axes: x forward, y up, z right (ISB), square in quiet standing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from hiphinge import rotation
from hiphinge.blocks import Floats, Mounting, OrientationBlock, SegmentBlock


class Body:
    """The mountings of the worn sensors, applied."""

    def __init__(self, mountings: Mapping[str, Mounting], sites: Sequence[str]) -> None:
        nan = (float("nan"),) * 4
        self._q_s_b = np.array([mountings[s].q_s_b if s in mountings else nan for s in sites]).reshape(-1, 1, 4)
        self._tilt_sd = np.array([[mountings[s].tilt_sd if s in mountings else np.nan] for s in sites])

    def place(self, sensors: OrientationBlock) -> SegmentBlock:
        """q_e_b = q_e_s ⊗ q_s_b; NaN for a site without a mounting."""
        q_e_b = rotation.multiply(sensors.q_e_s, self._q_s_b)
        sd = np.hypot(sensors.inclination_sd, self._tilt_sd)
        related = np.zeros(sensors.flags.shape, bool)
        return SegmentBlock(sensors.t, sensors.sites, q_e_b, sd, sensors.flags, related)


def vertical_rate(q_e_s: Floats, gyr: Floats) -> Floats:
    """Rate of turn (n,) rad/s about the vertical, left positive, of a sensor with gyr (n, 3)."""
    w, x, y, z = rotation.parts(q_e_s)
    level = gyr[..., 0] * (x * z - w * y) + gyr[..., 1] * (y * z + w * x)
    return 2 * level + gyr[..., 2] * (1 - 2 * (x * x + y * y))
