"""Blocks of angles -> columns of the outer contract; radians become degrees here.

Angles travel as Arrow tables of many instants, so that a day never stands in
memory as Python objects. They are 32-bit floats (1e-5° at 180°, a thousandth
of what any sensor knows; half the memory); times stay 64-bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hiphinge.blocks import THIGH_LEFT, THIGH_RIGHT, AngleBlock

LUMBAR = ("lumbar_flexion", "lumbar_side_bend", "lumbar_rotation")
HIP = ("hip_flexion", "hip_abduction", "hip_rotation")
PLURAL = (*HIP, "thigh_elevation", "hip_flexion_sd", "lumbar_plus_hip")
"""Angles that name the side when both thighs are worn."""
ANGLES = (
    *LUMBAR,
    *HIP,
    "trunk_inclination",
    "pelvis_tilt",
    "thigh_elevation",
    "lumbar_flexion_sd",
    "hip_flexion_sd",
    "lumbar_plus_hip",
    "lumbar_flexion_low",
    "lumbar_flexion_high",
)

DEGREES = float(np.rad2deg(1.0))
ROWS = 200_000
"""Instants a table of angles holds: 12 MB, half an hour."""


def angle_names(sites: Iterable[str]) -> tuple[str, ...]:
    """The angles of these sites, by name without unit; all of them, observable or not."""
    worn = set(sites)
    if not {THIGH_LEFT, THIGH_RIGHT} <= worn:
        return ANGLES
    sided = (((f"{a}_left", f"{a}_right") if a in PLURAL else (a,)) for a in ANGLES)
    return tuple(name for names in sided for name in names)


class AngleStream:
    """Blocks of angles in, tables of about :data:`ROWS` instants out, in degrees.

    ``take`` gets each table. ``instants`` and ``unknown`` (NaN a column) count
    what went by.
    """

    def __init__(self, sites: Iterable[str], take: Callable[[pa.Table], object], rows: int = ROWS) -> None:
        self.names = angle_names(sites)
        self.schema = pa.schema([("t_s", pa.float64()), *((f"{name}_deg", pa.float32()) for name in self.names)])
        self.instants, self.unknown = 0, np.zeros(len(self.names), np.int64)
        self.start = self.end = float("nan")
        self._take, self._rows, self._waiting = take, rows, 0
        self._blocks: list[AngleBlock] = []

    def add(self, block: AngleBlock) -> None:
        """Take one block."""
        if len(block):
            self._blocks.append(block)
            self._waiting += len(block)
        if self._waiting >= self._rows:
            self._give()

    def close(self) -> None:
        """Give away what waits; at least one table, for its columns."""
        if self._blocks or not self.instants:
            self._give()

    def _give(self) -> None:
        t = np.concatenate([np.empty(0), *(b.t for b in self._blocks)])
        columns = [self._column(name) for name in self.names]
        self.unknown += np.array([np.count_nonzero(np.isnan(c)) for c in columns])
        if len(t):
            self.start = self.start if self.instants else float(t[0])
            self.end, self.instants = float(t[-1]), self.instants + len(t)
        self._blocks, self._waiting = [], 0
        self._take(pa.Table.from_arrays([_arrow(t), *map(_arrow, columns)], schema=self.schema))

    def nan_pct(self) -> dict[str, float]:
        """Per cent of instants at which each column is not known."""
        share = self.unknown / max(self.instants, 1)
        return {f"{name}_deg": round(100.0 * float(s), 3) for name, s in zip(self.names, share, strict=True)}

    def _column(self, name: str) -> NDArray[np.float32]:
        column, at = np.full(sum(map(len, self._blocks)), np.nan, np.float32), 0
        for b in self._blocks:
            if name in b.angles:  # one pass from rad in 64 bits to degrees in 32
                np.multiply(b.angles[name], DEGREES, out=column[at : at + len(b)], casting="same_kind")
            at += len(b)
        return column


def _arrow(column: NDArray[Any]) -> pa.Array:
    """The same floats (n,) as Arrow sees them; ``pa.array`` would import pandas to ask whether they are a Series."""
    return pa.Array.from_buffers(pa.from_numpy_dtype(column.dtype), len(column), [None, pa.py_buffer(column)])
