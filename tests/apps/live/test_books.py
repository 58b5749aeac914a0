"""A session that has ended stands in the journal, or a sentence says why not."""

from __future__ import annotations

import asyncio
import math
import os
from pathlib import Path

import pytest

from hiphinge import simulate
from hiphinge.apps.live import books, keeping
from hiphinge.apps.live.opening import Opened, uncalibrated
from hiphinge.apps.live.run import Wish, run
from hiphinge.history import Journal
from hiphinge.monitor import Params
from hiphinge.recording import Writer, open_recording
from hiphinge.sources.replayed import Replayed


def recorded(path: Path) -> Path:
    played = simulate.wear([*simulate.calibration(), simulate.Stand(2.0)], seed=5)
    source = Replayed("ble", played.sensors, (), 1.0)
    header = keeping.header(Opened(source, Params(sensors=played.sensors), uncalibrated("anna"), "anna"))
    with Writer(path, header) as writer:
        for batch in played.batches():
            writer.write(batch)
    return path


def ids() -> set[str]:
    with Journal() as journal:
        return journal.ids()


def lift(source: Path, out: Path | None = None) -> Wish:
    return Wish("lift", str(source), "workout", None, out, "anna", True, speed=math.inf)


def test_a_session_that_ended_is_in_the_history() -> None:
    run(lift(recorded(keeping.recordings().parent / "source.mcap")))
    [file] = keeping.recordings().glob("*-lift.mcap")
    assert ids() == {open_recording(file).header.recording_id}


def test_a_recording_played_again_to_another_place_is_nobodys_session(tmp_path: Path) -> None:
    run(lift(recorded(tmp_path / "source.mcap"), tmp_path / "again.mcap"))
    assert ids() == set()


def test_a_journal_that_is_damaged_gets_a_sentence() -> None:
    (keeping.recordings().parent / "journal.sqlite").write_bytes(b"no journal" * 100)
    told: list[str] = []
    books.bring_up_to_date(told.append)
    assert [line for line in told if "journal.sqlite" in line]
    assert not [line for line in told if "Traceback" in line]


def test_beside_a_session_all_that_is_new_is_taken_in_and_what_may_go_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(books, "NICE", 0)  # the machine that runs the tests may be busy
    file = recorded(keeping.recordings() / "2020-01-01-090000-desk.mcap")
    os.utime(file, (0, 0))  # long ago
    told: list[str] = []
    asyncio.run(books.catch_up(told.append))
    assert ids() == {open_recording(file).header.recording_id}
    assert [line for line in told if "1 raw recording" in line and "hiphinge history --prune" in line]
    assert file.exists()  # never without being asked
