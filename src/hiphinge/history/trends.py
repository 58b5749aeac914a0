"""Weeks, what changes over them, and how often a goal was met: from the table of days."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from hiphinge.settings import Goals

ENOUGH_DAYS = 6
"""Days of wear that an estimate of sitting needs (6 to 8 with wear-time adjustment; PLoS One 2015, n = 87)."""
ENOUGH_WORN_S = 4 * 3600.0
"""From so many s worn a day stands for itself in weeks and trends [D]; a shorter one counts in its own row only."""
RECENT, BEFORE = 14, 42
"""Days that a trend compares: the last two weeks with the six before them [D]."""
EARLIEST = "2025-01-01"
"""No live session is older than the program: a day before it says that the computer's clock was wrong."""


@dataclass(frozen=True)
class Measure:
    """Something that is followed: its ``column`` in the table of days, and the name in words.

    ``per_worn_hour``: time that is compared by the hour worn, as days differ in length.
    """

    name: str
    column: str
    unit: str
    per_worn_hour: bool = False


MEASURES = (
    Measure("sitting", "sitting_s", "min/h", per_worn_hour=True),
    Measure("walking", "walking_s", "min/h", per_worn_hour=True),
    Measure("breaks", "breaks_per_hour", "/h"),
    Measure("usual bout of sitting", "usual_bout_s", "min"),
    Measure("slouch", "slouch_pct", "%"),
    Measure("repetitions", "repetitions", ""),
    Measure("lumbar share", "lumbar_share_pct", "%"),
    Measure("hamstring test", "hamstring_deg", "°"),
    Measure("ankle test", "ankle_cm", "cm"),
)
TESTS = tuple(m for m in MEASURES if m.name.endswith("test"))
OF_LIFTS = ("repetitions", "lumbar_share_pct", *(test.column for test in TESTS))
"""Columns that a short session tells as well as a day; days without a lift or a test are left out."""


@dataclass(frozen=True)
class Trend:
    """A measure lately and before: means over days (each with how many), NaN with too few.

    ``noise``: one standard error of their difference, from how days differ; NaN from one day.
    """

    measure: Measure
    recent: float
    recent_days: int
    before: float
    before_days: int
    noise: float

    @property
    def change(self) -> float:
        """Recent less before."""
        return self.recent - self.before

    @property
    def clear(self) -> bool:
        """Whether it changed by more than twice what days that differ by chance explain."""
        return abs(self.change) > 2.0 * self.noise


def doubtful(day: str, live: bool, today: date) -> bool:
    """Whether a day (ISO) cannot be: after tomorrow, or recorded live before the program was.

    An import may be as old as it likes.
    """
    return (live and day < EARLIEST) or day > (today + timedelta(days=1)).isoformat()


def values(days: pd.DataFrame, measure: Measure) -> pd.Series:
    """A measure on the days that tell it, in its unit, by day (ISO)."""
    table = days.set_index("day")
    if measure.column not in table:
        return pd.Series(dtype=float, index=pd.Index([], dtype=object))
    column = table[measure.column].astype(float)
    if measure.column in OF_LIFTS:
        return column[column > 0] if measure.column == "repetitions" else column.dropna()
    whole = table["worn_s"] >= ENOUGH_WORN_S
    if measure.per_worn_hour:
        return (60.0 * column / table["worn_s"])[whole]
    return (column / 60.0 if measure.unit == "min" else column)[whole].dropna()


def trends(days: pd.DataFrame, today: date) -> list[Trend]:
    """Each measure in the last two weeks against the six before; ``days`` of one wearer."""
    turn, oldest = _before(today, RECENT - 1), _before(today, RECENT + BEFORE - 1)
    found = []
    for measure in MEASURES:
        known = values(days, measure)
        recent, before = known[known.index >= turn], known[(known.index < turn) & (known.index >= oldest)]
        enough = ENOUGH_DAYS if measure.column not in OF_LIFTS else 1
        means = _mean(recent, enough), len(recent), _mean(before, enough), len(before)
        noise = math.sqrt(_error(recent) ** 2 + _error(before) ** 2)
        found.append(Trend(measure, *means, noise))
    return found


def _before(day: date, days: int) -> str:
    """So many days before, ISO; no earlier than the calendar."""
    return date.fromordinal(max(day.toordinal() - days, 1)).isoformat()


def _error(known: pd.Series) -> float:
    """Standard error of a mean; NaN from under two days."""
    return float(known.std(ddof=1)) / math.sqrt(len(known)) if len(known) > 1 else math.nan


def _mean(known: pd.Series, enough: int) -> float:
    return float(known.mean()) if len(known) >= enough else math.nan


def weeks(days: pd.DataFrame) -> pd.DataFrame:
    """A row a week (named by its Monday, ISO) of one wearer: ``days`` worn, means a day, sums of lifts."""
    if days.empty:
        return pd.DataFrame(columns=["week"])
    return pd.DataFrame([_week(str(week), those) for week, those in days.groupby(days["day"].map(monday))])


def monday(day: str) -> str:
    """That of the week of a day, both ISO.

    >>> monday("2026-11-22")
    '2026-11-16'
    """
    found = date.fromisoformat(day)
    return (found - timedelta(days=found.weekday())).isoformat()


def _week(week: str, days: pd.DataFrame) -> dict[str, Any]:
    whole = days[days["worn_s"] >= ENOUGH_WORN_S]
    sitting, shares = whole["sitting_s"].sum(), days["lumbar_share_pct"].dropna()
    return {
        "week": week,
        "days": len(whole),
        "worn_s": float(whole["worn_s"].mean()),
        "sitting_s": float(whole["sitting_s"].mean()),
        "longest_sitting_s": float(whole["longest_sitting_s"].max()),
        "breaks_per_hour": 3600.0 * float(whole["breaks"].sum()) / sitting if sitting > 0 else math.nan,
        "walking_s": float(whole["walking_s"].mean()),
        "repetitions": int(days["repetitions"].sum()),
        "judged": int(days["judged"].sum()),
        "rounded": int(days["rounded"].sum()),
        "lumbar_share_pct": float(shares.mean()) if len(shares) else math.nan,
    }


@dataclass(frozen=True)
class GoalKept:
    """How often: on ``kept`` of ``days`` days that were worn long enough."""

    words: str
    kept: int
    days: int


def goals_kept(days: pd.DataFrame, goals: Goals) -> list[GoalKept]:
    """Each goal that is set; a day counts once it was worn long enough."""
    whole = days[days["worn_s"] >= ENOUGH_WORN_S]
    seated = whole.dropna(subset=["breaks_per_hour"])
    kept = [
        (goals.breaks_per_hour, "{:g} breaks an hour of sitting", seated["breaks_per_hour"] >= goals.breaks_per_hour),
        (goals.walking_min, "{:g} min of walking", whole["walking_s"] >= 60 * goals.walking_min),
        (
            goals.longest_sitting_min,
            "at most {:g} min without standing up",
            whole["longest_sitting_s"] <= 60 * goals.longest_sitting_min,
        ),
    ]
    return [GoalKept(words.format(goal), int(met.sum()), len(met)) for goal, words, met in kept if goal > 0]
