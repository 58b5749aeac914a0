"""Which angles the report draws, and how a day of them fits a screen.

A column is (n,) deg; ``starts`` (m,) are the first instants of the m spans that it is thinned to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hiphinge.blocks import Floats
from hiphinge.detect.bouts import NOT_WORN

Column = NDArray[np.floating[Any]]
Angles = Mapping[str, Column]
"""Columns of angles.parquet by name, read when they are asked for."""

BINS = 3000
"""Spans of time in a drawing: about two a pixel of a wide screen, 9.6 s of a day of eight hours."""


@dataclass(frozen=True)
class Lines:
    """What is drawn: deg over ``t`` s, all (n,). ``low`` and ``high`` bound the back's angle."""

    t: Floats
    back: Column | None
    back_label: str
    low: Column | None
    high: Column | None
    hip: Column | None
    hip_label: str


def lines(angles: Angles) -> Lines:
    """The best that was observed for the low back and for the hip."""
    t = np.asarray(angles["t_s"], float)
    high: Column | None = None
    back, low = known(angles, "lumbar_flexion"), known(angles, "lumbar_flexion_low")
    label = "low back (lumbar flexion)"
    if back is not None:
        sd = np.nan_to_num(np.asarray(angles["lumbar_flexion_sd_deg"]))
        low, high = np.asarray(back - 2 * sd), np.asarray(back + 2 * sd)
    elif low is not None:
        high, label = known(angles, "lumbar_flexion_high"), "low back (lies in this band, 95 %)"
    else:
        back, label = known(angles, "trunk_inclination"), "trunk inclination"
    hip, hip_label = _hip(angles)
    return Lines(t, back, label, low, high, hip, hip_label)


def while_worn(drawn: Lines, bouts: pd.DataFrame) -> Lines:
    """Nothing of sensors that nobody wears: carried and laid down they say any angle, and the scale is theirs."""
    off = np.zeros(len(drawn.t), bool)
    for bout in bouts[bouts["posture"] == NOT_WORN].itertuples():
        off[slice(*np.searchsorted(drawn.t, (bout.start_s, bout.end_s)))] = True
    columns = {name: getattr(drawn, name) for name in ("back", "low", "high", "hip")}
    hidden: dict[str, Any] = {
        name: np.where(off, np.nan, column) for name, column in columns.items() if column is not None
    }
    return replace(drawn, **hidden) if off.any() else drawn


def _hip(angles: Angles) -> tuple[Column | None, str]:
    for name, label in (("hip_flexion", "hip flexion"), ("thigh_elevation", "thigh elevation")):
        one = known(angles, name)
        if one is not None:
            return one, label
        left, right = known(angles, f"{name}_left"), known(angles, f"{name}_right")
        if left is not None and right is not None:
            return 0.5 * (left + right), f"{label} (mean of both)"
        if left is not None or right is not None:
            return (left if right is None else right), f"{label} ({'right' if left is None else 'left'})"
        if name == "hip_flexion" and (pelvis := known(angles, "pelvis_tilt")) is not None:
            return pelvis, "pelvis tilt (no hip angle with these sensors)"
    return None, ""


def known(angles: Angles, name: str) -> Column | None:
    """The column (n,), or None where it is absent or nowhere known."""
    if f"{name}_deg" not in angles:
        return None
    column = np.asarray(angles[f"{name}_deg"])
    return column if np.isfinite(column).any() else None


def spans(n: int, bins: int = BINS) -> NDArray[np.intp]:
    """First index (m,) of each of at most ``bins`` spans of n instants."""
    return np.unique(np.linspace(0, n, min(n, bins), endpoint=False).astype(np.intp))


def lowest(column: Column, starts: NDArray[np.intp]) -> Column:
    """The least (m,) of each span of ``column`` (n,); NaN where nothing in it is known."""
    least: Column = np.fmin.reduceat(column, starts)
    return least


def highest(column: Column, starts: NDArray[np.intp]) -> Column:
    """The greatest (m,) of each span of ``column`` (n,); NaN where nothing in it is known."""
    greatest: Column = np.fmax.reduceat(column, starts)
    return greatest


def zigzag(column: Column, starts: NDArray[np.intp]) -> Column:
    """Least and greatest of each span of ``column`` (n,) in turn: no peak is lost, a gap stays one."""
    return np.stack((lowest(column, starts), highest(column, starts)), axis=1).ravel()
