"""A virtual wearer as a source: it hears what the guide asks and does it, in its own time."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol, runtime_checkable

from hiphinge.simulate import Responsive
from hiphinge.sources.inbox import Inbox
from hiphinge.sources.source import Source
from hiphinge.wizard.guide import Guidance

STEP_S, COARSE_S = 0.1, 0.5
"""Of the wearer's time between two looks at the guide; the longer where nobody watches."""


@runtime_checkable
class Heard(Protocol):
    """A source whose wearer may be a virtual one."""

    def follow(self, step: str, site: str, attempt: int) -> None:
        """The guide asks for this."""


def oblige(source: Source, told: Guidance) -> None:
    """The guide has spoken: a virtual wearer does it, a real one reads it, a recorded one has done it."""
    if isinstance(source, Heard):
        source.follow(told.step, told.site, told.attempt)


class Obliging:
    """A source (see sources/source.py); ``speed`` 1 is real time, inf as fast as the machine can."""

    name, live = "simulated", False

    def __init__(self, seed: int, speed: float) -> None:
        self._wearer, self._speed = Responsive(seed=seed), speed
        self.sensors = self._wearer.sensors
        self._told = asyncio.Event()

    def now_ns(self) -> int:
        """The virtual wearer's time."""
        return round(self._wearer.now * 1e9)

    def follow(self, step: str, site: str, attempt: int) -> None:
        """The guide has spoken."""
        self._wearer.follow(step, site, attempt)
        self.go_on()

    def go_on(self) -> None:
        """What was sent has been looked at; nothing is asked: he stands and waits."""
        self._told.set()

    async def vibrate(self, site: str, pulse_s: float, pulses: int) -> bool:
        """Nothing is worn."""
        return False

    async def run(self, inbox: Inbox) -> None:
        """Until it is cancelled; the guide is heard between one step and the next."""
        began, step = time.monotonic(), STEP_S if self._speed <= 1.0 else COARSE_S
        while True:
            self._told.clear()
            for one in self._wearer.inputs(step):
                inbox.put(one)
            await self._told.wait()
            due = began + self._wearer.now / self._speed
            await asyncio.sleep(max(due - time.monotonic(), 0.0))
