"""Who is near: one scanner for all links, at rest while somebody connects."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from hiphinge.devices.driver import Advertisement, Driver
from hiphinge.devices.registry import recognised
from hiphinge.errors import RadioError
from hiphinge.sources.ble.radio import Radio, still_wanted
from hiphinge.sources.ble.troubles import BLEAK_ERRORS, of_the_radio

TURN_S = 2.0
"""A scan gives way to connections at least so often."""
RETRY_S = 2.0
"""Between two tries of an adapter that does not scan."""
KEPT = 1000
"""Sightings: phones change their addresses every quarter of an hour, and a scan may last for weeks [D]."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """An advertisement: ``rssi`` dBm (0: the system did not tell), ``at`` s on the monotonic clock."""

    device: BLEDevice
    address: str
    name: str
    rssi: int
    driver: Driver | None
    at: float


class Scan:
    """Scans for as long as somebody waits for a sensor; addresses in capitals or not, as people type them.

    ``troubled`` hears of an adapter that fails, once each time; None when it scans again.
    """

    def __init__(self, radio: Radio, troubled: Callable[[RadioError | None], None] = lambda e: None) -> None:
        self._seen: dict[str, Sighting] = {}
        self._radio, self._troubled = radio, troubled
        self._waiting = 0
        self._wanted, self._news = asyncio.Event(), asyncio.Condition()
        self._trouble = ""

    async def run(self) -> None:
        """Scan in turns, until cancelled."""
        while True:
            await self._wanted.wait()
            try:
                async with self._radio.lock:
                    await self._turn()
                self._recover()
            except BLEAK_ERRORS as e:
                self._complain(e)
                await asyncio.sleep(RETRY_S)
            still_wanted()
            # Outside the lock: whoever saw its sensor may connect now.
            await asyncio.sleep(0)

    async def wait_for(self, address: str, since: float, *, known: bool = False) -> Sighting:
        """The first advertisement of this sensor after ``since`` (monotonic s); waits for as long as it takes.

        ``known``: the first by which a driver knows it.
        """
        if not self._at(address) > since:
            await self._radio.let_go(address)
        self._waiting += 1
        self._wanted.set()
        try:
            async with self._news:
                await self._news.wait_for(
                    lambda: self._at(address) > since and not (known and self._seen[address.upper()].driver is None)
                )
            return self._seen[address.upper()]
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._wanted.clear()

    def forget(self, address: str) -> None:
        """What was seen of this sensor is of no use any more."""
        self._seen.pop(address.upper(), None)

    def _at(self, address: str) -> float:
        seen = self._seen.get(address.upper())
        return seen.at if seen else -float("inf")

    def _remember(self, one: Sighting) -> None:
        self.forget(one.address)
        self._seen[one.address.upper()] = one
        if len(self._seen) > KEPT:
            del self._seen[next(iter(self._seen))]

    async def _turn(self) -> None:
        heard = asyncio.Event()

        def take(device: BLEDevice, seen: AdvertisementData) -> None:
            self._remember(sighting(device, seen))
            heard.set()

        until = time.monotonic() + TURN_S
        async with self._radio.scanner(take):
            while self._waiting and (left := until - time.monotonic()) > 0:
                try:
                    async with asyncio.timeout(left):
                        await heard.wait()
                except TimeoutError:
                    return
                heard.clear()
                before = self._waiting
                async with self._news:
                    self._news.notify_all()
                await asyncio.sleep(0)
                if self._waiting < before:
                    return  # somebody found its sensor: the adapter is needed

    def _recover(self) -> None:
        if self._trouble:
            self._trouble = ""
            self._troubled(None)

    def _complain(self, error: BaseException) -> None:
        words = of_the_radio(error) or f"Bluetooth: scanning failed ({error}). It is tried again; see: hiphinge doctor"
        if words != self._trouble:
            self._trouble = words
            self._troubled(RadioError(words))


def sighting(device: BLEDevice, seen: AdvertisementData) -> Sighting:
    """What one advertisement says, and which driver knows it."""
    name = seen.local_name or device.name or ""
    manufacturer: Mapping[int, bytes] = seen.manufacturer_data
    driver = recognised(Advertisement(name, tuple(u.lower() for u in seen.service_uuids), manufacturer))
    return Sighting(device, device.address, name, seen.rssi, driver, time.monotonic())


async def nearby(radio: Radio, seconds: float) -> list[Sighting]:
    """All that advertise within ``seconds``, strongest first. Raises RadioError."""
    found: dict[str, Sighting] = {}
    try:
        async with radio.lock, radio.scanner(lambda d, a: found.update({d.address: sighting(d, a)})):
            await asyncio.sleep(seconds)
    except BLEAK_ERRORS as e:
        raise RadioError(of_the_radio(e) or f"Bluetooth: scanning failed ({e}). See: hiphinge doctor") from e
    # An RSSI of 0 is one that the system kept from earlier: last, not strongest.
    return sorted(found.values(), key=lambda s: (s.rssi == 0, -s.rssi))
