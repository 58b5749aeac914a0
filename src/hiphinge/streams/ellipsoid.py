"""Accelerometer bias and scale from still poses: |scale · (measured − bias)| is gravity in each.

Nine unknowns: bias and a symmetric matrix. A rotation of the sensor's axes
against its housing is not among them: the mounting on the body takes it up,
and the gyroscope, which shares the axes, must not be left behind
(Frosio, Pedersini & Borghese 2009, doi 10.1109/TIM.2008.2006137).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from hiphinge.blocks import GRAVITY, Floats
from hiphinge.errors import CalibrationRefused
from hiphinge.rotation import from_rotvec, rotate
from hiphinge.streams.poses import Pose, directions, find_poses
from hiphinge.streams.sensor_fit import Evidence, SensorFit, judged
from hiphinge.streams.turns import full_turns

LEAST_POSES = 9
"""As many as unknowns."""
DISTINCT = np.cos(np.deg2rad(15.0))
COVERED = np.cos(np.deg2rad(60.0))
"""Each half-axis needs a pose so near to it, or bias and scale cannot be told apart."""
RADIAL_SD = 0.003
"""m/s²: how well the mean of a pose is known; two real sensors put back repeat within 0.008."""
FACE_SD = np.deg2rad(1.5)
"""How well a hand puts a housing on its face, and the housing is square to the chip."""
SHEAR_SD = 0.01
"""Cross-axis share of common sensors (data sheets: 0.005 to 0.02): what faces settle no better than a hand."""
WORST_SD = 0.05
"""m/s² of the least certain of the unknowns: 0.3° of tilt."""

_UPPER = np.triu_indices(3)
_SHEAR = [4, 5, 7]
"""Places of the three off-diagonal entries among the unknowns."""


@dataclass(frozen=True, slots=True, eq=False)
class GravityFit:
    """``bias`` (3,) m/s², ``scale`` (3, 3) symmetric, ``off`` (m,) rad of each pose from its face.

    ``worst_sd`` m/s² of the least certain combination of the unknowns.
    """

    bias: Floats
    scale: Floats
    off: Floats
    worst_sd: float


def fit_ellipsoid(t_s: Floats, acc: Floats, gyr: Floats) -> SensorFit:
    """The calibration of a sensor from at least nine still poses, any way up.

    ``t_s`` (n,) s, ``acc`` (n, 3) m/s², ``gyr`` (n, 3) rad/s or NaN. Raises
    CalibrationRefused, saying which pose is missing.
    """
    poses = find_poses(t_s, acc, gyr)
    used = distinct(poses)
    _check_spread(used)
    fit = fit_gravity(np.array([pose.acc for pose in used]))
    if fit.worst_sd > WORST_SD:
        raise CalibrationRefused(
            f"accelerometer: bias and scale known to {fit.worst_sd:.2g} m/s² from {len(used)} poses, expected "
            f"{WORST_SD} or less. Add poses: each axis pointing up and down, and leaning on edges and corners.",
            part="poses",
            value=fit.worst_sd,
            limit=WORST_SD,
        )
    evidence = Evidence("ellipsoid", poses, used, full_turns(t_s, gyr, poses))
    return judged(evidence, fit.bias, fit.scale)


def fit_gravity(acc: Floats, faces: Floats | None = None) -> GravityFit:
    """Least squares over the means ``acc`` (m, 3) of poses.

    ``faces`` (m, 3) unit vectors that should point up, known within ``FACE_SD``;
    None for poses any way up.
    """
    unknowns = 9 if faces is None else 12
    found = least_squares(_residuals, np.zeros(unknowns), args=(acc, faces), x_scale=0.1)
    # Residuals are in standard deviations, unknowns in m/s²: so is the inverse.
    worst = 1.0 / max(float(np.linalg.svd(found.jac, compute_uv=False)[-1]), 1e-9)
    bias, scale, turn = _unpacked(found.x)
    off = np.zeros(len(acc)) if faces is None else _angles(_seen((acc - bias) @ scale, turn), faces)
    return GravityFit(bias, scale, off, worst)


def distinct(poses: list[Pose]) -> list[Pose]:
    """The longest of those that lie nearly the same way up."""
    kept: list[Pose] = []
    for pose in sorted(poses, key=lambda p: -p.seconds):
        if not kept or (directions(kept) @ directions([pose])[0]).max() < DISTINCT:
            kept.append(pose)
    return kept


def half_axis(axis: int, sign: int) -> str:
    """A half-axis in words.

    >>> half_axis(2, -1)
    'z down'
    """
    return f"{'xyz'[axis]} {'up' if sign > 0 else 'down'}"


def _check_spread(used: list[Pose]) -> None:
    up = directions(used)
    missing = [
        half_axis(axis, sign) for axis in range(3) for sign in (1, -1) if not (sign * up[:, axis] > COVERED).any()
    ]
    if missing or len(used) < LEAST_POSES:
        near = f"; none has {', '.join(missing)}" if missing else ""
        raise CalibrationRefused(
            f"accelerometer: {len(used)} still poses that differ{near}, expected {LEAST_POSES} or more all around. "
            f"Lay it still for 3 s in further positions, also leaning on an edge or a corner.",
            part=", ".join(missing) or "poses",
            value=len(used),
            limit=LEAST_POSES,
        )


def _residuals(x: Floats, acc: Floats, faces: Floats | None) -> Floats:
    bias, scale, turn = _unpacked(x)
    force = (acc - bias) @ scale
    radial = (np.linalg.norm(force, axis=1) - GRAVITY) / RADIAL_SD
    if faces is None:
        return radial
    shear = x[_SHEAR] / (SHEAR_SD * GRAVITY)
    return np.concatenate((radial, ((_seen(force, turn) - faces) / FACE_SD).ravel(), shear))


def _unpacked(x: Floats) -> tuple[Floats, Floats, Floats]:
    scale = np.zeros((3, 3))
    scale[_UPPER] = x[3:9] / GRAVITY  # so that all unknowns are of one size
    return x[:3], np.eye(3) + scale + np.triu(scale, 1).T, x[9:] if len(x) > 9 else np.zeros(3)


def _seen(force: Floats, turn: Floats) -> Floats:
    """Directions of forces (m, 3) in the housing's axes."""
    return rotate(from_rotvec(turn), force / np.linalg.norm(force, axis=1, keepdims=True))


def _angles(a: Floats, b: Floats) -> Floats:
    return np.arctan2(np.linalg.norm(np.cross(a, b), axis=1), (a * b).sum(axis=1))
