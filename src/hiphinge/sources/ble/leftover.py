"""A link that a program left behind when it died: BlueZ keeps it, and its sensor advertises no more.

See https://github.com/bluez/bluez/issues/89; macOS and Windows let go with the program.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hiphinge.sources.ble.troubles import BLEAK_ERRORS

if TYPE_CHECKING:
    from dbus_fast.aio import MessageBus

PATIENCE_S = 3.0
BLUEZ, DEVICE = "org.bluez", "org.bluez.Device1"


async def let_go(address: str) -> None:
    """Have BlueZ disconnect this device where it holds it; what goes wrong, scanning will tell.

    Of a sensor that this program waits for: nothing here holds it.
    """
    if sys.platform != "linux":
        return
    # Imported now, and only here: Linux alone has it.
    from dbus_fast import BusType  # noqa: PLC0415  see above
    from dbus_fast.aio import MessageBus  # noqa: PLC0415  see above

    bus = None
    try:
        async with asyncio.timeout(PATIENCE_S):
            bus = MessageBus(bus_type=BusType.SYSTEM)
            await bus.connect()
            found = await _call(bus, "/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")
            for path in _held(found[0] if found else {}, address):
                await _call(bus, path, DEVICE, "Disconnect")
    except BLEAK_ERRORS:
        return
    finally:
        if bus is not None:
            bus.disconnect()


async def _call(bus: MessageBus, path: str, interface: str, member: str) -> list[Any]:
    from dbus_fast import Message  # noqa: PLC0415  Linux alone has it

    answer = await bus.call(Message(BLUEZ, path, interface, member))
    return list(answer.body) if answer and not answer.error_name else []


def _held(objects: Mapping[str, Mapping[str, Mapping[str, Any]]], address: str) -> Iterator[str]:
    """Paths of the devices with this address that are connected; one for each adapter that has one."""
    for path, interfaces in objects.items():
        one = {name: variant.value for name, variant in interfaces.get(DEVICE, {}).items()}
        if one.get("Connected") and str(one.get("Address", "")).upper() == address.upper():
            yield path
