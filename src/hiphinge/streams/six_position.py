"""A sensor's calibration from lying on its six faces, each axis up and down (Ferraris 1995).

The lengths of the six readings must be gravity; their directions, known only
as well as a hand puts a housing down, settle what lengths leave open.
"""

from __future__ import annotations

import numpy as np

from hiphinge.blocks import Floats
from hiphinge.errors import CalibrationRefused
from hiphinge.streams.ellipsoid import fit_gravity, half_axis
from hiphinge.streams.poses import Pose, directions, find_poses
from hiphinge.streams.sensor_fit import Evidence, SensorFit, judged
from hiphinge.streams.turns import full_turns

NEAR_FACE = np.cos(np.deg2rad(20.0))
"""A pose belongs to the face within this angle: the bias of a raw sensor turns gravity by up to 10°."""
OFF_FACE = np.deg2rad(6.0)
"""Largest angle from a face after the fit; twice what a careless hand leaves."""
FACES = [(axis, sign) for axis in range(3) for sign in (1, -1)]


def fit_six_position(t_s: Floats, acc: Floats, gyr: Floats) -> SensorFit:
    """The calibration of a sensor that lay still on each of its six faces, in any order.

    ``t_s`` (n,) s, ``acc`` (n, 3) m/s², ``gyr`` (n, 3) rad/s or NaN. The longest pose on each
    face is used, others check it. Raises CalibrationRefused, saying which face is missing.
    """
    poses = find_poses(t_s, acc, gyr)
    on = longest_on_faces(poses)
    missing = [half_axis(*face) for face in FACES if face not in on]
    if missing:
        raise CalibrationRefused(
            f"accelerometer: no still pose with {', '.join(missing)} among {len(poses)}, expected each axis up and "
            f"down. Lay the sensor on those faces for 3 s each.",
            part=", ".join(missing),
            value=len(on),
            limit=len(FACES),
        )
    fit = fit_gravity(np.array([pose.acc for pose in on.values()]), up(list(on)))
    worst = int(np.argmax(fit.off))
    _refuse_askew(half_axis(*list(on)[worst]), float(fit.off[worst]))
    turns = full_turns(t_s, gyr, poses)
    evidence = Evidence("six-position", poses, list(on.values()), turns, float(fit.off[worst]))
    return judged(evidence, fit.bias, fit.scale)


def _refuse_askew(face: str, off: float) -> None:
    if off > OFF_FACE:
        raise CalibrationRefused(
            f"accelerometer: the pose {face} lies {np.rad2deg(off):.1f}° off its face, expected "
            f"{np.rad2deg(OFF_FACE):.0f}° or less. Lay it flat on a level ground, or use the method ellipsoid.",
            part=face,
            value=off,
            limit=float(OFF_FACE),
        )


def longest_on_faces(poses: list[Pose]) -> dict[tuple[int, int], Pose]:
    """(axis, sign) that points up -> the longest pose near it."""
    found: dict[tuple[int, int], Pose] = {}
    for pose, along in zip(poses, directions(poses), strict=True):
        axis = int(np.argmax(np.abs(along)))
        face = (axis, 1 if along[axis] > 0 else -1)
        if abs(along[axis]) > NEAR_FACE and (face not in found or pose.seconds > found[face].seconds):
            found[face] = pose
    return found


def up(faces: list[tuple[int, int]]) -> Floats:
    """Unit vectors (m, 3) of half-axes."""
    return np.array([sign * np.eye(3)[axis] for axis, sign in faces])
