"""One sensor's link: seen, connected, set up, heard; and again, for as long as it is wanted."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from bleak import BleakClient

from hiphinge.blocks import Input, Link, Sensor
from hiphinge.devices.driver import (
    BATTERY,
    CONFIGURED,
    CONNECTED,
    LOST,
    MOTOR,
    UNSYNCHRONISED,
    VIBRATED,
    Configuration,
    Pulses,
    Wanted,
)
from hiphinge.devices.registry import DRIVERS
from hiphinge.errors import SensorRefused
from hiphinge.sources.ble.conversation import LEAVE_S, Conversation
from hiphinge.sources.ble.radio import Radio, still_wanted
from hiphinge.sources.ble.scan import Scan, Sighting
from hiphinge.sources.ble.sync import Shared
from hiphinge.sources.ble.troubles import BLEAK_ERRORS, of_a_link
from hiphinge.sources.inbox import host_ns

FIRST_S, CONNECT_S, SET_UP_S = 4.0, 10.0, 20.0
"""Patience with a connection, with one of a sensor that was slow before, and with its configuration.
Most connections take 0.1 to 2 s; one that hangs holds the adapter, and everybody waits."""
SLOW_S = 2.0
"""A connection that took longer is slow, or hung: the next is given CONNECT_S."""
SILENCE_S, SILENCE_PERIODS = 1.0, 10
"""Without data for the longer of the two a link is dead, whatever the system says of it."""
BACK_OFF_S, BACK_OFF_MOST_S = 0.25, 4.0
"""After the first failure, doubled each time; at most so that a sensor that is seen streams within 5 s."""
LOOKS = 3
"""Looks within that time: whoever is held up for long is so during one of them, and notices."""
HELD_UP_S = 0.05
"""Later than this out of a wait, the program itself was held up, and no sensor silent [D]."""
REFUSED_MOST_S = 30.0
"""Between tries of a sensor that does not do what its driver asks: it may be another device."""
BATTERY_S = 300.0
VIBRATE_S = 3.0
"""Patience with a motor, beyond the time that it runs [D]."""
WAITING = "waiting"
"""State of a Link: not tried before so many seconds, since the device refuses."""


T = TypeVar("T")


class Broken(Exception):
    """Why a link that stood is of no use any more, in words."""


class SensorLink:
    """Keeps one worn sensor streaming; what it sends and what becomes of the link goes to ``put``."""

    def __init__(
        self, worn: Sensor, radio: Radio, scan: Scan, put: Callable[[Input], None], wanted: Wanted | None = None
    ) -> None:
        self.worn, self.driver, self.wanted = worn, DRIVERS[worn.device], wanted or Wanted()
        self.radio, self.scan, self._put = radio, scan, put
        self.talk: Conversation | None = None
        self.has_motor = False
        self.shared: Shared | None = None
        self._failures, self._is_slow, self._hung = 0, False, 0.0

    async def run(self) -> None:
        """Until cancelled; then the sensor is told to stop and let go."""
        since = -float("inf")
        while True:
            seen = await self.scan.wait_for(self.worn.sensor, since)
            try:
                await self._once(seen)
            except SensorRefused as e:
                self._lost(str(e))
                await self._back_off(REFUSED_MOST_S)
            except (Broken, *BLEAK_ERRORS) as e:
                self._lost(str(e) if isinstance(e, Broken) else of_a_link(e))
                await self._back_off(BACK_OFF_MOST_S)
            since = time.monotonic()
            still_wanted()

    async def _once(self, seen: Sighting) -> None:
        """One connection, from its beginning to its end."""
        gone = asyncio.Event()
        patience = CONNECT_S if self._is_slow else FIRST_S
        client = self.radio.client(seen.device, gone.set, patience)
        talk = Conversation(client, self.driver, self.worn.sensor, self._put)
        try:
            await self._connect(client, patience)
            still_wanted()
            self.tell(CONNECTED, json.dumps({"name": seen.name, "rssi": seen.rssi}))
            if self.shared:
                await self._tell_of_its_clock(talk, self.shared, gone)
            got = await _unless(gone, talk.carry_out(self.driver.start(self.wanted)), SET_UP_S)
            self.tell(CONFIGURED, got.to_text())
            self._failures, self.talk, self.has_motor = 0, talk, bool(got.more.get(MOTOR))
            await self._watch(talk, got, gone)
        except asyncio.CancelledError:
            if client.is_connected:
                await _quietly(talk.carry_out(self.driver.stop()), LEAVE_S)
            raise
        finally:
            self.talk = None
            await talk.end()

    async def _connect(self, client: BleakClient, patience: float) -> None:
        """One at a time; remembers whether it was slow, and how long in vain."""
        async with self.radio.lock:
            begun, self._hung = time.monotonic(), 0.0
            try:
                async with asyncio.timeout(patience + 1):
                    await client.connect()
            except BLEAK_ERRORS:
                self._hung = time.monotonic() - begun
                raise
            finally:
                self._is_slow = time.monotonic() - begun > SLOW_S

    async def _tell_of_its_clock(self, talk: Conversation, shared: Shared, gone: asyncio.Event) -> None:
        """First of all: the device's answer waits to be read. Told once where it is alone."""
        state, value = await _unless(gone, shared.told(talk), SET_UP_S)
        self.tell(state, value)
        if state == UNSYNCHRONISED:
            self.shared = None

    async def _watch(self, talk: Conversation, got: Configuration, gone: asyncio.Event) -> None:
        """Wait for the end: the link lost, or no data. Raises Broken."""
        patience = max(SILENCE_S, SILENCE_PERIODS / got.rate_hz)
        talk.last = time.monotonic()
        chores = asyncio.create_task(self._chores(talk))
        try:
            while (silent := time.monotonic() - talk.last) <= patience:
                due = time.monotonic() + min(patience - silent, patience / LOOKS) + 0.01
                with suppress(TimeoutError):
                    async with asyncio.timeout(due - time.monotonic()):
                        await gone.wait()
                    raise Broken("the sensor closed the link, or went out of reach")
                if time.monotonic() - due > HELD_UP_S:
                    talk.last = time.monotonic()  # nobody listened: what was sent meanwhile is still on its way
            raise Broken(f"connected, but silent for {silent:.1f} s")
        finally:
            chores.cancel()
            await asyncio.gather(chores, return_exceptions=True)

    async def _chores(self, talk: Conversation) -> None:
        """Ask for the battery now and every few minutes, for the time as often as the driver wants it."""
        asked = -float("inf")
        while True:
            if time.monotonic() - asked >= BATTERY_S:
                asked = time.monotonic()
                level = await _quietly(talk.carry_out(self.driver.battery()), SET_UP_S)
                if level is not None:
                    self.tell(BATTERY, f"{level:.0f}")
            if self.driver.exchange_s is not None:
                await _quietly(talk.carry_out(self.driver.exchange(host_ns())), SET_UP_S)
            still_wanted()
            await asyncio.sleep(self.driver.exchange_s or BATTERY_S)

    async def vibrate(self, pulse_s: float, pulses: int) -> None:
        """Run its motor, beside the stream; ends with the last pulse. Raises SensorRefused."""
        talk, wanted = self.talk, Pulses(pulse_s, pulses)
        if talk is None:
            raise self._still("it is not connected")
        self.tell(VIBRATED, wanted.to_text())
        try:
            async with asyncio.timeout(wanted.lasts + VIBRATE_S):
                await talk.carry_out(self.driver.vibrate(pulse_s, pulses))
        except BLEAK_ERRORS as e:
            raise self._still(of_a_link(e)) from e

    def _still(self, why: str) -> SensorRefused:
        return SensorRefused(
            f"{self.worn.site} ({self.worn.sensor}): does not vibrate, {why}. It is tried again at the next cue; check "
            "its battery and the distance.",
            sensor=self.worn.sensor,
        )

    async def _back_off(self, most: float) -> None:
        """Wait, longer each time, with jitter; and for as long as the device itself refuses.

        One that hung waits as long as it held the adapter where others want it: they go first.
        """
        self._failures += 1
        if self._hung > SLOW_S and self.radio.lock.locked():
            await asyncio.sleep(self._hung)
        await asyncio.sleep(min(BACK_OFF_S * 2 ** (self._failures - 1), most) * random.uniform(0.8, 1.2))
        if self._failures > 1 and self.driver.refusal_s:
            self.tell(WAITING, f"{self.driver.refusal_s:.0f}")

    def _lost(self, why: str) -> None:
        self.tell(LOST, why)

    def tell(self, state: str, value: str = "") -> None:
        """What becomes of it, for the log and whoever looks on."""
        self._put(Link(host_ns(), self.worn.sensor, state, value))


async def _unless(gone: asyncio.Event, asking: Coroutine[Any, Any, T], seconds: float) -> T:
    """The answer, within ``seconds`` and while the link holds; else TimeoutError or Broken."""
    answer, end = asyncio.create_task(asking), asyncio.create_task(gone.wait())
    try:
        done, _ = await asyncio.wait((answer, end), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if answer in done:
            return answer.result()
        raise Broken("the sensor closed the link while it was set up") if end in done else TimeoutError
    finally:
        for task in (answer, end):
            task.cancel()
        await asyncio.gather(answer, end, return_exceptions=True)


async def _quietly(asking: Coroutine[Any, Any, T], seconds: float) -> T | None:
    """The answer, or None: whoever asks knows better what a failing link means."""
    try:
        async with asyncio.timeout(seconds):
            return await asking
    except (SensorRefused, *BLEAK_ERRORS):
        return None
