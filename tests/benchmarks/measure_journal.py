"""Journal: kill -9 while sessions are added, forgotten and made anew, and what is left.

A process of its own adds desk days to a journal, forgets some for good and makes all
rows anew, in turn, and is killed at a random moment. What is left must open without a
complaint, hold each session whole or not at all (a session whose add had returned:
whole; one that was being added may be a summary that is caught up), and made anew from
the summaries alone it must be identical. Those sessions are made up; no sensor is in them.
At full size also: a year of two people made anew from the summaries, and a virtual desk
day of eight hours made anew from its recording, the summary lost as well.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hiphinge import simulate
from hiphinge.apps.history import gathering
from hiphinge.apps.history.tables import Period
from hiphinge.apps.history.view import views
from hiphinge.apps.simulate import header, write_recording
from hiphinge.errors import JournalError
from hiphinge.history import Journal, kept, open_or_rebuild, read, schema, summary_path
from hiphinge.history.journal import rows
from tests.history.made_up_sessions import desk_day

LIMITS = {
    "kills": (50, None),
    "journals_damaged": (0, 0),
    "sessions_lost": (0, 0),
    "sessions_torn": (0, 0),
    "forgotten_sessions_back": (0, 0),
    "rebuilds_different": (0, 0),
    "a_year.different": (0, 0),
    "a_recorded_day_virtual.different": (0, 0),
}
SMALL_LIMITS = {name: bounds for name, bounds in LIMITS.items() if name != "kills"}
KILLS = {"small": 2, "full": 50}
WAIT_S = (0.02, 1.2)
"""s from the first session until the kill: some hundred writes at most."""
COUNTS = (
    *("journals_damaged", "sessions_lost", "sessions_torn", "forgotten_sessions_back", "rebuilds_different"),
    "killed_while_writing",
)
DAYS = 12
"""Different sessions, each added again and again."""


def measure(size: str, progress: dict[str, Any]) -> dict[str, Any]:
    """Figures over all kills; each is one part of ``progress``."""
    for k in range(KILLS[size]):
        if f"kill {k}" not in progress:
            with tempfile.TemporaryDirectory() as folder:
                progress[f"kill {k}"] = one_kill(Path(folder), np.random.default_rng(k).uniform(*WAIT_S))
    parts = [progress[f"kill {k}"] for k in range(KILLS[size])]
    figures: dict[str, Any] = {"kills": len(parts)} | {name: sum(part[name] for part in parts) for name in parts[0]}
    if size == "full":
        for name, part in {"a_year": a_year, "a_recorded_day_virtual": a_recorded_day}.items():
            if name not in progress:
                with tempfile.TemporaryDirectory() as folder:
                    progress[name] = part(Path(folder))
            figures[name] = progress[name]
    return figures


def a_year(home: Path) -> dict[str, float]:
    """Every working day of two people: made anew from the summaries, and shown."""
    days = [f"{day:%Y-%m-%d}" for day in pd.bdate_range(end="2026-11-20", periods=260)]
    with Journal(home) as journal:
        for day in days:
            for wearer in ("ada", "bob"):
                journal.add(desk_day(day, wearer=wearer))
    began = time.process_time()
    different = differs(home)
    made, began = time.process_time() - began, time.process_time()
    with Journal(home) as journal:
        shown = views(journal, None, Period(), date(2026, 11, 20))
    return {
        "sessions": 2 * len(days),
        "different": int(different or [len(view.days) for view in shown] != [260, 260]),
        "journal_mb": (home / "journal.sqlite").stat().st_size / 1e6,
        "summaries_mb": sum(path.stat().st_size for path in kept(home)) / 1e6,
        "cpu_s_to_make_anew": made,
        "cpu_s_to_show": time.process_time() - began,
    }


def a_recorded_day(home: Path) -> dict[str, float]:
    """Eight hours at 100 Hz, three sensors: analysed, all but the recording thrown away, analysed again."""
    played = simulate.scenario("desk-day", hours=8.0, seed=1)
    path = home / "recordings" / "day.mcap"
    path.parent.mkdir()
    write_recording(played, header(played, "journal"), path)
    found = []
    for _ in range(2):
        with Journal(home) as journal:
            gathering.catch_up(journal, lambda name: None)
        (summary,) = kept(home)
        found.append((summary.read_bytes(), content(home / "journal.sqlite")))
        summary.unlink()
        (home / "journal.sqlite").unlink()
    return {
        "bouts": len(found[0][1]["bout"]),
        "recording_mb": path.stat().st_size / 1e6,
        "summary_mb": len(found[0][0]) / 1e6,
        "different": int(found[0] != found[1]),
    }


def one_kill(home: Path, wait_s: float) -> dict[str, int]:
    """Add, kill, look."""
    doing, done = write_and_kill(home, wait_s)
    try:
        with Journal(home) as journal:
            there, whole = journal.ids(), content(journal.path)
            unread = journal.catch_up()
    except JournalError:
        return {**dict.fromkeys(COUNTS, 0), "journals_damaged": 1}
    settled = {session: step for session, step in done.items() if session != doing}
    return {
        "journals_damaged": 0,
        "sessions_lost": sum(step == "add" and session not in there for session, step in settled.items()),
        "sessions_torn": torn(home, whole) + len(unread),
        "forgotten_sessions_back": sum(step == "forget" and session in there for session, step in settled.items()),
        "rebuilds_different": int(differs(home)),
        "killed_while_writing": int(bool(doing)),
    }


def torn(home: Path, tables: dict[str, list[Any]]) -> int:
    """Sessions whose rows are not all and only those of their summary."""
    wrong = 0
    for session in {row[0] for row in tables["session"]}:
        path = summary_path(home, session)
        entry = read(path) if path.exists() else desk_day(session.removeprefix("ada-"))  # half forgotten
        expected = Counter((table, *row.values()) for table, row in rows(entry))
        wrong += expected != Counter((name, *row) for name in tables for row in tables[name] if row[0] == session)
    return wrong


def differs(home: Path) -> bool:
    """Whether the rows made anew from the summaries alone are others."""
    path = home / "journal.sqlite"
    kept_ids = {read(file).id for file in kept(home)}
    before = {name: [row for row in table if row[0] in kept_ids] for name, table in content(path).items()}
    path.unlink()
    open_or_rebuild(home)[0].close()
    return content(path) != before


def content(path: Path) -> dict[str, list[Any]]:
    """Every row of every table, in an order of their own."""
    with closing(sqlite3.connect(path)) as connection:
        return {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in schema.COLUMNS}


def write_and_kill(home: Path, wait_s: float) -> tuple[str, dict[str, str]]:
    """The session that was being written, or ""; and of each other the last that was done: add or forget."""
    command = [sys.executable, __file__, str(home)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as child:
        assert child.stdout is not None, "a pipe was asked for"
        said = child.stdout.readline()
        time.sleep(wait_s)
        child.kill()
        said += child.stdout.read()
    doing, done = "", {}
    for line in said.splitlines():
        *words, step, session = line.split()
        doing = session if words else ""
        if not words and step != "anew":
            done[session] = step
    return doing, done


def write(home: Path) -> None:
    """Until somebody kills it."""
    entries = [desk_day(f"2026-11-{1 + n:02d}") for n in range(DAYS)]
    rng = np.random.default_rng()
    with Journal(home) as journal:
        while True:
            entry = entries[rng.integers(DAYS)]
            step = rng.choice(["add", "add", "add", "forget", "anew"])
            say(f"doing {step} {entry.id}")
            if step == "add":
                journal.add(entry)
            elif step == "anew":
                journal.rebuild()
            else:
                summary_path(home, entry.id).unlink(missing_ok=True)
                journal.forget([entry.id])
            say(f"{step} {entry.id}")


def say(line: str) -> None:
    """At once: a line in a buffer dies with the process."""
    os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    write(Path(sys.argv[1]))
