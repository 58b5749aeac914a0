"""All sensors held in one hand and twisted: one rigid body, whose turning each feels in its own axes."""

from __future__ import annotations

import numpy as np

from hiphinge import rotation
from hiphinge.blocks import GRAVITY, Floats

SWINGS = ((0.55, 1.1), (0.35, 2.3))
"""rad and Hz of the two sines of a forearm's twisting: 3 to 9 rad/s, and no period that fits twice [D]."""
EASE = 0.5
"""s to begin and to end."""


def twisted(t: Floats, seconds: float, q_h_s: Floats) -> tuple[Floats, Floats]:
    """acc, gyr (n, 3) at t (n,) s since the twisting began, still before and after; ``q_h_s`` (4,) sensor in hand.

    The hand turns about its own x, which stays level.
    """
    angle, rate = _turn(t, seconds)
    still = np.zeros_like(angle)
    q_e_h = rotation.from_rotvec(np.stack([angle, still, still], axis=-1))
    up = np.broadcast_to([0.0, 0.0, GRAVITY], (len(t), 3))
    q_s_h = rotation.conjugate(q_h_s)
    acc = rotation.rotate(q_s_h, rotation.rotate(rotation.conjugate(q_e_h), up))
    return acc, rotation.rotate(q_s_h, np.stack([rate, still, still], axis=-1))


def _turn(t: Floats, seconds: float) -> tuple[Floats, Floats]:
    """Angle rad and its derivative, both (n,): sines in a window that rises and falls smoothly."""
    into = np.clip(np.minimum(t, seconds - t) / EASE, 0.0, 1.0)
    window = 0.5 - 0.5 * np.cos(np.pi * into)
    slope = 0.5 * np.pi / EASE * np.sin(np.pi * into) * np.sign(0.5 * seconds - t)
    swing = sum(size * np.sin(2 * np.pi * hz * t) for size, hz in SWINGS)
    pace = sum(size * 2 * np.pi * hz * np.cos(2 * np.pi * hz * t) for size, hz in SWINGS)
    return window * swing, window * pace + slope * swing
