"""Repetitions, bouts and alerts as the tables of the outer contract: degrees, per cent, six decimals.

Rows of plain values, so that files can be written without pandas, which takes
a third of a second to import; :meth:`Table.frame` gives them to whoever wants it.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hiphinge.blocks import Alert, Bout, Repetition

if TYPE_CHECKING:
    import pandas as pd

Cell = str | int | float | bool | None

REPS: dict[str, type | str] = {
    **{"rep": int, "set": int, "start_s": float, "bottom_s": float, "end_s": float, "kind": str},
    **{"peak_lumbar_flexion_deg": float, "peak_lumbar_flexion_pct": float, "peak_hip_flexion_deg": float},
    **{"lumbar_hip_ratio": float, "peak_lumbar_velocity_deg_s": float, "depth_deg": float, "butt_wink_deg": float},
    **{"pelvis_lag_s": float, "lowering_s": float, "lifting_s": float, "duration_s": float},
    **{"rounded": "boolean", "rounded_from_s": float, "confidence": float},
}
BOUTS: dict[str, type | str] = {"start_s": float, "end_s": float, "posture": str, "slouch_pct": float}
ALERTS: dict[str, type | str] = {
    **{"t_s": float, "kind": str, "severity": str, "message": str},
    **{"value": float, "threshold": float, "rule": str, "calibration_id": str},
}
DECIMALS = 6
"""Of every number in reps, bouts and alerts: 1 µs, below anything that a sensor knows."""


@dataclass(frozen=True)
class Table:
    """Rows under the names of ``columns``, whose values are the types of a frame. NaN and None: not known."""

    columns: Mapping[str, type | str]
    rows: tuple[tuple[Cell, ...], ...]

    def frame(self) -> pd.DataFrame:
        """As pandas sees it; an empty one has its types too."""
        import pandas as pd  # noqa: PLC0415  see the head of this file

        return pd.DataFrame(self.rows, columns=list(self.columns)).astype(dict(self.columns))

    def records(self) -> list[dict[str, Cell]]:
        """One dict a row, as JSON can hold it: None where not known."""
        known = ([None if isinstance(x, float) and math.isnan(x) else x for x in row] for row in self.rows)
        return [dict(zip(self.columns, row, strict=True)) for row in known]

    def csv(self) -> str:
        """As a .csv: header always, true and false in small letters, empty where not known."""
        text = io.StringIO()
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow(self.columns)
        lines.writerows([_written(cell) for cell in row] for row in self.rows)
        return text.getvalue()


def reps(repetitions: Sequence[Repetition]) -> Table:
    """One row a repetition; ``rounded`` is True, False or None."""
    return Table(REPS, tuple(_rounded(_rep(r)) for r in repetitions))


def bouts(found: Sequence[Bout]) -> Table:
    """One row a bout."""
    return Table(BOUTS, tuple(_rounded((b.start, b.end, b.posture, 100.0 * b.slouch)) for b in found))


def alerts(found: Sequence[Alert]) -> Table:
    """One row an alert."""
    rows = [(a.t, a.kind, a.severity, a.message, a.value, a.threshold, a.rule, a.calibration_id) for a in found]
    return Table(ALERTS, tuple(_rounded(row) for row in rows))


def _rep(r: Repetition) -> tuple[Cell, ...]:
    return (
        *(r.rep, r.set, r.start, r.bottom, r.end, r.kind),
        *(np.rad2deg(r.peak_lumbar_flexion), 100.0 * r.peak_lumbar_share, np.rad2deg(r.peak_hip_flexion)),
        *(r.lumbar_hip_ratio, np.rad2deg(r.peak_lumbar_velocity), np.rad2deg(r.depth), np.rad2deg(r.butt_wink)),
        *(r.pelvis_lag, r.lowering, r.lifting, r.duration),
        *(r.rounded, r.rounded_from, r.confidence),
    )


def _rounded(row: tuple[Cell, ...]) -> tuple[Cell, ...]:
    return tuple(float(np.round(cell, DECIMALS)) if isinstance(cell, float) else cell for cell in row)


def _written(cell: Cell) -> Cell:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return "" if cell is None or (isinstance(cell, float) and math.isnan(cell)) else cell
