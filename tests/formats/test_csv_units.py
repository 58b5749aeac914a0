"""Units told by gravity: legitimate speed, slow data in deg/s, bias, disagreement."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.io import loadmat

from hiphinge.errors import SessionFolderError
from hiphinge.formats.csv_table import Rows
from hiphinge.formats.csv_units import GYR_UNITS, Units, acc_unit, turning

DEG = GYR_UNITS["deg/s"]


def rows(table, acc_scale=1.0, gyr_scale=1.0, bias=0.0):
    n = len(table)
    acc, gyr = table[:, 1:4] * acc_scale, (table[:, 4:] + bias) * gyr_scale
    return Rows(np.arange(2, n + 2), np.rint(table[:, 0] * 1e9).astype(np.int64), acc, gyr)


def convert(block, *named):
    units = Units("sacrum.csv", *named)
    return units.convert(block), units.notes


@pytest.mark.parametrize(("unit", "scale"), [("g", 1 / 9.80665), ("mg", 1000 / 9.80665)])
def test_another_unit_of_acceleration_is_refused_with_the_option(nodding, unit, scale):
    block = rows(nodding(), acc_scale=scale)
    with pytest.raises(SessionFolderError, match=f"expected 9.81 .* pass --acc-unit {unit}\\.$"):
        convert(block)
    converted, notes = convert(block, unit)
    assert notes == []
    np.testing.assert_allclose(converted.acc, nodding()[:, 1:4], rtol=1e-12)


def test_no_unit_of_acceleration_fits(nodding):
    with pytest.raises(SessionFolderError, match="in no unit known here"):
        convert(rows(nodding(), acc_scale=4096 / 9.81))
    assert acc_unit(np.zeros((4, 3))) == ("", 0.0)


def test_a_named_unit_is_believed_with_a_note(nodding):
    converted, notes = convert(rows(nodding()), "g", "deg/s")
    assert np.median(np.linalg.norm(converted.acc, axis=1)) == pytest.approx(9.81 * 9.80665, rel=0.01)
    assert "acc has a median magnitude of 96." in notes[0]
    assert "gyr turns 57" not in notes[1]
    assert "gyr turns 0.016" in notes[1]


@pytest.mark.parametrize("swing", [0.05, 0.2, 0.8])
@pytest.mark.parametrize("bias", [0.0, 0.3, -0.3])
def test_slow_data_in_deg_s_is_told_from_a_bias(nodding, swing, bias):
    """0.05 rad every 4 s peaks at 4.5 deg/s: no peak tells, gravity does."""
    table = nodding(seconds=60.0, swing=swing)
    assert convert(rows(table, bias=bias))[1] == []
    with pytest.raises(SessionFolderError, match="seems to be in deg/s: convert it, or pass --gyr-unit deg/s"):
        convert(rows(table, gyr_scale=1 / DEG, bias=bias))


def test_the_peak_is_named_where_there_is_one(nodding):
    with pytest.raises(
        SessionFolderError, match=r"^sacrum.csv: gyr_x peaks at 73.*, expected rad/s below 35\. The file"
    ):
        convert(rows(nodding(), gyr_scale=1 / DEG))


def test_fast_and_legitimate(nodding):
    table = nodding(seconds=30.0)
    table[200:210, 4] = 34.0
    assert convert(rows(table))[1] == []


def test_a_peak_in_data_that_follow_gravity_is_kept_with_a_note(nodding):
    table = nodding(seconds=30.0)
    table[700, 5] = -80.0
    _, notes = convert(rows(table))
    (note,) = notes
    assert note.startswith("sacrum.csv, line 702: gyr_y peaks at 80, expected rad/s below 35")


def test_at_rest_only_a_peak_can_tell(nodding):
    table = nodding(swing=0.0)
    assert convert(rows(table, bias=0.3))[1] == []
    assert not turning(table[:, 0], table[:, 1:4], table[:, 4:]).certain
    table[:, 4] += np.linspace(-40, 40, len(table))
    with pytest.raises(SessionFolderError, match="gyr_x peaks at 40"):
        convert(rows(table))


def test_numbers_that_have_nothing_to_do_with_gravity_are_not_judged():
    rng = np.random.default_rng(3)
    table = np.column_stack(
        [np.arange(3000) / 100, rng.normal(0, 1, (3000, 3)) + np.array([0, 0, 9.81]), rng.normal(0, 3, (3000, 3))]
    )
    assert convert(rows(table))[1] == []


def test_mirrored_axes_and_dead_gyroscopes_are_notes(nodding):
    table = nodding()
    assert "gyr turns -0.9" in convert(rows(table, gyr_scale=-1.0))[1][0]
    assert "line 2: gyr is 0 from here" in convert(rows(table, gyr_scale=0.0))[1][0]


def test_a_note_comes_once(nodding):
    units = Units("sacrum.csv")
    block = rows(nodding(), gyr_scale=0.0)
    units.convert(block)
    units.convert(block)
    assert len(units.notes) == 1


def test_without_gyroscope_nothing_is_said_about_it(nodding):
    table = nodding()
    table[:, 4:] = np.nan
    assert convert(rows(table))[1] == []


def test_real_gait_of_a_single_sensor(data_dir):
    """Low back, walking and daily tasks, in g and deg/s: told apart, converted, accepted."""
    file = data_dir("mobgap_lab") / "data" / "lab" / "HA" / "001" / "data.mat"
    trial = loadmat(file, squeeze_me=True, struct_as_record=False)["data"].TimeMeasure1.Test11.Trial1.SU.LowerBack
    table = np.column_stack([np.arange(len(trial.Acc)) / 100, trial.Acc, trial.Gyr])
    with pytest.raises(SessionFolderError, match="--acc-unit g"):
        convert(rows(table))
    with pytest.raises(SessionFolderError, match="--gyr-unit deg/s"):
        convert(rows(table), "g")
    assert convert(rows(table), "g", "deg/s")[1] == []
