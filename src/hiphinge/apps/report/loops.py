"""Low back against hip: each lift as a loop, its deepest point as a mark."""

from __future__ import annotations

import numpy as np
import pandas as pd
from bokeh.models import ColumnDataSource, HoverTool
from bokeh.plotting import figure

from hiphinge.apps.report.drawing import LOOKS, empty_plot, mark_limit
from hiphinge.apps.report.series import Column
from hiphinge.apps.words import degrees, verdict
from hiphinge.blocks import Floats

LOOPS, POINTS = 150, 60
"""At most so many lifts are drawn, spread evenly, each with so many points."""


def loops(t: Floats, hip: Column, back: Column, reps: pd.DataFrame, limit_deg: float | None) -> figure:
    """Hip across, low back up, each (n,) deg at ``t`` (n,) s; steep loops bend the back, flat ones hinge at the hip."""
    plot = empty_plot(360, tools="box_zoom,zoom_in,zoom_out,reset")
    plot.xaxis.axis_label, plot.yaxis.axis_label = "hip flexion, °", "low back, °"
    shown = reps.iloc[np.unique(np.linspace(0, len(reps) - 1, min(len(reps), LOOPS)).astype(int))]
    looks = [verdict(r) for r in shown["rounded"]]
    paths = [_path(t, (hip, back), r.start_s, r.end_s) for r in shown.itertuples()]
    colour = [LOOKS[look][1] for look in looks]
    traced = ColumnDataSource({"x": [x for x, _ in paths], "y": [y for _, y in paths], "colour": colour})
    plot.multi_line("x", "y", source=traced, color="colour", line_width=1.3, line_alpha=0.55)
    deepest = [_deepest(path) for path in paths]
    source = ColumnDataSource(
        {
            "x": [x for x, _ in deepest],
            "y": [y for _, y in deepest],
            "colour": colour,
            "marker": [LOOKS[look][0] for look in looks],
            "words": [f"lift {r.rep}, {r.kind}, {look}" for r, look in zip(shown.itertuples(), looks, strict=True)],
            "peak": [degrees(peak) for peak in shown["peak_lumbar_flexion_deg"]],
        }
    )
    marks = plot.scatter("x", "y", marker="marker", color="colour", fill_alpha=0.6, size=10, source=source)
    plot.add_tools(HoverTool(tooltips=[("", "@words"), ("low back", "@peak")], renderers=[marks]))
    mark_limit(plot, limit_deg)
    return plot


def _path(t: Floats, columns: tuple[Column, Column], start: float, end: float) -> tuple[Column, Column]:
    """Hip and back of one lift, thinned."""
    first, last = np.searchsorted(t, (start, end))
    at = np.unique(np.linspace(first, max(first, last - 1), POINTS).astype(int)).clip(max=len(t) - 1)
    return columns[0][at], columns[1][at]


def _deepest(path: tuple[Column, Column]) -> tuple[float, float]:
    hip, back = path
    if not np.isfinite(back).any():
        return float("nan"), float("nan")
    i = int(np.nanargmax(back))
    return float(hip[i]), float(back[i])
