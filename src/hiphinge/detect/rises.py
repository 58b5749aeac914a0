"""Standing up from a seat, counted."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hiphinge import runs
from hiphinge.blocks import Event, Floats
from hiphinge.detect.cells import PER_SECOND


@dataclass(frozen=True)
class Params:
    """What is a rise (biomechanics 4.2; [D] where it says so).

    seated, risen : rad of thigh elevation on a seat and up; 60 and 25° [D].
    seat : s on the seat before it, which a squat is not [D].
    rise : s, longest rise; 4 [D]. held : s not sat down again; 2 [D].
    """

    seated: float = field(default=np.deg2rad(60), metadata={"unit": "rad"})
    risen: float = field(default=np.deg2rad(25), metadata={"unit": "rad"})
    seat: float = 2.0
    rise: float = 4.0
    held: float = 2.0


class Rises:
    """Thigh elevation in cells (n,) rad; events "sit_to_stand" with ``rise_s``, at the time when up."""

    UP, ON_SEAT = 1, 2

    def __init__(self, params: Params) -> None:
        self.params = params
        self._seat_from: int | None = None
        self._seat_to = 0
        self._up: int | None = None  # risen, not yet held

    def follow(self, first: int, thigh: Floats) -> list[Event]:
        """Cells from number ``first`` on."""
        p = self.params
        zone = np.where(thigh > p.seated, self.ON_SEAT, np.where(thigh < p.risen, self.UP, 0))
        events: list[Event] = []
        for code, start, stop in runs.of_equal(zone):
            self._step(code, first + start)
            if code == self.ON_SEAT:
                self._seat_to = first + stop
            if self._up is not None and first + stop - self._up >= p.held * PER_SECOND:
                rise = (self._up - self._seat_to) / PER_SECOND
                events.append(Event(self._up / PER_SECOND, "sit_to_stand", {"rise_s": rise}))
                self._up = None
        return events

    def _step(self, zone: int, at: int) -> None:
        p = self.params
        if zone == self.ON_SEAT:
            self._up = None
            if self._seat_from is None:
                self._seat_from = at
        elif zone == self.UP and self._seat_from is not None:
            if self._seat_to - self._seat_from >= p.seat * PER_SECOND and at - self._seat_to <= p.rise * PER_SECOND:
                self._up = at
            self._seat_from = None
