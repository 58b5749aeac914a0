"""What the history of one wearer comes to, in figures, words and tables: for the report and for the dashboard."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd

from hiphinge.apps.history.remarks import in_words
from hiphinge.apps.history.told import MEANS, RATE_S, breaks, hours, trend_in_words
from hiphinge.apps.history.view import View
from hiphinge.apps.report.page import Card, Column, Row, Section, Table
from hiphinge.apps.words import UNKNOWN, number, plural, span
from hiphinge.history.days import BIN_NAMES
from hiphinge.history.local_days import utc

DRAWN = 28
"""Days that are drawn, the last ones: more do not fit a screen; the tables have them all."""
LONGEST_BOUTS = 12
BINS = ("under 15 min", "15 to 30 min", "30 to 60 min", "60 min and more")
"""Lengths of stretches of sitting."""
OWN_FIGURE = "Your own figure and its way; no pass, no fail."
"""Of a test."""


def axis_names(days: Sequence[str]) -> list[str]:
    """``Mon 3 Nov``; as factors they must differ, so other years are named."""
    dates = [date.fromisoformat(day) for day in days]
    several = len({d.year for d in dates}) > 1
    return [f"{d:%a} {d.day} {d:%b}{f' {d.year}' if several else ''}" for d in dates]


def subtitle(view: View) -> str:
    """From when to when."""
    if view.days.empty:
        return "no day in this period"
    first, last = view.days["day"].iloc[0], view.days["day"].iloc[-1]
    if first == last:
        return f"{date.fromisoformat(first):%A} {in_words(first)}"
    return f"{in_words(first)} to {in_words(last)}, {plural(len(view.days), 'day')} with sensors"


def lead(view: View) -> str:
    """All of it in one sentence."""
    if view.days.empty:
        return "Nothing was recorded here."
    days, lifts = view.days, int(view.days["repetitions"].sum())
    said = [f"{span(days['worn_s'].sum())} worn", f"{span(days['sitting_s'].sum())} of it sitting"]
    said.append(f"{plural(int(days['breaks'].sum()), 'break')} from it")
    said.append(plural(lifts, "lift") if lifts else "no lift")
    return "; ".join(said) + "."


def cards(view: View) -> tuple[Card, ...]:
    """Headline figures; none where there is no day."""
    days, wanted = view.days, view.wanted
    if days.empty:
        return ()
    n, sitting = len(days), days["sitting_s"].sum()
    mean = "mean a day; " if n > 1 else ""
    rate = 3600 * days["breaks"].sum() / sitting if sitting >= RATE_S else math.nan
    share = 100 * sitting / max(days["worn_s"].sum(), 1.0)
    goals = {goal.words: goal for goal in view.goals}
    kept = "; ".join(f"{words}: {g.kept} of {plural(g.days, 'day')}" for words, g in goals.items() if g.days)
    return (
        Card("Sitting", span(sitting / n), f"{mean}{share:.0f} % of the time worn"),
        Card("Breaks", number(rate, 1, " an hour"), f"of sitting; goal {wanted.breaks_per_hour:g}"),
        Card("Longest sitting", span(days["longest_sitting_s"].max()), "without standing up"),
        Card("Walking", span(days["walking_s"].sum() / n), f"{mean}goal {wanted.walking_min:g} min"),
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


def bouts(view: View) -> Section:
    """A day's sitting: by the length of its stretches, and the longest of them."""
    seated = view.bouts[view.bouts["posture"] == "sitting"]
    lengths = (seated["end_s"] - seated["start_s"]).astype(float)  # an empty table knows no numbers
    longest = seated.assign(length=lengths).nlargest(LONGEST_BOUTS, "length")
    rows = tuple(
        Row((hours(b.at_s), span(b.length), number(_known(b.slouch_pct), 0, " %"))) for b in longest.itertuples()
    )
    table = Table((Column("from"), Column("how long"), Column("slouch")), rows) if rows else None
    (day,) = view.days.itertuples()
    in_bins = zip(BINS, (getattr(day, name) for name in BIN_NAMES), strict=True)
    facts = tuple((f"in stretches of {words}", span(seconds)) for words, seconds in in_bins)
    return Section("Sitting", facts=facts, table=table, notes=("The longest stretches.",) if rows else ())


def _known(value: Any) -> float:
    return math.nan if value is None else float(value)


def trends(view: View) -> Section:
    """What has changed, in sentences."""
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


def weeks(view: View) -> Section:
    """A row a week, the newest first."""
    columns = (Column("week of", numeric=False), Column("long days"), *(c for c in DAY if c.label != "slouch"))
    rows = [Row((in_words(w.week), str(w.days), *_cells(w))) for w in reversed(list(view.weeks.itertuples()))]
    return Section("Weeks", table=Table(columns, tuple(rows)), notes=(f"{MEANS} Times in h:min.",))


def days(view: View) -> Section:
    """A row a day, the newest first."""
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


def _began(one: Any) -> str:
    """Day and time of day, on the wearer's own clock."""
    if not one.day:
        return UNKNOWN
    offset = _known(one.utc_offset_s)
    local = utc(one.start_utc) + timedelta(seconds=0.0 if math.isnan(offset) else offset)
    return f"{in_words(local.date().isoformat())}, {local:%H:%M}"


def recorded(view: View) -> Section:
    """What all of it rests on: the last sessions, with their calibration and quality."""
    rows = []
    for one in reversed(list(view.sessions.tail(DRAWN).itertuples())):
        lost = number(_known(one.loss_pct), 1, " %")
        said = (_began(one), span(one.duration_s), _text(one.setup), _text(one.verdict))
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


def figures(view: View) -> Section:
    """The figures that studies of sitting use, as the middle day has them."""
    facts = tuple((name, _middle(view.days[column], unit, decimals)) for name, column, unit, decimals in FIGURES)
    which = "" if len(view.days) == 1 else "; the middle day"
    return Section("Figures of sitting", (f"As studies of sitting count it{which}.",), facts=facts)


def _middle(values: pd.Series, unit: str, decimals: int) -> str:
    value = float(pd.to_numeric(values).median())
    return number(value / 60 if unit == "min" else value, decimals, f" {unit}" if unit else "")
