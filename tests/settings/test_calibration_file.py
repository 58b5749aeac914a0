from __future__ import annotations

import json
import math
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.blocks import SITES, Calibration, Mounting, SensorCalibration
from hiphinge.errors import CalibrationFileError
from hiphinge.settings import (
    SensorRecord,
    calibration_from_json,
    calibration_id,
    calibration_to_json,
    keep_calibration,
    keep_sensor_record,
    kept_calibration,
    kept_sensor_record,
    read_calibration,
    read_sensor_record,
    sensor_record_from_json,
    sensor_record_to_json,
    write_calibration,
)
from hiphinge.settings.calibration_file import LARGEST, sensor_path, wearer_path

NUMBERS = st.floats(-100, 100)
VECTORS = st.tuples(NUMBERS, NUMBERS, NUMBERS)
SENSORS = st.builds(SensorCalibration, VECTORS, VECTORS, st.tuples(VECTORS, VECTORS, VECTORS))
ANGLES = st.floats(-4, 4)


def mounting(half: float, tilt_sd: float, share: float) -> Mounting:
    return Mounting((math.cos(half), 0.0, math.sin(half), 0.0), tilt_sd, 0.1, share, "bends")


CALIBRATIONS = st.builds(
    Calibration,
    id=st.text(),
    created_utc=st.text(),
    wearer=st.text(),
    sensors=st.dictionaries(st.sampled_from(SITES), SENSORS),
    mountings=st.dictionaries(st.sampled_from(SITES), st.builds(mounting, ANGLES, ANGLES, NUMBERS)),
    max_lumbar_flexion=ANGLES,
    max_hip_flexion=ANGLES,
    upright=ANGLES,
    slump=ANGLES,
    verdict=st.text(),
    missing=st.lists(st.text(), max_size=3).map(tuple),
    movements=st.lists(st.tuples(NUMBERS, NUMBERS), max_size=3).map(tuple),
)
ANNA = Calibration(
    "", "2026-03-01T08:12:00Z", "anna", {"sacrum": SensorCalibration()}, {"sacrum": mounting(0.7, 0.01, 0.9)}
)
RECORD = SensorRecord("C4:7F:01", "2026-03-01T08:12:00Z", "six-position", "fine", SensorCalibration((0.1, 0.0, -0.2)))


@given(CALIBRATIONS)
def test_a_calibration_comes_back_to_the_last_bit(calibration: Calibration) -> None:
    assert calibration_from_json(calibration_to_json(calibration)) == calibration


@given(SENSORS, st.text(), st.text())
def test_a_sensors_calibration_comes_back_to_the_last_bit(sensor: SensorCalibration, name: str, verdict: str) -> None:
    record = SensorRecord(name, "", "ellipsoid", verdict, sensor)
    assert sensor_record_from_json(sensor_record_to_json(record)) == record


def test_what_is_not_known_stays_unknown() -> None:
    assert '"max_lumbar_flexion_deg": null' in calibration_to_json(ANNA)
    assert math.isnan(calibration_from_json(calibration_to_json(ANNA)).max_lumbar_flexion)


def test_the_file_says_what_it_is_in_degrees() -> None:
    tree = json.loads(calibration_to_json(replace(ANNA, upright=math.radians(4.5))))
    assert (tree["format"], tree["version"]) == ("hiphinge calibration", 1)
    assert tree["units"] == {"acceleration": "m/s^2", "angular_rate": "rad/s", "angle": "deg", "time": "s"}
    assert tree["upright_deg"] == 4.5
    assert tree["mountings"]["sacrum"]["tilt_sd_deg"] == pytest.approx(math.degrees(0.01))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"version": 2}, "anna.json: version 2 of the format, expected 1 or older. Update hiphinge to read it."),
        ({"version": True}, "anna.json: version True, expected 1."),
        ({"version": None}, "anna.json: version None, expected 1."),
        ({"format": "hiphinge sensor calibration"}, "anna.json: another kind of file, expected the format"),
        ({"units": {}}, "anna.json: no unit for acceleration, expected 'm/s^2'."),
        ({"units": None}, "anna.json: no unit for acceleration, expected 'm/s^2'."),
        (
            {"units": {"acceleration": "m/s^2", "angular_rate": "deg/s", "angle": "deg", "time": "s"}},
            "anna.json: 'deg/s' for angular_rate, expected 'rad/s'. Convert the numbers and name that unit.",
        ),
        ({"upright": 0.1}, "anna.json: upright: an unknown name, expected one like upright_deg"),
        ({"wearer": 3}, "anna.json: wearer: 3, expected text."),
        ({"mountings": {"sacrum": {}}}, "anna.json: mountings.sacrum.q_s_b: missing, expected a list."),
        (
            {"sensors": {"sacrum": {"gyr_bias": [0, 0]}}},
            "anna.json: sensors.sacrum.gyr_bias: a list of 2, expected one of 3.",
        ),
        (
            {"sensors": {"sacrum": {"gyr_bias": [0, 0, None]}}},
            "anna.json: sensors.sacrum with a number that is missing or infinite, expected finite numbers.",
        ),
        ({"sensors": {"sacrum": {"acc_scale": [[1, 0, 0]]}}}, "anna.json: sensors.sacrum.acc_scale with 1 rows"),
    ],
)
def test_what_does_not_fit_is_refused_naming_both(change: dict[str, object], complaint: str) -> None:
    tree = {**json.loads(calibration_to_json(ANNA)), **change}
    with pytest.raises(CalibrationFileError) as e:
        calibration_from_json(json.dumps(tree), "anna.json")
    assert str(e.value).startswith(complaint)


@pytest.mark.parametrize("length", [0.0, 1.01, float("nan")])
def test_a_mounting_must_be_a_rotation(length: float) -> None:
    skewed = replace(ANNA.mountings["sacrum"], q_s_b=(length, 0.0, 0.0, 0.0))
    with pytest.raises(CalibrationFileError, match="q_s_b of length"):
        calibration_from_json(calibration_to_json(replace(ANNA, mountings={"sacrum": skewed})))


def test_a_mounting_whose_axis_no_movement_showed_comes_back() -> None:
    nan = float("nan")
    standing = Mounting((nan, nan, nan, nan), 0.01, nan, nan, "")
    text = calibration_to_json(replace(ANNA, mountings={**ANNA.mountings, "thigh_left": standing}))
    found = calibration_from_json(text).mountings["thigh_left"]
    assert (found.tilt_sd, found.axis_from) == (0.01, "")
    assert all(map(math.isnan, found.q_s_b))


@pytest.mark.parametrize("text", ["", "[]", "3", "{", "\x00", "[" * 100_000])
def test_a_foreign_text_is_one_sentence(text: str) -> None:
    with pytest.raises(CalibrationFileError, match=r"^anna.json: .*, expected "):
        calibration_from_json(text, "anna.json")


def test_the_id_is_of_the_content() -> None:
    later = replace(ANNA, id="x", created_utc="2027-01-01T00:00:00Z")
    assert calibration_id(later) == calibration_id(ANNA)
    assert calibration_id(replace(ANNA, upright=0.1)) != calibration_id(ANNA)
    assert len(calibration_id(ANNA)) == 12
    int(calibration_id(ANNA), 16)


def test_a_file_gets_an_id_and_keeps_one(tmp_path: Path) -> None:
    write_calibration(tmp_path / "a.json", ANNA)
    assert read_calibration(tmp_path / "a.json").id == calibration_id(ANNA)
    write_calibration(tmp_path / "b.json", replace(ANNA, id="mine"))
    assert read_calibration(tmp_path / "b.json").id == "mine"


def test_what_is_kept_is_found_again(hiphinge_home: Path) -> None:
    assert kept_sensor_record(RECORD.sensor) is None
    assert kept_calibration("anna") is None
    path = keep_sensor_record(RECORD)
    assert path.parent == hiphinge_home / "calibration" / "sensors"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert kept_sensor_record(RECORD.sensor) == RECORD
    assert keep_calibration(ANNA) == hiphinge_home / "calibration" / "anna.json"
    assert calibration_to_json(kept_calibration("anna") or ANNA) != calibration_to_json(ANNA)  # it has an id now
    assert kept_calibration("Anna") is None


def test_a_file_under_anothers_name_is_refused() -> None:
    keep_sensor_record(RECORD)
    sensor_path(RECORD.sensor).rename(sensor_path("other"))
    with pytest.raises(CalibrationFileError, match=r"made for sensor 'C4:7F:01', expected 'other'"):
        kept_sensor_record("other")
    keep_calibration(ANNA)
    wearer_path("anna").rename(wearer_path("ben"))
    with pytest.raises(CalibrationFileError, match=r"made for wearer 'anna', expected 'ben'"):
        kept_calibration("ben")


def test_a_file_that_is_no_text_or_too_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CalibrationFileError, match="no text"):
        read_sensor_record(path)
    path.write_bytes(b" " * (LARGEST + 1))
    with pytest.raises(CalibrationFileError, match="more than"):
        read_calibration(path)
