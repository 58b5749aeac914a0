"""Running a test's coroutine against the bench."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Coroutine
from typing import Any, TypeVar

from bleak.backends.bluezdbus.manager import get_global_bluez_manager
from dbus_fast import Message

T = TypeVar("T")
LIMIT_S = 90.0
"""A test that is not done by then hangs; a busy machine may take half of it."""


def run(story: Coroutine[Any, Any, T]) -> T:
    """The coroutine in a loop of its own, and bleak's connection to the bus closed with it.

    bleak keeps one for the life of a loop, and those of attempts that failed until they are collected.
    """

    async def told() -> T:
        try:
            return await asyncio.wait_for(story, LIMIT_S)
        finally:
            bus = (await get_global_bluez_manager())._bus
            if bus is not None:
                bus.disconnect()
                await asyncio.sleep(0.01)  # its reader ends in the loop's next rounds

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "unclosed <socket.*/socket>", ResourceWarning)
        try:
            return asyncio.run(told())
        finally:
            gc.collect()


async def caught_up() -> None:
    """Whatever bluetoothd has told so far has reached bleak: a message after the others, on the same way."""
    bus = (await get_global_bluez_manager())._bus
    assert bus is not None
    call = Message("org.bluez", "/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")
    await bus.call(call)
