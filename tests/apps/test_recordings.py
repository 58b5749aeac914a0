from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hiphinge.apps.recordings import info, repair
from hiphinge.blocks import Control, Packet, Sensor, Tick
from hiphinge.recording import Header, Writer

HEADER = Header(
    "id", "2026-03-01T08:12:00Z", "Ana\x1b[2J", "simulated", "hiphinge 0.1.0", (Sensor("C4:7F", "strange", "sacrum"),)
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "monday.mcap"
    with Writer(path, HEADER) as writer:
        for k in range(600):
            writer.write([Packet("C4:7F", "data", k * 100_000_000, bytes([k % 256]) * 40)])
        writer.write([Tick(0, 1_772_352_720_000_000_000, 3600, "b"), Control(0, "mute")])
        writer.write([Control(0, "marker", '{"label": "stand", "start_s": 1, "end_s": 4.5}')])
    return path


def run(command: object, *arguments: object) -> Result:
    return CliRunner().invoke(command, [str(a) for a in arguments], catch_exceptions=False)  # type: ignore[arg-type]  # click's own type is wider


def test_info_in_words(file: Path) -> None:
    text = run(info, file).output
    assert "begins       2026-03-01 09:12:00 +0100" in text
    assert "lasts        59.9 s, 603 inputs" in text
    assert "sacrum (C4:7F, strange): 600 packets" in text
    assert "marker       stand, 1.0 to 4.5 s" in text
    assert "controls     mute 1" in text
    assert "calibration  no" in text
    assert "damage       none" in text


def test_names_of_a_file_send_no_commands_to_the_terminal(file: Path) -> None:
    assert "\x1b" not in run(info, file).output


def test_info_for_scripts(file: Path) -> None:
    found = json.loads(run(info, file, "--json").output)
    assert found["start_utc"] == "2026-03-01T08:12:00.000Z"
    assert found["utc_offset_s"] == 3600
    assert found["inputs"] == 603
    assert found["sensors"][0]["samples"] is None
    assert found["sensors"][0]["rate_hz"] is None
    assert found["damage"] == []


def test_info_names_damage_and_repair_saves_the_rest(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-9000])
    found = json.loads(run(info, file, "--json").output)
    assert len(found["damage"]) == 1
    assert f"hiphinge repair {file}" in run(info, file).output
    text = run(repair, file).output
    new = file.with_name("monday.repaired.mcap")
    assert f"saved {found['inputs']} inputs" in text
    assert "is not known" in text
    again = json.loads(run(info, new, "--json").output)
    assert again["damage"] == []
    assert again["repairs"] == found["damage"]
    assert again["inputs"] == found["inputs"]


def test_repair_for_scripts(file: Path, tmp_path: Path) -> None:
    found = json.loads(run(repair, file, "--json", "-o", tmp_path / "new.mcap").output)
    assert (found["saved_inputs"], found["lost_inputs"], found["damage"]) == (603, 0, [])
    assert found["out"] == str(tmp_path / "new.mcap")


def test_a_good_file_is_a_plain_copy(file: Path) -> None:
    assert "nothing was damaged" in run(repair, file).output


@pytest.mark.parametrize("command", [info, repair])
def test_help_has_an_example(command: object) -> None:
    assert "Example:  hiphinge" in run(command, "--help").output
