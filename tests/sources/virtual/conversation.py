"""A driver talks to a twin with no radio between them, in made-up time."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

from hiphinge.blocks import Link, Packet
from hiphinge.devices.driver import (
    CONFIGURED,
    CONNECTED,
    Ask,
    Configuration,
    Driver,
    Read,
    Step,
    Subscribe,
    Wait,
    Wanted,
    Write,
)
from hiphinge.sources.virtual.twin import Twin

T = TypeVar("T")
ADOPTED = "0000{}-0000-1000-8000-00805f9b34fb"
TURN = 0.005
"""s between two looks at the twin."""


class Table:
    """A sensor on a table and its driver; what it notifies of what was subscribed is in ``packets``."""

    def __init__(self, driver: Driver, twin: Twin) -> None:
        self.driver, self.twin = driver, twin
        self.now = 100.0
        self.packets: list[Packet] = []
        self.configuration: Configuration | None = None
        self._names = self._found(driver, twin)
        self._subscribed: set[str] = set()
        twin.power_on(self.now)
        twin.link_mtu = 247

    @staticmethod
    def _found(driver: Driver, twin: Twin) -> dict[str, str]:
        """Short name -> the twin's UUID."""
        there = [uuid for row in twin.table.values() for uuid in row]
        full = {uuid if len(uuid) > 4 else ADOPTED.format(uuid): uuid for uuid in there}
        return {short: full[uuid] for short, uuids in driver.characteristics.items() for uuid in uuids if uuid in full}

    def connect(self) -> None:
        """A new link: nothing is subscribed."""
        self._subscribed.clear()
        self.twin.at(self.now)
        self.twin.connected()

    def disconnect(self) -> None:
        """It is gone."""
        self.twin.disconnected()
        self.twin.outbox.clear()

    def start(self, wanted: Wanted) -> Configuration:
        """Connect and set up."""
        self.connect()
        self.configuration = self.carry_out(self.driver.start(wanted))
        return self.configuration

    def links(self) -> list[Link]:
        """As a recording has them."""
        text = self.configuration.to_text() if self.configuration else ""
        return [Link(0, "s", CONNECTED), Link(0, "s", CONFIGURED, text)]

    def carry_out(self, steps: Generator[Step, bytes | None, T]) -> T:
        """The steps, in the twin's time."""
        brought: bytes | None = None
        while True:
            try:
                step = steps.send(brought)
            except StopIteration as end:
                made: T = end.value
                return made
            brought = self._do(step)

    def pass_time(self, seconds: float, until: Callable[[Packet], bool] = lambda packet: False) -> Packet | None:
        """Let it run; returns at the first packet that ``until`` wants."""
        end = self.now + seconds
        while self.now < end:
            for packet in self._heard():
                if until(packet):
                    return packet
            self.now += TURN
        return None

    def _heard(self) -> list[Packet]:
        self.twin.advance(self.now)
        names = {uuid: short for short, uuid in self._names.items()}
        going, self.twin.outbox[:] = list(self.twin.outbox), []
        heard = [
            Packet("s", names[one.uuid], round(self.now * 1e9), one.payload)
            for one in going
            if one.uuid in self._subscribed
        ]
        self.packets += heard
        return heard

    def _do(self, step: Step) -> bytes | None:
        if isinstance(step, Wait):
            self.pass_time(step.seconds)
            return None
        uuid = self._names[step.characteristic]
        self.twin.at(self.now)
        if isinstance(step, Subscribe):
            assert self.twin.properties(uuid) & {"notify", "indicate"}
            self._subscribed.add(uuid)
        elif isinstance(step, Read):
            assert "read" in self.twin.properties(uuid)
            return self.twin.read(uuid)
        elif isinstance(step, Write):
            self._write(uuid, step)
        elif isinstance(step, Ask):
            return self._ask(uuid, step)
        return None

    def _write(self, uuid: str, step: Write | Ask) -> None:
        assert ("write" if step.response else "write-without-response") in self.twin.properties(uuid)
        self.twin.write(uuid, step.payload)

    def _ask(self, uuid: str, step: Ask) -> bytes | None:
        for _ in range(step.times):
            self._write(uuid, step)
            answer = self.pass_time(step.timeout, lambda p: p.characteristic == step.on and step.accepts(p.payload))
            if answer is not None:
                return answer.payload
        return None
