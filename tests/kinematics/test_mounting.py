"""How a sensor sits on its segment, from quiet standing and a plain movement, any way round."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hiphinge import rotation
from hiphinge.blocks import Floats
from hiphinge.kinematics import mounting
from hiphinge.kinematics.mounting import Axis, Params
from tests.fusion.turning import QUATERNIONS, RATE, G, from_attitudes

PARAMS = Params()
STANDING = rotation.from_matrix(np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]))
"""q_e_b of someone who stands: y up, z right."""
UP, RIGHT = np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])


def worn(q_s_b: Floats, forward: Floats, other: Floats | None = None) -> tuple[Floats, Floats]:
    """acc, gyr (n, 3) of a sensor mounted so, on a segment that leans ``forward`` (n,) rad and turns by ``other``.

    ``other`` (n, 3) rad is a rotation vector in segment axes mixed into it.
    """
    q_e_b = rotation.multiply(STANDING, rotation.from_rotvec(-forward[:, None] * RIGHT))
    if other is not None:
        q_e_b = rotation.multiply(q_e_b, rotation.from_rotvec(other))
    seen = from_attitudes(rotation.multiply(q_e_b, rotation.conjugate(q_s_b)))
    return seen.acc, seen.gyr


def bends(times: int = 3, degrees: float = 80.0) -> Floats:
    """Forward lean (n,) rad of bends of 3 s."""
    t = np.arange(round(times * 3 * RATE)) / RATE
    return np.deg2rad(degrees) * 0.5 * (1 - np.cos(2 * np.pi * t / 3.0))


def in_sensor(q_s_b: Floats, v_b: Floats) -> Floats:
    return rotation.rotate(q_s_b, v_b)


def off_deg(a: Floats, b: Floats) -> float:
    return float(np.rad2deg(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b)))


# --- Standing --------------------------------------------------------------------------------


@given(QUATERNIONS)
def test_quiet_standing_gives_up_and_the_bias_of_the_gyroscope(q_s_b: Floats) -> None:
    acc, gyr = worn(q_s_b, np.zeros(500))
    bias = np.array([0.02, -0.01, 0.03])
    found = mounting.rest(acc, gyr + bias, PARAMS)
    np.testing.assert_allclose(found.up, in_sensor(q_s_b, UP), atol=1e-9)
    np.testing.assert_allclose(found.gyr_bias, bias, atol=1e-9)
    assert found.seconds == 5.0
    assert found.tilt_sd == pytest.approx(0.0, abs=1e-9)


def test_the_zero_is_the_mean_over_sway_and_its_sd_is_what_sway_leaves() -> None:
    sway = np.deg2rad(1.0) * np.sin(2 * np.pi * 0.5 * np.arange(1000) / RATE)
    found = mounting.rest(*worn(np.array([1.0, 0, 0, 0]), sway), PARAMS)
    assert off_deg(found.up, UP) < 0.02
    # Twenty half-seconds, each about 0.64° to one side.
    assert np.rad2deg(found.tilt_sd) == pytest.approx(0.64 / np.sqrt(20), rel=0.1)


def test_half_seconds_that_move_are_left_out() -> None:
    """Somebody who begins to bend before he is told: 3 s of standing, then 2 s of movement."""
    lean = np.concatenate((np.zeros(300), bends(1)[:200]))
    found = mounting.rest(*worn(np.array([1.0, 0, 0, 0]), lean), PARAMS)
    assert found.seconds in (3.0, 3.5)
    assert off_deg(found.up, UP) < 0.5


def test_who_never_stands_still_has_no_zero() -> None:
    restless = np.deg2rad(10.0) * np.sin(2 * np.pi * 1.3 * np.arange(600) / RATE)
    found = mounting.rest(*worn(np.array([1.0, 0, 0, 0]), restless), PARAMS)
    assert found.seconds == 0.0
    assert np.isnan(found.up).all()
    assert found.stirring > PARAMS.still_rate


def test_too_short_a_stand_has_no_zero() -> None:
    found = mounting.rest(np.tile(G * UP, (49, 1)), np.zeros((49, 3)), PARAMS)
    assert found.seconds == 0.0


def test_missing_samples_are_not_rest() -> None:
    acc, gyr = worn(np.array([1.0, 0, 0, 0]), np.zeros(500))
    acc[100:200], gyr[100:200] = np.nan, np.nan
    assert mounting.rest(acc, gyr, PARAMS).seconds == 4.0


def test_without_a_gyroscope_the_accelerometer_says_who_stands() -> None:
    acc, _ = worn(np.array([1.0, 0, 0, 0]), np.concatenate((np.zeros(300), bends(1))))
    found = mounting.rest(acc, np.full_like(acc, np.nan), PARAMS)
    assert 3.0 <= found.seconds <= 4.0
    np.testing.assert_array_equal(found.gyr_bias, 0.0)
    assert off_deg(found.up, UP) < 1.0


# --- The axis --------------------------------------------------------------------------------


@settings(max_examples=25)
@given(QUATERNIONS, st.booleans())
def test_bends_give_right_whatever_way_round_the_sensor_is(q_s_b: Floats, gyroscope: bool) -> None:
    acc, gyr = worn(q_s_b, bends())
    up, moving = in_sensor(q_s_b, UP), np.ones(len(acc), bool)
    if gyroscope:
        axis = mounting.axis_by_rotation(acc, gyr, up, moving, PARAMS)
    else:
        axis = mounting.axis_by_gravity(acc, up, moving, PARAMS)
    signed = mounting.toward(axis, mounting.tilt_vectors(acc, up, PARAMS).sum(axis=0))
    assert off_deg(signed.right, in_sensor(q_s_b, RIGHT)) < 0.1
    assert signed.share > 0.999


@settings(max_examples=25)
@given(QUATERNIONS)
def test_the_mounting_is_found_from_standing_and_bends(q_s_b: Floats) -> None:
    lean = np.concatenate((np.zeros(400), bends()))
    acc, gyr = worn(q_s_b, lean)
    stand = mounting.rest(acc[:400], gyr[:400], PARAMS)
    moving = np.arange(len(lean)) >= 400
    axis = mounting.axis_by_rotation(acc, gyr, stand.up, moving, PARAMS)
    axis = mounting.toward(axis, mounting.tilt_vectors(acc, stand.up, PARAMS).sum(axis=0))
    found = mounting.mount(stand, axis, "bend")
    assert abs(np.array(found.q_s_b) @ q_s_b) == pytest.approx(1.0, abs=1e-5)
    assert (found.axis_from, found.tilt_sd) == ("bend", stand.tilt_sd)


def test_the_tilt_of_a_trunk_that_leans_forward_points_right_and_of_a_raised_thigh_left() -> None:
    for lean, sign in ((np.deg2rad(60), 1.0), (-np.deg2rad(60), -1.0)):
        acc, _ = worn(np.array([1.0, 0, 0, 0]), np.full(400, lean))
        tilt = mounting.tilt_vectors(acc, UP, PARAMS)[200]
        np.testing.assert_allclose(tilt, sign * np.sin(np.deg2rad(60)) * RIGHT, atol=1e-6)


def test_turning_about_the_vertical_does_not_take_the_axis_along() -> None:
    """People turn while they sit down, here three quarters of a turn with each bend of 50°."""
    lean = bends(3, 50.0)
    turn = np.deg2rad(270) * 0.5 * (1 - np.cos(2 * np.pi * np.arange(len(lean)) / RATE / 3.0))
    q_e_b = rotation.multiply(STANDING, rotation.from_rotvec(-lean[:, None] * RIGHT))
    seen = from_attitudes(rotation.multiply(rotation.about_vertical(turn), q_e_b))
    axis = mounting.axis_by_rotation(seen.acc, seen.gyr, UP, lean >= 0, PARAMS)
    raw = np.linalg.eigh(seen.gyr.T @ seen.gyr)[1][:, -1]
    assert abs(raw @ RIGHT) < 0.5
    assert abs(axis.right @ RIGHT) > 0.999


def test_impure_bends_explain_less_and_are_less_sure() -> None:
    t = np.arange(900) / RATE
    mixed = 0.35 * np.sin(2 * np.pi * 0.8 * t)[:, None] * np.array([1.0, 0, 0])
    pure, impure = (
        mounting.axis_by_rotation(*worn(np.array([1.0, 0, 0, 0]), bends(), other), UP, t >= 0, PARAMS)
        for other in (None, mixed)
    )
    assert impure.share < 0.95 < pure.share
    assert impure.sd > pure.sd


def test_less_than_a_second_of_movement_shows_no_axis() -> None:
    acc, gyr = worn(np.array([1.0, 0, 0, 0]), bends())
    axis = mounting.axis_by_rotation(acc, gyr, UP, np.arange(len(acc)) < 99, PARAMS)
    assert axis.share == 0.0
    assert np.isnan(axis.right).all()
    assert np.isnan(mounting.mount(mounting.rest(acc, gyr, PARAMS), axis, "bend").q_s_b).all()


def test_without_an_axis_the_heading_on_the_segment_is_unknown() -> None:
    stand = mounting.rest(*worn(np.array([1.0, 0, 0, 0]), np.zeros(400)), PARAMS)
    found = mounting.mount(stand, None, "")
    assert found.axis_from == ""
    assert np.isnan(found.q_s_b).all()
    assert found.tilt_sd == stand.tilt_sd


def test_toward_keeps_or_turns_the_sign_and_nothing_else() -> None:
    axis = Axis(RIGHT, 0.9, 0.05)
    assert (mounting.toward(axis, RIGHT + UP).right == RIGHT).all()
    turned = mounting.toward(axis, -RIGHT + 5 * UP)
    assert (turned.right == -RIGHT).all()
    assert (turned.share, turned.sd) == (0.9, 0.05)


def test_smooth_passes_postures_and_halves_the_power_at_its_cutoff() -> None:
    t = np.arange(2000) / RATE
    x = np.stack((np.full(2000, 3.0), np.sin(2 * np.pi * 1.5 * t), np.sin(2 * np.pi * 6.0 * t)), axis=1)
    y = mounting.smooth(x, 1.5, RATE)
    assert y.shape == x.shape
    np.testing.assert_allclose(y[:, 0], 3.0)
    middle = slice(500, 1500)
    assert np.ptp(y[middle, 1]) / 2 == pytest.approx(np.sqrt(0.5), abs=0.03)
    assert np.ptp(y[middle, 2]) / 2 < 0.02
