"""A sensor's own errors taken off its samples: true = scale · (measured − bias)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from hiphinge.blocks import Floats, ImuBlock, SensorCalibration


@dataclass(frozen=True)
class Params:
    """What is known of each sensor.

    sensors : by the name under which blocks come (``ImuBlock.sensor``): bias and
        scale as ``hiphinge calibrate sensor`` or the guided calibration found them.
    """

    sensors: Mapping[str, SensorCalibration] = field(default_factory=dict)


class SensorErrors:
    """Corrects blocks of samples; keeps nothing between them."""

    def __init__(self, params: Params) -> None:
        untouched = SensorCalibration()
        self._gyr = {
            name: (np.array(c.gyr_bias), np.array(c.gyr_scale))
            for name, c in params.sensors.items()
            if (c.gyr_bias, c.gyr_scale) != (untouched.gyr_bias, untouched.gyr_scale)
        }
        self._acc = {
            name: (np.array(c.acc_bias), c.acc_scale)
            for name, c in params.sensors.items()
            if (c.acc_bias, c.acc_scale) != (untouched.acc_bias, untouched.acc_scale)
        }

    def correct(self, block: ImuBlock) -> ImuBlock:
        """The block without the sensor's errors; the same object where none are known."""
        if block.sensor in self._gyr:
            bias, scale = self._gyr[block.sensor]
            block = replace(block, gyr=(block.gyr - bias) * scale)
        if block.sensor in self._acc:
            bias, matrix = self._acc[block.sensor]
            block = replace(block, acc=scaled(block.acc - bias, matrix))
        return block


def scaled(acc: Floats, scale: tuple[tuple[float, float, float], ...]) -> Floats:
    """The product of scale (3, 3) with each row of acc (n, 3).

    Element by element, since a matrix product rounds one row otherwise than many.
    """
    x, y, z = acc[:, 0], acc[:, 1], acc[:, 2]
    return np.stack([a * x + b * y + c * z for a, b, c in scale], axis=1)
