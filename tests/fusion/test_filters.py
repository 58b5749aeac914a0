"""The orientation filters: gravity up on the earth's z, whatever way round the sensor is worn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from hiphinge import rotation
from hiphinge.blocks import Floats
from hiphinge.errors import SettingsError
from hiphinge.fusion import filters
from hiphinge.fusion.filters import SD_FACTOR, GravityFilter, available, level, make_filter
from tests.fusion.turning import QUATERNIONS, RATE, G, relative_error_deg, still, swinging, tilt_error_deg

ALL = ("vqf", "madgwick", "mahony", "ekf", "gravity")
AWKWARD = [(1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0.5, 0.5, -0.5, 0.5), (0.7, 0, -0.7, 0.1)]
"""Attitudes: upright, upside down twice, on an edge, on another."""


def normed(q: tuple[float, ...]) -> Floats:
    return np.array(q, float) / np.linalg.norm(q)


@given(QUATERNIONS)
def test_level_takes_up_to_the_vertical_by_the_shortest_way(q_e_s: Floats) -> None:
    up = rotation.rotate(rotation.conjugate(q_e_s), [0.0, 0.0, 1.0])
    q = level(3.0 * up)
    np.testing.assert_allclose(rotation.rotate(q, up), [0, 0, 1], atol=1e-7)
    assert q[3] == pytest.approx(0.0, abs=1e-12)
    assert np.linalg.norm(q) == pytest.approx(1.0)


def test_level_of_upside_down_is_half_a_turn() -> None:
    np.testing.assert_allclose(level(np.array([[0.0, 0, -1], [0.0, 0, 1]])), [[0, 1, 0, 0], [1, 0, 0, 0]])


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("q", AWKWARD)
def test_a_sensor_that_lies_still_any_way_up_is_read_right(name: str, q: tuple[float, ...]) -> None:
    lying = still(normed(q), 4.0)
    found = make_filter(name, RATE, 2.0).follow(lying.gyr, lying.acc)
    assert tilt_error_deg(found[-1], lying.q_e_s[-1]) < 0.5
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-9)


@settings(max_examples=25)
@given(QUATERNIONS)
def test_vqf_follows_bends_of_a_sensor_mounted_any_way_round(q_e_s: Floats) -> None:
    bends = swinging(q_e_s, np.array([0.0, 1.0, 0.0]), 80.0, 3.0, 6.0)
    found = make_filter("vqf", RATE, 2.0).follow(bends.gyr, bends.acc)
    assert tilt_error_deg(found, bends.q_e_s).max() < 0.3


@pytest.mark.parametrize(("name", "limit"), [("madgwick", 3.0), ("mahony", 3.0), ("ekf", 3.0)])
def test_the_filters_of_ahrs_follow_bends_too(name: str, limit: float) -> None:
    bends = swinging(normed(AWKWARD[3]), np.array([0.0, 1.0, 0.0]), 80.0, 3.0, 6.0)
    found = make_filter(name, RATE, 2.0).follow(bends.gyr, bends.acc)
    assert tilt_error_deg(found, bends.q_e_s).max() < limit


def test_a_slow_gyroscope_bias_does_not_tilt_vqf() -> None:
    lying = still(normed(AWKWARD[4]), 20.0)
    found = make_filter("vqf", RATE, 2.0).follow(lying.gyr + np.deg2rad([0.5, -0.3, 0.2]), lying.acc)
    assert tilt_error_deg(found, lying.q_e_s).max() < 1.2
    assert tilt_error_deg(found[-1], lying.q_e_s[-1]) < 0.2


@pytest.mark.parametrize("name", ALL)
def test_after_a_gap_the_attitude_begins_anew(name: str) -> None:
    """Tipped upside down meanwhile: gravity tells at once, where a filter that runs on takes seconds."""
    before, after = still(normed(AWKWARD[0]), 3.0), still(normed(AWKWARD[1]), 2.0)
    begun_anew = make_filter(name, RATE, 2.0)
    begun_anew.follow(before.gyr, before.acc)
    begun_anew.resume()
    found = begun_anew.follow(after.gyr, after.acc)
    assert tilt_error_deg(found[-1], after.q_e_s[-1]) < 0.5


def test_after_a_gap_vqf_still_knows_the_bias_of_its_gyroscope() -> None:
    """20 s of rest taught it 0.5 °/s; begun anew without it, the heading would run away."""
    lying, bias = still(normed(AWKWARD[4]), 20.0), np.deg2rad([0.5, -0.3, 0.2])
    taught, fresh = make_filter("vqf", RATE, 2.0), make_filter("vqf", RATE, 2.0)
    taught.follow(lying.gyr + bias, lying.acc)
    taught.resume()
    bends = swinging(normed(AWKWARD[4]), np.array([0.0, 1.0, 0.0]), 60.0, 3.0, 6.0)
    errors = [relative_error_deg(f.follow(bends.gyr + bias, bends.acc), bends.q_e_s)[-1] for f in (taught, fresh)]
    assert errors[0] < 0.3 < errors[1]


def test_gravity_alone_begins_without_a_transient_and_passes_posture() -> None:
    lying = still(normed(AWKWARD[3]), 1.0)
    found = GravityFilter(RATE).follow(lying.gyr * np.nan, lying.acc)
    assert tilt_error_deg(found, lying.q_e_s).max() < 1e-6


def test_gravity_alone_halves_the_power_of_a_shake_at_its_cutoff() -> None:
    t = np.arange(1000) / RATE
    acc = np.stack((0.1 * G * np.sin(2 * np.pi * GravityFilter.CUTOFF_HZ * t), 0 * t, 0 * t + G), axis=1)
    q = GravityFilter(RATE).follow(acc * np.nan, acc)
    x = rotation.rotate(rotation.conjugate(q[500:]), [0.0, 0.0, 1.0])[:, 0]
    assert np.ptp(x) / 0.2 == pytest.approx(np.sqrt(0.5), abs=0.03)


def test_an_unknown_filter_is_refused_by_the_name_of_its_setting() -> None:
    with pytest.raises(SettingsError, match=r"kalman.*vqf, madgwick, mahony, ekf or gravity") as refused:
        make_filter("kalman", RATE, 2.0)
    assert refused.value.name == "orientation.filter"


def test_where_vqf_cannot_be_had_the_steadiest_of_ahrs_steps_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "VQF", None)
    assert available("vqf") == "madgwick"
    assert available("ekf") == "ekf"
    assert type(make_filter("vqf", RATE, 2.0)) is type(make_filter("madgwick", RATE, 2.0))
    assert SD_FACTOR[available("vqf")] > SD_FACTOR["vqf"]


def test_every_filter_says_how_much_less_sure_it_is() -> None:
    assert set(SD_FACTOR) == set(ALL)
    assert min(SD_FACTOR, key=SD_FACTOR.__getitem__) == "vqf"
