"""On the seat or off it: when sitting began, when it was left, when a break is credited, and shifts in the seat.

Events, each at the whole second at which every grouping of the inputs knows it:

- "seat_taken": sitting since ``since`` s, short stands included, seen ``at`` s;
- "seat_left" ``at`` s: told fast by the thigh alone, then by the posture;
- "break_taken" ``at`` s: away from the seat for long enough since ``left`` s;
- "seat_forgotten": nobody knows what the wearer did for so long that sitting starts anew;
- "posture_shift": another way of sitting (or standing) that was kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from hiphinge.blocks import Event, Floats
from hiphinge.detect.cells import PER_SECOND, CellBlock

SEATED, AWAY, OPEN, OFF, RIDING = range(5)
"""Sitting; anything else that is known; not known; the sensors are off; pedalling, which is away too."""
LATE = 4
"""s after the beginning of a second at which its posture is known."""


@dataclass(frozen=True)
class Params:
    """What is a break and a shift (biomechanics 0.4, 4.3, 4.5).

    rest : s away from the seat that are a break: 60 [D].
    least : s of sitting that are one; ActiPASS 5.
    coast : s of sitting that are one when the pedals have just stopped: until then
        it is a saddle that rolls on; as long as the gap within a bout [D].
    forget : s not known after which sitting starts anew [D].
    left : rad of the thigh below which no seat is ever seen: 30.
    shift : rad by which lumbar, pelvis, trunk or thigh must move; 5 to 8° [D].
    held : s for which they stay so: 10 [D].
    """

    rest: float = 60.0
    least: float = 5.0
    coast: float = 20.0
    forget: float = 300.0
    left: float = field(default=np.deg2rad(30), metadata={"unit": "rad"})
    shift: float = field(default=np.deg2rad(6), metadata={"unit": "rad"})
    held: int = 10


class Seat:
    """Postures and the thigh in, events out; cells are numbered from the start of the clock."""

    def __init__(self, params: Params) -> None:
        self.params = params
        lengths = (params.rest, params.least, params.coast)
        self._rest, self._least, self._coast = (round(seconds * PER_SECOND) for seconds in lengths)
        self._rode = -math.inf  # the cell where the pedals stopped
        self._since: int | None = None  # where this time of sitting began, short stands included
        self._from: int | None = None  # where the spell on the seat began
        self._left = 0
        self._on = False
        self._away = self._open = 0  # cells since the seat was left
        self._raised = 0  # s for which the thigh has not been down

    def leave(self, first: int, thigh: Floats) -> list[Event]:
        """The thigh (n,) rad in cells from ``first`` on: an event when it comes down after a while on a seat."""
        low = np.add.reduce((thigh < self.params.left).reshape(-1, PER_SECOND), axis=1) >= PER_SECOND // 2
        events = []
        for second, down in enumerate(low.tolist(), first // PER_SECOND):
            if down and self._raised >= self.params.least:
                events.append(Event(second + 1.0, "seat_left", {"at": float(second)}))
            self._raised = 0 if down else self._raised + 1
        return events

    def follow(self, kind: int, start: int, stop: int) -> list[Event]:
        """It was ``kind`` (SEATED and so on) from cell ``start`` to ``stop``, right after the last call's."""
        if kind == SEATED:
            return self._sit(start, stop)
        self._rode = stop if kind == RIDING else self._rode
        events = []
        if self._on:
            self._left, self._away, self._open = start, 0, 0
            events.append(Event(_known(start), "seat_left", {"at": start / PER_SECOND}))
        elif self._from is not None:
            self._away += start - self._from  # too short to be sitting
        self._on, self._from = False, None
        return events + (self._stay_away(start, stop) if kind in (AWAY, RIDING) else self._lose(kind, start, stop))

    def _sit(self, start: int, stop: int) -> list[Event]:
        if self._from is None:
            self._from = start
        seen = self._from + (self._coast if self._from - self._rode <= self._least else self._least)
        if self._on or stop < seen:
            return []
        self._on = True
        if self._since is None:
            self._since = self._from
        data = {"since": self._since / PER_SECOND, "at": seen / PER_SECOND}
        return [Event(_known(seen - 1), "seat_taken", data)]

    def _stay_away(self, start: int, stop: int) -> list[Event]:
        credited = start + max(self._rest - self._away, 1)
        self._away += stop - start
        if self._since is None or self._away < self._rest:
            return []
        self._since = None
        data = {"left": self._left / PER_SECOND, "at": credited / PER_SECOND}
        return [Event(_known(credited - 1), "break_taken", data)]

    def _lose(self, kind: int, start: int, stop: int) -> list[Event]:
        enough = 1 if kind == OFF else max(round(self.params.forget * PER_SECOND) - self._open, 1)
        self._open += stop - start
        if self._since is None or stop - start < enough:
            return []
        self._since = None
        return [Event(_known(start + enough - 1), "seat_forgotten", {"at": (start + enough) / PER_SECOND})]


def _known(cell: int) -> float:
    """When the posture of a cell is known in every grouping, s."""
    return float(cell // PER_SECOND + LATE)


class Shifts:
    """Cells in, "posture_shift" out."""

    ANGLES = ("lumbar_flexion", "pelvis_tilt", "trunk_inclination")

    def __init__(self, params: Params) -> None:
        self.params = params
        self._level: list[float] = []
        self._other = 0  # s for which it has been another

    def follow(self, cells: CellBlock, thigh: Floats) -> list[Event]:
        """Of whole seconds, by the mean of each angle over them, ``thigh`` (n,) rad; NaN counts for nothing."""
        angles = np.stack([*(cells.angle(name) for name in self.ANGLES), thigh])
        means = np.add.reduce(angles.reshape(len(angles), -1, PER_SECOND), axis=2) / PER_SECOND
        events = []
        for second, now in enumerate(means.T.tolist(), cells.first):
            if not self._level:
                self._level = now
            moved = any(abs(a - b) > self.params.shift for a, b in zip(now, self._level, strict=True))
            self._other = self._other + 1 if moved else 0
            # Of an angle not known so far the first value counts.
            self._level = [b if math.isnan(a) else a for a, b in zip(self._level, now, strict=True)]
            if self._other >= self.params.held:
                self._level, self._other = now, 0
                events.append(Event(second + 1.0, "posture_shift"))
        return events
