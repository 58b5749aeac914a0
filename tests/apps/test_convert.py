"""``hiphinge import`` and ``hiphinge export`` as a user runs them."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from hiphinge.apps import cli, convert
from hiphinge.blocks import Tick
from hiphinge.recording import open_recording

HEADER = "t_s,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z"
ROWS = [f"{0.01 * k:.2f},0.1,0.2,9.8,0.01,-0.02,{k}e-3" for k in range(300)]
GOOD = "\n".join([HEADER, *ROWS]) + "\n"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "session"
    folder.mkdir()
    (folder / "sacrum.csv").write_text(GOOD)
    (folder / "thigh_left.csv").write_text("\n".join(row.rsplit(",", 3)[0] for row in GOOD.splitlines()))
    (folder / "markers.csv").write_text("start_s,end_s,label\n0.0,3.0,stand\n")
    return folder


def run(capsys, *arguments) -> tuple[int, str]:
    """Exit code and stderr of the whole command; stdout must stay empty."""
    code = 0
    try:
        cli.main([str(a) for a in arguments])
    except SystemExit as end:
        code = int(end.code or 0)
    out, err = capsys.readouterr()
    assert out == ""
    return code, err


def test_there_and_back(folder, tmp_path, capsys):
    file, back = tmp_path / "monday.mcap", tmp_path / "back"
    assert run(capsys, "import", "csv", folder, "-o", file, "--wearer", "Ana") == (0, "")
    assert run(capsys, "export", "csv", file, "-o", back) == (0, "")
    assert {path.name for path in back.iterdir()} == {path.name for path in folder.iterdir()}
    for path in folder.iterdir():
        pd.testing.assert_frame_equal(
            pd.read_csv(back / path.name), pd.read_csv(path), check_dtype=False, atol=0, rtol=1e-15
        )
    header = open_recording(file).header
    assert (header.wearer, header.source) == ("Ana", "import csv")
    assert [s.site for s in header.sensors] == ["sacrum", "thigh_left"]


@pytest.mark.parametrize("start", [-50.0, 1_790_000_000.0])
def test_any_clock_goes_through_a_recording(tmp_path, capsys, start):
    folder = tmp_path / "session"
    folder.mkdir()
    t = (start + np.arange(100) / 50).round(6)
    text = "\n".join([HEADER, *(f"{x!r},0,0,9.8,0,0,0.1" for x in t.tolist())])
    (folder / "sacrum.csv").write_text(text)
    (folder / "markers.csv").write_text(f"start_s,end_s,label\n{start},{start + 3.5},stand\n")
    assert run(capsys, "import", "csv", folder, "-o", tmp_path / "a.mcap")[0] == 0
    assert run(capsys, "export", "csv", tmp_path / "a.mcap", "-o", tmp_path / "back") == (0, "")
    found = pd.read_csv(tmp_path / "back" / "sacrum.csv")["t_s"].to_numpy()
    assert np.abs(found - t).max() < 1e-6


def first(file) -> object:
    return next(open_recording(file).batches())[0]


@pytest.mark.parametrize(
    ("text", "first_tick"),
    [
        ("2026-03-01T09:00:00+01:00", Tick(0, 1_772_352_000 * 10**9, 3600)),
        ("2026-03-01T08:00:00Z", Tick(0, 1_772_352_000 * 10**9, 0)),
    ],
)
def test_start_is_the_wall_clock_at_the_first_sample(folder, tmp_path, capsys, text, first_tick):
    file = tmp_path / "a.mcap"
    assert run(capsys, "import", "csv", folder, "-o", file, "--start", text) == (0, "")
    assert first(file) == first_tick
    assert "with --start 2026-03-01T0" in run(capsys, "export", "csv", file, "-o", tmp_path / "back")[1]


def test_a_start_without_a_zone_is_local_and_says_so(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("TZ", "UTC-2")
    time.tzset()
    try:
        code, err = run(capsys, "import", "csv", folder, "-o", tmp_path / "a.mcap", "--start", "2026-03-01T10:00")
    finally:
        monkeypatch.undo()
        time.tzset()
    assert (code, err) == (0, "--start has no zone: taken as local time, 2026-03-01T10:00:00+02:00.\n")
    assert first(tmp_path / "a.mcap") == Tick(0, 1_772_352_000 * 10**9, 7200)


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--start", "monday"], "'monday' is no time, expected ISO 8601"),
        (["--start", "1066-10-14T09:00Z"], "expected a year from 1970"),
        (["--acc-unit", "ft"], "'ft' is not one of"),
        (["--gyr-unit", "rpm"], "'rpm' is not one of"),
        (["--nonsense"], "No such option"),
    ],
)
def test_unknown_values_exit_2(folder, tmp_path, capsys, arguments, found):
    code, err = run(capsys, "import", "csv", folder, "-o", tmp_path / "a.mcap", *arguments)
    assert code == 2
    assert found in err
    assert run(capsys, "import", "xsens", folder, "-o", tmp_path / "a.mcap")[0] == 2
    assert run(capsys, "export", "xsens", folder, "-o", tmp_path / "a")[0] == 2


BAD = {
    "wrong header": {"sacrum.csv": GOOD.replace("acc_x", "ax")},
    "wrong unit": {"sacrum.csv": GOOD.replace(",9.8,", ",980,")},
    "decimal comma": {"sacrum.csv": GOOD.replace(",", ";").replace(".", ",")},
    "NaN": {"sacrum.csv": GOOD.replace("250e-3", "NaN")},
    "time running backwards": {"sacrum.csv": GOOD + ROWS[5] + "\n"},
    "duplicate rows": {"sacrum.csv": GOOD + ROWS[-1] + "\n"},
    "one sample": {"sacrum.csv": f"{HEADER}\n{ROWS[0]}\n"},
    "unknown site": {"sacrun.csv": GOOD},
    "two files for one site": {"sacrum.csv.gz": GOOD},
    "truncated gzip": {"sacrum.csv": b"\x1f\x8b\x08"},
    "unknown label": {"markers.csv": "start_s,end_s,label\n0,1,standing\n"},
}


@pytest.mark.parametrize("files", BAD.values(), ids=BAD)
def test_bad_input_is_one_sentence_and_leaves_nothing(folder, tmp_path, capsys, files):
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    before = set(tmp_path.iterdir())
    code, err = run(capsys, "import", "csv", folder, "-o", tmp_path / "a.mcap")
    assert code == 1
    assert err.count("\n") == 1
    assert err.startswith(next(iter(files)))
    assert set(tmp_path.iterdir()) == before


def test_a_recording_that_was_there_stays_when_the_import_fails(folder, tmp_path, capsys):
    file = tmp_path / "a.mcap"
    file.write_bytes(b"before")
    (folder / "sacrum.csv").write_text(GOOD + "x\n")
    assert run(capsys, "import", "csv", folder, "-o", file)[0] == 1
    assert file.read_bytes() == b"before"


def test_no_folder_and_no_recording(folder, tmp_path, capsys):
    code, err = run(capsys, "import", "csv", tmp_path / "nowhere", "-o", tmp_path / "a.mcap")
    assert (code, "no such folder" in err) == (1, True)
    code, err = run(capsys, "import", "csv", folder / "sacrum.csv", "-o", tmp_path / "a.mcap")
    assert (code, "a file, expected a folder" in err) == (1, True)
    code, err = run(capsys, "export", "csv", folder / "sacrum.csv", "-o", tmp_path / "back")
    assert (code, err.count("\n")) == (1, 1)
    code, err = run(capsys, "export", "csv", tmp_path / "nowhere.mcap", "-o", tmp_path / "back")
    assert (code, err.count("\n")) == (1, 1)
    assert list(tmp_path.iterdir()) == [folder]


def test_bad_rows_left_out_are_told_on_stderr(folder, tmp_path, capsys):
    (folder / "sacrum.csv").write_text(GOOD.replace("250e-3", "").replace("260e-3", "NaN"))
    code, err = run(capsys, "import", "csv", folder, "-o", tmp_path / "a.mcap", "--drop-bad-rows")
    assert code == 0
    assert err == "sacrum.csv: 2 bad rows left out, the first in line 252: gyr_z is empty.\n"


def test_named_units(folder, tmp_path, capsys):
    for name in ("sacrum.csv", "thigh_left.csv"):
        (folder / name).write_text((folder / name).read_text().replace(",9.8", ",1.0"))
    options = ["--acc-unit", "g", "--gyr-unit", "deg/s"]
    assert run(capsys, "import", "csv", folder, "-o", tmp_path / "a.mcap", *options) == (0, "")
    assert run(capsys, "export", "csv", tmp_path / "a.mcap", "-o", tmp_path / "back") == (0, "")
    found = pd.read_csv(tmp_path / "back" / "sacrum.csv")
    assert found["acc_z"][0] == pytest.approx(9.80665)
    assert found["gyr_x"][0] == pytest.approx(np.deg2rad(0.01))


@pytest.mark.parametrize("command", [convert.import_command, convert.export_command])
def test_help_has_an_example(command):
    text = CliRunner().invoke(command, ["--help"]).output
    assert "Example:" in text
    assert f"hiphinge {command.name} csv" in text


def test_a_damaged_recording_exports_what_is_left_and_says_so(folder, tmp_path, capsys):
    file = tmp_path / "a.mcap"
    noise = np.random.default_rng(1).normal(size=6000).tolist()
    long = "\n".join([HEADER, *(f"{0.01 * k:.2f},0.1,0.2,9.8,0,0,{x:.6f}" for k, x in enumerate(noise))])
    (folder / "sacrum.csv").write_text(long)
    run(capsys, "import", "csv", folder, "-o", file)
    content = bytearray(file.read_bytes())
    place = 8 * len(content) // 10  # past the copies of the attachments
    content[place : place + 2000] = bytes(2000)
    file.write_bytes(bytes(content))
    code, err = run(capsys, "export", "csv", file, "-o", tmp_path / "back")
    assert code == 0
    assert "inputs lost" in err
    assert 1000 < len(pd.read_csv(tmp_path / "back" / "sacrum.csv")) < 6000
