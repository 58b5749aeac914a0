"""``hiphinge history``: what weeks say, what is deleted, and what is said of bad sessions."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import stat
import time
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from bokeh.models import GlyphRenderer
from click.testing import CliRunner, Result

from hiphinge import recording, session, simulate
from hiphinge.apps.history import command, drawings, sections
from hiphinge.apps.history.gathering import entry_of
from hiphinge.apps.history.report import render
from hiphinge.apps.history.tables import Period
from hiphinge.apps.history.told import trend_in_words
from hiphinge.apps.history.view import View, views
from hiphinge.blocks import Packet, Sensor, Tick
from hiphinge.devices import hiphinge_imu
from hiphinge.errors import HiphingeError, InputError, JournalError
from hiphinge.formats.home_assistant import Seat, availability, discovery, state
from hiphinge.history import Entry, Journal
from hiphinge.history.trends import MEASURES, Trend
from tests.apps.test_report import EVIL, PROBE, Browser, chromium, words_of
from tests.history import made_up_sessions as made
from tests.history.made_up_sessions import bouts_of
from tests.sinks.broker import broker, connect_house
from tests.wizard.wearings import CALIBRATION

Run = Callable[..., Result]
TODAY = date(2026, 11, 20)
__all__ = ["chromium"]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A calibration, two hinges and a rest on a bench; 5 January 2026."""
    movements = [simulate.hinge(0.4), simulate.Stand(3.0), simulate.hinge(1.1), simulate.Stand(3.0), simulate.SitDown()]
    played = simulate.wear([*CALIBRATION, *movements, simulate.Sit(20.0), simulate.StandUp()], seed=1)
    path = tmp_path_factory.mktemp("history") / "monday.mcap"
    header = recording.Header("r1", "2026-01-05T09:00:00Z", "ada", "ble", "test", played.sensors)
    with recording.Writer(path, header) as out:
        for batch in played.batches():
            out.write(batch)
    return path


@pytest.fixture
def run() -> Run:
    """The command in this process; an error of the program comes out as itself."""

    def invoke(*options: str) -> Result:
        done = CliRunner().invoke(command.command, list(options))
        if isinstance(done.exception, HiphingeError):
            raise done.exception
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
        return done

    return invoke


def recorded(home: Path, *files: Path) -> Path:
    """Recordings into the home."""
    folder = home / "recordings"
    folder.mkdir(exist_ok=True)
    for path in files:
        shutil.copy(path, folder / path.name)
    return folder


def small(path: Path, seconds: float, session: str = "r9", utc_ns: int | None = 1_795_000_000_000_000_000) -> Path:
    """A recording of somebody who stands still for so long; shorter than any calibration."""
    sensors = (Sensor("a", hiphinge_imu.NAME, "sacrum"), Sensor("b", hiphinge_imu.NAME, "thigh_right"))
    t = np.arange(round(100 * seconds)) * 10_000_000
    acc, gyr = np.tile((9.81, 0.0, 0.0), (len(t), 1)), np.zeros((len(t), 3))
    with recording.Writer(path, recording.Header(session, "2026-11-10T08:00:00Z", "ada", "ble", "t", sensors)) as out:
        out.write([Tick(0, utc_ns, 3600 if utc_ns else None)])
        for at in range(0, len(t), 100):
            now = slice(at, at + 100)
            content = hiphinge_imu.encode(at // 100, t[now], acc[now], gyr[now])
            out.write([Packet(s.sensor, hiphinge_imu.CHARACTERISTIC, int(t[now][-1]), content) for s in sensors])
    return path


def keep(*entries: Entry) -> None:
    """Sessions into the journal."""
    with Journal() as journal:
        for entry in entries:
            journal.add(entry)


def weeks(wearer: str = "ada", days: int = 40) -> None:
    """Desk days until 20 November 2026."""
    with Journal() as journal:
        journal._put(desk_days(wearer, days))  # at once: forty times on the disk takes seconds


@cache
def desk_days(wearer: str, days: int) -> list[Entry]:
    """The last working days until then."""
    return [made.desk_day(f"{day:%Y-%m-%d}", wearer=wearer) for day in pd.bdate_range(end="2026-11-20", periods=days)]


def view(period: Period | None = None, wearer: str | None = None) -> View:
    """What is shown of the only wearer, or of this one."""
    with Journal() as journal:
        (found,) = views(journal, wearer, period or Period(), TODAY)
    return found


def test_without_a_session_it_says_how_to_get_one(run: Run) -> None:
    done = run()
    assert done.exit_code == 0
    assert done.stdout.startswith("No session yet. Record one with hiphinge desk")
    assert json.loads(run("--json").stdout) == {"wearers": []}


def test_a_recording_of_the_home_is_taken_in_once(hiphinge_home: Path, file: Path, run: Run) -> None:
    """Analysed as analyze does; its summary is kept beside it, for the owner only."""
    folder = recorded(hiphinge_home, file)
    (shown,) = json.loads(run("--json").stdout)["wearers"]
    (day,) = shown["days"]
    assert (shown["wearer"], day["day"], day["repetitions"]) == ("ada", "2026-01-05", 2)
    (one,) = shown["sessions"]
    assert (one["id"], one["file"], one["day"], one["setup"]) == ("r1", "monday.mcap", "2026-01-05", "full")
    assert one["verdict"] == session.open(file).analyze().summary["calibration"]["verdict"]
    assert day["sitting_s"] == pytest.approx(session.open(file).analyze().summary["sitting"]["total_s"], abs=1e-3)
    summary = folder / "r1.summary.json"
    assert stat.S_IMODE(summary.stat().st_mode) == 0o600
    before = summary.stat().st_mtime_ns
    assert "Mon 05 Jan" in run().stdout
    assert summary.stat().st_mtime_ns == before


def test_a_recording_that_has_grown_is_taken_in_again(hiphinge_home: Path, run: Run) -> None:
    """Its session was cut off and went on; a smaller copy under another name changes nothing."""
    folder = recorded(hiphinge_home)
    small(folder / "one.mcap", 1.0)
    assert json.loads(run("--json").stdout)["wearers"][0]["sessions"][0]["duration_s"] == pytest.approx(0.99, abs=0.02)
    (folder / "one.mcap").unlink()
    small(folder / "one.mcap", 5.0)
    small(folder / "zero.mcap", 0.5)
    for _ in range(2):
        (one,) = json.loads(run("--json").stdout)["wearers"][0]["sessions"]
        assert (one["file"], one["duration_s"]) == ("one.mcap", pytest.approx(4.99, abs=0.02))


def test_made_anew_from_recordings_alone_it_is_identical(hiphinge_home: Path, file: Path, run: Run) -> None:
    """Journal and summaries lost: the same rows, the same bytes of the summary."""
    folder = recorded(hiphinge_home, file, small(hiphinge_home / "short.mcap", 1.0))
    shown = run("--json").stdout
    kept = {path.name: path.read_bytes() for path in folder.glob("*.json")}
    assert len(kept) == 2
    for path in (hiphinge_home / "journal.sqlite", *folder.glob("*.json")):
        path.unlink()
    assert "made anew: 2 sessions" in run("--rebuild").stdout
    assert {path.name: path.read_bytes() for path in folder.glob("*.json")} == kept
    assert run("--json").stdout == shown


def test_when_the_raw_recording_is_gone_the_history_stays(hiphinge_home: Path, file: Path, run: Run) -> None:
    """What retention is for."""
    folder = recorded(hiphinge_home, file)
    shown = run("--json").stdout
    (hiphinge_home / "settings.toml").write_text("[retention]\nkeep_raw_days = 30\n")
    old = time.time() - 31 * 86_400
    os.utime(folder / "monday.mcap", (old, old))
    assert re.match(r"1 raw recording \(\d\.\d MB\) may go; the summaries stay: hiphinge history --prune", run().stderr)
    said = run("--prune").stdout
    assert "1 raw recording to be deleted (raw recordings are kept for 30 days" in said
    assert re.search(r"monday\.mcap  \d\.\d MB  31 days old, kept for 30", said)
    assert "Nothing is deleted. Add --yes" in said
    assert (folder / "monday.mcap").exists()
    assert "Deleted: 1 raw recording." in run("--prune", "--yes").stdout
    assert [path.name for path in folder.iterdir()] == ["r1.summary.json"]
    (hiphinge_home / "journal.sqlite").unlink()
    run("--rebuild")
    assert run("--json").stdout == shown
    assert run("--prune").stdout.startswith("Nothing to delete")


def test_a_day_is_deleted_for_good(hiphinge_home: Path, file: Path, run: Run) -> None:
    """Recording, what a repair left of it, summary and rows; said before."""
    folder = recorded(hiphinge_home, file)
    shutil.copy(file, folder / "monday.damaged.mcap")
    keep(made.desk_day("2026-11-19"))
    run()
    said = run("--delete", "2026-01-05").stdout
    assert said.splitlines()[0] == "To be deleted for good, 5 January 2026: 1 session"
    assert all(name in said for name in ("monday.mcap", "monday.damaged.mcap", "r1.summary.json"))
    assert "Nothing is deleted. Add --yes" in said
    assert len(list(folder.iterdir())) == 4
    assert "Deleted: 1 session, 3 files." in run("--delete", "2026-01-05", "--yes").stdout
    assert [path.name for path in folder.iterdir()] == ["ada-2026-11-19.summary.json"]
    assert [day["day"] for day in json.loads(run("--json").stdout)["wearers"][0]["days"]] == ["2026-11-19"]
    assert "Nothing of 5 January 2026 is kept." in run("--delete", "2026-01-05", "--yes").stdout


def test_everything_or_one_persons(hiphinge_home: Path, run: Run) -> None:
    """All of bob's, then all; nothing of theirs is left in the home."""
    keep(made.desk_day("2026-11-19"), made.desk_day("2026-11-19", wearer="bob"), made.entry("u", None, []))
    assert "Deleted: 1 session" in run("--delete", "all", "--wearer", "bob", "--yes").stdout
    assert b"bob" not in (hiphinge_home / "journal.sqlite").read_bytes()
    assert "Deleted: 1 session" in run("--delete", "undated", "--yes").stdout
    (hiphinge_home / "recordings" / "unreadable.mcap").write_bytes(b"half a recording")
    assert "Deleted: 1 session, 2 files." in run("--delete", "all", "--yes").stdout
    assert not list((hiphinge_home / "recordings").iterdir())
    assert b"ada" not in (hiphinge_home / "journal.sqlite").read_bytes()


@pytest.mark.parametrize(("what", "goes"), [("2026-11-20", True), ("all", True), ("2026-11-19", False)])
def test_what_is_counted_of_a_day_goes_with_it(hiphinge_home: Path, run: Run, what: str, goes: bool) -> None:
    counted = hiphinge_home / "today.json"
    counted.write_text('{"wearer": "ada", "day": "2026-11-20", "breaks": 1, "sitting_min": 9}')
    done = run("--delete", what, "--yes")
    assert counted.exists() != goes
    assert ("today.json" in done.stdout) == goes


def test_the_house_forgets_with_the_history(hiphinge_home: Path, run: Run) -> None:
    """What the broker retains of whoever is deleted; again by name where it was away; a day leaves it alone."""
    keep(made.desk_day("2026-11-19"), made.desk_day("2026-11-19", wearer="bob"))
    with broker() as there:
        connect_house(hiphinge_home, there.address())
        for wearer in ("ada", "bob", "eve"):
            seat = Seat(None, 1, 0.0)
            kept = [*discovery(wearer, "1"), state(wearer, seat), availability(wearer, False)]
            there.retained |= {message.topic: message.text for message in kept}
        run("--delete", "2026-11-18", "--yes")
        assert "Home Assistant forgets bob." in run("--delete", "all", "--wearer", "bob").stdout
        assert there.lines == []
        assert "bob is forgotten there too" in run("--delete", "all", "--wearer", "bob", "--yes").stdout
        assert {one for one in ("ada", "bob", "eve") if one in str(there.retained)} == {"ada", "eve"}
        there.refuse = 5
        said = run("--delete", "all", "--yes").stdout
        assert "Deleted: 1 session" in said
        assert "the broker refuses the connection (not authorized)" in said
        there.refuse = 0
        assert "Nothing is deleted" in run("--delete", "all", "--wearer", "ada").stdout
        run("--delete", "all", "--wearer", "ada", "--yes")
        assert {one for one in ("ada", "bob", "eve") if one in str(there.retained)} == {"eve"}


def test_a_night_belongs_to_two_days_and_that_is_said(run: Run) -> None:
    keep(made.entry("night", "2026-11-18T23:00:00", bouts_of(("sitting", 90))))
    said = run("--delete", "2026-11-19").stdout
    assert "What reaches over midnight goes from 18 November 2026 too." in said


def test_what_is_being_recorded_is_left_alone(hiphinge_home: Path, file: Path, run: Run) -> None:
    """Not closed and written a moment ago: no session yet, and not to be deleted."""
    folder = recorded(hiphinge_home)
    (folder / "live.mcap").write_bytes(file.read_bytes()[:-400])
    assert "No session yet" in run().stdout
    with pytest.raises(InputError, match=r"live\.mcap: is being recorded now\. Stop that first"):
        run("--delete", "all", "--yes")
    old = time.time() - 600
    os.utime(folder / "live.mcap", (old, old))
    assert "Mon 05 Jan" in run().stdout


def test_two_people_are_shown_apart(tmp_path: Path, run: Run) -> None:
    weeks(days=3)
    keep(made.desk_day("2026-11-20", wearer="bob"))
    both = run().stdout
    assert both.index("ada: 3 days") < both.index("bob: 1 day")
    assert "bob" not in run("--wearer", "ada").stdout
    with pytest.raises(InputError, match=r"--html: sessions of 'ada', 'bob', expected those of one person"):
        run("--html", str(tmp_path / "both.html"))
    with pytest.raises(InputError, match=r"--wearer 'eve': no session of that name, expected one of: 'ada', 'bob'"):
        run("--wearer", "eve")


def test_days_weeks_trends_and_goals() -> None:
    """Forty working days."""
    weeks()
    shown = view()
    assert len(shown.days) == 40
    assert list(shown.weeks["days"]) == [5] * 8
    trend = {t.measure.name: t for t in shown.trends}
    assert (trend["sitting"].recent_days, trend["sitting"].before_days) == (10, 30)
    assert 30 < trend["sitting"].recent < 60
    assert [goal.days for goal in shown.goals] == [40, 40, 40]
    week = view(Period(date(2026, 11, 16), date(2026, 11, 22)))
    assert len(week.days) == 5
    assert week.all_days == 40
    assert week.trends[:3] == shown.trends[:3]


@pytest.mark.parametrize(
    ("recent", "before", "noise", "said"),
    [
        (2.5, 2.1, 0.1, "breaks 2.5 /h, 0.4 more than before (10 and 1 day)"),
        (2.1, 2.5, 0.1, "breaks 2.1 /h, 0.4 less than before (10 and 1 day)"),
        (2.5, 2.1, 0.3, "breaks 2.5 /h, no clear change from 2.1 (10 and 1 day)"),
        (2.5, math.nan, 0.1, ""),
    ],
)
def test_a_trend_is_told_with_what_it_rests_on(recent: float, before: float, noise: float, said: str) -> None:
    breaks = next(measure for measure in MEASURES if measure.name == "breaks")
    assert trend_in_words(Trend(breaks, recent, 10, before, 1, noise)) == said


@pytest.mark.parametrize("options", [("--day", "2026-11-20"), ("--week", "2026-11-20"), ()])
def test_lines_fit_a_terminal(run: Run, options: tuple[str, ...]) -> None:
    """80 columns, but for notes."""
    weeks()
    lines = run(*options).stdout.splitlines()
    assert max(len(line) for line in lines if not line.startswith("Note")) <= 80
    assert any(line.startswith("Fri 20 Nov") for line in lines)


@pytest.mark.parametrize("options", [("--day", "0001-01-01"), ("--week", "0001-01-01"), ("--week", "9999-12-31")])
def test_the_ends_of_the_calendar_are_days_without_sessions(run: Run, options: tuple[str, ...]) -> None:
    weeks(days=1)
    assert "no day here" in run(*options).stdout


def test_little_sitting_has_no_rate_of_breaks() -> None:
    """In the headline as in the table."""
    keep(made.entry("a", "2026-11-20T09:00:00", bouts_of(("sitting", 20), ("standing", 5), ("sitting", 5))))
    assert next(card for card in sections.cards(view()) if card.name == "Breaks").figure == "–"


def test_a_session_says_when_it_began() -> None:
    """Where it began: whoever then flies west comes to the day before."""
    west = {"t_s": 1200.0, "utc": "2026-11-19T23:25:00+00:00", "utc_offset_s": -5 * 3600}
    keep(made.entry("a", "2026-11-20T00:05:00", bouts_of(("sitting", 60)), clock=[west]))
    table = sections.recorded(view()).table
    assert table is not None
    assert table.rows[0].cells[0] == "20 November 2026, 00:05"


def test_csv_has_a_row_a_day(tmp_path: Path, run: Run) -> None:
    """Of each wearer; what is not known is empty."""
    weeks(days=3)
    keep(made.desk_day("2026-11-20", wearer="bob"))
    run("--csv", str(tmp_path / "days.csv"))
    table = pd.read_csv(tmp_path / "days.csv")
    assert list(table["wearer"]) == ["ada", "ada", "ada", "bob"]
    assert table["worn_s"].gt(8 * 3600 - 1).all()
    assert {"w50_s", "alpha", "gini", "usual_bout_s", "under_15_min_s", "from_60_min_s"} <= set(table.columns)


def notes(*entries: Entry, period: Period | None = None) -> list[str]:
    """What is said of these sessions of ada."""
    keep(*entries)
    return view(period, "ada").notes


def test_thirty_hours_are_said_and_counted_on_their_days() -> None:
    spells = bouts_of(("sitting", 600), ("lying", 500), ("sitting", 700))
    assert notes(made.entry("long", "2026-11-10T10:00:00", spells)) == [
        "long.mcap lasts 30 h 00 min: left running? It counts on each of its days."
    ]
    assert list(view().days["worn_s"]) == [14 * 3600.0, 16 * 3600.0]


def test_one_second_says_why_it_says_nothing(hiphinge_home: Path, run: Run) -> None:
    """From the recording itself; it is kept, and not analysed again."""
    folder = recorded(hiphinge_home, small(hiphinge_home / "short.mcap", 1.0))
    assert "Note: short.mcap lasts 1.0 s: too short to say anything of it." in run().stdout
    assert (folder / "short.mcap").exists()
    assert entry_of(folder / "short.mcap").summary["refused"]


def test_a_recording_without_calibration_says_why(hiphinge_home: Path, run: Run) -> None:
    recorded(hiphinge_home, small(hiphinge_home / "bare.mcap", 20.0))
    assert "Note: bare.mcap: nothing could be said of it. " in run().stdout


def test_hours_of_gaps_are_said() -> None:
    spells = bouts_of(("sitting", 120), ("unknown", 200), ("standing", 60))
    (said,) = notes(made.entry("holes", "2026-11-20T09:00:00", spells))
    assert said.startswith("holes.mcap: 3 h 20 min of 6 h 20 min are unknown (gaps, or sensors that cannot tell)")


def test_time_told_twice_is_drawn_once() -> None:
    """Of the later session only what reaches beyond the other, at its own time of day."""
    keep(
        made.entry("a", "2026-11-20T09:00:00", bouts_of(("sitting", 60))),
        made.entry("b", "2026-11-20T09:20:00", bouts_of(("sitting", 50))),
    )
    bouts = view().bouts
    assert list(bouts["end_s"] - bouts["start_s"]) == [3600.0, 600.0]
    assert list(bouts["at_s"] + bouts["end_s"] - bouts["start_s"]) == [10 * 3600.0, 10 * 3600.0 + 600.0]


def test_two_at_the_same_time_are_said() -> None:
    (said,) = notes(
        made.entry("a", "2026-11-20T09:00:00", bouts_of(("sitting", 60))),
        made.entry("b", "2026-11-20T09:20:00", bouts_of(("sitting", 60))),
    )
    assert said.startswith("b.mcap and a.mcap overlap by 40 min on 20 November 2026: the time counts once. If one of")


def test_a_wrong_clock_is_said_and_nothing_is_lost(run: Run) -> None:
    """1970 and a day to come; an import may be old."""
    said = notes(
        made.entry("reset", "1970-01-01T00:00:30", bouts_of(("sitting", 60))),
        made.entry("future", "2031-11-20T09:00:00", bouts_of(("sitting", 60))),
        made.entry("old", "1999-11-20T09:00:00", bouts_of(("sitting", 60)), source="import csv"),
        made.entry("none", None, bouts_of(("sitting", 60))),
    )
    assert [s.split(":")[0] for s in said] == [
        "1 session dated 1 January 1970",
        "1 session dated 20 November 2031",
        "1 session without a date",
    ]
    assert list(view().days["day"]) == ["1999-11-20"]
    assert "Deleted: 1 session" in run("--delete", "2031-11-20", "--yes").stdout


def test_notes_are_of_the_period() -> None:
    """A week is not bothered with last year."""
    old = made.entry("reset", "1970-01-01T00:00:30", bouts_of(("sitting", 60)))
    assert notes(old, made.desk_day("2026-11-20"), period=Period(date(2026, 11, 16), date(2026, 11, 22))) == []


def test_a_newer_journal_is_refused_in_one_sentence(hiphinge_home: Path, run: Run) -> None:
    keep(made.desk_day("2026-11-20"))
    with Journal() as journal:
        journal._connection.execute("PRAGMA user_version = 4")
    for options in ((), ("--rebuild",), ("--delete", "all", "--yes"), ("--prune", "--yes")):
        with pytest.raises(JournalError, match=r"journal version 4, expected at most 1\. Update hiphinge"):
            run(*options)
    assert (hiphinge_home / "recordings" / "ada-2026-11-20.summary.json").exists()


def test_a_damaged_recording_is_named_and_the_rest_is_shown(hiphinge_home: Path, file: Path, run: Run) -> None:
    folder = recorded(hiphinge_home, file)
    (folder / "broken.mcap").write_bytes(b"hello")
    done = run()
    assert "Left out:" in done.stderr
    assert "broken.mcap: begins with 68 65 6c 6c 6f" in done.stderr
    assert "Mon 05 Jan" in done.stdout


def test_an_ankle_test_typed_in_is_kept_told_and_deleted(hiphinge_home: Path, tmp_path: Path, run: Run) -> None:
    """As a session of no length: no word of its length, and the same after the journal was made anew."""
    begun = date.today()
    assert "Noted: 8 cm" in run("--ankle", "8", "--wearer", "ada").stdout
    assert "Noted: 9.5 cm" in run("--ankle", "9.5", "--wearer", "ada").stdout
    before = run().stdout
    assert ": 9.5 cm\n" in before  # the day's last
    assert "too short" not in before
    (hiphinge_home / "journal.sqlite").unlink()
    assert "2 sessions" in run("--rebuild").stdout
    assert run().stdout == before
    assert run("--html", str(tmp_path / "day.html")).exit_code == 0
    day = "today" if date.today() == begun else "all"  # the day may have ended meanwhile
    assert "2 sessions, 2 files" in run("--delete", day, "--yes").stdout


def test_a_guided_bend_is_the_hamstring_test(hiphinge_home: Path, file: Path, run: Run) -> None:
    recorded(hiphinge_home, file)
    assert "Hamstring test, 5 January 2026: 54" in run().stdout


@pytest.mark.parametrize(
    "options", [("--day", "tomorrow"), ("--day", "2026-13-01"), ("--day", "today", "--week", "today"),
                ("--prune", "--rebuild"), ("--delete", "everything"), ("--ankle", "nan"), ("--ankle", "-1"),
                ("--ankle", "9", "--prune")]
)  # fmt: skip
def test_bad_options_end_with_two(run: Run, options: tuple[str, ...]) -> None:
    assert run(*options).exit_code == 2


def evil() -> Entry:
    """Every text of a session is code."""
    one = made.desk_day("2026-11-20", wearer=EVIL)
    bouts = tuple({**bout, "posture": EVIL} for bout in one.bouts[:3])
    return Entry({**one.summary, "recording": EVIL, "duration_s": 2e5}, one.reps, (*bouts, *one.bouts[3:]), one.alerts)


def test_names_cannot_become_code(run: Run) -> None:
    """Wearer, file and postures come out as text; a terminal sees no control characters."""
    keep(evil())
    page = render(view())
    assert "<script>alert" not in page
    assert words_of(page).count(EVIL) >= 3
    keep(made.entry("x", "2026-11-20T08:00:00", bouts_of(("sitting", 9)), wearer="a\x1b[2Jb"))
    assert "\x1b" not in run().stdout


@pytest.mark.parametrize("days", [0, 1, 5, 40])
def test_a_page_of_any_length(days: int) -> None:
    """Nothing is fetched; the words are there."""
    if days:
        weeks(days=days)
        page = render(view())
    else:
        keep(made.entry("a", None, bouts_of(("sitting", 60))))
        page = render(view())
    said = words_of(page)
    assert "default-src 'none'" in page
    assert "It is not a medical device" in said
    assert ("Figures of sitting" in said) == (days > 0)
    assert ("in stretches of 60 min and more" in said) == (days == 1)
    assert ("The last 28 of 40 days are drawn" in said) == (days == 40)


def test_a_part_of_no_length_is_no_line(run: Run) -> None:
    """A day without sitting of an hour and more showed its colour all the same."""
    weeks(days=2)
    days = view().days
    for drawn in (drawings.sitting(days), drawings.lifts(days)):
        assert [bars.glyph.line_color for bars in drawn.select(type=GlyphRenderer)].count(None) >= 3


@pytest.mark.parametrize("width", [360, 1280])
def test_a_browser_shows_it(chromium: Browser, tmp_path: Path, width: int) -> None:
    """Drawings are drawn, nothing sticks out, the console is silent."""
    weeks()
    page = tmp_path / "history.html"
    page.write_text(render(view()).replace("</body>", f"{PROBE}</body>"), encoding="utf-8")
    dom, console = chromium(page, width)
    assert console == ""
    assert int(re.findall(r'data-drawn="(\d+)"', dom)[0]) >= 7
    assert re.findall(r'data-overflow="(\d+)"', dom) == ["0"]


def test_what_is_written_is_whole(tmp_path: Path, run: Run) -> None:
    """A page for the owner only; a folder that is not there is one sentence."""
    weeks(days=2)
    target: Any = tmp_path / "a.html"
    run("--html", str(target))
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with pytest.raises(InputError, match="there is no folder"):
        run("--csv", str(tmp_path / "nowhere" / "a.csv"))
