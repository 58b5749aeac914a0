"""How a sensor sits on its segment, from quiet standing and one plain movement.

Any orientation will do: gravity in standing gives "up", the axis of a bend or
of sitting down gives "right". Functions of whole spans; nothing is streamed.
Rules and limits: refusal below an explained share of 0.70, since real bends
and sit-downs explain 0.58 to 0.87 (measured), not the 0.99 of clean motion.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hiphinge import rotation
from hiphinge.blocks import GRAVITY, Bools, Floats, Mounting


@dataclass(frozen=True)
class Params:
    """Limits of a calibration.

    rate : Hz of the grid.
    still_rate : rad/s rms about its own mean over half a second; a swaying stance shows 1 to 4 °/s.
    still_enough : rad/s rms below which no second is left out for being less still
        than the stillest.
    still_apart : rad from the middle posture of a stand that is still the same stand;
        sway stays below 3°.
    still_seconds : s of such stillness that a zero needs, of a stand of 3 s or more:
        people begin to move before they are told.
    spell_seconds : s of stillness that make a standing spell where none is marked.
    axis_cutoff : Hz, low-pass of the gyroscope before its principal axis is taken.
    axis_share : least explained share of that axis.
    """

    rate: float = 100.0
    still_rate: float = field(default=np.deg2rad(12), metadata={"unit": "rad/s"})
    still_enough: float = field(default=np.deg2rad(3), metadata={"unit": "rad/s"})
    still_apart: float = field(default=np.deg2rad(6), metadata={"unit": "rad"})
    still_seconds: float = 1.5
    spell_seconds: float = 3.0
    axis_cutoff: float = 1.5
    axis_share: float = 0.70


@dataclass(frozen=True)
class Rest:
    """Quiet standing of one sensor.

    ``up`` (3,) unit vector in s; ``gyr_bias`` (3,) rad/s; ``tilt_sd`` rad of
    the mean; ``seconds`` still; ``stirring`` rad/s rms, least of any window.
    """

    up: Floats
    gyr_bias: Floats
    tilt_sd: float
    seconds: float
    stirring: float


@dataclass(frozen=True)
class Axis:
    """Mediolateral axis in s: ``right`` (3,) horizontal unit vector, explained ``share``, ``sd`` rad."""

    right: Floats
    share: float
    sd: float


def rest(acc: Floats, gyr: Floats, params: Params) -> Rest:
    """What quiet standing says; acc, gyr (n, 3), gyr may be NaN. Uses its quieter half-seconds.

    The mean over sway is the zero: sway is zero-mean, a chosen instant is not.
    Half-seconds more than ``still_apart`` from the middle posture are another posture.
    """
    size = round(params.rate / 2)
    a, g = windows(acc, size), windows(gyr, size)
    if not len(a):
        return Rest(np.full(3, np.nan), np.zeros(3), float("nan"), 0.0, float("inf"))
    moves = stirring(a, g)
    least = float(moves.min())
    used = moves <= min(params.still_rate, max(3.0 * least, params.still_enough))
    if not used.any():
        return Rest(np.full(3, np.nan), np.zeros(3), float("nan"), 0.0, least)
    middle = np.median(a[used].mean(axis=1), axis=0)
    used &= np.linalg.norm(a.mean(axis=1) - middle, axis=1) < GRAVITY * params.still_apart
    if not used.any():
        return Rest(np.full(3, np.nan), np.zeros(3), float("nan"), 0.0, least)
    means = a[used].mean(axis=1)
    up = means.mean(axis=0)
    spread = np.linalg.norm(means - up, axis=1) / GRAVITY
    tilt_sd = float(np.sqrt((spread**2).sum() / max(used.sum() - 1, 1) / used.sum()))
    bias = g[used].mean(axis=(0, 1))
    bias = np.where(np.isfinite(bias), bias, 0.0)
    return Rest(up / np.linalg.norm(up), bias, tilt_sd, 0.5 * float(used.sum()), least)


def windows(x: Floats, size: int) -> Floats:
    """Vectors (n, 3) cut into whole windows (windows, size, 3); what is left over is dropped."""
    return x[: len(x) // size * size].reshape(-1, size, 3)


def stirring(acc: Floats, gyr: Floats) -> Floats:
    """How much each window (windows, size, 3) moves, rad/s rms; inf where samples are missing.

    Without a gyroscope the accelerometer stands in: 0.8 m/s² rms counts as 12 °/s.
    """
    if np.isfinite(gyr).any():
        moves = np.sqrt(gyr.var(axis=1).sum(axis=-1))
    else:
        moves = np.sqrt(acc.var(axis=1).sum(axis=-1)) * (np.deg2rad(12) / 0.8)
    return np.where(np.isfinite(acc).all(axis=(1, 2)) & np.isfinite(moves), moves, np.inf)


def axis_by_rotation(acc: Floats, gyr: Floats, up: Floats, moving: Bools, params: Params) -> Axis:
    """First principal axis of the low-passed gyroscope's horizontal part where ``moving``.

    gyr (n, 3) rad/s without bias. The part about the vertical is taken off at
    each instant: people turn while they sit down. The sign is arbitrary: see
    :func:`toward`.
    """
    rate, vertical = slow_rate(gyr, params), _gravity(acc, up, params)
    level = rate - (rate * vertical).sum(axis=1, keepdims=True) * vertical
    return _principal(level[moving], up, params)


def slow_rate(gyr: Floats, params: Params) -> Floats:
    """The gyroscope (n, 3) rad/s below ``axis_cutoff``; 0 where samples are missing."""
    return smooth(np.nan_to_num(gyr), params.axis_cutoff, params.rate)


def smooth(x: Floats, cutoff: float, rate: float) -> Floats:
    """X (n, m) below ``cutoff`` Hz (−3 dB), without delay: a Hann window over whole spans."""
    window = np.hanning(round(0.72 * rate / cutoff / 2) * 2 + 1)[1:-1]
    half = len(window) // 2
    padded = np.pad(x, ((half, half), (0, 0)), mode="edge")
    return np.stack([np.convolve(column, window / window.sum(), mode="valid") for column in padded.T], axis=1)


def axis_by_gravity(acc: Floats, up: Floats, moving: Bools, params: Params) -> Axis:
    """The same from the tilt of gravity alone, for a sensor without a gyroscope."""
    axis = _principal(tilt_vectors(acc, up, params)[moving], up, params)
    return Axis(axis.right, axis.share, 2.0 * axis.sd)


def _principal(vectors: Floats, up: Floats, params: Params) -> Axis:
    if len(vectors) < params.rate:
        return Axis(np.full(3, np.nan), 0.0, float("nan"))
    values, axes = np.linalg.eigh(vectors.T @ vectors)
    share = float(values[-1] / values.sum()) if values.sum() > 0 else 0.0
    return Axis(_horizontal(axes[:, -1], up), share, _axis_sd(share))


def tilt_vectors(acc: Floats, up: Floats, params: Params) -> Floats:
    """Tilt from standing as a vector (n, 3) in s: axis times sine of the angle, 1 Hz low-passed.

    Leaning the trunk forward gives the direction "right"; raising a thigh, "left".
    """
    return np.cross(up, _gravity(acc, up, params))


def _gravity(acc: Floats, up: Floats, params: Params) -> Floats:
    """Unit vectors (n, 3) of the 1 Hz low-passed accelerometer; ``up`` where samples are missing."""
    slow = smooth(np.where(np.isfinite(acc), acc, GRAVITY * up), 1.0, params.rate)
    return slow / np.maximum(np.linalg.norm(slow, axis=1, keepdims=True), 1e-9)


def toward(axis: Axis, direction: Floats) -> Axis:
    """The axis with the sign of ``direction`` (3,) in s."""
    sign = 1.0 if float(axis.right @ direction) >= 0 else -1.0
    return Axis(sign * axis.right, axis.share, axis.sd)


def mount(stand: Rest, axis: Axis | None, axis_from: str) -> Mounting:
    """The mounting; without an axis its heading is unknown and ``axis_from`` empty."""
    if axis is None or not np.isfinite(axis.right).all():
        q = (float("nan"),) * 4
        return Mounting(q, stand.tilt_sd, float("nan"), float("nan"), "")
    w, x, y, z = rotation.from_axes(stand.up, axis.right).tolist()
    return Mounting((w, x, y, z), stand.tilt_sd, axis.sd, axis.share, axis_from)


def _horizontal(v: Floats, up: Floats) -> Floats:
    flat = v - (v @ up) * up
    return flat / max(float(np.linalg.norm(flat)), 1e-9)


def _axis_sd(share: float) -> float:
    # Virtual wearings: 1 to 3° at a share of 0.98; 4° and more below 0.8.
    return float(np.deg2rad(1.5) + np.deg2rad(15.0) * (1.0 - share))
