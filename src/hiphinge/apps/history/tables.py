"""All that the history is shown from, read from the journal once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from hiphinge import history
from hiphinge.apps.doubts import MADE_ELSEWHERE
from hiphinge.history import Journal
from hiphinge.history.trends import doubtful


@dataclass(frozen=True)
class Period:
    """From day to day, both included; None: as far as there is something."""

    first: date | None = None
    last: date | None = None

    def holds(self, days: pd.Series) -> pd.Series:
        """Which of these days (ISO) lie in it; without a date in none but the endless one."""
        return (days >= str(self.first or "")) & (days <= str(self.last or "9999-12-31"))


def week_of(day: date) -> Period:
    """Monday to Sunday; the calendar's last week ends with it."""
    rest = min(6 - day.weekday(), (date.max - day).days)
    return Period(day - timedelta(days=day.weekday()), day + timedelta(days=rest))


@dataclass(frozen=True)
class Tables:
    """The journal's tables, that of days, spans told twice, and the days that cannot be (``wrong``).

    ``bouts`` are those that count: what another session has told already is not among them.
    """

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
    own = sessions["id"][~sessions["source"].fillna("").str.startswith(MADE_ELSEWHERE)]
    live = set(dated["day"][dated["session"].isin(own)])
    wrong = frozenset(day for day in days["day"] if doubtful(day, day in live, today))
    overlaps = history.overlaps(dated, history.session_starts(journal))
    return Tables(sessions, presence, history.uncovered(journal.table("bout"), overlaps), days, overlaps, wrong)


def csv_text(frame: pd.DataFrame) -> str:
    """A table as its .csv: header always, true and false in small letters, empty where not known."""
    flags = frame.select_dtypes("boolean").columns
    small = {name: frame[name].map({True: "true", False: "false"}, na_action="ignore") for name in flags}
    text: str = frame.assign(**small).to_csv(index=False)
    return text
