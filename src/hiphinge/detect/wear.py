"""Whether the sensors are worn, stay where they were put, and are on their own places."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hiphinge.blocks import AngleBlock, Event, MotionBlock
from hiphinge.detect import gait, slip, stillness, swaps
from hiphinge.detect.cells import CellBlock, Cells


@dataclass(frozen=True)
class Params:
    """stillness, slip, swaps, walking : the four questions. rate : Hz of the grid."""

    stillness: stillness.Params = field(default_factory=stillness.Params)
    slip: slip.Params = field(default_factory=slip.Params)
    swaps: swaps.Params = field(default_factory=swaps.Params)
    walking: gait.Params = field(default_factory=gait.Params)
    rate: float = 100.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """On the whole seconds that are complete now.

    ``idle`` (n,): for how many seconds all sensors have been lying still, 0 when
    worn; :class:`hiphinge.detect.sitting.Postures` takes it. ``events``:
    "sensor_taken_off", "sensor_slipped", "sensor_swapped".
    """

    idle: NDArray[np.int64]
    events: tuple[Event, ...] = ()


class Wear:
    """Angles and movement in, a verdict out.

    Legs need the column ``pelvis_yaw_rate``: rad/s about the vertical, to the left positive.
    """

    def __init__(self, params: Params, cells: Cells | None = None) -> None:
        self.params = params
        self._cells = cells or Cells(params.rate)
        self._stillness = stillness.Stillness(params.stillness)
        self._slip = slip.Slip(params.slip)
        self._legs = swaps.Legs(params.swaps, params.walking)
        self._sites = swaps.Sites(params.swaps)

    def update(self, angles: AngleBlock, motion: MotionBlock) -> Verdict:
        """Take the next instants, the same ones in both blocks."""
        return self._judge(self._cells.gather(angles, motion))

    def finish(self) -> Verdict:
        """On the last second, once nothing more will come."""
        return self._judge(self._cells.finish())

    def _judge(self, cells: CellBlock | None) -> Verdict:
        if cells is None:
            return Verdict(np.zeros(0, np.int64))
        idle, events = self._stillness.follow(cells)
        off = idle > 0
        events += (*self._slip.follow(cells, off), *self._legs.follow(cells), *self._sites.follow(cells, off))
        return Verdict(idle, tuple(sorted(events, key=lambda e: e.t)))
