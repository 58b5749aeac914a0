"""The drawings of a history: postures by the hour, sitting by the length of its bouts, breaks, walking, lifts."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
from bokeh.models import ColumnDataSource, DataRange1d, FactorRange, FixedTicker, HoverTool, Range1d
from bokeh.models.annotations import Span
from bokeh.models.renderers import DataRenderer
from bokeh.plotting import figure

from hiphinge.apps.history.sections import BINS, axis_names
from hiphinge.apps.report import colours
from hiphinge.apps.report.drawing import empty_plot
from hiphinge.apps.words import number, span
from hiphinge.history.days import BIN_NAMES

HOUR = 3600.0
ROW = 24
"""px of a day's row."""
NO_EDGE = {"line_color": None}
"""A part of no height would be drawn as a line in its colour."""
BIN_COLOURS = ("#FBE0A8", "#F2B84B", "#D98A00", "#8F4E00")
"""From short to long, lighter to darker: told apart without hue."""


def postures(days: Sequence[str], bouts: pd.DataFrame) -> figure:
    """A row a day, the day's hours across; colours as in the report of one recording."""
    names = dict(zip(days, axis_names(days), strict=True))
    known = bouts[bouts["at_s"].notna()]
    start, end = known["at_s"].astype(float), known["at_s"].astype(float) + known["end_s"] - known["start_s"]
    first, last = (float(start.min()), float(end.max())) if len(known) else (0.0, 24 * HOUR)
    first_hour, last_hour = int(first // HOUR), math.ceil(last / HOUR)
    x_range = Range1d(start=first_hour, end=last_hour)
    rows = FactorRange(factors=[names[day] for day in reversed(days)])
    plot = empty_plot(90 + ROW * len(days), x_range=x_range, y_range=rows, tools="")
    plot.toolbar_location = None
    plot.xaxis.axis_label = "hour of the day"
    plot.ygrid.grid_line_color = None
    step = next(step for step in (1, 2, 3, 6) if last_hour - first_hour <= 6 * step)
    ticks = list(range(0, 25, step))
    plot.xaxis.ticker, plot.xaxis.major_label_overrides = FixedTicker(ticks=ticks), {h: str(h) for h in ticks}
    lengths = [span(s) for s in end - start]
    source = ColumnDataSource(
        {
            "day": [names[day] for day in known["day"]],
            "left": start / HOUR,
            "right": end / HOUR,
            "colour": [colours.POSTURES.get(p, colours.UNKNOWN) for p in known["posture"]],
            "words": [f"{p.replace('_', ' ')}, {s}" for p, s in zip(known["posture"], lengths, strict=True)],
            "at": [f"{int(s // HOUR)}:{int(s // 60 % 60):02d}" for s in start],
        }
    )
    bars = plot.hbar("day", left="left", right="right", height=0.75, color="colour", source=source)
    plot.add_tools(HoverTool(tooltips=[("", "@words"), ("from", "@at")], renderers=[bars]))
    return plot


def sitting(days: pd.DataFrame) -> figure:
    """Hours of sitting a day, stacked by how long its bouts were."""
    plot, names = _by_day(days, "hours of sitting")
    columns = {name: days[name].to_numpy(float) / HOUR for name in BIN_NAMES}
    words = {f"{name}_words": [span(s) for s in days[name]] for name in BIN_NAMES}
    source = ColumnDataSource({"day": names, **columns, **words})
    stacked = plot.vbar_stack(
        list(BIN_NAMES), x="day", width=0.75, fill_color=list(BIN_COLOURS), source=source, **NO_EDGE
    )
    tips = [("", "@day"), *((label, f"@{name}_words") for label, name in zip(BINS, BIN_NAMES, strict=True))]
    plot.add_tools(HoverTool(tooltips=tips, renderers=list[DataRenderer](stacked)))
    return plot


def bars(days: pd.DataFrame, values: pd.Series, label: str, goal: float, colour: str) -> figure:
    """One figure a day, and the goal as a dashed line (0: none)."""
    plot, names = _by_day(days, label)
    source = ColumnDataSource({"day": names, "y": values.to_numpy(float), "words": [number(v, 1) for v in values]})
    drawn = plot.vbar("day", top="y", width=0.75, color=colour, source=source)
    plot.add_tools(HoverTool(tooltips=[("", "@day"), (label, "@words")], renderers=[drawn]))
    if goal > 0:
        line = Span(location=goal, dimension="width", line_color=colours.LIMIT, line_dash="dashed", line_width=2)
        plot.add_layout(line)
    return plot


def lifts(days: pd.DataFrame) -> figure:
    """Repetitions a day: rounded, not rounded, not judged."""
    plot, names = _by_day(days, "repetitions")
    rounded, judged, all_of_them = (days[name].to_numpy(int) for name in ("rounded", "judged", "repetitions"))
    parts = {"not_rounded": judged - rounded, "rounded": rounded, "not_judged": all_of_them - judged}
    shades = [colours.NOT_ROUNDED, colours.ROUNDED, colours.UNKNOWN]
    share = [number(s, 0, " %") for s in days["lumbar_share_pct"]]
    source = ColumnDataSource({"day": names, "share": share, **parts})
    stacked = plot.vbar_stack(list(parts), x="day", width=0.75, fill_color=shades, source=source, **NO_EDGE)
    tips = [("", "@day"), ("not rounded", "@not_rounded"), ("rounded", "@rounded"), ("not judged", "@not_judged")]
    plot.add_tools(HoverTool(tooltips=[*tips, ("share of low back", "@share")], renderers=list[DataRenderer](stacked)))
    return plot


def dots(days: pd.DataFrame, values: pd.Series, label: str, colour: str) -> figure:
    """One figure on the days that have it, joined by a line."""
    plot, names = _by_day(days, label, DataRange1d())
    known = values.notna().to_numpy()
    there = [name for name, on in zip(names, known, strict=True) if on]
    source = ColumnDataSource({"day": there, "y": values[known].to_numpy(float)})
    plot.line("day", "y", color=colour, line_width=1.5, line_alpha=0.6, source=source)
    drawn = plot.scatter("day", "y", color=colour, size=9, source=source)
    plot.add_tools(HoverTool(tooltips=[("", "@day"), (label, "@y{0.0}")], renderers=[drawn]))
    return plot


def _by_day(days: pd.DataFrame, label: str, y_range: DataRange1d | None = None) -> tuple[figure, list[str]]:
    """A plot over days, from 0 up unless ``y_range`` says otherwise; the days' names."""
    names = axis_names(list(days["day"]))
    plot = empty_plot(250, x_range=FactorRange(factors=names), y_range=y_range or DataRange1d(start=0), tools="")
    plot.toolbar_location = None
    plot.yaxis.axis_label = label
    plot.xgrid.grid_line_color = None
    plot.xaxis.major_label_orientation = 0.9 if len(names) > 3 else 0.0
    return plot, names
