"""The person's own range: the largest of the bends that were deep enough."""

from __future__ import annotations

import numpy as np
import pytest

from hiphinge.blocks import Floats
from hiphinge.kinematics.range_of_motion import Params, Range, maximal

PARAMS = Params()


def bent(*degrees: float, seconds: float = 2.0, share: float = 0.6) -> tuple[Floats, Floats]:
    """Lumbar flexion and trunk inclination (n,) rad: bends of ``seconds`` to so much flexion, standing between."""
    n = round(seconds * 100)
    hump = np.sin(np.linspace(0, np.pi, n))
    pause = np.zeros(100)
    lumbar = np.concatenate([np.concatenate((np.deg2rad(d) * hump, pause)) for d in degrees])
    return lumbar, lumbar / share


def found(lumbar: Floats, trunk: Floats, within: object = True) -> Range:
    return maximal(lumbar, trunk, np.broadcast_to(np.asarray(within), lumbar.shape), PARAMS)


def test_the_largest_bend_is_the_own_range_not_the_mean() -> None:
    range_ = found(*bent(45, 60, 50))
    assert np.rad2deg(range_.value) == pytest.approx(60, abs=0.1)
    assert np.rad2deg(range_.spread) == pytest.approx(15, abs=0.1)
    np.testing.assert_allclose(np.rad2deg(range_.peaks), [45, 60, 50], atol=0.1)


def test_a_shallow_bend_and_a_twitch_are_no_bends() -> None:
    lumbar, trunk = bent(50, 20)  # 20° of flexion with 33° of trunk
    twitch, over = bent(70, seconds=0.25, share=0.9)
    range_ = found(np.concatenate((lumbar, twitch)), np.concatenate((trunk, over)))
    assert np.rad2deg(range_.peaks) == pytest.approx([50], abs=0.1)


def test_only_what_was_marked_counts() -> None:
    lumbar, trunk = bent(50, 70)
    range_ = found(lumbar, trunk, np.arange(len(lumbar)) < 300)
    assert np.rad2deg(range_.value) == pytest.approx(50, abs=0.1)


def test_a_bend_at_the_edge_of_the_marked_part_counts() -> None:
    lumbar, trunk = bent(50)
    deep = slice(60, 140)
    assert np.rad2deg(found(lumbar[deep], trunk[deep]).value) == pytest.approx(50, abs=0.1)


def test_without_bends_nothing_is_known() -> None:
    range_ = found(*bent(10))
    assert np.isnan(range_.value)
    assert np.isnan(range_.spread)
    assert range_.peaks == ()


def test_a_lost_sensor_hides_a_moment_not_the_bend() -> None:
    lumbar, trunk = bent(50, 60)
    lumbar[395:405] = np.nan  # the peak of the second
    trunk[50:60] = np.nan
    assert np.rad2deg(found(lumbar, trunk).value) == pytest.approx(60, abs=0.5)


def test_a_bend_that_the_pelvis_did_not_hear_is_left_out() -> None:
    """The trunk was seen to bend, lumbar flexion was not: the other bends count."""
    lumbar, trunk = bent(50, 60)
    lumbar[300:] = np.nan
    assert np.rad2deg(found(lumbar, trunk).value) == pytest.approx(50, abs=0.1)
