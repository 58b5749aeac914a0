"""Attitudes of the worn sensors: gaps, settling, and how sure it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge import rotation
from hiphinge.blocks import (
    CLIPPED,
    FILLED,
    LEVEL_ONLY,
    MISSING,
    SACRUM,
    SETTLING,
    UPPER_LUMBAR,
    Flags,
    Floats,
    MotionBlock,
    OrientationBlock,
)
from hiphinge.fusion.filters import SD_FACTOR
from hiphinge.fusion.orientation import Orientation, Params
from tests.fusion.turning import RATE, G, Turning, from_attitudes, still, swinging, tilt_error_deg

UPRIGHT, TIPPED = np.array([0.5, 0.5, 0.5, 0.5]), np.array([0.5, 0.5, -0.5, 0.5])
PARAMS = Params()


def estimated(seen: Turning, flags: Flags | None = None, params: Params = PARAMS) -> OrientationBlock:
    return Orientation(params, (SACRUM,)).estimate(seen.motion(flags))


def marked(n: int, **where: slice) -> Flags:
    """Flags (n,) with FILLED, CLIPPED or MISSING where it is said."""
    flags = np.zeros(n, np.uint8)
    for name, span in where.items():
        flags[span] |= {"filled": FILLED, "clipped": CLIPPED, "missing": MISSING}[name]
    return flags


def settling(found: OrientationBlock) -> list[int]:
    return np.flatnonzero(found.flags[0] & SETTLING).tolist()


def test_angles_are_withheld_for_the_first_two_seconds() -> None:
    assert settling(estimated(still(UPRIGHT, 5.0))) == list(range(200))


def test_after_a_gap_they_are_withheld_for_two_seconds_and_no_longer() -> None:
    found = estimated(still(UPRIGHT, 12.0), marked(1200, missing=slice(500, 600)))
    assert settling(found) == [*range(200), *range(600, 800)]


def test_a_second_gap_while_settling_begins_it_anew() -> None:
    found = estimated(
        still(UPRIGHT, 12.0), marked(1200, missing=slice(500, 600)) | marked(1200, missing=slice(700, 710))
    )
    assert settling(found) == [*range(200), *range(600, 700), *range(710, 910)]


def test_a_bridged_gap_withholds_nothing() -> None:
    found = estimated(still(UPRIGHT, 6.0), marked(600, filled=slice(300, 350)))
    assert settling(found) == list(range(200))
    assert np.isfinite(found.q_e_s).all()


def test_a_missing_sensor_has_neither_attitude_nor_sd() -> None:
    found = estimated(still(UPRIGHT, 6.0), marked(600, missing=slice(300, 400)))
    i = np.arange(600)
    gone = (i >= 300) & (i < 400)
    np.testing.assert_array_equal(np.isnan(found.q_e_s[0]).all(axis=1), gone)
    np.testing.assert_array_equal(np.isnan(found.inclination_sd[0]), gone)


def test_a_sensor_that_never_comes_is_all_unknown() -> None:
    found = estimated(still(UPRIGHT, 1.0), marked(100, missing=slice(None)))
    assert np.isnan(found.q_e_s).all()
    assert settling(found) == []


@given(st.floats(0.6, 20.0), st.integers(0, 5))
def test_what_happened_in_a_gap_is_made_good_when_angles_come_back(seconds: float, seed: int) -> None:
    """The wearer tipped over unseen: gravity alone tells, and quickly."""
    tipped = np.random.default_rng(seed).normal(size=4)
    before, after = still(UPRIGHT, 4.0), still(tipped / np.linalg.norm(tipped), 4.0)
    gap = round(seconds * RATE)
    n = 800 + gap
    seen = Turning(
        *(np.concatenate((getattr(before, x), np.zeros((gap, w)), getattr(after, x))) for x, w in SHAPES.items())
    )
    found = estimated(seen, marked(n, missing=slice(400, 400 + gap)))
    error = tilt_error_deg(found.q_e_s[0, 400 + gap :], after.q_e_s)
    assert error[200:].max() < 0.5


SHAPES = {"acc": 3, "gyr": 3, "q_e_s": 4}


def test_a_moving_sensor_is_followed_through_losses() -> None:
    bends = swinging(UPRIGHT, np.array([0.0, 1.0, 0.0]), 80.0, 3.0, 12.0)
    found = estimated(bends, marked(1200, missing=slice(500, 580)))
    known = (found.flags[0] & (SETTLING | MISSING)) == 0
    assert tilt_error_deg(found.q_e_s[0], bends.q_e_s)[known].max() < 1.0


# --- How sure --------------------------------------------------------------------------------


def sd_deg(found: OrientationBlock) -> Floats:
    return np.rad2deg(found.inclination_sd[0])


def test_at_rest_the_sd_is_its_floor() -> None:
    np.testing.assert_allclose(sd_deg(estimated(still(UPRIGHT, 5.0))), 0.2, rtol=1e-6)


@pytest.mark.parametrize("doubt", ["filled", "clipped"])
def test_the_sd_grows_with_what_was_turned_unseen_and_fades_after(doubt: str) -> None:
    """A tenth of 40° turned within half a second of bridged or clipped samples."""
    n, lost = 2000, slice(1000, 1050)
    turned = np.zeros(n)
    turned[lost] = np.linspace(0, np.deg2rad(40), 50)
    turned[1050:] = np.deg2rad(40)
    q = rotation.multiply(rotation.from_rotvec(turned[:, None] * np.array([0.0, 1.0, 0.0])), UPRIGHT)
    sd = sd_deg(estimated(from_attitudes(q), marked(n, **{doubt: lost})))
    assert sd[999] == pytest.approx(0.2)
    assert 3.0 < sd[1049] < 4.2
    assert (np.diff(sd[1050:]) <= 1e-12).all()
    assert sd[-1] == pytest.approx(0.2, abs=0.05)


def test_bridged_rest_is_as_sure_as_rest() -> None:
    np.testing.assert_allclose(sd_deg(estimated(still(UPRIGHT, 6.0), marked(600, filled=slice(300, 350)))), 0.2)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_shaking_makes_less_sure_whichever_way_it_pulls(sign: float) -> None:
    """Lifted or dropped: |acc| 2 m/s² away from gravity for long is 0.5° of doubt."""
    pulled = still(UPRIGHT, 20.0)
    pulled = Turning(pulled.acc * (1 + sign * 2 / G), pulled.gyr, pulled.q_e_s)
    assert sd_deg(estimated(pulled))[-1] == pytest.approx(np.hypot(0.2, 0.5), rel=0.02)


@pytest.mark.parametrize("name", ["madgwick", "ekf", "gravity"])
def test_a_worse_filter_says_that_it_is_less_sure(name: str) -> None:
    sd = sd_deg(estimated(still(UPRIGHT, 1.0), params=Params(filter=name)))
    assert sd[-1] == pytest.approx(0.2 * SD_FACTOR[name])


# --- Without a gyroscope ---------------------------------------------------------------------


def test_without_a_gyroscope_only_the_level_is_known() -> None:
    lying = still(TIPPED, 4.0)
    found = estimated(Turning(lying.acc, lying.gyr * np.nan, lying.q_e_s))
    assert (found.flags & LEVEL_ONLY).all()
    assert tilt_error_deg(found.q_e_s[0], lying.q_e_s).max() < 1e-6


def test_one_sensor_without_a_gyroscope_takes_nothing_from_the_other() -> None:
    one, other = still(UPRIGHT, 3.0), swinging(TIPPED, np.array([1.0, 0, 0]), 40.0, 3.0, 3.0)
    both = MotionBlock(
        one.motion().t,
        (UPPER_LUMBAR, SACRUM),
        np.stack((one.acc, other.acc)),
        np.stack((one.gyr * np.nan, other.gyr)),
        np.zeros((2, 300), np.uint8),
    )
    found = Orientation(PARAMS, both.sites).estimate(both)
    assert (found.flags[0] & LEVEL_ONLY).all()
    assert not (found.flags[1] & LEVEL_ONLY).any()
    np.testing.assert_array_equal(found.q_e_s[1], estimated(other).q_e_s[0])
