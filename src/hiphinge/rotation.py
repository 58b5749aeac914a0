"""Quaternions w x y z, shape (..., 4); ``q_a_b`` takes coordinates of b into a.

Names cancel: ``q_e_b = multiply(q_e_s, q_s_b)``. scipy stays in this file, and is imported
only by those who need it: it takes half a second.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hiphinge.blocks import Floats


def parts(q: ArrayLike) -> Floats:
    """The columns w, x, y, z of (..., 4), or x, y, z of (..., 3), each in one piece of memory.

    Arithmetic on every fourth number takes two to five times as long.
    """
    q = np.asarray(q, float)
    return np.ascontiguousarray(q.transpose(-1, *range(q.ndim - 1)))


def multiply(p: ArrayLike, q: ArrayLike) -> Floats:
    """Hamilton product p ⊗ q, broadcast over the leading shape.

    >>> multiply([0, 1, 0, 0], [0, 0, 1, 0]).tolist()
    [0.0, 0.0, 0.0, 1.0]
    """
    pw, px, py, pz = parts(p)
    qw, qx, qy, qz = parts(q)
    return _whole(
        pw * qw - px * qx - py * qy - pz * qz,
        pw * qx + px * qw + py * qz - pz * qy,
        pw * qy - px * qz + py * qw + pz * qx,
        pw * qz + px * qy - py * qx + pz * qw,
    )


def _whole(w: Floats, x: Floats, y: Floats, z: Floats) -> Floats:
    """(..., 4) of four columns, which stay in one piece each: :func:`parts` finds them so."""
    out = np.empty((4, *w.shape))
    out[0], out[1], out[2], out[3] = w, x, y, z
    return out.transpose(*range(1, out.ndim), 0)


def conjugate(q: ArrayLike) -> Floats:
    """The inverse rotation of a unit quaternion: q_b_a from q_a_b."""
    return np.asarray(q, float) * np.array([1.0, -1.0, -1.0, -1.0])


def rotate(q_a_b: ArrayLike, v_b: ArrayLike) -> Floats:
    """Vectors (..., 3) in b, seen in a."""
    q, v = np.asarray(q_a_b, float), np.asarray(v_b, float)
    u = q[..., 1:]
    t = 2.0 * np.cross(u, v)
    return v + q[..., :1] * t + np.cross(u, t)


def about_vertical(angle: ArrayLike) -> Floats:
    """Rotation (..., 4) by ``angle`` rad about the earth's z (up)."""
    half = 0.5 * np.asarray(angle, float)
    zero = np.zeros_like(half)
    return np.stack((np.cos(half), zero, zero, np.sin(half)), axis=-1)


def turned(q_vertical: ArrayLike, q_e_b: ArrayLike) -> Floats:
    """q_vertical ⊗ q_e_b for turns (n, 4) of :func:`about_vertical`: half the work of a product."""
    c, _, _, s = parts(q_vertical)
    w, x, y, z = parts(q_e_b)
    return _whole(c * w - s * z, c * x - s * y, c * y + s * x, c * z + s * w)


def from_matrix(matrix: ArrayLike) -> Floats:
    """Quaternion of rotation matrices (..., 3, 3)."""
    return _rotation().from_matrix(np.asarray(matrix, float)).as_quat(scalar_first=True)


def to_matrix(q: ArrayLike) -> Floats:
    """Rotation matrices (..., 3, 3) of quaternions."""
    return _rotation().from_quat(np.asarray(q, float), scalar_first=True).as_matrix()


def from_rotvec(rotvec: ArrayLike) -> Floats:
    """Quaternion of rotation vectors (..., 3) rad."""
    return _rotation().from_rotvec(np.asarray(rotvec, float)).as_quat(scalar_first=True)


def from_axes(up: ArrayLike, right: ArrayLike) -> Floats:
    """q_s_b of a segment whose y axis is ``up`` and whose z axis is ``right``, both (3,) in s.

    ``right`` need not be square to ``up``: its part along ``up`` is dropped.
    """
    y = np.asarray(up, float) / np.linalg.norm(up)
    z = np.asarray(right, float)
    z = z - (z @ y) * y
    z = z / np.linalg.norm(z)
    (a, b, c), (d, e, f), (g, h, i) = np.stack((np.cross(y, z), y, z), axis=-1)
    # The quaternion of a rotation matrix is the main axis of this (Bar-Itzhack 2000): no import of half a second.
    k = [[a + e + i, h - f, c - g, d - b], [h - f, a - e - i, b + d, c + g]]
    k += [[c - g, b + d, e - a - i, f + h], [d - b, c + g, f + h, i - a - e]]
    main: Floats = np.linalg.eigh(np.array(k))[1][:, -1]
    return main if main[0] >= 0 else -main


def cardan_zxy(q: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Angles (...,) rad about Z, X', Y'' of relative rotations (ISB sequence, Wu 2002).

    Singular only where the middle angle (side-bend, abduction) is ±90°.
    """
    w, x, y, z = parts(q)
    about_z = np.arctan2(2 * (w * z - x * y), 1 - 2 * (x * x + z * z))
    about_x = np.arcsin(np.clip(2 * (w * x + y * z), -1.0, 1.0))
    about_y = np.arctan2(2 * (w * y - x * z), 1 - 2 * (x * x + y * y))
    return about_z, about_x, about_y


def inclination(q_e_b: Floats) -> Floats:
    """Forward inclination (...,) rad of segments (..., 4): up in their axes, atan2(−x, y)."""
    w, x, y, z = parts(q_e_b)
    return np.arctan2(2 * (w * y - x * z), 2 * (y * z + w * x))


def _rotation() -> Any:
    from scipy.spatial.transform import Rotation  # noqa: PLC0415  see the head of this file

    return Rotation
