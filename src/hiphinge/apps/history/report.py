"""The history of one wearer as a page: a day, a week or all of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
from bokeh.model import Model

from hiphinge.apps.history import drawings
from hiphinge.apps.history.remarks import in_words
from hiphinge.apps.history.told import breaks, hours, trend_in_words
from hiphinge.apps.history.view import View
from hiphinge.apps.report import colours
from hiphinge.apps.report.facts import SAFETY
from hiphinge.apps.report.page import Card, Column, Key, Page, Row, Section, Table, html
from hiphinge.apps.report.words import UNKNOWN, number, plural, span
from hiphinge.history.days import BIN_NAMES
from hiphinge.history.trends import ENOUGH_WORN_S, MEASURES

DRAWN = 28
"""Days that are drawn, the last ones: more do not fit a screen; the tables have them all."""
LONGEST_BOUTS = 12
TESTS = tuple(m for m in MEASURES if m.name.endswith("test"))


def render(view: View) -> str:
    """The page as HTML, self-contained."""
    made: dict[str, Model] = {}
    sections = tuple(_sections(view, made))
    name = view.wearer or "wearer not named"
    return html(Page(f"History: {name}", _subtitle(view), _lead(view), _cards(view), sections, SAFETY, made))


def _subtitle(view: View) -> str:
    if view.days.empty:
        return "no day in this period"
    first, last = view.days["day"].iloc[0], view.days["day"].iloc[-1]
    if first == last:
        return f"{date.fromisoformat(first):%A} {in_words(first)}"
    return f"{in_words(first)} to {in_words(last)}, {plural(len(view.days), 'day')} with sensors"


def _lead(view: View) -> str:
    if view.days.empty:
        return "Nothing was recorded here."
    days, lifts = view.days, int(view.days["repetitions"].sum())
    said = [f"{span(days['worn_s'].sum())} worn", f"{span(days['sitting_s'].sum())} of it sitting"]
    said.append(f"{plural(int(days['breaks'].sum()), 'break')} from it")
    said.append(plural(lifts, "lift") if lifts else "no lift")
    return "; ".join(said) + "."


def _cards(view: View) -> tuple[Card, ...]:
    days, wanted = view.days, view.wanted
    if days.empty:
        return ()
    n, sitting = len(days), days["sitting_s"].sum()
    mean = ", mean a day" if n > 1 else ""
    rate = 3600 * days["breaks"].sum() / sitting if sitting > 0 else math.nan
    share = 100 * sitting / max(days["worn_s"].sum(), 1.0)
    goals = {goal.words: goal for goal in view.goals}
    kept = "; ".join(f"{words}: {g.kept} of {plural(g.days, 'day')}" for words, g in goals.items() if g.days)
    return (
        Card("Sitting", span(sitting / n), f"{share:.0f} % of the time worn{mean}"),
        Card("Breaks", f"{number(rate, 1)} an hour", f"of sitting; goal {wanted.breaks_per_hour:g}"),
        Card("Longest sitting", span(days["longest_sitting_s"].max()), "without standing up"),
        Card("Walking", span(days["walking_s"].sum() / n), f"goal {wanted.walking_min:g} min a day{mean}"),
        Card("Lifts", str(int(days["repetitions"].sum())), _rounded(days)),
        Card(
            "Goals",
            UNKNOWN if not kept else f"{sum(g.kept for g in view.goals)} of {sum(g.days for g in view.goals)}",
            kept or "no long day yet",
        ),
    )


def _rounded(days: pd.DataFrame) -> str:
    judged, rounded = int(days["judged"].sum()), int(days["rounded"].sum())
    return f"{rounded} of {judged} with a rounded back" if judged else "none judged"


def _sections(view: View, made: dict[str, Model]) -> Iterator[Section]:
    if view.notes:
        yield Section("Worth knowing", tuple(view.notes))
    if view.days.empty:
        return
    drawn = replace(view, days=view.days.tail(DRAWN))
    yield replace(_postures(drawn, made), notes=_left_out(view))
    if len(view.days) == 1:
        yield _bouts(view)
    else:
        yield from _sitting(drawn, made)
        yield from _lifts(drawn, made)
        yield from _tests(view, made)
        yield _trends(view)
        if len(view.weeks) > 1:
            yield _weeks(view)
    yield _days(view)
    yield _figures(view)
    yield _recorded(view)


def _left_out(view: View) -> tuple[str, ...]:
    n = len(view.days)
    return (f"The last {DRAWN} of {n} days are drawn; the tables below have them all.",) if n > DRAWN else ()


def _postures(view: View, made: dict[str, Model]) -> Section:
    days = list(view.days["day"])
    bouts = view.bouts[view.bouts["day"].isin(days)]
    made["postures"] = drawings.postures(days, bouts)
    seen = [p for p in colours.POSTURES if p in set(bouts["posture"])]
    key = tuple(Key("bar", colours.POSTURES[p], p.replace("_", " ")) for p in seen)
    words = "What you did, hour by hour, in the time of the place where it was recorded."
    title = "The day's hours" if len(days) == 1 else "The days' hours"
    return Section(title, (words,), key, plot="postures")


def _sitting(view: View, made: dict[str, Model]) -> Iterator[Section]:
    days = view.days
    if not days["sitting_s"].sum() > 0:
        yield Section("Sitting", ("No sitting was seen.",))
        return
    made["sitting"] = drawings.sitting(days)
    key = tuple(Key("bar", colour, name) for colour, name in zip(drawings.BIN_COLOURS, drawings.BINS, strict=True))
    words = "Hours of sitting by how long each stretch of it lasted. Short stretches mean that you got up often."
    yield Section("Sitting", (words,), key, plot="sitting")
    goal = (Key("dashes", colours.LIMIT, "goal"),)
    made["breaks"] = drawings.bars(
        days, days["breaks_per_hour"], "breaks an hour", view.wanted.breaks_per_hour, colours.POSTURES["standing"]
    )
    yield Section("Breaks", ("How often you got up, for each hour of sitting.",), goal, plot="breaks")
    made["walking"] = drawings.bars(
        days, days["walking_s"] / 60, "minutes of walking", view.wanted.walking_min, colours.POSTURES["walking"]
    )
    yield Section("Walking", ("Minutes on your feet and moving.",), goal, plot="walking")


def _lifts(view: View, made: dict[str, Model]) -> Iterator[Section]:
    days = view.days[view.days["repetitions"] > 0]
    if days.empty:
        return
    made["lifts"] = drawings.lifts(days)
    key = (
        Key("bar", colours.NOT_ROUNDED, "not rounded"),
        Key("bar", colours.ROUNDED, "rounded"),
        Key("bar", colours.UNKNOWN, "not judged"),
    )
    yield Section("Lifts", ("Repetitions on the days that had some.",), key, plot="lifts")
    if days["lumbar_share_pct"].notna().any():
        made["share"] = drawings.dots(days, days["lumbar_share_pct"], "low back, %", colours.BACK)
        words = "How much of a bend came from the low back, the rest from the hips; the middle lift of each day."
        yield Section("Share of the low back", (words,), plot="share")


def _tests(view: View, made: dict[str, Model]) -> Iterator[Section]:
    for test in TESTS:
        if test.column in view.days and view.days[test.column].notna().any():
            days = view.days[view.days[test.column].notna()]
            made[test.column] = drawings.dots(days, days[test.column], f"{test.name}, {test.unit}", colours.HIP)
            yield Section(test.name.capitalize(), ("Your own figure and its way; no pass, no fail.",), plot=test.column)


def _bouts(view: View) -> Section:
    seated = view.bouts[view.bouts["posture"] == "sitting"]
    longest = seated.assign(length=seated["end_s"] - seated["start_s"]).nlargest(LONGEST_BOUTS, "length")
    rows = tuple(
        Row((hours(b.at_s), span(b.length), number(_known(b.slouch_pct), 0, " %"))) for b in longest.itertuples()
    )
    table = Table((Column("from"), Column("how long"), Column("slouch")), rows) if rows else None
    (day,) = view.days.itertuples()
    in_bins = zip(drawings.BINS, (getattr(day, name) for name in BIN_NAMES), strict=True)
    facts = tuple((f"in stretches of {words}", span(seconds)) for words, seconds in in_bins)
    return Section("Sitting", facts=facts, table=table, notes=("The longest stretches.",) if rows else ())


def _known(value: Any) -> float:
    return math.nan if value is None else float(value)


def _trends(view: View) -> Section:
    said = [words for trend in view.trends if (words := trend_in_words(trend))]
    lines = tuple(f"{words[:1].upper()}{words[1:]}." for words in said)
    none = ("Too few days for a trend: it needs six long days in the last two weeks and six in the six before.",)
    note = "A change is called clear when it is more than twice what days that differ by chance explain."
    return Section("The last two weeks against the six before", lines or none, notes=(note,) if lines else ())


DAY = (
    Column("worn"),
    Column("sitting"),
    Column("longest", minor=True),
    Column("breaks an hour"),
    Column("walking"),
    Column("slouch", minor=True),
    Column("lifts"),
    Column("rounded", minor=True),
    Column("low back", minor=True),
)


def _weeks(view: View) -> Section:
    columns = (Column("week of", numeric=False), Column("long days"), *(c for c in DAY if c.label != "slouch"))
    rows = [Row((in_words(w.week), str(w.days), *_cells(w))) for w in reversed(list(view.weeks.itertuples()))]
    note = f"Times are means of days worn for {ENOUGH_WORN_S / 3600:g} h or more; lifts are sums. Times in h:min."
    return Section("Weeks", table=Table(columns, tuple(rows)), notes=(note,))


def _days(view: View) -> Section:
    rows = []
    for day in reversed(list(view.days.itertuples())):
        cells = list(_cells(day))
        cells.insert(5, number(day.slouch_pct, 0, " %"))
        rows.append(Row((f"{date.fromisoformat(day.day):%a} {in_words(day.day)}", *cells)))
    return Section("Days", table=Table((Column("day", numeric=False), *DAY), tuple(rows)), notes=("Times in h:min.",))


def _cells(row: Any) -> tuple[str, ...]:
    return (
        *(hours(row.worn_s), hours(row.sitting_s), hours(row.longest_sitting_s), breaks(row)),
        *(hours(row.walking_s), str(row.repetitions) if row.repetitions else UNKNOWN),
        f"{row.rounded} of {row.judged}" if row.judged else UNKNOWN,
        number(row.lumbar_share_pct, 0, " %"),
    )


SESSIONS = (
    Column("began", numeric=False),
    Column("lasted"),
    Column("sensors", numeric=False, minor=True),
    Column("calibration", numeric=False),
    Column("samples lost", minor=True),
)


def _text(value: Any) -> str:
    return value if isinstance(value, str) and value else UNKNOWN


def _recorded(view: View) -> Section:
    """What all of it rests on: the last sessions, with their calibration and quality."""
    rows = []
    for one in reversed(list(view.sessions.tail(DRAWN).itertuples())):
        lost = number(_known(one.loss_pct), 1, " %")
        said = (in_words(one.day) or UNKNOWN, span(one.duration_s), _text(one.setup), _text(one.verdict))
        rows.append(Row((*said, lost)))
    note = (f"The last {DRAWN} of {len(view.sessions)}.",) if len(view.sessions) > DRAWN else ()
    return Section("Sessions", table=Table(SESSIONS, tuple(rows)), notes=note)


FIGURES = (
    ("half of all sitting time in stretches up to (W50)", "w50_s", "min", 1),
    ("usual stretch of sitting (fitted W50)", "usual_bout_s", "min", 1),
    ("alpha of the power law of stretches", "alpha", "", 2),
    ("Gini index of stretches", "gini", "", 2),
    ("getting up from sitting, a day", "sit_to_stands", "", 0),
    ("slouch, of the own way from tall to slumped", "slouch_pct", "%", 0),
    ("posture shifts in 15 min of sitting", "shifts_per_15_min", "", 1),
    ("longest sitting without a shift", "longest_motionless_s", "min", 1),
)


def _figures(view: View) -> Section:
    """The figures that studies of sitting use, as the middle day has them."""
    facts = tuple((name, _middle(view.days[column], unit, decimals)) for name, column, unit, decimals in FIGURES)
    which = "" if len(view.days) == 1 else "; the middle day"
    return Section("Figures of sitting", (f"As studies of sitting count it{which}.",), facts=facts)


def _middle(values: pd.Series, unit: str, decimals: int) -> str:
    value = float(pd.to_numeric(values).median())
    return number(value / 60 if unit == "min" else value, decimals, f" {unit}" if unit else "")
