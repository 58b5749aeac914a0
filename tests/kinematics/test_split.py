"""Trunk and thigh alone: the sum is known, lumbar flexion lies in an interval."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from hiphinge.blocks import AngleBlock, Floats
from hiphinge.kinematics.split import Params, Split

OWN = np.deg2rad(55.0)


def bounded(own_range: float = OWN, **degrees: ArrayLike) -> AngleBlock:
    angles = {name: np.deg2rad(np.atleast_1d(x)) for name, x in degrees.items()}
    n = len(next(iter(angles.values())))
    return Split(Params(), own_range).bound(AngleBlock(np.arange(n) / 100, angles, np.zeros(n, np.uint8)))


def interval(own_range: float = OWN, **degrees: ArrayLike) -> tuple[Floats, Floats]:
    found = bounded(own_range, **degrees)
    return np.rad2deg(found["lumbar_flexion_low"]), np.rad2deg(found["lumbar_flexion_high"])


@given(st.floats(-30, 130), st.floats(-30, 120))
def test_the_sum_of_trunk_and_thigh_is_exact(trunk: float, thigh: float) -> None:
    found = bounded(trunk_inclination=trunk, thigh_elevation=thigh)
    assert np.rad2deg(found["lumbar_plus_hip"][0]) == pytest.approx(trunk + thigh, abs=1e-9)


@given(st.floats(0.2, 0.9), st.floats(0, 58), st.floats(0, 4), st.floats(40, 75))
def test_a_stoop_of_any_spine_share_lies_within(share: float, lumbar: float, thigh: float, own: float) -> None:
    """Straight legs, hips up to 85°: whatever the spine's part of the bend."""
    lumbar = min(lumbar, 1.1 * own)
    trunk = min(lumbar / share, lumbar + 85.0 - thigh)
    low, high = interval(np.deg2rad(own), trunk_inclination=trunk, thigh_elevation=thigh)
    assert low[0] <= lumbar + 1e-6
    assert lumbar <= high[0] + 1e-6


@given(st.floats(0.15, 0.8), st.floats(30, 90), st.floats(30, 110))
def test_a_squat_lies_within(share: float, trunk: float, thigh: float) -> None:
    lumbar = min(share * trunk, 1.1 * np.rad2deg(OWN))
    if trunk + thigh - lumbar > 140.0:  # no hip does that
        return
    low, high = interval(trunk_inclination=trunk, thigh_elevation=thigh)
    assert low[0] <= lumbar + 1e-6
    assert lumbar <= high[0] + 1e-6


@given(st.floats(-60, 150), st.floats(-60, 130))
def test_the_interval_is_never_inside_out(trunk: float, thigh: float) -> None:
    low, high = interval(trunk_inclination=trunk, thigh_elevation=thigh)
    assert low[0] <= high[0]


def test_a_bend_deeper_than_the_hips_can_go_proves_flexion() -> None:
    """130° with straight legs: hips give 89 at most."""
    low, _ = interval(trunk_inclination=130.0, thigh_elevation=0.0)
    assert low[0] == pytest.approx(41.0)


def test_bent_knees_let_the_hips_go_further_and_prove_less() -> None:
    straight, bent = (interval(trunk_inclination=110.0 - e, thigh_elevation=e)[0][0] for e in (0.0, 40.0))
    assert bent < straight


def test_the_own_range_and_a_margin_end_the_interval_and_without_it_a_wider_one() -> None:
    assert interval(trunk_inclination=110.0, thigh_elevation=0.0)[1][0] == pytest.approx(1.15 * 55)
    unknown = interval(float("nan"), trunk_inclination=110.0, thigh_elevation=0.0)[1][0]
    assert unknown == pytest.approx(1.15 * 79)


def test_either_thigh_narrows_the_interval() -> None:
    both = interval(trunk_inclination=110.0, thigh_elevation_left=0.0, thigh_elevation_right=40.0)
    each = [interval(trunk_inclination=110.0, thigh_elevation=e) for e in (0.0, 40.0)]
    assert both[0][0] == max(low[0] for low, _ in each)
    assert both[1][0] == min(high[0] for _, high in each)


def test_with_a_sacrum_no_interval_is_given() -> None:
    found = bounded(trunk_inclination=50.0, pelvis_tilt=20.0, thigh_elevation=0.0)
    assert "lumbar_plus_hip" in found.angles
    assert not {"lumbar_flexion_low", "lumbar_flexion_high"} & found.angles.keys()


@pytest.mark.parametrize("name", ["trunk_inclination", "thigh_elevation", "pelvis_tilt"])
def test_one_segment_alone_has_no_sum(name: str) -> None:
    assert set(bounded(**{name: 30.0}).angles) == {name}


@pytest.mark.parametrize("gone", ["trunk_inclination", "thigh_elevation"])
def test_where_one_is_unknown_so_is_the_interval(gone: str) -> None:
    angles = {"trunk_inclination": [50.0, 50.0], "thigh_elevation": [0.0, 0.0]}
    angles[gone][1] = float("nan")
    found = bounded(OWN, **angles)
    for name in ("lumbar_plus_hip", "lumbar_flexion_low", "lumbar_flexion_high"):
        np.testing.assert_array_equal(np.isnan(found[name]), [False, True])
