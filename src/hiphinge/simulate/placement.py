"""How a sensor sits on its segment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge import rotation
from hiphinge.blocks import SACRUM, SITES, THIGH_LEFT, THIGH_RIGHT, TRUNK, UPPER_LUMBAR, Floats

Quaternion = tuple[float, float, float, float]

# Sensor x up, z out of the skin: the columns are the sensor's axes in segment axes.
ON_THE_BACK = np.array([[0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
ON_THE_THIGH = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])

SKIN_TILT = {UPPER_LUMBAR: np.deg2rad(-12.0), SACRUM: np.deg2rad(20.0), THIGH_LEFT: 0.0, THIGH_RIGHT: 0.0}
"""rad forward of the skin in standing; 1 to 23° at the lower spine, 11 to 35° at the pelvis (Donaldson 2021)."""
OUTSIDE = np.deg2rad(25.0)
"""rad from the front of the thigh towards its outside."""


@dataclass(frozen=True)
class Habit:
    """How carefully sensors are put on.

    askew : rad, one standard deviation of the angle about each axis.
    any_way_round : turned on the skin by any quarter turn, or worn as intended.
    """

    askew: float = np.deg2rad(6.0)
    any_way_round: bool = True


def mount(site: str, habit: Habit, seed: int) -> Quaternion:
    """q_b_s of one wearing."""
    rng = np.random.default_rng([seed, 3, SITES.index(site)])
    quarter = float(rng.integers(0, 4)) * np.pi / 2 if habit.any_way_round else 0.0
    slipshod = rotation.from_rotvec(rng.normal(0.0, habit.askew, 3))
    q = rotation.multiply(_on_skin(site), rotation.multiply(turned(quarter), slipshod))
    w, x, y, z = q.tolist()
    return w, x, y, z


def turned(angle: float) -> Floats:
    """A turn (4,) on the skin by ``angle`` rad, in sensor axes; π is upside down."""
    return rotation.about_vertical(angle)


def _on_skin(site: str) -> Floats:
    if site in TRUNK:
        return rotation.multiply(rotation.from_rotvec([0.0, 0.0, -SKIN_TILT[site]]), rotation.from_matrix(ON_THE_BACK))
    outside = -OUTSIDE if site == THIGH_RIGHT else OUTSIDE
    return rotation.multiply(rotation.from_rotvec([0.0, outside, 0.0]), rotation.from_matrix(ON_THE_THIGH))


def upside_down(q_b_s: Quaternion) -> Floats:
    """The same sensor turned by half a turn on the skin, (4,)."""
    return rotation.multiply(q_b_s, turned(np.pi))
