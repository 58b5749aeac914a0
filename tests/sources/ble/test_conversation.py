"""Several carry out steps over one connection; the device hears one request at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from bleak.exc import BleakError

from hiphinge.blocks import Packet
from hiphinge.devices.driver import Ask, Read, Steps, Subscribe, Write
from hiphinge.devices.metamotion import MetaMotion
from hiphinge.sources.ble import conversation
from hiphinge.sources.ble.conversation import Conversation
from tests.sources.virtual.playing import run

ANSWER = b"\x11\x8c\x63"


class Strict:
    """As BlueZ is: a second request before the first is done is an error, and so is a second subscription."""

    def __init__(self) -> None:
        self.busy = False
        self.done: list[str] = []
        self.listeners: dict[str, Callable[[Any, bytearray], None]] = {}
        self.services = SimpleNamespace(get_characteristic=lambda uuid: uuid)

    async def _request(self, what: str) -> None:
        if self.busy:
            raise BleakError(f"{what} while another request is in progress")
        self.busy = True
        await asyncio.sleep(0.005)
        self.busy = False
        self.done.append(what)

    async def start_notify(self, uuid: str, listener: Callable[[Any, bytearray], None]) -> None:
        if uuid in self.listeners:
            raise BleakError("notifies already")
        await self._request("subscribe")
        self.listeners[uuid] = listener

    async def write_gatt_char(self, uuid: str, payload: bytes, response: bool) -> None:
        await self._request(f"write {payload.hex(' ')}")

    async def read_gatt_char(self, uuid: str) -> bytes:
        await self._request("read")
        return b"\x07"


def talking(client: Strict) -> tuple[Conversation, list[Packet]]:
    heard: list[Packet] = []
    return Conversation(client, MetaMotion(), "s", heard.append), heard  # type: ignore[arg-type]  # what it needs of one


def subscribing() -> Steps[None]:
    yield Subscribe("data")


def test_requests_of_several_wait_for_each_other() -> None:
    """A motor, a question and a read at once: all done, none refused."""

    def reading() -> Steps[bytes | None]:
        yield Write("command", b"\x01")
        return (yield Read("command"))

    async def story() -> None:
        client = Strict()
        talk, _ = talking(client)
        some = [talk.carry_out(MetaMotion().vibrate(0.01, 3)), *(talk.carry_out(reading()) for _ in range(5))]
        found = await asyncio.gather(*some)
        assert found[1:] == [b"\x07"] * 5
        assert len(client.done) == 3 + 10

    run(story())


def test_who_waits_for_an_answer_keeps_nobody_waiting() -> None:
    """The answer comes after somebody else's request; a subscription is made once."""

    def asking() -> Steps[bytes | None]:
        yield Subscribe("data")
        return (yield Ask("command", b"\x11\x8c", "data", lambda p: p[:2] == ANSWER[:2], timeout=60.0, times=1))

    async def story() -> None:
        client = Strict()
        talk, heard = talking(client)
        asked = asyncio.create_task(talk.carry_out(asking()))
        while "write 11 8c" not in client.done:
            await asyncio.sleep(0)
        await talk.carry_out(MetaMotion().vibrate(0.01, 1))
        await talk.carry_out(subscribing())
        (listener,) = client.listeners.values()
        listener(None, bytearray(ANSWER))
        assert await asked == ANSWER
        assert [one.payload for one in heard] == [ANSWER]
        assert client.done.count("subscribe") == 1

    run(story())


def test_silence_is_measured_on_one_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows that of arrivals is another than the one that waits."""
    monkeypatch.setattr(conversation, "host_ns", lambda: time.monotonic_ns() + 3600 * 10**9)

    async def story() -> None:
        client = Strict()
        talk, heard = talking(client)
        await talk.carry_out(subscribing())
        client.listeners.popitem()[1](None, bytearray(b"x"))
        assert heard[0].arrival_ns > time.monotonic_ns() + 3000 * 10**9
        assert abs(talk.last - time.monotonic()) < 60

    run(story())
