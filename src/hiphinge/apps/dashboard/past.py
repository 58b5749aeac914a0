"""The history page: what the journal holds of one wearer, in the report's words, with numbers to draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from hiphinge.apps.dashboard import plots
from hiphinge.apps.history import deleting, gathering, sections
from hiphinge.apps.history.remarks import in_words
from hiphinge.apps.history.tables import Period, csv_text, read, week_of
from hiphinge.apps.history.view import View, view_of
from hiphinge.apps.live import keeping
from hiphinge.apps.report.page import Section, Table
from hiphinge.apps.words import UNKNOWN, number
from hiphinge.errors import InputError
from hiphinge.history import Journal

PATH = "/history"
WEEKS = "weeks"
CHANGED = "What would be deleted is not what was shown: something was recorded meanwhile. Look again."


@dataclass(frozen=True)
class Asked:
    """``wearer`` None: who was recorded last. A ``day`` or the week of one, else the last days, or all ``by`` weeks."""

    wearer: str | None = None
    day: date | None = None
    week: date | None = None
    by: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Asked:
        """InputError where a day is none."""
        return cls(query.get("wearer"), _day(query.get("day")), _day(query.get("week")), query.get("by", ""))

    @property
    def of_day(self) -> date:
        """The day; InputError where none was asked for."""
        if self.day is None:
            raise InputError("day: '', expected one like 2026-03-01.")
        return self.day


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as e:
        raise InputError(f"{text!r} is no day, expected one like 2026-03-01.") from e


def shown(asked: Asked, today: date) -> dict[str, Any]:
    """All that the page shows. Raises JournalError, SettingsError, InputError."""
    with Journal() as journal:
        tables, waiting = read(journal, today), gathering.waiting(journal.home)
    found: dict[str, Any] = {"waiting": waiting, "view": None, "wearers": (), "heading": "History"}
    if tables.sessions.empty:
        return found
    names = sorted(set(tables.sessions["wearer"]))
    wearer = str(tables.sessions["wearer"].iloc[-1]) if asked.wearer is None else asked.wearer
    if wearer not in names:
        raise InputError(f"{wearer!r}: nobody of that name was recorded, expected one of: {', '.join(names)}.")
    asked = replace(asked, wearer=wearer)
    everything = view_of(tables, wearer, Period(), today)
    view = view_of(tables, wearer, _period(asked, everything), today)
    links = [(name or "not named", address(wearer=name), name == wearer) for name in names]
    return found | {"wearers": links if len(names) > 1 else (), **_content(asked, view, everything)}


def _period(asked: Asked, everything: View) -> Period:
    if asked.day:
        return Period(asked.day, asked.day)
    if asked.week:
        return week_of(asked.week)
    days = list(everything.days["day"])
    # Not "from then on": what lies to come by a wrong clock is said in any case.
    return (
        Period(date.fromisoformat(days[-sections.DRAWN])) if asked.by != WEEKS and days[sections.DRAWN :] else Period()
    )


def _content(asked: Asked, view: View, everything: View) -> dict[str, Any]:
    wearer = asked.wearer or ""

    def day_link(day: str) -> str:
        return address(wearer=wearer, day=day)

    def week_link(week: str) -> str:
        return address(wearer=wearer, week=week)

    by_week = asked.by == WEEKS
    days, weeks = list(view.days["day"]), list(view.weeks["week"])
    drawn: list[plots.Plot] = []
    if not view.days.empty:
        drawn = list(plots.by_week(view, week_link) if by_week else plots.by_day(view, day_link))
    if asked.day:
        del drawn[1:]  # of one day its hours; the rest would be bars of one
    several = not (asked.day or view.days.empty)
    return {
        "view": replace(view, bouts=view.bouts.iloc[:0]),  # they are in the plots
        "wearer": wearer,
        "heading": _heading(asked),
        "subtitle": "" if asked.day else sections.subtitle(view),
        "lead": sections.lead(view),
        "cards": [card for card in sections.cards(view) if card.name != "Goals"],
        "plots": [(plot, asdict(plot)) for plot in drawn],
        "trends": _trends(view) if several else (),
        "tabs": _tabs(asked, wearer),
        "beside": _beside(asked, everything, day_link, week_link),
        "weeks": _opening(sections.weeks(view), weeks, week_link) if by_week and weeks else None,
        "days": _opening(sections.days(view), days, day_link) if several and not by_week else None,
        "sitting": sections.bouts(view) if asked.day and not view.days.empty else None,
        "figures": None if view.days.empty else sections.figures(view),
        "recorded": _recorded(view) if asked.day or asked.week else None,
        "csv": f"/history.csv?{urlencode({'wearer': wearer})}",
        "delete": str(asked.day or ""),
    }


def _opening(section: Section, names: list[str], link: plots.Link) -> tuple[Section, list[str]]:
    """Its table under shorter names, the newest first as they are, and where each row opens."""
    short = reversed(sections.axis_names(names))
    table = section.table or Table((), ())
    rows = tuple(replace(row, cells=(name, *row.cells[1:])) for name, row in zip(short, table.rows, strict=True))
    return replace(section, table=replace(table, rows=rows)), [link(name) for name in reversed(names)]


def _recorded(view: View) -> tuple[Section, list[str]]:
    """The sessions, each with its replay where the recording is still there."""
    there = {path.name for path in keeping.recordings().glob("*.mcap")}
    files = reversed(list(view.sessions.tail(sections.DRAWN)["file"]))
    return sections.recorded(view), [f"/replay?{urlencode({'name': f})}" if f in there else "" for f in files]


def _heading(asked: Asked) -> str:
    if asked.day:
        return f"{asked.day:%A} {in_words(str(asked.day))}"
    return f"Week of {in_words(str(week_of(asked.week).first))}" if asked.week else "History"


def _tabs(asked: Asked, wearer: str) -> list[tuple[str, str, bool]]:
    apart = bool(asked.day or asked.week)
    return [
        ("Days", address(wearer=wearer), not apart and asked.by != WEEKS),
        ("Weeks", address(wearer=wearer, by=WEEKS), not apart and asked.by == WEEKS),
    ]


def _beside(asked: Asked, everything: View, day_link: plots.Link, week_link: plots.Link) -> list[tuple[str, str]]:
    """The day or week before and after that has something, and the week of a day."""
    if not (asked.day or asked.week):
        return []
    table, link = (everything.days["day"], day_link) if asked.day else (everything.weeks["week"], week_link)
    here = str(asked.day or week_of(asked.week or date.min).first)
    before, after = [d for d in table if d < here], [d for d in table if d > here]
    found = [(f"← {in_words(before[-1])}", link(before[-1]))] if before else []
    if asked.day:
        found.append(("Its week", week_link(str(asked.day - timedelta(days=asked.day.weekday())))))
    return found + ([(f"{in_words(after[0])} →", link(after[0]))] if after else [])


def _trends(view: View) -> list[tuple[str, str, str, str, bool]]:
    """Measure, lately, before, the change in words, and whether it is clear; those with enough days."""
    rows = []
    for t in view.trends:
        lately, before = (number(x, 1, f" {t.measure.unit}" if t.measure.unit else "") for x in (t.recent, t.before))
        if UNKNOWN in (lately, before):
            continue
        change = f"{'▲' if t.change > 0 else '▼'} {abs(t.change):.1f} {'more' if t.change > 0 else 'less'}"
        rows.append((t.measure.name, lately, before, change if t.clear else "no clear change", t.clear))
    return rows


def address(**query: str) -> str:
    """Of the page with this query."""
    return f"{PATH}?{urlencode(query)}"


def csv(wearer: str, today: date) -> bytes:
    """A row a day of a wearer, as ``hiphinge history --csv`` writes it."""
    with Journal() as journal:
        return csv_text(view_of(read(journal, today), wearer, Period(), today).days).encode()


def deletion(day: date, wearer: str) -> dict[str, Any]:
    """What would go with a day; ``mark`` has to be shown to let it go, "" where nothing is kept."""
    with Journal() as journal:
        journal.catch_up()
        found = deleting.planned(journal, str(day), wearer)
    return {"words": found.words, "mark": found.mark if found.ids or found.files else ""}


def delete(day: date, wearer: str, mark: str) -> tuple[str, list[str]]:
    """Let go what was shown, and nothing else; what was done, and the recordings that are gone."""
    with Journal() as journal:
        journal.catch_up()
        found = deleting.planned(journal, str(day), wearer)
        if mark != found.mark:
            raise InputError(CHANGED)
        return found.carry_out(journal), [path.name for path in found.files]
