"""Which angles a live view shows of what is worn: one line for the low back, one for the hip, three segments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hiphinge.apps.words import NOT_OBSERVABLE
from hiphinge.blocks import SACRUM, THIGHS, UPPER_LUMBAR, Floats

COLUMNS = ("t", "back", "hip", "trunk", "pelvis", "thigh", "other_thigh")
"""Of a row: s, then angles in the unit in which they were given."""
Column = NDArray[Any]


class Shown:
    """Knows what the worn ``sites`` can say (the table of set-ups in the contract)."""

    def __init__(self, sites: Iterable[str]) -> None:
        worn = set(sites)
        thighs = [s for s in THIGHS if s in worn]
        self.back, self.back_label = _back(worn, bool(thighs))
        self.hip, self.hip_label = _hip(worn, thighs)
        sided = len(thighs) > 1
        self.thighs = ("thigh_elevation_left", "thigh_elevation_right") if sided else ("thigh_elevation", "")

    def rows(self, t: Floats, angles: Mapping[str, Column]) -> Floats:
        """(n, 7) as in :data:`COLUMNS`; NaN where it is not known."""
        thighs = (self.thighs[:1], self.thighs[1:])
        names = (self.back, self.hip, ("trunk_inclination",), ("pelvis_tilt",), *thighs)
        return np.stack([t, *(_mean(some, angles, len(t)) for some in names)], axis=1)


def _mean(names: tuple[str, ...], angles: Mapping[str, Column], n: int) -> Floats:
    """Of the columns that are there."""
    found = [angles[name] for name in names if name in angles]
    return np.asarray(sum(found) / len(found), float) if found else np.full(n, np.nan)


def _back(worn: set[str], thighs: bool) -> tuple[tuple[str, ...], str]:
    if {UPPER_LUMBAR, SACRUM} <= worn:
        return ("lumbar_flexion",), "Low back"
    if UPPER_LUMBAR in worn and thighs:
        return ("lumbar_flexion_low", "lumbar_flexion_high"), "Low back, about (no sensor on the sacrum)"
    if UPPER_LUMBAR in worn:
        return ("trunk_inclination",), "Trunk inclination"
    return (), f"Low back: {NOT_OBSERVABLE}"


def _hip(worn: set[str], thighs: list[str]) -> tuple[tuple[str, ...], str]:
    if SACRUM in worn and thighs:
        sided = ("hip_flexion_left", "hip_flexion_right")
        return (sided, "Hips, mean of both") if len(thighs) > 1 else (("hip_flexion",), "Hip")
    if SACRUM in worn:
        return ("pelvis_tilt",), "Pelvis tilt (no sensor on a thigh)"
    if thighs:
        names = ("thigh_elevation_left", "thigh_elevation_right") if len(thighs) > 1 else ("thigh_elevation",)
        return names, "Thigh (no sensor on the sacrum)"
    return (), f"Hip: {NOT_OBSERVABLE}"
