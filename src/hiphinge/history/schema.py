"""The tables of the journal, and opening it: for the owner only, never over something else, never half migrated."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from hiphinge.errors import JournalError
from hiphinge.settings.places import OWNER_FILE

VERSION = 1
APPLICATION = 0x48495048
"""ASCII "HIPH" in the file's header: no other program's database is taken for the journal."""
MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {}
"""Version -> what turns such a journal into one of the next version; it must not commit."""
BUSY_S = 20.0
"""s to wait for another process that writes."""

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "session": {
        **{"id": "TEXT PRIMARY KEY", "file": "TEXT", "wearer": "TEXT NOT NULL", "source": "TEXT", "refused": "TEXT"},
        **{"start_utc": "TEXT", "utc_offset_s": "INTEGER", "start_s": "REAL", "end_s": "REAL", "duration_s": "REAL"},
        **{
            "setup": "TEXT",
            "calibration_id": "TEXT",
            "verdict": "TEXT",
            "loss_pct": "REAL",
            "shifts": "INTEGER",
            "summary": "TEXT",
        },
    },
    "presence": {"day": "TEXT NOT NULL", "at_s": "REAL", "start_s": "REAL", "end_s": "REAL"},
    "bout": {
        **{"day": "TEXT NOT NULL", "at_s": "REAL", "start_s": "REAL", "end_s": "REAL"},
        **{"posture": "TEXT", "slouch_pct": "REAL"},
    },
    "shift": {"day": "TEXT NOT NULL", "at_s": "REAL", "start_s": "REAL"},
    "repetition": {
        **{"day": "TEXT NOT NULL", "at_s": "REAL", "start_s": "REAL", "end_s": "REAL", "kind": "TEXT"},
        **{"peak_lumbar_flexion_deg": "REAL", "peak_lumbar_flexion_pct": "REAL", "peak_hip_flexion_deg": "REAL"},
        **{"lumbar_hip_ratio": "REAL", "depth_deg": "REAL", "rounded": "INTEGER"},
    },
    "alert": {
        **{"day": "TEXT NOT NULL", "at_s": "REAL", "start_s": "REAL", "kind": "TEXT", "severity": "TEXT"},
        **{"message": "TEXT", "value": "REAL", "threshold": "REAL", "rule": "TEXT"},
    },
    "test": {"day": "TEXT NOT NULL", "name": "TEXT NOT NULL", "value": "REAL"},
}
"""Table -> column -> type. ``start_s`` and ``end_s`` on the recording's clock, ``at_s`` after the day's midnight.

``presence`` says on which days a session was; ``day`` is "" without a wall clock. All but
``session`` begin with the session's id.
"""


def open_journal(path: Path) -> sqlite3.Connection:
    """The journal; made where it is missing, migrated (a copy first) where it is older.

    JournalError: newer than this version, damaged, or another program's.
    """
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, OWNER_FILE))
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    try:
        with in_words(path):
            _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """SQLite's errors as one sentence."""
    try:
        yield
    except sqlite3.OperationalError as e:
        raise JournalError(
            f"{path.name}: {e}, expected a journal that can be written. Check the free space, the permissions "
            f"and whether another program holds it; nothing was changed."
        ) from e
    except sqlite3.DatabaseError as e:
        raise _damaged(path, str(e)) from e


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing, on the disk at the end."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk has rolled back already
            connection.execute("ROLLBACK")
        raise


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    for pragma in ("synchronous = FULL", "secure_delete = ON", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    has_tables = _tables(connection)  # asked first: who makes a journal just now commits both at once
    version, application = _number(connection, "user_version"), _number(connection, "application_id")
    if application not in (0, APPLICATION) or (application == 0 and has_tables):
        raise JournalError(f"{path.name}: another program's database, expected the journal of hiphinge. Move it away.")
    if version > VERSION:
        raise JournalError(
            f"{path.name}: journal version {version}, expected at most {VERSION}. Update hiphinge to read it; "
            f"recordings and summaries are untouched."
        )
    if found := [row[0] for row in connection.execute("PRAGMA quick_check(1)") if row[0] != "ok"]:
        raise _damaged(path, found[0])
    if version == 0:
        with transaction(connection):
            _make(connection)
    elif version < VERSION:
        _migrate(connection, path, version)


def _make(connection: sqlite3.Connection) -> None:
    """All tables, unless another process was quicker."""
    if _number(connection, "user_version"):
        return
    for table, columns in COLUMNS.items():
        key = {} if table == "session" else {"session": "TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE"}
        listed = ", ".join(f"{name} {kind}" for name, kind in {**key, **columns}.items())
        connection.execute(f"CREATE TABLE {table} ({listed})")
        if key:
            connection.execute(f"CREATE INDEX {table}_of_session ON {table} (session)")
    _stamp(connection)


def _migrate(connection: sqlite3.Connection, path: Path, version: int) -> None:
    back_up(connection, path.with_name(f"{path.name}.version-{version}.backup"))
    with transaction(connection):
        for older in range(_number(connection, "user_version"), VERSION):
            MIGRATIONS[older](connection)
        _stamp(connection)


def back_up(connection: sqlite3.Connection, path: Path) -> None:
    """A copy of the journal, for the owner only, whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, OWNER_FILE))
    with closing(sqlite3.connect(part)) as copy:
        connection.backup(copy)
    os.replace(part, path)


def backups(path: Path) -> list[Path]:
    """Copies that migrations and damage left beside the journal."""
    return sorted(p for p in path.parent.glob(f"{path.name}.*") if p.suffix in (".backup", ".damaged"))


def _stamp(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


def _tables(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


def _damaged(path: Path, found: str) -> JournalError:
    return JournalError(
        f"{path.name}: damaged ({' '.join(found.split())}), expected the journal of hiphinge. "
        f"Make it anew from recordings and summaries: hiphinge history --rebuild.",
        damaged=True,
    )
