"""Weeks, trends and goals, from days made up by hand."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hiphinge.history import trends
from hiphinge.settings import Goals

TODAY = date(2026, 11, 20)


def table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Days with what is given, zero for the rest."""
    zero = ("sitting_s walking_s longest_sitting_s breaks repetitions judged rounded").split()
    unknown = "breaks_per_hour usual_bout_s slouch_pct lumbar_share_pct".split()
    base = {"worn_s": 8 * 3600.0, **dict.fromkeys(zero, 0), **dict.fromkeys(unknown, math.nan)}
    return pd.DataFrame([base | row for row in rows])


def ago(days: int) -> str:
    """A day before today."""
    return (TODAY - timedelta(days=days)).isoformat()


def trend(days: pd.DataFrame, name: str) -> trends.Trend:
    """One of them."""
    return next(t for t in trends.trends(days, TODAY) if t.measure.name == name)


def test_two_weeks_against_the_six_before() -> None:
    """By the hour worn; older days and short ones do not count."""
    rng = np.random.default_rng(0)
    rows = [{"day": ago(k), "sitting_s": 3600.0 * (4 if k < 14 else 6) + rng.normal(0, 60)} for k in range(56)]
    rows += [{"day": ago(60), "sitting_s": 0.0}, {"day": ago(0) + "x", "sitting_s": 1e5, "worn_s": 100.0}]
    found = trend(table(rows), "sitting")
    assert (found.recent_days, found.before_days) == (14, 42)
    assert found.recent == pytest.approx(30.0, abs=0.2)
    assert found.before == pytest.approx(45.0, abs=0.2)
    assert found.clear


def test_days_that_differ_make_no_clear_change() -> None:
    """A mean that moves less than days do."""
    rows = [{"day": ago(k), "breaks_per_hour": 2.0 + (k % 2)} for k in range(8)]
    rows += [{"day": ago(k), "breaks_per_hour": 2.2 + (k % 2)} for k in range(20, 28)]
    assert not trend(table(rows), "breaks").clear


def test_too_few_days_are_no_trend() -> None:
    """Five are not six."""
    rows = [{"day": ago(k), "sitting_s": 100.0} for k in (0, 1, 2, 3, 4, 20, 21, 22, 23, 24, 25)]
    found = trend(table(rows), "sitting")
    assert math.isnan(found.recent)
    assert found.before == pytest.approx(60 * 100 / (8 * 3600))
    assert not found.clear


def test_lifts_count_on_short_days_too() -> None:
    """A workout is no desk day; a day without a lift has no share."""
    rows = [{"day": ago(k), "worn_s": 1200.0, "repetitions": 30, "lumbar_share_pct": 40.0} for k in (1, 3)]
    rows += [{"day": ago(2)}, {"day": ago(20), "repetitions": 10, "lumbar_share_pct": 50.0}]
    assert trend(table(rows), "repetitions").recent == 30.0
    assert trend(table(rows), "lumbar share").change == pytest.approx(-10.0)


def test_weeks_begin_on_monday() -> None:
    """Means over long days; rates over all of their sitting; sums of lifts."""
    rows = [
        {"day": "2026-11-15", "sitting_s": 3600.0, "breaks": 1, "repetitions": 5},
        {"day": "2026-11-16", "sitting_s": 3600.0, "breaks": 4, "longest_sitting_s": 900.0},
        {"day": "2026-11-22", "sitting_s": 7200.0, "breaks": 2, "longest_sitting_s": 1800.0},
        {"day": "2026-11-18", "worn_s": 600.0, "repetitions": 12, "judged": 12, "rounded": 3, "lumbar_share_pct": 40.0},
    ]
    found = trends.weeks(table(rows))
    assert list(found["week"]) == ["2026-11-09", "2026-11-16"]
    week = found.iloc[1]
    assert (week["days"], week["sitting_s"], week["longest_sitting_s"]) == (2, 5400.0, 1800.0)
    assert week["breaks_per_hour"] == pytest.approx(6 / 3)
    assert (week["repetitions"], week["rounded"], week["lumbar_share_pct"]) == (12, 3, 40.0)
    assert trends.weeks(table([])).empty


def test_goals_are_counted_on_long_days() -> None:
    """Each by itself; 0 is no goal."""
    rows = [
        {"day": ago(1), "breaks_per_hour": 2.5, "walking_s": 1800.0, "longest_sitting_s": 3600.0},
        {"day": ago(2), "breaks_per_hour": 1.9, "walking_s": 60.0, "longest_sitting_s": 3601.0},
        {"day": ago(3), "walking_s": 7200.0},
        {"day": ago(4), "worn_s": 60.0, "breaks_per_hour": 9.0},
    ]
    found = {g.words: (g.kept, g.days) for g in trends.goals_kept(table(rows), Goals())}
    assert found == {
        "2 breaks an hour of sitting": (1, 2),
        "30 min of walking": (2, 3),
        "at most 60 min without standing up": (2, 3),
    }
    assert len(trends.goals_kept(table(rows), Goals(0.0, 30.0, 0.0))) == 1


@pytest.mark.parametrize(
    ("day", "live", "wrong"),
    [
        ("1970-01-01", True, True),
        ("1998-05-05", False, False),
        ("2026-11-21", True, False),
        ("2026-11-22", False, True),
    ],
)
def test_days_that_cannot_be(day: str, live: bool, wrong: bool) -> None:
    """An import may be old; nothing comes from after tomorrow, wherever in the world today is."""
    assert trends.doubtful(day, live, TODAY) is wrong
