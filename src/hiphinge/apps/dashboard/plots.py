"""The numbers of the history's drawings; the page draws them, and shows them as a table too."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from hiphinge.apps.history.sections import BINS, DRAWN, OWN_FIGURE, axis_names
from hiphinge.apps.history.told import hours
from hiphinge.apps.history.view import View
from hiphinge.apps.words import number
from hiphinge.history.days import BIN_NAMES, POSTURES
from hiphinge.history.entry import plain
from hiphinge.history.trends import TESTS, monday, values

HOUR, MINUTE = 3600.0, 60.0
BARS, DOTS, HOURS = "bars", "dots", "hours"
Link = Callable[[str], str]
"""Day or week (ISO) -> where it opens."""


@dataclass(frozen=True)
class Series:
    """One colour, by the name of a variable of the style sheet; None where nothing is known."""

    name: str
    colour: str
    values: list[float | None]


@dataclass(frozen=True)
class Plot:
    """``names`` across, each with the ``links`` that it opens; stacked bars, or dots. ``goal`` 0: none.

    Of kind HOURS: ``spans`` of each name, (from, to, posture) in hours of the day, between ``ends``.
    """

    title: str
    words: str
    unit: str
    names: list[str]
    links: list[str]
    series: list[Series]
    kind: str = BARS
    digits: int = 1
    goal: float = 0.0
    spans: list[list[tuple[float, float, str]]] = field(default_factory=list)
    ends: tuple[int, int] = (0, 24)

    @property
    def told(self) -> str:
        """For whoever cannot see it."""
        sums = [sum(known) for n in range(len(self.names)) if (known := self._known(n))]
        if not sums or self.kind == HOURS:
            return f"{self.title}. {self.words}"
        low, high, last = (number(x, self.digits) for x in (min(sums), max(sums), sums[-1]))
        return f"{self.title}, {self.unit}: from {low} to {high}, lately {last}. {self.words}"

    def _known(self, n: int) -> list[float]:
        return [x for one in self.series if (x := one.values[n]) is not None]

    def rows(self) -> Iterator[tuple[str, ...]]:
        """The same as text, the newest first."""
        for n in reversed(range(len(self.names))):
            cells = (one.values[n] for one in self.series)
            yield (self.names[n], *(self._cell(math.nan if x is None else x) for x in cells))

    def _cell(self, value: float) -> str:
        return hours(value * HOUR) if self.unit == "h" else number(value, self.digits)


def by_day(view: View, link: Link) -> Iterator[Plot]:
    """The last DRAWN days."""
    days = view.days.tail(DRAWN)
    axis = axis_names(list(days["day"])), [link(day) for day in days["day"]]
    yield _postures(view, days, *axis)
    if days["sitting_s"].sum() > 0:
        words = "By how long each stretch lasted: short ones mean that you got up often."
        bins = [_series(BINS[i], f"bin{i}", days[name] / HOUR) for i, name in enumerate(BIN_NAMES)]
        yield Plot("Sitting", words, "h", *axis, bins)
    yield from _measured(view, days, axis, "minutes of walking")
    yield from _tests(days, axis, lambda known: known.reindex(days["day"]))


def by_week(view: View, link: Link) -> Iterator[Plot]:
    """All weeks: means a day of the days worn long enough, sums of lifts."""
    weeks = view.weeks.tail(2 * DRAWN)
    axis = axis_names(list(weeks["week"])), [link(week) for week in weeks["week"]]
    sitting = _series("sitting", "sitting", weeks["sitting_s"] / HOUR)
    yield Plot("Sitting", "Mean of a day.", "h", *axis, [sitting])
    yield from _measured(view, weeks, axis, "minutes of walking a day")
    yield from _tests(
        view.days, axis, lambda known: known.groupby(known.index.map(monday)).mean().reindex(weeks["week"])
    )


def _measured(view: View, table: pd.DataFrame, axis: tuple[list[str], list[str]], walking: str) -> Iterator[Plot]:
    """What days and weeks have alike."""
    breaks = _series("breaks", "standing", table["breaks_per_hour"])
    words = "How often you got up, for each hour of sitting."
    yield Plot("Breaks", words, "an hour of sitting", *axis, [breaks], goal=view.wanted.breaks_per_hour)
    walked = _series("walking", "walking", table["walking_s"] / MINUTE)
    goal = view.wanted.walking_min
    yield Plot("Walking", "On your feet and moving.", walking, *axis, [walked], digits=0, goal=goal)
    if table["repetitions"].sum() > 0:
        parts = (
            _series("not rounded", "hip", table["judged"] - table["rounded"]),
            _series("rounded", "back", table["rounded"]),
            _series("not judged", "unknown", table["repetitions"] - table["judged"]),
        )
        yield Plot("Lifts", "Repetitions, and what the back did.", "repetitions", *axis, [*parts], digits=0)
    if table["lumbar_share_pct"].notna().any():
        words = "How much of a bend came from the low back; the rest came from the hips."
        yield _dots("Share of the low back", words, "%", axis, _series("low back", "back", table["lumbar_share_pct"]))


def _tests(
    days: pd.DataFrame, axis: tuple[list[str], list[str]], placed: Callable[[pd.Series], pd.Series]
) -> Iterator[Plot]:
    """Each test that was done; ``placed``: its values by day as they stand along the axis."""
    for test in TESTS:
        if len(known := values(days, test)):
            yield _dots(test.name.capitalize(), OWN_FIGURE, test.unit, axis, _series(test.name, "hip", placed(known)))


def _dots(title: str, words: str, unit: str, axis: tuple[list[str], list[str]], series: Series) -> Plot:
    return Plot(title, words, unit, *axis, [series], kind=DOTS)


def _postures(view: View, days: pd.DataFrame, names: list[str], links: list[str]) -> Plot:
    """A row a day, the hours of the day across."""
    bouts = view.bouts[view.bouts["day"].isin(set(days["day"])) & view.bouts["at_s"].notna()]
    spans: dict[str, list[tuple[float, float, str]]] = {day: [] for day in days["day"]}
    for bout in bouts.itertuples():
        start = float(bout.at_s) / HOUR
        end = start + (bout.end_s - bout.start_s) / HOUR
        posture = bout.posture if bout.posture in POSTURES else "unknown"
        spans[bout.day].append((round(start, 3), round(end, 3), posture))
    every = [span for some in spans.values() for span in some]
    ends = (math.floor(min(s[0] for s in every)), math.ceil(max(s[1] for s in every))) if every else (0, 24)
    seen = [posture for posture in POSTURES if days[f"{posture}_s"].sum() > 0]
    series = [_series(posture.replace("_", " "), posture, days[f"{posture}_s"] / HOUR) for posture in seen]
    title = "The day's hours" if len(days) == 1 else "The days' hours"
    words = "What you did, in the time of the place where it was recorded."
    return Plot(title, words, "h", names, links, series, kind=HOURS, spans=list(spans.values()), ends=ends)


def _series(name: str, colour: str, column: pd.Series | Sequence[float]) -> Series:
    shown: list[Any] = [plain(float(value)) for value in column]
    return Series(name, colour, [value if value is None else round(value, 3) for value in shown])
