from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hiphinge.blocks import Input
from hiphinge.errors import RecordingError
from hiphinge.recording import Header, open_recording, repair


@pytest.fixture
def damaged(tmp_path: Path, recorded: bytes) -> Path:
    """A hole in the middle, and the end cut off."""
    path = tmp_path / "day.mcap"
    path.write_bytes(recorded[:25_000] + bytes(10) + recorded[25_010:-20_000])
    return path


def read(path: Path) -> list[Input]:
    return [item for batch in open_recording(path).batches() for item in batch]


def test_all_that_can_be_read_is_in_the_new_file(damaged: Path, tmp_path: Path, header: Header) -> None:
    before = damaged.read_bytes()
    saved = repair(damaged, tmp_path / "new.mcap")
    assert damaged.read_bytes() == before
    assert read(tmp_path / "new.mcap") == read(damaged)
    new = open_recording(tmp_path / "new.mcap")
    assert new.contents().damage == ()
    assert new.header == replace(header, repairs=saved.damage)


def test_what_was_saved_and_lost_is_said(damaged: Path, tmp_path: Path, inputs: list[Input]) -> None:
    saved = repair(damaged, tmp_path / "new.mcap")
    found = read(damaged)
    last = inputs.index(found[-1])
    assert saved.saved_inputs == len(found)
    assert saved.saved_s == pytest.approx((found[-1].arrival_ns - found[0].arrival_ns) / 1e9)
    assert saved.lost_inputs == last + 1 - len(found) > 0
    assert saved.lost_s == pytest.approx(0.9, abs=0.11)
    assert saved.tail_unknown
    assert len(saved.damage) == 2


def test_a_good_recording_becomes_a_copy(tmp_path: Path, recorded: bytes) -> None:
    (tmp_path / "day.mcap").write_bytes(recorded)
    saved = repair(tmp_path / "day.mcap", tmp_path / "new.mcap")
    assert (saved.lost_inputs, saved.lost_s, saved.tail_unknown, saved.damage) == (0, 0.0, False, ())
    assert (tmp_path / "new.mcap").read_bytes() == recorded


def test_a_recording_without_inputs_is_repaired_too(tmp_path: Path, recorded: bytes) -> None:
    (tmp_path / "day.mcap").write_bytes(recorded[:2000])
    assert repair(tmp_path / "day.mcap", tmp_path / "new.mcap").saved_inputs == 0
    assert open_recording(tmp_path / "new.mcap").contents().damage == ()


def test_the_damaged_file_is_not_replaced(damaged: Path) -> None:
    with pytest.raises(RecordingError, match="expected another name"):
        repair(damaged, damaged.parent / "." / damaged.name)


def test_where_nothing_can_be_read_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "day.mcap").write_bytes(b"nothing of ours")
    with pytest.raises(RecordingError):
        repair(tmp_path / "day.mcap", tmp_path / "new.mcap")
    assert [p.name for p in tmp_path.iterdir()] == ["day.mcap"]
