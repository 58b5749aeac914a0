"""A sensor with known errors, put down in one position after another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hiphinge.blocks import GRAVITY, Floats
from hiphinge.rotation import from_rotvec, rotate

RATE = 100
REST, BETWEEN = 3 * RATE, RATE

BIAS = np.array([0.4, -0.3, 0.2])
SCALE = np.array([[1.02, 0.004, -0.002], [0.004, 0.99, 0.003], [-0.002, 0.003, 0.975]])
"""true = SCALE · (measured − BIAS)."""
GYR_BIAS = np.array([-0.01, 0.02, 0.005])

FACES = [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)]
CORNERS = [(1, 1, 1), (-1, 1, 1), (1, -1, 1), (1, 1, -1), (-1, -1, 1), (-1, 1, -1)]
EDGES = [(1, 1, 0), (0, 1, 1), (1, 0, 1)]


def directions(ups: Sequence[Sequence[float]], askew_deg: float = 0.0, seed: int = 0) -> Floats:
    """Unit vectors (m, 3), each turned by about ``askew_deg`` as a hand would."""
    up = np.array(ups, float)
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    turn = np.random.default_rng(seed).normal(0, np.deg2rad(askew_deg), up.shape)
    return rotate(from_rotvec(turn), up)


def measured(force: Floats) -> Floats:
    """What the sensor reads (n, 3) of a true specific force (n, 3)."""
    return force @ np.linalg.inv(SCALE).T + BIAS


def session(ups: Floats, *, noise: float = 0.02, with_gyr: bool = True, seed: int = 0) -> tuple[Floats, Floats, Floats]:
    """t (n,), acc (n, 3), gyr (n, 3): each position for 3 s, a second of tumbling after each."""
    rng = np.random.default_rng(seed)
    acc, gyr = [], []
    for up in ups:
        still = np.tile(measured(GRAVITY * up[None]), (REST, 1))
        acc += [still, still[:BETWEEN] + rng.normal(0, 3.0, (BETWEEN, 3))]
        gyr += [np.tile(GYR_BIAS, (REST, 1)), rng.normal(0, 1.0, (BETWEEN, 3))]
    x, w = np.concatenate(acc), np.concatenate(gyr)
    x, w = x + rng.normal(0, noise, x.shape), w + rng.normal(0, 0.002, w.shape)
    return np.arange(len(x)) / RATE, x, w if with_gyr else np.full_like(w, np.nan)
