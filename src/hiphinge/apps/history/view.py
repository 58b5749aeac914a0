"""What is shown of one wearer, whether as text, JSON, CSV or a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from hiphinge import settings
from hiphinge.apps.history.remarks import remarks
from hiphinge.apps.history.tables import Period, Tables, read
from hiphinge.history import Journal
from hiphinge.history.entry import plain
from hiphinge.history.trends import GoalKept, Trend, goals_kept, trends, weeks

SESSION = "id file source start_utc utc_offset_s duration_s setup calibration_id verdict loss_pct refused".split()
"""What is told of a session: columns of the journal's table."""


@dataclass(frozen=True)
class View:
    """One wearer: ``days`` of the period and ``weeks`` (see :mod:`hiphinge.history.trends`), ``bouts`` of those days.

    ``sessions`` have a row each, :data:`SESSION` and the ``day`` on which they began ("" without a date).

    ``all_days`` counts the days of the whole history; ``notes`` are sentences about what needs one.
    """

    wearer: str
    days: pd.DataFrame
    weeks: pd.DataFrame
    bouts: pd.DataFrame
    sessions: pd.DataFrame
    trends: list[Trend]
    goals: list[GoalKept]
    wanted: settings.Goals
    notes: list[str]
    all_days: int

    def to_json(self) -> dict[str, Any]:
        """The same by name; None where nothing is known."""
        return {
            "wearer": self.wearer,
            "days": records(self.days),
            "weeks": records(self.weeks),
            "sessions": records(self.sessions),
            "trends": [
                {
                    "measure": t.measure.name,
                    "unit": t.measure.unit,
                    "recent": plain(t.recent),
                    "before": plain(t.before),
                }
                | {"recent_days": t.recent_days, "before_days": t.before_days, "clear": t.clear}
                for t in self.trends
            ],
            "goals": [{"goal": g.words, "kept": g.kept, "days": g.days} for g in self.goals],
            "notes": self.notes,
        }


def _sessions(tables: Tables, wearer: str, period: Period) -> pd.DataFrame:
    first = tables.presence.groupby("session")["day"].min()
    theirs = tables.sessions[tables.sessions["wearer"] == wearer]
    theirs = theirs.assign(day=theirs["id"].map(first))
    shown: pd.DataFrame = theirs[period.holds(theirs["day"])][["day", *SESSION]]
    return shown


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows by name, in JSON's own types."""
    names = list(table.columns)
    return [dict(zip(names, map(plain, row), strict=True)) for row in table.itertuples(index=False, name=None)]


def views(journal: Journal, wearer: str | None, period: Period, today: date) -> list[View]:
    """Each wearer apart, or the one that is named."""
    tables = read(journal, today)
    names = sorted(set(tables.sessions["wearer"])) if wearer is None else [wearer]
    return [view_of(tables, name, period, today) for name in names]


def view_of(tables: Tables, wearer: str, period: Period, today: date) -> View:
    """What is shown of one wearer in this period."""
    wanted: settings.Goals = settings.load(root=settings.Goals)
    theirs = tables.days[(tables.days["wearer"] == wearer) & ~tables.days["day"].isin(tables.wrong)]
    shown = theirs[period.holds(theirs["day"])]
    bouts = tables.bouts[(tables.bouts["wearer"] == wearer) & tables.bouts["day"].isin(set(shown["day"]))]
    return View(
        wearer=wearer,
        days=shown,
        weeks=weeks(shown),
        bouts=bouts,
        sessions=_sessions(tables, wearer, period),
        trends=trends(theirs, min(today, period.last or today)),
        goals=goals_kept(shown, wanted),
        wanted=wanted,
        notes=remarks(tables, wearer, period),
        all_days=len(theirs),
    )
