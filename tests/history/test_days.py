"""One row a day and wearer."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from hiphinge.history import Entry, Journal, day_table, overlaps, session_starts
from tests.history import made_up_sessions as made
from tests.history.made_up_sessions import bouts_of


def days_of(*entries: Entry) -> pd.DataFrame:
    """The table of days of a journal with these sessions."""
    with Journal() as journal:
        for entry in entries:
            journal.add(entry)
        return day_table(journal)


def day(table: pd.DataFrame, day: str, wearer: str = "ada") -> Any:
    """One row."""
    (found,) = table[(table["day"] == day) & (table["wearer"] == wearer)].itertuples()
    return found


def test_an_empty_journal_has_all_columns() -> None:
    """Whoever reads the table needs no case for it."""
    none, some = days_of(), days_of(made.entry("a", "2026-11-20T09:00:00", bouts_of(("sitting", 5))))
    assert list(none.columns) == list(some.columns)
    assert none.empty


def test_a_day_of_two_sessions() -> None:
    """Sums and shares; the pause between is neither sitting nor a break."""
    morning = made.entry("a", "2026-11-20T09:00:00", bouts_of(("sitting", 40), ("walking", 5), ("sitting", 20)))
    reps = [made.repetition(1, 30.0, 0.5, True), made.repetition(2, 40.0, 1.0), made.repetition(3, 50.0, 3.0, None)]
    evening = made.entry("b", "2026-11-20T18:00:00", bouts_of(("standing", 10), start=7.0), reps=reps)
    found = day(days_of(morning, evening), "2026-11-20")
    assert found.sessions == 2
    assert found.worn_s == 75 * 60
    assert (found.sitting_s, found.walking_s, found.standing_s) == (3600.0, 300.0, 600.0)
    assert found.breaks == 1
    assert (found.repetitions, found.judged, found.rounded) == (3, 2, 1)
    assert found.lumbar_share_pct == pytest.approx(50.0)  # 1/3, 1/2, 3/4: the middle one
    assert found.slouch_pct == pytest.approx(40.0)
    assert found.shifts_per_15_min == pytest.approx((9 + 4) / 4)


def test_two_wearers_are_kept_apart() -> None:
    """At the same time, on the same day."""
    table = days_of(
        made.entry("a", "2026-11-20T09:00:00", bouts_of(("sitting", 40))),
        made.entry("b", "2026-11-20T09:10:00", bouts_of(("walking", 20)), wearer="bob"),
    )
    assert (day(table, "2026-11-20").sitting_s, day(table, "2026-11-20").walking_s) == (2400.0, 0.0)
    assert (day(table, "2026-11-20", "bob").sitting_s, day(table, "2026-11-20", "bob").walking_s) == (0.0, 1200.0)


def test_time_told_twice_counts_once() -> None:
    """A copy, begun half an hour later by its clock: only what reaches beyond counts."""
    first = made.entry("a", "2026-11-20T09:00:00", bouts_of(("sitting", 60)))
    reps = [made.repetition(1, 130.0), made.repetition(2, 100.0 + 3000.0)]
    copy = made.entry("b", "2026-11-20T09:30:00", bouts_of(("sitting", 45), ("walking", 10), start=100.0), reps=reps)
    inner = made.entry("c", "2026-11-20T09:10:00", bouts_of(("walking", 10)))
    found = day(days_of(first, copy, inner), "2026-11-20")
    assert found.sitting_s == (60 + 15) * 60
    assert found.walking_s == 600.0
    assert found.repetitions == 1
    with Journal() as journal:
        spans = overlaps(journal.table("presence"), session_starts(journal))
    told = {(s.session, s.other, s.end_s - s.start_s) for s in spans.itertuples()}
    assert told == {("b", "a", 1800.0), ("c", "a", 600.0)}


def test_a_stepped_clock_makes_no_phantom_bout() -> None:
    """An hour of sitting stays one, wherever the wall clock was set in between."""
    step = {"t_s": 1200.0, "utc": "2026-11-20T10:00:00+00:00", "utc_offset_s": 3600}
    stepped = made.entry("a", "2026-11-20T09:00:00", bouts_of(("sitting", 60), ("standing", 5)), clock=[step])
    found = day(days_of(stepped), "2026-11-20")
    assert (found.sitting_bouts, found.longest_sitting_s, found.breaks) == (1, 3600.0, 1)


def test_what_cannot_be_known_is_nan() -> None:
    """One session without shifts: the day has none. No lift: no share. No date: no day."""
    dumb = made.entry("a", "2026-11-20T09:00:00", bouts_of(("sitting", 20)))
    dumb = Entry(dumb.summary, dumb.reps, dumb.bouts, dumb.alerts, shifts=None)
    table = days_of(
        dumb,
        made.entry("b", "2026-11-20T12:00:00", bouts_of(("sitting", 20))),
        made.entry("c", None, bouts_of(("sitting", 20))),
        made.entry("d", "9999-12-31T12:00:00", bouts_of(("standing", 20))),
        made.entry("e", "2026-11-21T12:00:00", []),
    )
    found = day(table, "2026-11-20")
    assert math.isnan(found.shifts_per_15_min)
    assert math.isnan(found.lumbar_share_pct)
    assert list(table["day"]) == ["2026-11-20", "2026-11-21", "9999-12-31"]
    assert day(table, "2026-11-21").worn_s == 0.0


def test_no_shift_at_all_is_known() -> None:
    """A motionless spell as long as the bout."""
    still = made.entry("a", "2026-11-20T09:00:00", bouts_of(("sitting", 3)))
    found = day(days_of(still), "2026-11-20")
    assert (found.shifts_per_15_min, found.longest_motionless_s) == (0.0, 180.0)


def test_tests_have_columns_of_their_name() -> None:
    """On the days that have them."""
    one = made.entry("a", "2026-11-20T09:00:00", bouts_of(("standing", 3)), tests={"hamstring_deg": 62.0})
    two = made.entry("b", "2026-11-21T09:00:00", bouts_of(("standing", 3)))
    table = days_of(one, two)
    assert day(table, "2026-11-20").hamstring_deg == 62.0
    assert math.isnan(day(table, "2026-11-21").hamstring_deg)
