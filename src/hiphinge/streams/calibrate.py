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
        self._gyr = {name: np.array(c.gyr_bias) for name, c in params.sensors.items() if any(c.gyr_bias)}
        self._acc = {
            name: (np.array(c.acc_bias), c.acc_scale)
            for name, c in params.sensors.items()
            if (c.acc_bias, c.acc_scale) != (SensorCalibration().acc_bias, SensorCalibration().acc_scale)
        }

    def correct(self, block: ImuBlock) -> ImuBlock:
        """The block without the sensor's errors; the same object where none are known."""
        if block.sensor in self._gyr:
            block = replace(block, gyr=block.gyr - self._gyr[block.sensor])
        if block.sensor in self._acc:
            bias, scale = self._acc[block.sensor]
            block = replace(block, acc=scaled(block.acc - bias, scale))
        return block


def scaled(acc: Floats, scale: tuple[tuple[float, float, float], ...]) -> Floats:
    """The product of scale (3, 3) with each row of acc (n, 3).

    Element by element, since a matrix product rounds one row otherwise than many.
    """
    x, y, z = acc[:, 0], acc[:, 1], acc[:, 2]
    return np.stack([a * x + b * y + c * z for a, b, c in scale], axis=1)
