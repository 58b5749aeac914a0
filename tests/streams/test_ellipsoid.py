from __future__ import annotations

import numpy as np
import pytest

from hiphinge.errors import CalibrationRefused
from hiphinge.streams.ellipsoid import fit_ellipsoid
from tests.streams.lying import BIAS, CORNERS, EDGES, FACES, SCALE, directions, session


@pytest.mark.parametrize("askew", [0.0, 12.0])
def test_known_errors_are_found_however_it_lies(askew: float) -> None:
    fit = fit_ellipsoid(*session(directions([*FACES, *CORNERS], askew)))
    assert np.abs(np.array(fit.calibration.acc_bias) - BIAS).max() < 0.01
    assert np.abs(np.array(fit.calibration.acc_scale) - SCALE).max() < 2e-3
    assert fit.after < 0.003
    assert fit.before > 0.2
    assert fit.off_face == 0.0
    assert fit.method == "ellipsoid"


def test_poses_that_were_not_used_are_foretold() -> None:
    fit = fit_ellipsoid(*session(directions([*FACES, *CORNERS, *FACES[:2]])))
    assert (fit.poses, fit.apart_poses) == (12, 2)
    assert fit.apart < 0.006


def test_nine_poses_are_enough() -> None:
    fit = fit_ellipsoid(*session(directions([*FACES, *EDGES])))
    assert np.abs(np.array(fit.calibration.acc_scale) - SCALE).max() < 3e-3


def test_eight_are_not() -> None:
    with pytest.raises(CalibrationRefused, match="8 still poses that differ, expected 9 or more") as e:
        fit_ellipsoid(*session(directions([*FACES, *EDGES[:2]])))
    assert (e.value.value, e.value.limit) == (8, 9)


def test_the_half_axis_that_no_pose_shows_is_named() -> None:
    upper = [up for up in [*FACES, *CORNERS, *EDGES] if up[2] >= 0]
    with pytest.raises(CalibrationRefused, match="none has z down") as e:
        fit_ellipsoid(*session(directions(upper)))
    assert e.value.part == "z down"


def test_poses_that_leave_the_scale_open_are_refused() -> None:
    """All on the cone |x| = |y| = |z|, some of them twice: bias is seen, the three scales are not."""
    corners = [(x, y, z) for x in (1, -1) for y in (1, -1) for z in (1, -1)]
    with pytest.raises(CalibrationRefused, match=r"known to .* m/s² from 9 poses, expected 0.05 or less"):
        fit_ellipsoid(*session(directions([*corners, (1, 1, 0.5)])))


def test_poses_that_disagree_are_refused() -> None:
    t, acc, gyr = session(directions([*FACES, *CORNERS]))
    acc = acc + 0.3 * (np.floor(t / 4) == 5)[:, None]
    with pytest.raises(CalibrationRefused, match="gravity over the poses"):
        fit_ellipsoid(t, acc, gyr)
