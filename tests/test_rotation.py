"""Quaternions w x y z: algebra, agreement with matrices, the signs of docs/frames.md."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from hiphinge import rotation

components = st.floats(-1.0, 1.0)
angles = st.floats(-1.5, 1.5)
IDENTITY = (1.0, 0.0, 0.0, 0.0)


@st.composite
def quaternions(draw: st.DrawFn) -> np.ndarray:
    """Unit quaternions, all over the sphere."""
    q = np.array(draw(st.tuples(components, components, components, components)))
    assume(np.linalg.norm(q) > 0.1)
    return q / np.linalg.norm(q)


vectors = st.tuples(components, components, components).map(np.array)


@given(quaternions(), quaternions(), vectors)
def test_neighbours_cancel(q_a_b: np.ndarray, q_b_c: np.ndarray, v_c: np.ndarray) -> None:
    """``q_a_c = multiply(q_a_b, q_b_c)`` turns as the two in turn."""
    q_a_c = rotation.multiply(q_a_b, q_b_c)
    assert_allclose(rotation.rotate(q_a_c, v_c), rotation.rotate(q_a_b, rotation.rotate(q_b_c, v_c)), atol=1e-12)


@given(quaternions(), vectors)
def test_the_conjugate_undoes(q: np.ndarray, v: np.ndarray) -> None:
    """And their product is no rotation at all."""
    assert_allclose(rotation.rotate(rotation.conjugate(q), rotation.rotate(q, v)), v, atol=1e-12)
    assert_allclose(rotation.multiply(q, rotation.conjugate(q)), IDENTITY, atol=1e-12)


@given(quaternions(), vectors)
def test_matrices_turn_the_same_way(q: np.ndarray, v: np.ndarray) -> None:
    """One order of components, one direction, also through scipy."""
    assert_allclose(rotation.to_matrix(q) @ v, rotation.rotate(q, v), atol=1e-12)
    back = rotation.from_matrix(rotation.to_matrix(q))
    assert_allclose(abs(back @ q), 1.0, atol=1e-12)


@given(vectors)
def test_rotation_vector_turns_about_itself(rotvec: np.ndarray) -> None:
    """It leaves itself in place, and half its angle is in w."""
    q = rotation.from_rotvec(rotvec)
    assert_allclose(rotation.rotate(q, rotvec), rotvec, atol=1e-12)
    assert_allclose(q[0], np.cos(np.linalg.norm(rotvec) / 2), atol=1e-12)


@given(angles)
def test_about_vertical_turns_to_the_left(angle: float) -> None:
    """Seen from above, x goes towards y; up stays up."""
    q = rotation.about_vertical(angle)
    assert_allclose(rotation.rotate(q, [1, 0, 0]), [np.cos(angle), np.sin(angle), 0], atol=1e-12)
    assert_allclose(rotation.rotate(q, [0, 0, 1]), [0, 0, 1], atol=1e-12)


@given(angles, angles, angles)
def test_cardan_angles_are_those_that_were_put_together(z: float, x: float, y: float) -> None:
    """Z, then X', then Y'': within 86° of side-bend exactly."""
    parts = [[0, 0, z], [x, 0, 0], [0, y, 0]]
    q_z, q_x, q_y = (rotation.from_rotvec(p) for p in parts)
    found = rotation.cardan_zxy(rotation.multiply(rotation.multiply(q_z, q_x), q_y))
    assert_allclose(found, (z, x, y), atol=1e-9)


@pytest.mark.parametrize(("axis", "sign_of"), [([0, 0, 1], 0), ([1, 0, 0], 1), ([0, 1, 0], 2)])
def test_signs_of_the_frames_page(axis: list[float], sign_of: int) -> None:
    """Right-hand rule about z (right), x (forward), y (up)."""
    found = rotation.cardan_zxy(rotation.from_rotvec(0.3 * np.array(axis)))
    wanted = [0.0, 0.0, 0.0]
    wanted[sign_of] = 0.3
    assert_allclose(found, wanted, atol=1e-12)


def test_positive_about_right_tips_the_trunk_back_and_lifts_the_thigh() -> None:
    """The sign trap: hip flexion is +z, lumbar flexion is −z."""
    q = rotation.from_rotvec([0, 0, 0.5])
    assert rotation.rotate(q, [0, 1, 0])[0] < 0, "the trunk's up axis goes backward"
    assert rotation.rotate(q, [0, -1, 0])[0] > 0, "the thigh's lower end goes forward"


@given(vectors, vectors)
def test_axes_are_square_and_up_stays(up: np.ndarray, right: np.ndarray) -> None:
    """y is exactly up; z as near to right as that allows; x completes them."""
    assume(np.linalg.norm(np.cross(up, right)) > 1e-2)
    q_s_b = rotation.from_axes(up, right)
    x, y, z = (rotation.rotate(q_s_b, axis) for axis in np.eye(3))
    assert_allclose(y, up / np.linalg.norm(up), atol=1e-9)
    assert z @ right > 0
    assert_allclose([y @ z, z @ np.cross(up, right)], [0, 0], atol=1e-9)
    assert_allclose(x, np.cross(y, z), atol=1e-9)


@given(st.integers(0, 20), st.integers(0, 20))
def test_any_grouping_gives_the_same_bits(n: int, cut: int) -> None:
    """Rows do not see each other: (n, 4) at once, in two parts, or one by one."""
    rng = np.random.default_rng(n)
    q, p, v = rng.normal(size=(n, 4)), rng.normal(size=(n, 4)), rng.normal(size=(n, 3))
    for turn in (lambda a, b, c: rotation.multiply(a, b), lambda a, b, c: rotation.rotate(a, c)):
        whole = turn(q, p, v)
        parts = np.concatenate([turn(q[:cut], p[:cut], v[:cut]), turn(q[cut:], p[cut:], v[cut:])])
        np.testing.assert_array_equal(parts, whole)
        for i in range(n):
            np.testing.assert_array_equal(turn(q[i], p[i], v[i]), whole[i])


def test_leading_shapes_broadcast() -> None:
    """k sensors before n instants: (k, n, 4) against (k, 1, 4)."""
    q = np.broadcast_to(IDENTITY, (3, 7, 4))
    assert rotation.multiply(q, q[:, :1]).shape == (3, 7, 4)
    assert rotation.rotate(q, np.ones((7, 3))).shape == (3, 7, 3)
    assert [a.shape for a in rotation.cardan_zxy(q)] == [(3, 7)] * 3
