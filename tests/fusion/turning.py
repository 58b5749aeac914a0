"""A rigid sensor that turns in place: its readings and its true attitude."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from hiphinge import rotation
from hiphinge.blocks import SACRUM, Flags, Floats, MotionBlock

G = 9.80665
RATE = 100.0


def unit(x: list[float]) -> Floats:
    return np.array(x) / np.linalg.norm(x)


QUATERNIONS = st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(lambda x: np.linalg.norm(x) > 0.1).map(unit)
"""Any attitude, upside down too."""


@dataclass(frozen=True)
class Turning:
    """``acc``, ``gyr`` (n, 3) in s and the true ``q_e_s`` (n, 4)."""

    acc: Floats
    gyr: Floats
    q_e_s: Floats

    def motion(self, flags: Flags | None = None) -> MotionBlock:
        """As one sensor of a wearer; samples are NaN where ``flags`` says MISSING (4)."""
        n = len(self.acc)
        flags = np.zeros(n, np.uint8) if flags is None else flags
        gone = ((flags & 4) != 0)[:, None]
        acc, gyr = np.where(gone, np.nan, self.acc), np.where(gone, np.nan, self.gyr)
        return MotionBlock(np.arange(n) / RATE, (SACRUM,), acc[None], gyr[None], flags[None])


def still(q_e_s: Floats, seconds: float) -> Turning:
    n = round(seconds * RATE)
    up = rotation.rotate(rotation.conjugate(q_e_s), [0.0, 0.0, 1.0])
    return Turning(np.tile(G * up, (n, 1)), np.zeros((n, 3)), np.tile(q_e_s, (n, 1)))


def swinging(q_e_s: Floats, axis_e: Floats, degrees: float, period: float, seconds: float) -> Turning:
    """From q_e_s about an axis of the earth and back again, again and again; exact rates of each interval."""
    t = np.arange(round(seconds * RATE)) / RATE
    angle = np.deg2rad(degrees) * 0.5 * (1 - np.cos(2 * np.pi * t / period))
    q = rotation.multiply(rotation.from_rotvec(angle[:, None] * axis_e), q_e_s)
    return from_attitudes(q)


def from_attitudes(q_e_s: Floats) -> Turning:
    """What a sensor with these attitudes (n, 4) measures in one place."""
    step = rotation.multiply(rotation.conjugate(q_e_s[:-1]), q_e_s[1:])
    half = np.arctan2(np.linalg.norm(step[:, 1:], axis=1), np.abs(step[:, 0]))
    axis = step[:, 1:] * np.sign(step[:, :1])
    rate = 2 * RATE * np.where(half[:, None] > 0, axis / np.maximum(np.sin(half), 1e-12)[:, None], 0) * half[:, None]
    acc = rotation.rotate(rotation.conjugate(q_e_s), [0.0, 0.0, G])
    return Turning(acc, np.concatenate((np.zeros((1, 3)), rate)), q_e_s)


def up_in_sensor(q_e_s: Floats) -> Floats:
    return rotation.rotate(rotation.conjugate(q_e_s), [0.0, 0.0, 1.0])


def tilt_error_deg(q: Floats, truth: Floats) -> Floats:
    """How far the vertical is off, degrees."""
    cross = np.linalg.norm(np.cross(up_in_sensor(q), up_in_sensor(truth)), axis=-1)
    return np.rad2deg(np.arctan2(cross, (up_in_sensor(q) * up_in_sensor(truth)).sum(axis=-1)))


def relative_error_deg(q: Floats, truth: Floats) -> Floats:
    """How far the attitude is off but for a constant heading: both against their own first."""
    turned = rotation.multiply(q, rotation.conjugate(q[:1]))
    true = rotation.multiply(truth, rotation.conjugate(truth[:1]))
    off = rotation.multiply(rotation.conjugate(true), turned)
    return np.rad2deg(2 * np.arctan2(np.linalg.norm(off[:, 1:], axis=1), np.abs(off[:, 0])))
