"""Sensor axes -> segment axes, and the turn about the vertical."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge import rotation
from hiphinge.blocks import SACRUM, THIGH_LEFT, UPPER_LUMBAR, Floats, Mounting, OrientationBlock
from hiphinge.kinematics.body import Body, vertical_rate
from tests.fusion.turning import QUATERNIONS

SITES = (UPPER_LUMBAR, SACRUM, THIGH_LEFT)
NAN = float("nan")


def mounted(q_s_b: Floats, tilt_sd: float = 0.0) -> Mounting:
    w, x, y, z = q_s_b.tolist()
    return Mounting((w, x, y, z), tilt_sd, 0.05, 0.9, "bend")


def sensors(q_e_s: Floats, sd: float = 0.0) -> OrientationBlock:
    n = len(q_e_s)
    q = np.tile(q_e_s, (3, 1, 1))
    return OrientationBlock(np.arange(n) / 100, SITES, q, np.full((3, n), sd), np.full((3, n), 2, np.uint8))


@given(QUATERNIONS, QUATERNIONS)
def test_a_mounting_turns_the_sensor_into_its_segment(q_s_b: Floats, q_e_b: Floats) -> None:
    """However it is worn, the segment comes out as it truly is."""
    q_e_s = rotation.multiply(q_e_b, rotation.conjugate(q_s_b))
    placed = Body({s: mounted(q_s_b) for s in SITES}, SITES).place(sensors(np.tile(q_e_s, (5, 1))))
    np.testing.assert_allclose(placed.q_e_b, np.tile(q_e_b, (3, 5, 1)), atol=1e-9)


def test_each_site_has_a_mounting_of_its_own_whatever_the_order_in_the_file() -> None:
    turned = rotation.from_rotvec([0.0, 0.0, 0.5])
    some = {SACRUM: mounted(turned), UPPER_LUMBAR: mounted(np.array([1.0, 0, 0, 0]))}
    placed = Body(some, SITES).place(sensors(np.tile([1.0, 0, 0, 0], (2, 1))))
    np.testing.assert_allclose(placed.q_e_b[0], [[1, 0, 0, 0]] * 2)
    np.testing.assert_allclose(placed.q_e_b[1], [turned] * 2)
    assert np.isnan(placed.q_e_b[2]).all()
    assert np.isnan(placed.inclination_sd[2]).all()


def test_the_doubt_of_the_zero_adds_to_that_of_the_sensor() -> None:
    placed = Body({s: mounted(np.array([1.0, 0, 0, 0]), 0.04) for s in SITES}, SITES).place(
        sensors(np.tile([1.0, 0, 0, 0], (2, 1)), 0.03)
    )
    np.testing.assert_allclose(placed.inclination_sd, 0.05)


def test_flags_go_on_and_no_heading_is_related_yet() -> None:
    placed = Body({}, SITES).place(sensors(np.tile([1.0, 0, 0, 0], (2, 1))))
    assert (placed.flags == 2).all()
    assert not placed.related.any()


@given(QUATERNIONS, st.floats(-5, 5))
def test_the_rate_about_the_vertical_is_positive_to_the_left(q_e_s: Floats, rate: float) -> None:
    """Whatever else the wearer does, and however the sensor sits."""
    turning, tipping = np.array([0.0, 0.0, rate]), np.array([1.0, -2.0, 0.0])
    gyr = rotation.rotate(rotation.conjugate(q_e_s), turning + tipping)
    assert vertical_rate(q_e_s[None], gyr[None])[0] == pytest.approx(rate, abs=1e-9)
