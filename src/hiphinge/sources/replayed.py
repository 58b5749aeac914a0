"""A recording, or a simulation, as a source: its inputs once more, at the pace at which they came."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterable, Sequence

from hiphinge.blocks import Input, Sensor
from hiphinge.sources.inbox import Inbox
from hiphinge.sources.pace import groups


class Replayed:
    """A source (see sources/source.py) with a clock of its own; ``speed`` 1 is real time, inf at once."""

    live = False

    def __init__(self, name: str, sensors: Sequence[Sensor], batches: Iterable[Sequence[Input]], speed: float) -> None:
        self.name, self.sensors = name, tuple(sensors)
        self._batches, self._speed = batches, speed
        self._latest_ns, self._at = 0, math.nan  # nothing is due before it runs

    def now_ns(self) -> int:
        """The arrival that is due now."""
        if math.isnan(self._at) or math.isinf(self._speed):
            return self._latest_ns
        ahead = (time.monotonic() - self._at) * self._speed
        return self._latest_ns + round(ahead * 1e9)

    async def vibrate(self, site: str, pulse_s: float, pulses: int) -> bool:
        """Nobody wears it now."""
        return False

    async def run(self, inbox: Inbox) -> None:
        """Put every input when it is due; ends with the last."""
        began, first_ns = time.monotonic(), None
        for group in groups(self._batches):
            first_ns = group[0].arrival_ns if first_ns is None else first_ns
            due = began + (group[-1].arrival_ns - first_ns) / 1e9 / self._speed
            await asyncio.sleep(max(due - time.monotonic(), 0.0))
            for one in group:
                inbox.put(one)
            self._latest_ns, self._at = group[-1].arrival_ns, time.monotonic()
