"""Opening the journal: its owner's alone, never over something else, never half migrated."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from hiphinge.errors import JournalError
from hiphinge.history import Journal, schema
from tests.history import made_up_sessions as made


@pytest.fixture
def path(hiphinge_home: Path) -> Path:
    """A journal with one session."""
    with Journal() as journal:
        journal.add(made.desk_day("2026-11-20"))
    return hiphinge_home / "journal.sqlite"


def pragma(path: Path, text: str) -> object:
    """Ask, or set, behind the journal's back."""
    with closing(sqlite3.connect(path)) as connection:
        row = connection.execute(f"PRAGMA {text}").fetchone()
        return row and row[0]


def test_it_is_the_owners_alone_and_safe_against_a_power_cut(path: Path) -> None:
    """0600; every commit on the disk; what is deleted is overwritten."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with Journal() as journal:
        for name, value in (("synchronous", 2), ("secure_delete", 1), ("foreign_keys", 1)):
            assert journal._connection.execute(f"PRAGMA {name}").fetchone()[0] == value


def test_a_newer_one_is_refused_by_name_and_untouched(path: Path) -> None:
    """Both versions are said."""
    pragma(path, "user_version = 9")
    before = path.read_bytes()
    with pytest.raises(JournalError, match=r"journal\.sqlite: journal version 9, expected at most 1\. Update") as e:
        Journal()
    assert not e.value.damaged
    assert path.read_bytes() == before


def test_another_programs_database_is_refused(hiphinge_home: Path) -> None:
    """With an id of its own, or with tables and none."""
    for number, text in enumerate(("PRAGMA application_id = 5", "CREATE TABLE theirs (a)")):
        path = hiphinge_home / f"{number}.sqlite"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE more (a)")
            connection.execute(text)
            connection.commit()
        with pytest.raises(JournalError, match="another program's database"):
            schema.open_journal(path)


def test_what_is_no_database_is_called_damaged(hiphinge_home: Path) -> None:
    """And the way out is said."""
    (hiphinge_home / "journal.sqlite").write_bytes(b"no database at all, but long enough to look like one" * 30)
    with pytest.raises(JournalError, match="hiphinge history --rebuild") as e:
        Journal()
    assert e.value.damaged


def test_damage_in_the_middle_is_noticed(path: Path) -> None:
    """A page overwritten by zeros."""
    content = bytearray(path.read_bytes())
    content[4096 * 2 : 4096 * 6] = bytes(4096 * 4)
    path.write_bytes(content)
    with pytest.raises(JournalError, match="damaged"):
        Journal()


def test_a_journal_that_cannot_be_written_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process holds it."""
    monkeypatch.setattr(schema, "BUSY_S", 0.01)
    with Journal() as journal, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError, match=r"journal\.sqlite: database is locked, expected a journal"):
            journal.add(made.desk_day("2026-11-21"))


def older(path: Path, monkeypatch: pytest.MonkeyPatch, migrate: object) -> bytes:
    """As if this program knew version 2 and the file were of version 1; its content."""
    monkeypatch.setattr(schema, "VERSION", 2)
    monkeypatch.setattr(schema, "MIGRATIONS", {1: migrate})
    return path.read_bytes()


def test_an_older_one_is_migrated_after_a_copy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy opens as it was; nothing is lost."""
    older(path, monkeypatch, lambda connection: connection.execute("ALTER TABLE session ADD COLUMN mood TEXT"))
    with Journal() as journal:
        assert "mood" in journal.table("session")
        assert journal.ids() == {"ada-2026-11-20"}
    assert pragma(path, "user_version") == 2
    copy = path.with_name("journal.sqlite.version-1.backup")
    assert pragma(copy, "user_version") == 1
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT id FROM session").fetchall() == [("ada-2026-11-20",)]


def test_a_migration_that_fails_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of it was done."""

    def broken(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM session")
        connection.execute("ALTER TABLE nowhere ADD COLUMN mood TEXT")

    before = older(path, monkeypatch, broken)
    with pytest.raises(JournalError, match="no such table: nowhere"):
        Journal()
    assert path.read_bytes() == before
    assert pragma(path, "user_version") == 1
