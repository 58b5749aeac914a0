from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hiphinge.blocks import GRAVITY, Floats
from hiphinge.errors import CalibrationRefused
from hiphinge.rotation import conjugate, from_rotvec, multiply, rotate
from hiphinge.streams.ellipsoid import fit_gravity
from hiphinge.streams.poses import Pose, find_poses
from hiphinge.streams.sensor_fit import SensorFit
from hiphinge.streams.six_position import fit_six_position, longest_on_faces, up
from tests.streams.lying import BIAS, FACES, GYR_BIAS, SCALE, directions, session

DataDir = Callable[[str], Path]
Samples = tuple[Floats, Floats, Floats]
ACC, GYR = ["acc_x", "acc_y", "acc_z"], ["gyr_x", "gyr_y", "gyr_z"]


def errors(fit: SensorFit, poses: list[Pose]) -> Floats:
    bias, scale = np.array(fit.calibration.acc_bias), np.array(fit.calibration.acc_scale)
    return np.array([np.linalg.norm(scale @ (pose.acc - bias)) - GRAVITY for pose in poses])


def test_known_errors_are_found() -> None:
    fit = fit_six_position(*session(directions(FACES)))
    assert np.abs(np.array(fit.calibration.acc_bias) - BIAS).max() < 0.005
    assert np.abs(np.diag(fit.calibration.acc_scale) - np.diag(SCALE)).max() < 1e-3
    assert np.abs(np.array(fit.calibration.acc_scale) - SCALE).max() < 4e-3
    assert np.abs(np.array(fit.calibration.gyr_bias) - GYR_BIAS).max() < 1e-3
    assert fit.before > 0.2
    assert fit.after < 0.001


@pytest.mark.parametrize("seed", range(4))
def test_a_careless_hand_costs_little(seed: int) -> None:
    fit = fit_six_position(*session(directions(FACES, 1.0, seed), seed=seed))
    assert np.abs(np.array(fit.calibration.acc_bias) - BIAS).max() < 0.02
    assert np.abs(np.diag(fit.calibration.acc_scale) - np.diag(SCALE)).max() < 2e-3
    assert np.abs(np.array(fit.calibration.acc_scale) - SCALE).max() < 0.02


def test_the_axes_of_the_housing_may_stand_askew_to_the_chip() -> None:
    housing = rotate(from_rotvec([0.03, -0.02, 0.04]), directions(FACES))
    fit = fit_six_position(*session(housing))
    assert np.abs(np.array(fit.calibration.acc_bias) - BIAS).max() < 0.005
    assert np.abs(np.array(fit.calibration.acc_scale) - SCALE).max() < 4e-3  # the rotation is not in it


def test_order_does_not_matter_and_later_poses_check() -> None:
    forth = fit_six_position(*session(directions(FACES)))
    back = fit_six_position(*session(directions(FACES[::-1])))
    assert np.allclose(forth.calibration.acc_bias, back.calibration.acc_bias, atol=2e-3)
    twice = fit_six_position(*session(directions([*FACES, *FACES[:3]])))
    assert twice.apart_poses == 3
    assert twice.apart < 0.005
    assert "In 3 further poses" in twice.verdict


def test_the_missing_faces_are_named() -> None:
    with pytest.raises(CalibrationRefused, match=r"no still pose with x down, z up among 4") as e:
        fit_six_position(*session(directions([FACES[0], FACES[2], FACES[3], FACES[5]])))
    assert e.value.part == "x down, z up"


def test_no_rest_at_all_is_refused() -> None:
    t, acc, gyr = session(directions(FACES), noise=1.0)
    with pytest.raises(CalibrationRefused, match="among 0"):
        fit_six_position(t, acc, gyr)


def test_a_face_that_leans_is_named() -> None:
    leaning = directions(FACES)
    leaning[4] = rotate(from_rotvec([np.deg2rad(16), 0, 0]), leaning[4])
    with pytest.raises(CalibrationRefused, match=r"the pose z (up|down) lies .*° off its face"):
        fit_six_position(*session(leaning))


def test_another_unit_is_refused() -> None:
    t, acc, gyr = session(directions(FACES))
    with pytest.raises(CalibrationRefused, match="Check the unit of acc"):
        fit_six_position(t, acc * 1.3, gyr)


def test_without_a_gyroscope_the_bias_is_nought() -> None:
    fit = fit_six_position(*session(directions(FACES), with_gyr=False))
    assert fit.calibration.gyr_bias == (0.0, 0.0, 0.0)
    assert "It has no gyroscope." in fit.verdict
    assert np.isnan(fit.turns).all()


# --- Real sensors ----------------------------------------------------------------------


@pytest.fixture
def ferraris(data_dir: DataDir) -> Samples:
    """One real sensor at 102.4 Hz: six faces, then three put down again for a full turn each."""
    table = pd.read_csv(data_dir("imucal") / "example_data" / "example_ferraris_session.csv")
    return np.arange(len(table)) / 102.4, table[ACC].to_numpy(), np.deg2rad(table[GYR].to_numpy())


@pytest.fixture
def counts(data_dir: DataDir) -> Samples:
    """Another at 204.8 Hz, in counts (2048 a g, 16.4 a °/s), the spells joined without the ways between."""
    table = pd.read_csv(data_dir("imucal") / "example_data" / "annotated_session.csv").sort_values("samples")
    acc, gyr = table[ACC].to_numpy() / 2048 * GRAVITY, np.deg2rad(table[GYR].to_numpy() / 16.4)
    return np.arange(len(table)) / 204.8, acc, gyr


def test_real_poses_are_where_a_person_saw_them(ferraris: Samples, data_dir: DataDir) -> None:
    poses = longest_on_faces(find_poses(*ferraris))
    seen = json.loads((data_dir("imucal") / "example_data" / "example_ferraris_session_list.json").read_text())
    for (axis, sign), pose in poses.items():
        spell = seen[f"{'xyz'[axis]}_{'p' if sign > 0 else 'a'}"]
        if (axis, sign) != (2, 1):  # the longest with z up is the one after the last turn
            assert pose.start < spell["end"] / 102.4
            assert pose.end > spell["start"] / 102.4


def test_real_poses_apart_from_the_fit_read_gravity(ferraris: Samples) -> None:
    fit = fit_six_position(*ferraris)
    assert fit.before > 0.5
    assert fit.apart_poses == 7
    assert fit.apart < 0.005  # m/s²: half a thousandth of gravity
    assert np.abs(errors(fit, find_poses(*ferraris))).max() < 0.009


@pytest.mark.parametrize(("sensor", "limit"), [("ferraris", 0.04), ("counts", 0.12)])
def test_a_real_face_left_out_is_foretold(sensor: str, limit: float, request: pytest.FixtureRequest) -> None:
    """From five faces the bias of the sixth's axis rests on how squarely a hand put four others down."""
    on = longest_on_faces(find_poses(*request.getfixturevalue(sensor)))
    for left_out, pose in on.items():
        others = {face: p for face, p in on.items() if face != left_out}
        fit = fit_gravity(np.array([p.acc for p in others.values()]), up(list(others)))
        after = abs(np.linalg.norm(fit.scale @ (pose.acc - fit.bias)) - GRAVITY)
        assert after < limit


def test_a_real_sensor_in_joined_spells(counts: Samples) -> None:
    fit = fit_six_position(*counts)
    assert (fit.poses, fit.apart_poses) == (6, 0)
    assert 0.2 < fit.before < 0.3
    assert fit.after < 0.001
    assert "put the sensor down on some faces a second time" in fit.verdict


def test_real_full_turns_are_seen(ferraris: Samples) -> None:
    fit = fit_six_position(*ferraris)
    assert np.rad2deg(fit.turns) == pytest.approx([370.0, 353.7, 359.3], abs=0.2)
    assert "A full turn reads x 370.0°, y 353.7°, z 359.3°" in fit.verdict


def test_full_turns_tell_the_gyroscopes_scale(ferraris: Samples) -> None:
    """An independent witness: gravity carried by the gyroscope from one pose to the next arrives better."""
    fit = fit_six_position(*ferraris)
    as_it_is, to_scale = carried(ferraris, fit, np.ones(3)), carried(ferraris, fit, 2 * np.pi / np.array(fit.turns))
    assert as_it_is > 1.7  # degrees, rms
    assert to_scale < 0.9


def carried(samples: Samples, fit: SensorFit, gyr_scale: Floats) -> float:
    """Degrees rms between gravity as seen in a pose and as carried there from the one before it."""
    t, acc, gyr = samples
    poses = find_poses(t, acc, gyr)
    bias, scale = np.array(fit.calibration.acc_bias), np.array(fit.calibration.acc_scale)
    turned = (gyr - np.array(fit.calibration.gyr_bias)) * gyr_scale * (t[1] - t[0])
    angles = []
    for before, after in pairwise(poses):
        q = np.array([1.0, 0.0, 0.0, 0.0])
        for step in from_rotvec(turned[(t >= before.end) & (t <= after.start)]):
            q = multiply(q, step)
        there, seen = rotate(conjugate(q), scale @ (before.acc - bias)), scale @ (after.acc - bias)
        angles.append(np.arctan2(np.linalg.norm(np.cross(there, seen)), there @ seen))
    return float(np.rad2deg(np.sqrt(np.mean(np.square(angles)))))
