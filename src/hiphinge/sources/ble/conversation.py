"""A driver's steps, carried out over one connection."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic

from hiphinge.blocks import Packet
from hiphinge.devices.driver import Ask, Driver, Read, Steps, Subscribe, Wait, Write
from hiphinge.errors import SensorRefused
from hiphinge.sources.ble.troubles import BLEAK_ERRORS
from hiphinge.sources.inbox import host_ns

LEAVE_S = 2.0
"""For a farewell."""
T = TypeVar("T")


class Conversation:
    """One connection to one sensor: every notification becomes a packet, answers go to whoever asked.

    Several may carry out steps at once (a motor runs while the battery is asked for): the device hears one
    request at a time, since BlueZ refuses a second one as "in progress".
    """

    def __init__(self, client: BleakClient, driver: Driver, sensor: str, put: Callable[[Packet], None]) -> None:
        self.client, self.driver, self.sensor = client, driver, sensor
        self.last = time.monotonic()
        self._put = put
        self._over = False
        self._line = asyncio.Lock()
        self._subscribed: set[str] = set()
        self._questions: list[tuple[str, Callable[[bytes], bool], asyncio.Future[bytes]]] = []

    async def end(self) -> None:
        """Take no more notifications, late ones are of a connection that is over, and disconnect.

        Also where this is cancelled meanwhile, which is raised after it: else the sensor stays connected.
        """
        self._over = True
        leaving = asyncio.create_task(self._leave())
        try:
            await asyncio.shield(leaving)
        except asyncio.CancelledError:
            await asyncio.wait([leaving])
            raise

    async def _leave(self) -> None:
        with suppress(*BLEAK_ERRORS):  # it was not connected, or is gone
            async with asyncio.timeout(LEAVE_S):
                await self.client.disconnect()

    async def carry_out(self, steps: Steps[T]) -> T:
        """Run the steps to their end; what they raise, and what bleak raises, comes out."""
        answer: bytes | None = None
        while True:
            try:
                step = steps.send(answer)
            except StopIteration as end:
                return end.value
            answer = await self._do(step)

    async def _do(self, step: Subscribe | Write | Read | Ask | Wait) -> bytes | None:
        if isinstance(step, Subscribe):
            await self._subscribe(step.characteristic)
        elif isinstance(step, Write):
            await self._write(step)
        elif isinstance(step, Read):
            async with self._line:
                return bytes(await self.client.read_gatt_char(self._find(step.characteristic)))
        elif isinstance(step, Ask):
            return await self._ask(step)
        else:
            await asyncio.sleep(step.seconds)
        return None

    async def _subscribe(self, name: str) -> None:
        async with self._line:
            if name not in self._subscribed:
                await self.client.start_notify(self._find(name), self._listener(name))
                self._subscribed.add(name)

    async def _write(self, step: Write | Ask) -> None:
        async with self._line:
            await self.client.write_gatt_char(self._find(step.characteristic), step.payload, response=step.response)

    async def _ask(self, step: Ask) -> bytes | None:
        for _ in range(step.times):
            question = (step.on, step.accepts, asyncio.get_running_loop().create_future())
            self._questions.append(question)
            try:
                await self._write(step)
                async with asyncio.timeout(step.timeout):
                    return await question[2]
            except TimeoutError:
                continue
            finally:
                self._questions.remove(question)
        return None

    def _listener(self, name: str) -> Callable[[Any, bytearray], None]:
        def listen(_: BleakGATTCharacteristic, payload: bytearray) -> None:
            arrival_ns = host_ns()  # first: everything after it takes time
            if self._over:
                return
            packet = Packet(self.sensor, name, arrival_ns, bytes(payload))
            self._put(packet)
            self.last = time.monotonic()  # on Windows not the clock of arrivals
            for on, accepts, future in self._questions:
                if on == name and not future.done() and accepts(packet.payload):
                    future.set_result(packet.payload)

        return listen

    def _find(self, name: str) -> BleakGATTCharacteristic:
        uuids = self.driver.characteristics[name]
        for uuid in uuids:
            if found := self.client.services.get_characteristic(uuid):
                return found
        raise SensorRefused(
            f"{self.sensor}: no characteristic {uuids[0]} ({name}), expected a {self.driver.maker}. "
            "Another device may use this name; choose another with: hiphinge wear",
            sensor=self.sensor,
        )
