"""The journal itself: sessions in, sessions out, forgotten for good, made anew."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pandas as pd

from hiphinge.errors import JournalError
from hiphinge.history import entry as entries
from hiphinge.history.entry import Entry
from hiphinge.history.local_days import Part, Wall, cut, part
from hiphinge.history.schema import COLUMNS, backups, in_words, open_journal, transaction
from hiphinge.settings.places import home as settings_home

NAME = "journal.sqlite"
BATCH = 500
"""Ids in one statement: SQLite takes 999 at least."""


class Journal:
    """``journal.sqlite`` of a HIPHINGE_HOME; a context manager, for one thread.

    Raises JournalError when it is newer, damaged or held; everything that
    changes it happens whole or not at all, and is on the disk when it returns.
    """

    def __init__(self, home: Path | None = None) -> None:
        self.home = home or settings_home()
        self.path = self.home / NAME
        self._connection = open_journal(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """No more of it."""
        self._connection.close()

    def add(self, entry: Entry) -> None:
        """Keep a session: first its summary file, then its rows; one that is there already is replaced.

        Stopped in between, the next :meth:`catch_up` finds the summary.
        """
        entries.keep(self.home, entry)
        self._put([entry])

    def catch_up(self) -> list[str]:
        """Take in every summary file without rows; returns a sentence for each that cannot be read."""
        there = {entries.summary_path(self.home, session) for session in self.ids()}
        found, refused = _read(path for path in entries.kept(self.home) if path not in there)
        if found:
            self._put(found)
        return refused

    def rebuild(self) -> list[str]:
        """Make all rows anew from the summary files, in one step; what has no file stays as it is."""
        found, refused = _read(entries.kept(self.home))
        self._put(found)
        return refused

    def forget(self, sessions: Iterable[str]) -> None:
        """Delete rows for good: overwritten with zeros, the file made smaller, no older copy left.

        The summary files are not touched: delete them first.
        """
        ids = list(sessions)
        with in_words(self.path):
            with transaction(self._connection):
                for some in _batches(ids):
                    marks = ", ".join("?" * len(some))
                    self._connection.execute(f"DELETE FROM session WHERE id IN ({marks})", some)
            self._connection.execute("VACUUM")
        for path in backups(self.path):
            path.unlink(missing_ok=True)

    def ids(self) -> set[str]:
        """All sessions."""
        return {row[0] for row in self._select("SELECT id FROM session")}

    def on_day(self, day: str) -> set[str]:
        """Sessions of which any part lies on ``day`` (ISO; "" for those without a date)."""
        return {row[0] for row in self._select("SELECT DISTINCT session FROM presence WHERE day = ?", (day,))}

    def table(self, name: str) -> pd.DataFrame:
        """A table of :data:`schema.COLUMNS` with the session's wearer, in order of days and times."""
        if name == "session":
            sql = "SELECT * FROM session ORDER BY start_utc, id"
        else:
            order = "day, session" if name == "test" else "day, session, start_s"
            sql = f"SELECT {name}.*, wearer FROM {name} JOIN session ON session = id ORDER BY {order}"
        with in_words(self.path):
            return pd.read_sql_query(sql, self._connection)

    def _select(self, sql: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with in_words(self.path):
            return self._connection.execute(sql, values).fetchall()

    def _put(self, found: Iterable[Entry]) -> None:
        with in_words(self.path), transaction(self._connection):
            for entry in found:
                self._connection.execute("DELETE FROM session WHERE id = ?", (entry.id,))
                for table, row in rows(entry):
                    values = tuple(row.values())
                    names, marks = ", ".join(row), ", ".join("?" * len(values))
                    self._connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)


def open_or_rebuild(home: Path | None = None) -> tuple[Journal, list[str]]:
    """The journal with all rows made anew; a damaged one is put aside under a name of its own first.

    Returns with it a sentence for whatever could not be read.
    """
    folder = home or settings_home()
    try:
        journal = Journal(folder)
        notes: list[str] = []
    except JournalError as e:
        if not e.damaged:
            raise
        aside = _put_aside(folder / NAME)
        journal, notes = Journal(folder), [f"{NAME}: was damaged, put aside as {aside.name}."]
    return journal, [*notes, *journal.rebuild()]


def _put_aside(path: Path) -> Path:
    free = (path.with_name(f"{path.name}.{n}.damaged") for n in range(1, 10_000))
    aside = next(p for p in free if not p.exists())
    path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
    os.replace(path, aside)
    return aside


def _read(paths: Iterable[Path]) -> tuple[list[Entry], list[str]]:
    found, refused = [], []
    for path in paths:
        try:
            entry = entries.read(path)
            _check(entry)
            found.append(entry)
        except FileNotFoundError:
            continue  # deleted meanwhile
        except JournalError as e:
            refused.append(str(e))
        except (KeyError, TypeError, ValueError, AttributeError) as e:  # somebody wrote in it
            refused.append(f"{path.name}: a summary with {type(e).__name__} in it, expected one as hiphinge wrote it.")
    return found, refused


def _check(entry: Entry) -> None:
    """Refuse with TypeError or the like what would make no rows."""
    for table, row in rows(entry):
        for name, value in row.items():
            if not isinstance(value, str | int | float | None):
                raise TypeError(f"{table}.{name}")


def _batches(ids: list[str]) -> Iterator[list[str]]:
    for at in range(0, len(ids), BATCH):
        yield ids[at : at + BATCH]


def rows(entry: Entry) -> Iterator[tuple[str, dict[str, Any]]]:
    """Table and row of all that is kept of a session: a pure function of the entry."""
    s, wall = entry.summary, Wall.of(entry.summary)
    start, end = s["start_s"] or 0.0, s["end_s"] or 0.0
    first = part(wall, start)
    yield "session", _session(entry)
    for piece in cut(wall, start, end) if end > start else [first]:
        yield "presence", _on(entry, "presence", piece, {})
    for bout in entry.bouts:
        for piece in cut(wall, bout["start_s"], bout["end_s"]):
            yield "bout", _on(entry, "bout", piece, bout)
    for t in entry.shifts or ():
        yield "shift", _on(entry, "shift", part(wall, t), {})
    for table, found in (("repetition", entry.reps), ("alert", entry.alerts)):
        for row in found:
            t = row["start_s"] if table == "repetition" else row["t_s"]
            yield table, _on(entry, table, part(wall, t), {"start_s": t, **row})
    for name, value in s.get("tests", {}).items():
        yield "test", _on(entry, "test", first, {"name": name, "value": value})


def _on(entry: Entry, table: str, piece: Part, row: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of ``table``; a row's own times give way to those of the piece where it was cut."""
    times: dict[str, Any] = {"day": piece.day, "at_s": piece.at, "start_s": piece.start}
    if table in ("bout", "presence"):
        times["end_s"] = piece.end
    content = {**row, **times}
    return {"session": entry.id, **{name: content.get(name) for name in COLUMNS[table]}}


def _session(entry: Entry) -> dict[str, Any]:
    s = entry.summary
    calibration, quality = s.get("calibration") or {}, s.get("quality") or {}
    losses = [loss for loss in (quality.get("loss_pct") or {}).values() if loss is not None]
    return {
        **{"id": entry.id, "file": s.get("recording"), "wearer": s["wearer"], "source": s.get("source")},
        **{"refused": s.get("refused"), "start_utc": s["start_utc"], "utc_offset_s": s["utc_offset_s"]},
        **{"start_s": s["start_s"], "end_s": s["end_s"], "duration_s": s["duration_s"]},
        **{"setup": (s.get("setup") or {}).get("name"), "calibration_id": calibration.get("id")},
        **{"verdict": calibration.get("verdict"), "loss_pct": max(losses, default=None)},
        "shifts": None if entry.shifts is None else len(entry.shifts),
        "summary": json.dumps(dict(s), ensure_ascii=False, allow_nan=False),
    }
