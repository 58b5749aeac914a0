"""Full turns of a sensor about one of its axes: what its gyroscope makes of 360°."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from hiphinge.blocks import Floats
from hiphinge.streams.poses import Pose, directions, rest_gyr

SAME_PLACE = np.cos(np.deg2rad(5.0))
"""Between poses that lie the same way up; a hand puts a sensor back within 1 or 2°."""
FULL_TURN = 2.0 * np.pi
TOLERANCE = np.deg2rad(45.0)
"""A gyroscope is off by up to some 3 %, a hand by a few degrees; half turns must not count."""
ASKEW = np.deg2rad(20.0)
"""Largest turning about the other two axes."""


def full_turns(t_s: Floats, gyr: Floats, poses: Sequence[Pose]) -> Floats:
    """What the gyroscope, bias off, makes of a full turn about each axis: (3,) rad, NaN where there is none.

    A full turn lies between two poses that are the same way up, about the axis
    that is upright there. ``t_s`` (n,), ``gyr`` (n, 3). The mean of several.
    """
    found: list[list[float]] = [[], [], []]
    if not poses or not np.isfinite(gyr).all():
        return np.full(3, np.nan)
    rate = gyr - rest_gyr(poses)
    up = directions(poses)
    for (before, up_before), (after, up_after) in pairwise(zip(poses, up, strict=True)):
        axis = int(np.argmax(np.abs(up_before)))
        turn = np.abs(_integral(t_s, rate, before.end, after.start))
        others = np.delete(turn, axis)
        if up_before @ up_after > SAME_PLACE and abs(turn[axis] - FULL_TURN) < TOLERANCE and others.max() < ASKEW:
            found[axis].append(float(turn[axis]))
    return np.array([np.mean(several) if several else np.nan for several in found])


def _integral(t_s: Floats, rate: Floats, start: float, end: float) -> Floats:
    span = (t_s >= start) & (t_s <= end)
    return np.asarray(np.trapezoid(rate[span], t_s[span], axis=0))
