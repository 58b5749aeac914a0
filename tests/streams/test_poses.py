from __future__ import annotations

import numpy as np
import pytest

from hiphinge.streams.poses import directions, find_poses, rest_gyr
from tests.streams.lying import FACES, GYR_BIAS, RATE, session
from tests.streams.lying import directions as ups


def test_each_still_spell_is_found_once() -> None:
    t, acc, gyr = session(ups(FACES))
    poses = find_poses(t, acc, gyr)
    assert [round(pose.start) for pose in poses] == [0, 4, 8, 12, 16, 20]
    assert all(2.3 < pose.seconds < 3.0 for pose in poses)
    assert np.degrees(np.arccos((directions(poses) * ups(FACES)).sum(axis=1))).max() < 5
    assert np.abs(rest_gyr(poses) - GYR_BIAS).max() < 2e-4


def test_poses_that_follow_without_a_movement_are_two() -> None:
    t, acc, gyr = session(ups(FACES[:2]))
    cut = (t % 4 < 3) & (t < 8)
    poses = find_poses(np.arange(cut.sum()) / RATE, acc[cut], gyr[cut])
    assert len(poses) == 2
    assert poses[0].end < poses[1].start


def test_a_slow_steady_turn_is_no_rest() -> None:
    t, acc, gyr = session(ups(FACES[:1]))
    assert len(find_poses(t, acc, gyr)) == 1
    assert find_poses(t, acc, gyr + np.array([0.0, 0.0, 0.5])) == []


def test_a_gap_parts_two_poses() -> None:
    t, acc, gyr = session(ups(FACES[:1]))
    keep = t < 3
    late = np.concatenate((t[keep], t[keep] + 60))
    poses = find_poses(late, np.tile(acc[keep], (2, 1)), np.tile(gyr[keep], (2, 1)))
    assert [round(pose.start) for pose in poses] == [0, 60]


def test_a_sensor_without_a_gyroscope_rests_too() -> None:
    poses = find_poses(*session(ups(FACES), with_gyr=False))
    assert len(poses) == 6
    assert np.isnan(rest_gyr(poses)).all()


def test_two_equal_clocks_find_the_same_poses() -> None:
    t, acc, gyr = session(ups(FACES))
    early, late = find_poses(t, acc, gyr), find_poses(t + 86_400.0, acc, gyr)
    assert [p.acc.tolist() for p in early] == [p.acc.tolist() for p in late]


@pytest.mark.parametrize("n", [0, 1, 2, 50])
def test_too_little_is_no_pose(n: int) -> None:
    t, acc, gyr = session(ups(FACES))
    assert find_poses(t[:n], acc[:n], gyr[:n]) == []
