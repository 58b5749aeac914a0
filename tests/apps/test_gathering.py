"""What the history takes in from the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from hiphinge import simulate
from hiphinge.apps.history import gathering
from hiphinge.apps.simulate import header, write_recording
from hiphinge.history import Entry, Journal


def test_what_is_deleted_while_it_is_analysed_does_not_come_back(
    hiphinge_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played = simulate.wear([simulate.Stand(2.0)], seed=1)
    path = hiphinge_home / "recordings" / "monday.mcap"
    path.parent.mkdir()
    write_recording(played, header(played, "stand"), path)
    analyse = gathering.entry_of

    def deleted_meanwhile(path: Path) -> Entry:
        found = analyse(path)
        path.unlink()
        return found

    monkeypatch.setattr(gathering, "entry_of", deleted_meanwhile)
    with Journal(hiphinge_home) as journal:
        assert gathering.catch_up(journal, lambda _: None) == []
        assert not list(journal.ids())
    assert not list(hiphinge_home.rglob("*.summary.json"))
