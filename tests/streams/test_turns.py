from __future__ import annotations

import numpy as np
import pytest

from hiphinge.blocks import Floats
from hiphinge.streams.poses import find_poses
from hiphinge.streams.turns import full_turns
from tests.streams.lying import GYR_BIAS, RATE

UP = np.array([0.0, 9.81, 0.0])


def turning(angle_deg: float, axis: int, seconds: float = 4.0) -> tuple[Floats, Floats, Floats]:
    """Rest, a turn with y up, rest."""
    n = round(seconds * RATE)
    rate = np.zeros((n + 6 * RATE, 3))
    profile = np.sin(np.linspace(0, np.pi, n)) ** 2
    rate[3 * RATE : 3 * RATE + n, axis] = np.deg2rad(angle_deg) * RATE * profile / profile.sum()
    return np.arange(len(rate)) / RATE, np.tile(UP, (len(rate), 1)), rate + GYR_BIAS


@pytest.mark.parametrize("angle", [360.0, -371.0, 349.0])
def test_a_full_turn_is_measured_without_its_bias(angle: float) -> None:
    t, acc, gyr = turning(angle, 1)
    turns = full_turns(t, gyr, find_poses(t, acc, gyr))
    assert np.rad2deg(turns[1]) == pytest.approx(abs(angle), abs=0.05)
    assert np.isnan(turns[[0, 2]]).all()


@pytest.mark.parametrize(("angle", "axis"), [(180.0, 1), (720.0, 1), (0.0, 1), (360.0, 0)])
def test_others_are_none(angle: float, axis: int) -> None:
    t, acc, gyr = turning(angle, axis, 8.0)
    assert np.isnan(full_turns(t, gyr, find_poses(t, acc, gyr))).all()


def test_a_turn_that_ends_another_way_up_is_none() -> None:
    t, acc, gyr = turning(360.0, 1)
    acc[t > 5] = [0.0, 9.0, 4.0]
    assert np.isnan(full_turns(t, gyr, find_poses(t, acc, gyr))).all()


def test_without_poses_or_gyroscope_there_is_none() -> None:
    t, acc, gyr = turning(360.0, 1)
    poses = find_poses(t, acc, gyr)
    assert np.isnan(full_turns(t, gyr, [])).all()
    assert np.isnan(full_turns(t, np.full_like(gyr, np.nan), poses)).all()
