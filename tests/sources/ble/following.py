"""A Bluetooth source under watch: its links as they come, and its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from hiphinge.blocks import Input, Link, Packet, Sensor
from hiphinge.sources.ble.radio import Radio
from hiphinge.sources.ble.source import Bluetooth
from hiphinge.sources.inbox import Inbox


class Followed:
    """What has come so far, and waiting for what is still to come."""

    def __init__(self, source: Bluetooth) -> None:
        self.source, self.inbox = source, Inbox()
        self.log: list[Input] = []
        self._task = asyncio.create_task(source.run(self.inbox))

    def links(self, sensor: str = "") -> list[tuple[str, str]]:
        """State and value of all links of the sensor; of all sensors without one."""
        some = [one for one in self.log if isinstance(one, Link) and (not sensor or one.sensor == sensor)]
        return [(one.state, one.value) for one in some]

    def states(self, sensor: str) -> list[str]:
        """Without the battery, which is asked for whenever there is time."""
        return [state for state, _ in self.links(sensor) if state != "battery"]

    def packets(self, sensor: str = "") -> list[Packet]:
        """All packets of the sensor."""
        return [one for one in self.log if isinstance(one, Packet) and (not sensor or one.sensor == sensor)]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Take what comes until the condition holds; what the source raises comes out."""
        while not condition():
            drain = asyncio.create_task(self.inbox.drain())
            await asyncio.wait((drain, self._task), return_when=asyncio.FIRST_COMPLETED)
            if self._task.done():
                drain.cancel()
                self._task.result()
            self.log += await drain

    async def more(self, n: int, sensor: str = "") -> None:
        """Wait for n more packets."""
        have = len(self.packets(sensor))
        await self.until(lambda: len(self.packets(sensor)) >= have + n)

    async def end(self) -> None:
        """Cancel the source, as Ctrl-C does."""
        self._task.cancel()
        await asyncio.wait((self._task,))
        self.log += self.inbox.take()


@asynccontextmanager
async def following(radio: Radio, sensors: Sequence[Sensor], *, one_clock: bool = False) -> AsyncIterator[Followed]:
    """The source runs inside; cancelled at the end."""
    followed = Followed(Bluetooth(radio, sensors, one_clock=one_clock))
    try:
        yield followed
    finally:
        await followed.end()
