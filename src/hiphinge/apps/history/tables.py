"""All that the history is shown from, read from the journal once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from hiphinge import history
from hiphinge.history import Journal
from hiphinge.history.trends import doubtful

NOT_LIVE = ("import", "simulat")
"""How the source of a recording begins that may be as old as it likes."""


@dataclass(frozen=True)
class Period:
    """From day to day, both included; None: as far as there is something."""

    first: date | None = None
    last: date | None = None

    def holds(self, days: pd.Series) -> pd.Series:
        """Which of these days (ISO) lie in it; without a date in none but the endless one."""
        return (days >= str(self.first or "")) & (days <= str(self.last or "9999-12-31"))


def week_of(day: date) -> Period:
    """Monday to Sunday."""
    monday = day - timedelta(days=day.weekday())
    return Period(monday, monday + timedelta(days=6))


@dataclass(frozen=True)
class Tables:
    """The journal's tables, that of days, spans told twice, and the days that cannot be (``wrong``)."""

    sessions: pd.DataFrame
    presence: pd.DataFrame
    bouts: pd.DataFrame
    days: pd.DataFrame
    overlaps: pd.DataFrame
    wrong: frozenset[str]


def read(journal: Journal, today: date) -> Tables:
    """All of it. Raises JournalError."""
    sessions, presence, days = journal.table("session"), journal.table("presence"), history.day_table(journal)
    dated = presence[presence["day"] != history.UNDATED]
    own = sessions["id"][~sessions["source"].fillna("").str.startswith(NOT_LIVE)]
    live = set(dated["day"][dated["session"].isin(own)])
    wrong = frozenset(day for day in days["day"] if doubtful(day, day in live, today))
    overlaps = history.overlaps(dated, history.session_starts(journal))
    return Tables(sessions, presence, journal.table("bout"), days, overlaps, wrong)
