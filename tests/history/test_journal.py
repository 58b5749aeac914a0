"""Sessions in and out of the journal: replaced, cut into days, kept apart, forgotten for good, made anew."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hiphinge.history import Journal, entry, open_or_rebuild, schema, summary_path
from tests.history import made_up_sessions as made


def content(path: Path) -> dict[str, list[Any]]:
    """Every row of every table, in an order that does not depend on when it came."""
    with closing(sqlite3.connect(path)) as connection:
        return {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in schema.COLUMNS}


def filled(days: int = 3) -> Path:
    """Some days of two people, a night, something without a date."""
    with Journal() as journal:
        for day in range(days):
            journal.add(made.desk_day(f"2026-11-{16 + day}"))
            journal.add(made.desk_day(f"2026-11-{16 + day}", 1, wearer="bob"))
        journal.add(made.entry("night", "2026-11-18T23:00:00", made.bouts_of(("sitting", 90), ("standing", 10))))
        journal.add(made.entry("undated", None, made.bouts_of(("sitting", 30))))
        return journal.path


def test_a_session_over_midnight_lies_on_both_days() -> None:
    """An hour and half an hour of sitting; the day of the standing is the second."""
    filled(0)
    with Journal() as journal:
        assert journal.on_day("2026-11-18") == journal.on_day("2026-11-19") == {"night"}
        assert journal.on_day("") == {"undated"}
        bouts = journal.table("bout")
        lengths = (bouts["end_s"] - bouts["start_s"]).groupby([bouts["day"], bouts["posture"]]).sum()
        assert lengths.to_dict() == {
            ("", "sitting"): 1800.0,
            ("2026-11-18", "sitting"): 3600.0,
            ("2026-11-19", "sitting"): 1800.0,
            ("2026-11-19", "standing"): 600.0,
        }


def test_adding_again_replaces() -> None:
    """The same recording, analysed anew."""
    path = filled()
    before = content(path)
    with Journal() as journal:
        journal.add(made.desk_day("2026-11-17"))
        assert content(path) == before
        journal.add(made.entry("ada-2026-11-17", "2026-11-17T09:00:00", made.bouts_of(("lying", 5))))
        bouts = journal.table("bout")
        assert list(bouts[bouts["session"] == "ada-2026-11-17"]["posture"]) == ["lying"]


def test_made_anew_it_is_identical(hiphinge_home: Path) -> None:
    """Lost, and made from the summaries alone."""
    path = filled()
    before = content(path)
    path.unlink()
    journal, notes = open_or_rebuild()
    journal.close()
    assert notes == []
    assert content(path) == before


def test_a_damaged_one_is_put_aside_and_made_anew(hiphinge_home: Path) -> None:
    """Nothing is thrown away."""
    path = filled()
    before = content(path)
    path.write_bytes(b"not a database " * 500)
    journal, notes = open_or_rebuild()
    journal.close()
    assert notes == ["journal.sqlite: was damaged, put aside as journal.sqlite.1.damaged."]
    assert content(path) == before
    assert (hiphinge_home / "journal.sqlite.1.damaged").read_bytes().startswith(b"not a database")


def test_what_was_stopped_between_summary_and_rows_is_caught_up(hiphinge_home: Path) -> None:
    """The summary is there, the rows are not; a summary that cannot be read is named and stays."""
    path = filled(1)
    entry.keep(hiphinge_home, made.desk_day("2026-11-25"))
    bad = hiphinge_home / "recordings" / "bad.summary.json"
    bad.write_text("{}")
    with Journal() as journal:
        assert "ada-2026-11-25" not in journal.ids()
        assert journal.catch_up() == [
            "bad.summary.json: no summary of a session (KeyError), expected one that hiphinge wrote. Move it away."
        ]
        assert "ada-2026-11-25" in journal.ids()
    assert bad.exists()
    assert len(content(path)["session"]) == 5


@pytest.mark.parametrize(
    "wrong", [{"bouts": {"columns": ["a"], "rows": [[1]]}}, {"summary.wearer": {}}, {"shifts_s": 5}]
)
def test_a_summary_that_somebody_changed_is_named(hiphinge_home: Path, wrong: dict[str, Any]) -> None:
    """One sentence; all others are taken in."""
    content = json.loads(made.desk_day("2026-11-20").to_json())
    for name, value in wrong.items():
        *above, last = name.split(".")
        (content[above[0]] if above else content)[last] = value
    entry.keep(hiphinge_home, made.desk_day("2026-11-19"))
    summary_path(hiphinge_home, "changed").write_text(json.dumps(content))
    with Journal() as journal:
        (said,) = journal.catch_up()
        assert said.startswith("changed.summary.json: ")
        assert journal.ids() == {"ada-2026-11-19"}


def test_rows_without_a_summary_survive_being_made_anew(hiphinge_home: Path) -> None:
    """Somebody moved the file away: the journal is all that is left."""
    path = filled(1)
    before = content(path)
    summary_path(hiphinge_home, "night").unlink()
    open_or_rebuild()[0].close()
    assert content(path) == before


def test_forgotten_is_gone_from_every_byte(hiphinge_home: Path) -> None:
    """Not a trace in the file, nor in copies of it; the others stay."""
    secret = "Ada Lovelace 1815"
    path = filled(2)
    kept = content(path)
    with Journal() as journal:
        journal.add(made.desk_day("2026-11-23", wearer=secret))
        schema.back_up(journal._connection, path.with_name("journal.sqlite.version-0.backup"))
        size = path.stat().st_size
        assert secret.encode() in path.read_bytes()
        journal.forget([f"{secret}-2026-11-23"])
    for left in hiphinge_home.glob("journal*"):
        assert secret.encode() not in left.read_bytes()
    assert path.stat().st_size < size
    assert [p.name for p in hiphinge_home.glob("journal*")] == ["journal.sqlite"]
    assert content(path) == kept


def test_many_are_forgotten_at_once() -> None:
    """More than one statement may name."""
    with Journal() as journal:
        for number in range(3):
            journal.add(made.entry(f"s{number}", None, []))
        journal.forget([f"s{number}" for number in range(1200)])
        assert journal.ids() == set()


def test_a_failure_leaves_the_old_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a session or nothing."""
    path = filled(1)
    before = content(path)
    broken = made.entry("ada-2026-11-16", "2026-11-16T09:00:00", made.bouts_of(("sitting", 5)), tests={"a": object()})
    with Journal() as journal, pytest.raises((TypeError, sqlite3.Error)):
        journal.add(broken)
    assert content(path) == before


def test_steps_of_the_clock_and_tests_are_kept() -> None:
    """``clock`` and ``tests`` of a summary."""
    step = {"t_s": 3600.0, "utc": "2026-11-20T23:30:00+00:00", "utc_offset_s": 3600}
    one = made.entry("a", "2026-11-20T09:00:00", made.bouts_of(("sitting", 90)), clock=[step], tests={"ankle_cm": 9.5})
    with Journal() as journal:
        journal.add(one)
        assert list(journal.table("bout")["day"]) == ["2026-11-20", "2026-11-21"]
        assert journal.table("test")[["day", "name", "value"]].to_numpy().tolist() == [["2026-11-20", "ankle_cm", 9.5]]
        assert json.loads(journal.table("session")["summary"][0])["tests"] == {"ankle_cm": 9.5}
