"""A plot as every drawing of the report has it: quiet, as wide as its place, kind to touch screens."""

from __future__ import annotations

from typing import Any

from bokeh.models import BoxZoomTool, DatetimeTickFormatter
from bokeh.models.annotations import Span
from bokeh.plotting import figure

from hiphinge.apps.report import colours

LOOKS = {
    "rounded": ("triangle", colours.ROUNDED),
    "not rounded": ("circle", colours.NOT_ROUNDED),
    "not judged": ("square", colours.UNKNOWN),
    "alert": ("inverted_triangle", colours.ALERT),
}
"""Marker and colour of what a lift was, and of an alert: the shape alone tells them apart."""
ZOOM = "xpan,xbox_zoom,xzoom_in,xzoom_out,reset"


def empty_plot(height: int, **options: Any) -> figure:
    """A figure without data; nothing is dragged until a tool is chosen, so that a page can be swiped."""
    plot = figure(
        height=height,
        sizing_mode="stretch_width",
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
        toolbar_location="above",
        active_drag=None,
        active_scroll=None,
        **options,
    )
    plot.toolbar.logo = None
    for tool in plot.tools:
        if isinstance(tool, BoxZoomTool):
            tool.name = "zoom"  # the page's script chooses it where there is a mouse
    plot.grid.grid_line_color = colours.INK
    plot.grid.grid_line_alpha = 0.25
    for axis in plot.axis:
        axis.axis_label_text_color = axis.major_label_text_color = colours.INK
        axis.axis_line_color = axis.major_tick_line_color = colours.INK
        axis.minor_tick_line_color = None
        axis.major_label_text_font_size = axis.axis_label_text_font_size = "13px"
        axis.axis_label_text_font_style = "normal"
    return plot


def time_ticks(seconds: float) -> DatetimeTickFormatter:
    """Hours and minutes; seconds too where a recording is short or a reader zooms in."""
    wide, fine = "%H:%M:%S" if seconds < 1800 else "%H:%M", "%H:%M:%S"
    return DatetimeTickFormatter(
        days=wide, hours=wide, hourmin=wide, minutes=wide, minsec=fine, seconds=fine, milliseconds="%S.%3N s"
    )


def mark_limit(plot: figure, limit_deg: float | None) -> None:
    """A dashed line where the back counts as rounded; None: not known."""
    if limit_deg is not None:
        line = Span(location=limit_deg, dimension="width", line_color=colours.LIMIT, line_dash="dashed", line_width=2)
        plot.add_layout(line)
