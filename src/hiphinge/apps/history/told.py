"""The history as a terminal shows it: 80 columns, no colour needed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from hiphinge.apps.history.remarks import in_words
from hiphinge.apps.history.view import View
from hiphinge.apps.recordings import printable
from hiphinge.apps.words import UNKNOWN, number, plural
from hiphinge.history.trends import ENOUGH_DAYS, ENOUGH_WORN_S, OF_LIFTS, TESTS, Trend

SHOWN_DAYS, SHOWN_WEEKS = 14, 8
RATE_S = 1800.0
"""Sitting, s, from which breaks are told by the hour [D]."""
MEANS = f"A week's times are means of its days worn for {ENOUGH_WORN_S / 3600:g} h or more; lifts are sums."
HEAD = ("worn", "sitting", "longest", "breaks/h", "walking", "lifts", "rounded", "lumbar")
WIDTHS = (7, 8, 8, 9, 8, 6, 8, 7)


def told(views: Sequence[View]) -> Iterator[str]:
    """The lines of ``hiphinge history``."""
    if not views:
        yield "No session yet. Record one with hiphinge desk or hiphinge lift; what it finds is kept here."
    for n, view in enumerate(views):
        yield from [""] * (n > 0)
        yield from map(printable, _wearer(view))


def _wearer(view: View) -> Iterator[str]:
    name = view.wearer or "Wearer not named"
    if view.days.empty:
        yield f"{name}: no day here." if view.all_days else f"{name}: no day yet."
    else:
        first, last = view.days["day"].iloc[0], view.days["day"].iloc[-1]
        ends = in_words(last) if first == last else f"{in_words(first)} to {in_words(last)}"
        yield f"{name}: {plural(len(view.days), 'day')}, {ends}. Times in h:min."
        yield ""
        yield from _days(view)
        if len(view.weeks) > 1:
            yield ""
            yield from _weeks(view)
        yield from _tests(view)
        yield from _trends(view.trends)
        yield from _goals(view)
    if view.notes:
        yield ""
        yield from (f"Note: {note}" for note in view.notes)


def _days(view: View) -> Iterator[str]:
    shown = view.days.tail(SHOWN_DAYS)
    if len(shown) < len(view.days):
        yield f"The last {SHOWN_DAYS} days (all of them: --json, --csv FILE, --html FILE)"
    yield _line("day", HEAD)
    for day in shown.itertuples():
        yield _line(f"{date.fromisoformat(day.day):%a %d %b}", _cells(day))


def _weeks(view: View) -> Iterator[str]:
    yield _line("week of", ("a day", "sitting", "longest", "breaks/h", "walking", "lifts", "rounded", "lumbar"))
    for week in view.weeks.tail(SHOWN_WEEKS).itertuples():
        yield _line(f"{date.fromisoformat(week.week):%d %b}, {week.days} d", _cells(week))
    yield MEANS


def _cells(row: Any) -> tuple[str, ...]:
    return (
        hours(row.worn_s),
        hours(row.sitting_s),
        hours(row.longest_sitting_s),
        breaks(row),
        hours(row.walking_s),
        str(row.repetitions) if row.repetitions else UNKNOWN,
        f"{row.rounded}/{row.judged}" if row.judged else UNKNOWN,
        number(row.lumbar_share_pct, 0, " %"),
    )


def _line(first: str, cells: Sequence[str]) -> str:
    return f"{first:<12}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True))


def _tests(view: View) -> Iterator[str]:
    """The last of each test, and the one before."""
    told = []
    for test in TESTS:
        known = view.days.dropna(subset=[test.column]) if test.column in view.days else view.days[:0]
        unit = with_space(test.unit)
        last = [f"{in_words(row['day'])}: {row[test.column]:.3g}{unit}" for _, row in known.tail(2).iterrows()]
        if last:
            told.append(f"{test.name.capitalize()}, {'; '.join(last[::-1])}")
    yield from ("", *told) if told else ()


def _trends(found: Sequence[Trend]) -> Iterator[str]:
    lines = [said for trend in found if (said := trend_in_words(trend))]
    if lines:
        yield from ("", "The last two weeks against the six before:")
        yield from (f"  {said}" for said in lines)
    elif any(trend.recent_days for trend in found):
        days = max(trend.recent_days for trend in found if trend.measure.column not in OF_LIFTS)
        yield ""
        yield f"No trend yet: {plural(days, 'long day')} of the last two weeks, {ENOUGH_DAYS} are needed in both parts."


def trend_in_words(trend: Trend) -> str:
    """``breaks 2.1 /h, 0.4 more than before (10 and 22 days)``; "" with too few days.

    A change that days which differ by chance explain is called no clear one.
    """
    if math.isnan(trend.recent) or math.isnan(trend.before):
        return ""
    unit = with_space(trend.measure.unit)
    change = f"{abs(trend.change):.1f} {'more' if trend.change > 0 else 'less'} than before"
    how = change if trend.clear else f"no clear change from {number(trend.before, 1)}"
    days = f"{trend.recent_days} and {plural(trend.before_days, 'day')}"
    return f"{trend.measure.name} {number(trend.recent, 1)}{unit}, {how} ({days})"


def _goals(view: View) -> Iterator[str]:
    if any(goal.days for goal in view.goals):
        yield ""
        yield from (f"Goal {goal.words}: kept on {goal.kept} of {plural(goal.days, 'day')}" for goal in view.goals)


def with_space(unit: str) -> str:
    """A unit as it follows its figure: degrees at once."""
    return unit if unit in ("", "°") else f" {unit}"


def breaks(row: Any) -> str:
    """Breaks an hour; a dash where there was too little sitting to speak of a rate."""
    return number(row.breaks_per_hour, 1) if row.sitting_s >= RATE_S else UNKNOWN


def hours(seconds: float) -> str:
    """``7:05`` for 7 h 5 min; a dash when not known.

    >>> hours(25_500.0), hours(0.0), hours(float("nan"))
    ('7:05', '0:00', '–')
    """
    if not math.isfinite(seconds):
        return UNKNOWN
    minutes = round(seconds / 60)
    return f"{minutes // 60}:{minutes % 60:02d}"
