"""Posture shifts while seated, from angles as an analysis gives them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from hiphinge.blocks import Bout
from hiphinge.history import SeatLevels
from hiphinge.history.seat_shifts import ShiftParams, new_levels

NAN = float("nan")


def table(t: np.ndarray, **columns: np.ndarray | float) -> pa.Table:
    """Angles (n,) ° at ``t`` (n,) s; NaN where not given."""
    given = {name: columns.get(name.removesuffix("_deg"), NAN) for name in SeatLevels.COLUMNS}
    return pa.table({"t_s": t, **{name: np.broadcast_to(np.float32(v), t.shape) for name, v in given.items()}})


def lumbar(t: np.ndarray) -> np.ndarray:
    """Upright, at 100 s slumped by 12°, back up at 300 s; a look aside at 200 s."""
    level = np.where((t >= 100) & (t < 300), 12.0, 0.0)
    return level + np.where((t >= 200) & (t < 204), 20.0, 0.0)


T = np.arange(0.0, 600.0, 0.1)
SITTING = [Bout(0.0, 600.0, "sitting")]


def test_a_new_level_that_is_held() -> None:
    """Two shifts; what is not held is none."""
    levels = SeatLevels()
    levels.take(table(T, lumbar_flexion=lumbar(T), pelvis_tilt=0.0))
    assert levels.shifts(SITTING) == (100.0, 300.0)


def test_only_sitting_counts() -> None:
    """The same movement, standing."""
    levels = SeatLevels()
    levels.take(table(T, lumbar_flexion=lumbar(T)))
    assert levels.shifts([Bout(0.0, 250.0, "standing"), Bout(250.0, 600.0, "sitting")]) == (300.0,)


@pytest.mark.parametrize("size", [7, 333, 6000])
def test_pieces_do_not_matter(size: int) -> None:
    """However the angles come."""
    levels = SeatLevels()
    for at in range(0, len(T), size):
        part = T[at : at + size]
        levels.take(table(part, lumbar_flexion=lumbar(part), pelvis_tilt=3.0))
    assert levels.shifts(SITTING) == (100.0, 300.0)


def test_the_trunk_stands_in_for_the_pelvis() -> None:
    """Without a sacrum sensor."""
    levels = SeatLevels()
    levels.take(table(T, trunk_inclination=lumbar(T)))
    assert levels.shifts(SITTING) == (100.0, 300.0)


def test_without_an_angle_nothing_is_known() -> None:
    """A thigh alone."""
    levels = SeatLevels()
    assert levels.shifts(SITTING) is None
    levels.take(table(T))
    assert levels.shifts(SITTING) is None


def test_a_gap_is_no_shift_and_hides_none() -> None:
    """Unknown from 80 to 120 s: the new level shows after it."""
    unknown = np.where((T > 80) & (T < 120), NAN, lumbar(T))
    levels = SeatLevels()
    levels.take(table(T, lumbar_flexion=unknown))
    assert levels.shifts(SITTING) == (120.0, 300.0)


def test_a_slow_slide_counts_each_time_it_has_gone_the_limit() -> None:
    """30° in five minutes at a limit of 6°."""
    assert len(new_levels(np.linspace(0.0, 30.0, 300)[:, None], ShiftParams())) == 4
    assert new_levels(np.linspace(0.0, 5.0, 300)[:, None], ShiftParams()) == []
    assert new_levels(np.zeros((5, 2)), ShiftParams()) == []
