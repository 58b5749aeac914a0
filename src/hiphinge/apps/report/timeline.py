"""The timeline: low back and hip over time, and what happened under it on the same axis."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from bokeh.core.properties import value
from bokeh.layouts import column
from bokeh.models import ColumnDataSource, DatetimeTicker, FactorRange, HoverTool, Range1d
from bokeh.models.annotations import BoxAnnotation
from bokeh.models.layouts import LayoutDOM
from bokeh.plotting import figure

from hiphinge import runs
from hiphinge.apps.report import colours
from hiphinge.apps.report.clock import Clock
from hiphinge.apps.report.drawing import LOOKS, ZOOM, empty_plot, mark_limit, time_ticks
from hiphinge.apps.report.series import Column, Lines, highest, lowest, spans, zigzag
from hiphinge.apps.words import degrees, span, verdict
from hiphinge.blocks import Floats
from hiphinge.session import Found

LEFT = 64
"""px left of both plots, so that their times stand above each other."""
ROWS = ("posture", "lifts", "alerts")
TIPS = [("", "@words"), ("at", "@when")]


def timeline(lines: Lines, found: Found, clock: Clock) -> LayoutDOM:
    """Both plots, one time axis."""
    first, last = (float(ms) for ms in clock.ms(lines.t[[0, -1]]))
    # A recording of one instant still needs an axis.
    last = max(last, first + 1000.0)
    x_range = Range1d(start=first, end=last, bounds=(first, last))
    top = _angles(lines, found, clock, x_range)
    ribbon = _ribbon(found, clock, x_range)
    top.xaxis.visible = False
    for plot in (top, ribbon):
        plot.min_border_left, plot.min_border_right = LEFT, 12
        plot.xaxis.formatter = time_ticks((last - first) / 1000)
        plot.xaxis.ticker = DatetimeTicker(desired_num_ticks=5)  # room for their labels on a phone
    return column(top, ribbon, sizing_mode="stretch_width", spacing=0)


def _angles(lines: Lines, found: Found, clock: Clock, x_range: Range1d) -> figure:
    plot = empty_plot(330, x_range=x_range, x_axis_type="datetime", tools=ZOOM)
    plot.yaxis.axis_label = "degrees"
    starts = spans(len(lines.t))
    middle = clock.ms(lines.t[(starts + np.append(starts[1:], len(lines.t)) - 1) // 2])
    if lines.low is not None and lines.high is not None:
        band(plot, middle, lowest(lines.low, starts), highest(lines.high, starts))
    both = ((lines.hip, lines.hip_label, colours.HIP), (lines.back, lines.back_label, colours.BACK))
    drawn = [(values, label, colour) for values, label, colour in both if values is not None]
    columns: dict[str, Any] = {"x": np.repeat(middle, 2)}
    columns |= {f"y{i}": zigzag(values, starts).astype(np.float32) for i, (values, _, _) in enumerate(drawn)}
    source = ColumnDataSource(columns)
    tips = [("time", "@x{%H:%M:%S}")]
    if not drawn:
        plot.line([], [])  # an empty drawing is no mistake here: nothing was known
    for i, (_, label, colour) in enumerate(drawn):
        line = plot.line("x", f"y{i}", source=source, color=colour, line_width=1.4, line_join="round")
        tips.append((label, f"@y{i}{{0}}°"))
    if drawn:
        plot.add_tools(HoverTool(tooltips=tips, formatters={"@x": "datetime"}, mode="vline", renderers=[line]))
    if lines.low is not None:
        mark_limit(plot, found.summary["rounding"]["limit_deg"])
    for m in found.summary["calibration"]["movements"]:
        left, right = (float(ms) for ms in clock.ms([m["start_s"], m["end_s"]]))
        plot.add_layout(BoxAnnotation(left=left, right=right, fill_color=colours.INK, fill_alpha=0.14, line_color=None))
    return plot


def band(plot: figure, x: Floats, low: Column, high: Column) -> None:
    """The area between ``low`` and ``high`` (n,) at ``x`` (n,), broken where they are not known."""
    known = np.isfinite(low) & np.isfinite(high)
    parts = [slice(a, b) for a, b in runs.of_true(known)]
    xs = [np.concatenate((x[p], x[p][::-1])) for p in parts]
    ys = [np.concatenate((low[p], high[p][::-1])).astype(np.float32) for p in parts]
    plot.patches(
        "x", "y", source=ColumnDataSource({"x": xs, "y": ys}), fill_color=colours.BACK, fill_alpha=0.25, line_color=None
    )


class Marks(NamedTuple):
    """Points in one row of the ribbon: what each says, and its look by name (LOOKS)."""

    row: str
    words: list[str]
    looks: list[str]


def _ribbon(found: Found, clock: Clock, x_range: Range1d) -> figure:
    rows = FactorRange(factors=list(ROWS))
    plot = empty_plot(140, x_range=x_range, y_range=rows, x_axis_type="datetime", tools="")
    plot.toolbar_location = None
    plot.grid.grid_line_color = None
    bouts, reps, alerts = found.bouts, found.reps, found.alerts
    words = [f"{b.posture.replace('_', ' ')}, {span(b.end_s - b.start_s)}" for b in bouts.itertuples()]
    shades = [colours.POSTURES.get(posture, colours.UNKNOWN) for posture in bouts["posture"]]
    _bars(plot, clock, bouts, words, shades)
    words = [f"lift {r.rep}: {r.kind}, low back {degrees(r.peak_lumbar_flexion_deg)}" for r in reps.itertuples()]
    _marks(plot, clock, reps["bottom_s"], Marks("lifts", words, [verdict(r) for r in reps["rounded"]]))
    _marks(plot, clock, alerts["t_s"], Marks("alerts", list(alerts["message"]), ["alert"] * len(alerts)))
    return plot


def _bars(plot: figure, clock: Clock, bouts: pd.DataFrame, words: list[str], shades: list[str]) -> None:
    when = [clock.words(t) for t in bouts["start_s"]]
    ends = {"left": clock.ms(bouts["start_s"]), "right": clock.ms(bouts["end_s"])}
    source = ColumnDataSource(ends | {"colour": shades, "words": words, "when": when})
    bars = plot.hbar(value("posture"), left="left", right="right", height=0.7, color="colour", source=source)
    plot.add_tools(HoverTool(tooltips=TIPS, renderers=[bars]))


def _marks(plot: figure, clock: Clock, times: pd.Series, marks: Marks) -> None:
    columns = {"x": clock.ms(times), "words": marks.words, "when": [clock.words(t) for t in times]}
    columns |= {"marker": [LOOKS[k][0] for k in marks.looks], "colour": [LOOKS[k][1] for k in marks.looks]}
    source = ColumnDataSource(columns)
    drawn = plot.scatter("x", value(marks.row), source=source, marker="marker", color="colour", fill_alpha=0.6, size=11)
    plot.add_tools(HoverTool(tooltips=TIPS, renderers=[drawn]))
