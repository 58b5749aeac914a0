"""A fake bluetoothd in a process of its own: org.bluez with three sensors of the open layout on the system bus.

Obeys JSON lines on stdin (``{"do": "drop", "site": "sacrum"}``), answers each with one on stdout.
Run as ``python -m tests.bluez.bluetoothd`` with DBUS_SYSTEM_BUS_ADDRESS set; with a number, the sensors are worn by
somebody who works out for so many hours from the start on (the measure of the product's own cost), else they nod.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from dbus_fast import BusType
from dbus_fast.aio import MessageBus

from hiphinge.blocks import SACRUM, THIGH_RIGHT, UPPER_LUMBAR, Floats
from hiphinge.sources.virtual.twin import Identity, Sense
from hiphinge.sources.virtual.twins.open_layout import OpenLayout
from tests.bluez.objects import ADAPTER, Adapter, Device, Trouble

ADDRESSES = {UPPER_LUMBAR: "C4:7F:51:5E:00:01", SACRUM: "C4:7F:51:5E:00:02", THIGH_RIGHT: "C4:7F:51:5E:00:04"}
RSSI = {UPPER_LUMBAR: -70, SACRUM: -50, THIGH_RIGHT: -60}


def nodding(times: Floats) -> tuple[Floats, Floats]:
    """A sensor that nods 20° twice a second, x up: (n, 3) each; rendering a wearer is no business of this bench."""
    angle = np.deg2rad(20) * np.sin(4 * np.pi * times)
    rate = np.deg2rad(20) * 4 * np.pi * np.cos(4 * np.pi * times)
    zero = np.zeros(len(times))
    return 9.80665 * np.stack([np.cos(angle), zero, np.sin(angle)], 1), np.stack([zero, rate, zero], 1)


def worn(hours: float) -> Callable[[str], Sense]:
    """What the sensor on a site feels of a workout that begins now."""
    from hiphinge.sources.virtual.motion import Motion  # noqa: PLC0415  slow, and of no use to most tests
    from tests.benchmarks.worn_home import workout  # noqa: PLC0415  the same

    motion = Motion(workout(hours, tuple(ADDRESSES)))
    motion.begin(time.monotonic())
    return lambda site: motion.sensor(site, list(ADDRESSES).index(site))


class Bluetoothd:
    """The adapter, its devices, and what a test may do to them; ``feels`` gives a site's motion."""

    def __init__(self, bus: MessageBus, feels: Callable[[str], Sense] = lambda site: nodding) -> None:
        self._bus, self._feels = bus, feels
        self._trouble = Trouble()
        self._devices: dict[str, Device] = {}
        self._adapter = Adapter(self._trouble, self._devices.values)
        self._made: dict[str, OpenLayout] = {}

    def reset(self) -> None:
        """Everything as at the start, new sensors too."""
        self.remove()
        self.__init__(self._bus, self._feels)  # type: ignore[misc]  # a fresh one on the same bus
        self._bus.export(ADAPTER, self._adapter)
        for site, address in ADDRESSES.items():
            twin = OpenLayout(Identity(address), self._feels(site))
            twin.power_on(time.monotonic())
            self._made[site] = twin
            self._devices[site] = Device(self._bus, self._trouble, twin, RSSI[site])
            self._bus.export(self._devices[site].path, self._devices[site])

    def remove(self) -> None:
        """The adapter is pulled out."""
        for site in list(self._devices):
            self.vanish(site)
        self._adapter.discover(False)
        self._bus.unexport(ADAPTER)

    def vanish(self, site: str) -> None:
        """bluetoothd forgets a device."""
        device = self._devices.pop(site)
        device.drop()
        self._bus.unexport(device.path)

    def drop(self, site: str) -> None:
        """A sensor closes its link."""
        self._devices[site].drop()

    def power(self, on: bool) -> None:
        """The adapter is switched."""
        self._adapter.power(on)

    def trouble(self, **kinds: Any) -> None:
        """What goes wrong next: see Trouble."""
        for kind, value in kinds.items():
            known = getattr(self._trouble, kind)
            setattr(self._trouble, kind, [tuple(one) for one in value] if isinstance(known, list) else value)

    def made(self) -> dict[str, int]:
        """Packets made of samples so far, by address."""
        return {ADDRESSES[site]: twin.made for site, twin in self._made.items()}


async def serve() -> None:
    """Until stdin ends."""
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    bluetoothd = Bluetoothd(bus, worn(float(sys.argv[1]))) if sys.argv[1:] else Bluetoothd(bus)
    bluetoothd.reset()
    await bus.request_name("org.bluez")
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    answer("ready")
    while line := await lines.readline():
        command = json.loads(line)
        answer(getattr(bluetoothd, command.pop("do"))(**command))
    bus.disconnect()


def answer(value: Any) -> None:
    """One line."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(serve())
