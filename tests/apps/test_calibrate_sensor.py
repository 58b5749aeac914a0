from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from hiphinge.apps.calibrate import command
from hiphinge.apps.cli import main
from hiphinge.blocks import Floats, Packet, Sensor
from hiphinge.devices.hiphinge_imu import NAME, encode, times_ns
from hiphinge.recording import Header, Writer
from hiphinge.settings import kept_sensor_record, read_sensor_record
from tests.streams.lying import BIAS, CORNERS, FACES, directions, session

COLUMNS = ["t_s", "acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z"]


def write_csv(path: Path, t: Floats, acc: Floats, gyr: Floats) -> Path:
    table = pd.DataFrame(np.column_stack((t, acc, gyr)), columns=COLUMNS)
    table.to_csv(path, index=False, float_format="%.9g")
    return path


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "six-faces.csv", *session(directions(FACES)))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(a) for a in arguments], catch_exceptions=False)


def failing(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    with pytest.raises(SystemExit) as e:
        main(["calibrate", "sensor", *(str(a) for a in arguments)])
    assert e.value.code == 1
    text = capsys.readouterr().err
    assert "Traceback" not in text
    return text


def test_a_verdict_is_told_and_the_calibration_kept(csv: Path, hiphinge_home: Path) -> None:
    text = run("sensor", csv, "--sensor", "C4:7F:12").output
    assert "C4:7F:12: Gravity in the 6 poses used is off by" in text
    assert f"Written to {hiphinge_home / 'calibration' / 'sensors'}" in text
    record = kept_sensor_record("C4:7F:12")
    assert record is not None
    assert np.abs(np.array(record.calibration.acc_bias) - BIAS).max() < 0.005
    assert (record.method, record.created_utc[-1]) == ("six-position", "Z")
    assert record.verdict in text


def test_for_scripts_and_to_a_file(tmp_path: Path) -> None:
    csv = write_csv(tmp_path / "around.csv", *session(directions([*FACES, *CORNERS])))
    out = tmp_path / "mine.json"
    found = json.loads(run("sensor", csv, "--sensor", "a", "--method", "ellipsoid", "-o", out, "--json").output)
    assert (found["method"], found["poses"], found["file"]) == ("ellipsoid", 12, str(out))
    assert found["full_turns_deg"] == [None, None, None]
    assert found["apart_m_s2"] is None
    assert list(read_sensor_record(out).calibration.acc_bias) == found["calibration"]["acc_bias"]
    assert kept_sensor_record("a") is None


@pytest.mark.parametrize("name", ["sacrum", "C4:7F:12"])
def test_one_sensor_of_a_recording(tmp_path: Path, name: str) -> None:
    t, acc, gyr = session(directions(FACES))
    worn = (Sensor("C4:7F:12", NAME, "sacrum"), Sensor("C4:7F:13", NAME, "thigh_left"))
    path = tmp_path / "faces.mcap"
    with Writer(path, Header("id", "2026-03-01T08:12:00Z", "", "imported", "hiphinge", worn)) as writer:
        for i in range(0, len(t), 50):
            span = slice(i, i + 50)
            t_ns = times_ns(t[span])
            for sensor, sign in (("C4:7F:12", 1.0), ("C4:7F:13", -1.0)):
                broken = np.where(np.arange(len(t_ns))[:, None] == 7, np.nan, acc[span]) if i == 100 else acc[span]
                payload = encode(i // 50, t_ns, sign * broken, gyr[span])
                writer.write([Packet(sensor, "data", int(t_ns[-1]), payload)])
    run("sensor", path, "--sensor", name)
    record = kept_sensor_record("C4:7F:12")
    assert record is not None
    assert np.abs(np.array(record.calibration.acc_bias) - BIAS).max() < 0.005


def test_a_sensor_that_is_not_in_the_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "faces.mcap"
    worn = (Sensor("C4:7F:12", NAME, "sacrum"), Sensor("C4:7F:13", "strange", "thigh_left"))
    Writer(path, Header("id", "2026-03-01T08:12:00Z", "", "imported", "hiphinge", worn)).close()
    assert "no sensor 'x', expected one of: C4:7F:12 (sacrum)" in failing(capsys, path, "--sensor", "x")
    assert "is a 'strange', expected one of: hiphinge_imu" in failing(capsys, path, "--sensor", "C4:7F:13")
    assert "no samples of C4:7F:12" in failing(capsys, path, "--sensor", "sacrum")


def test_a_missing_face_is_one_sentence_and_nothing_is_kept(
    tmp_path: Path, hiphinge_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    csv = write_csv(tmp_path / "five.csv", *session(directions(FACES[:5])))
    assert "no still pose with z down among 5" in failing(capsys, csv, "--sensor", "a")
    assert list(hiphinge_home.iterdir()) == []


def test_a_file_that_is_not_there_or_of_another_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no such file" in failing(capsys, tmp_path / "none.csv", "--sensor", "a")
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    assert "x.csv, line 1: the header a,b, expected t_s" in failing(capsys, tmp_path / "x.csv", "--sensor", "a")


def test_a_place_where_nothing_can_be_written(csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "not there" in failing(capsys, csv, "--sensor", "a", "-o", tmp_path / "no" / "a.json")
    assert "a folder" in failing(capsys, csv, "--sensor", "a", "-o", tmp_path)


def test_a_real_session_in_its_own_units(tmp_path: Path, data_dir: Callable[[str], Path]) -> None:
    raw = pd.read_csv(data_dir("imucal") / "example_data" / "example_ferraris_session.csv")
    raw.insert(0, "t_s", np.arange(len(raw)) / 102.4)
    csv = tmp_path / "imucal.csv"
    raw[COLUMNS].to_csv(csv, index=False)
    found = json.loads(run("sensor", csv, "--sensor", "nilspod", "--gyr-unit", "deg/s", "--json").output)
    assert found["before_m_s2"] > 0.5
    assert found["apart_m_s2"] < 0.005
    assert found["full_turns_deg"] == pytest.approx([370.0, 353.7, 359.3], abs=0.2)


def test_help_has_an_example() -> None:
    assert "Example:" in run("--help").output
    assert "Example:" in run("sensor", "--help").output
