"""The adapter: which one, and one thing at a time with it."""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from hiphinge.errors import SettingsError
from hiphinge.sources.ble import leftover

BACKEND = "HIPHINGE_BLE_BACKEND"

Heard = Callable[[BLEDevice, AdvertisementData], None]


@dataclass(frozen=True)
class Radio:
    """Scanner and client classes handed to bleak; None: the machine's own Bluetooth.

    ``lock`` is held while scanning and while connecting: adapters do one of
    them at a time, and badly both (bleak, troubleshooting).
    """

    scanner_class: Any = None
    client_class: Any = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def scanner(self, heard: Heard) -> BleakScanner:
        """A scanner that calls ``heard`` for every advertisement."""
        return BleakScanner(detection_callback=heard, backend=self.scanner_class)

    async def let_go(self, address: str) -> None:
        """Of a sensor that is waited for: a link that a program left behind when it died would hide it."""
        if self.client_class is None:
            await leftover.let_go(address)

    def follow(self, step: str, site: str, attempt: int) -> None:
        """What a guide asks of the wearer: told to a test bench whose scanner class has ``follow``; people read it."""
        if follow := getattr(self.scanner_class, "follow", None):
            follow(step, site, attempt)

    def client(self, device: BLEDevice, lost: Callable[[], None], timeout: float) -> BleakClient:
        """A fresh client for one attempt."""
        return BleakClient(device, lambda _: lost(), timeout=timeout, backend=self.client_class)


def still_wanted() -> None:
    """Raise the cancellation that a library swallowed, as wait_for of Python 3.11 may: it would never come again."""
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError


@asynccontextmanager
async def radio() -> AsyncIterator[Radio]:
    """The machine's Bluetooth, or what HIPHINGE_BLE_BACKEND names (contract.md: Another radio)."""
    named = os.environ.get(BACKEND)
    if not named:
        yield Radio()
        return
    async with _backend(named)() as (scanner_class, client_class):
        yield Radio(scanner_class, client_class)


def _backend(named: str) -> Callable[[], AbstractAsyncContextManager[tuple[Any, Any]]]:
    module, _, name = named.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as e:
        raise SettingsError(
            f"{BACKEND}: {named!r} cannot be imported ({e}), expected module:name of a callable. Correct or unset it."
        ) from e
    if not callable(found):
        raise SettingsError(f"{BACKEND}: {named!r} is not callable, expected module:name of a callable. Correct it.")
    return found
