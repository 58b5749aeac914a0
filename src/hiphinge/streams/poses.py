"""Spells in which a sensor lay still, found in its own data: what a calibration is made from.

Pure functions on whole arrays; ``t_s`` (n,) s rising, ``acc`` (n, 3) m/s², ``gyr`` (n, 3) rad/s
or NaN, all in the sensor's own axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hiphinge import runs
from hiphinge.blocks import Bools, Floats

WINDOW_S = 1.0
"""Stillness is judged in windows of this length: longer than a sway, shorter than a pose."""
SHORTEST_S = 1.5
"""A pose lasts at least so long; means of 75 samples at 50 Hz are good to 1/9 of the noise."""
EDGE_S = 0.25
"""Left out at both ends: the hand that lets go, the hand that comes."""
ACC_SD = 0.08
"""m/s² per axis. Noise of the real sensors at hand: 0.015 and 0.035; held in the hand: 0.1 and more."""
GYR_SD = 0.02
"""rad/s per axis. Noise of the same sensors: 0.001 and 0.004; held in the hand: 0.03 and more."""
GYR_REST = 0.35
"""rad/s. Faster is a steady turn, not a bias: data sheets promise less than 20 °/s."""


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """Still from ``start`` to ``end`` s; means ``acc`` (3,) m/s² and ``gyr`` (3,) rad/s or NaN."""

    start: float
    end: float
    acc: Floats
    gyr: Floats

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.end - self.start


def find_poses(t_s: Floats, acc: Floats, gyr: Floats) -> list[Pose]:
    """The still spells, in order of time, edges left out."""
    if len(t_s) < 2:
        return []
    period = float(np.median(np.diff(t_s)))
    width = max(round(WINDOW_S / period), 3)
    edge = round(EDGE_S / period)
    poses = []
    for first, end in runs.of_true(_still(t_s, acc, gyr, width)):
        start, stop = first + edge, end - 1 + width - edge
        if t_s[end - 2 + width] - t_s[first] >= SHORTEST_S:
            span = slice(start, stop)
            poses.append(Pose(t_s[start], t_s[stop - 1], acc[span].mean(axis=0), gyr[span].mean(axis=0)))
    return poses


def rest_gyr(poses: Sequence[Pose]) -> Floats:
    """What the gyroscope (3,) reads at rest, weighted by time; NaN without a gyroscope."""
    weights = np.array([pose.seconds for pose in poses])
    return weights @ np.array([pose.gyr for pose in poses]) / weights.sum()


def directions(poses: Sequence[Pose]) -> Floats:
    """Unit vectors (m, 3) of the specific force: up, in the sensor's axes."""
    acc = np.array([pose.acc for pose in poses]).reshape(-1, 3)
    return acc / np.linalg.norm(acc, axis=1, keepdims=True)


def _still(t_s: Floats, acc: Floats, gyr: Floats, width: int) -> Bools:
    """For each window of ``width`` samples, by its first: whether the sensor is still in all of it."""
    if len(t_s) < width:
        return np.zeros(0, bool)
    whole = t_s[width - 1 :] - t_s[: len(t_s) - width + 1] < 1.5 * WINDOW_S
    still = whole & (_rolling(acc, width)[1] < ACC_SD).all(axis=1)
    if not np.isfinite(gyr).all():
        return still
    mean, sd = _rolling(gyr, width)
    return still & (sd < GYR_SD).all(axis=1) & (np.abs(mean) < GYR_REST).all(axis=1)


def _rolling(x: Floats, width: int) -> tuple[Floats, Floats]:
    """Mean and standard deviation of every window."""
    middle = x.mean(axis=0)
    sums = [np.cumsum(np.concatenate((np.zeros((1, 3)), part)), axis=0) for part in (x - middle, (x - middle) ** 2)]
    mean, square = ((s[width:] - s[:-width]) / width for s in sums)
    return mean + middle, np.sqrt(np.maximum(square - mean**2, 0.0))
