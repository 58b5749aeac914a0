"""Coordinates -> attitudes of the segments, places of the sensors; truth follows from them exactly.

The root (heading, roll) turns everything; trunk, pelvis and thighs are given
against it, so that lumbar and hip Cardan angles are the coordinates themselves.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hiphinge import rotation
from hiphinge.blocks import SACRUM, THIGH_LEFT, THIGH_RIGHT, UPPER_LUMBAR, Floats
from hiphinge.simulate.wearer import Wearer

Coordinates = Mapping[str, Floats]

HIP_HALF_WIDTH = 0.0485
"""Of body height: half the distance of the hip joints (Winter 2009: 0.191 of hip width in all)."""
LUMBAR_JOINT = np.array([-0.03, 0.06, 0.0])
"""Of body height, from the middle of the hips, in the pelvis: about L4."""
SACRUM_PLACE = np.array([-0.065, 0.045, 0.0])
"""Of body height, from the middle of the hips, in the pelvis: skin over S1/S2."""
UPPER_LUMBAR_PLACE = np.array([-0.04, 0.085, 0.0])
"""Of body height, from the lumbar joint, in the trunk: skin over T12/L1."""
THIGH_PLACE = np.array([0.035, -0.13, 0.03])
"""Of body height, from the hip joint, in the thigh: front and outside, halfway down."""


def attitudes(c: Coordinates) -> dict[str, Floats]:
    """q_e_b (n, 4) of every segment, named by its site."""
    around = root(c)
    side, still = c["side_bend"], np.zeros_like(c["trunk"])
    against = {
        UPPER_LUMBAR: cardan(-c["trunk"], side, c["rotation"]),
        SACRUM: cardan(c["lumbar"] - c["trunk"], still, still),
        THIGH_LEFT: cardan(c["thigh_left"], c["spread_left"], -c["turn_left"]),
        THIGH_RIGHT: cardan(c["thigh_right"], -c["spread_right"], c["turn_right"]),
    }
    return {site: rotation.multiply(around, q) for site, q in against.items()}


def root(c: Coordinates) -> Floats:
    """q_e_root (n, 4): x forward, y up, z right at heading 0 and no roll."""
    half, tilt = c["heading"] / 2, c["roll"] / 2 + np.pi / 4
    return np.stack(
        (
            np.cos(half) * np.cos(tilt),
            np.cos(half) * np.sin(tilt),
            np.sin(half) * np.sin(tilt),
            np.sin(half) * np.cos(tilt),
        ),
        axis=-1,
    )


def cardan(about_z: Floats, about_x: Floats, about_y: Floats) -> Floats:
    """Quaternion (n, 4) of rotations about Z, X', Y''; the inverse of rotation.cardan_zxy."""
    cz, sz = np.cos(about_z / 2), np.sin(about_z / 2)
    cx, sx = np.cos(about_x / 2), np.sin(about_x / 2)
    cy, sy = np.cos(about_y / 2), np.sin(about_y / 2)
    w, x, y, z = cz * cx, cz * sx, sz * sx, sz * cx
    return np.stack((w * cy - y * sy, x * cy - z * sy, w * sy + y * cy, x * sy + z * cy), axis=-1)


def places(c: Coordinates, q_e_b: Mapping[str, Floats], sites: tuple[str, ...], wearer: Wearer) -> dict[str, Floats]:
    """Where the sensors of these sites are, (n, 3) m in e; the feet stand still under the root."""
    middle = rotation.rotate(root(c), hips(c, wearer))
    found = {}
    for site in sites:
        found[site] = middle + _from_hips(site, q_e_b, wearer.height)
    return found


def hips(c: Coordinates, wearer: Wearer) -> Floats:
    """Middle of the hips (n, 3) in the root's axes: on top of shanks and thighs."""
    left, right = c["thigh_left"], c["thigh_right"]
    ahead = wearer.shank * np.sin(c["shank"]) - wearer.thigh * (np.sin(left) + np.sin(right)) / 2
    above = wearer.shank * np.cos(c["shank"]) + wearer.thigh * (np.cos(left) + np.cos(right)) / 2
    return np.stack((ahead + c["forward"], above + c["upward"], -c["leftward"]), axis=-1)


def _from_hips(site: str, q_e_b: Mapping[str, Floats], height: float) -> Floats:
    pelvis = q_e_b[SACRUM]
    if site == SACRUM:
        return rotation.rotate(pelvis, height * SACRUM_PLACE)
    if site == UPPER_LUMBAR:
        joint = rotation.rotate(pelvis, height * LUMBAR_JOINT)
        return joint + rotation.rotate(q_e_b[site], height * UPPER_LUMBAR_PLACE)
    outward = 1.0 if site == THIGH_RIGHT else -1.0
    joint = rotation.rotate(pelvis, np.array([0.0, 0.0, outward * height * HIP_HALF_WIDTH]))
    return joint + rotation.rotate(q_e_b[site], height * THIGH_PLACE * np.array([1.0, 1.0, outward]))
