"""bleak's own BlueZ backend against the bench: what it does with every trouble the bench can make.

What hiphinge's link makes of them is tested where the link is.
"""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import pytest
from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDBusError,
    BleakDeviceNotFoundError,
    BleakError,
)
from dbus_fast import BusType, Message
from dbus_fast.aio import MessageBus

from hiphinge.blocks import SACRUM
from hiphinge.sources.virtual.twins.open_layout import CONTROL, DATA, SERVICE
from tests.bluez.bench import Bench
from tests.bluez.bluetoothd import ADDRESSES
from tests.bluez.objects import ABORTED, FAILED, device_path
from tests.bluez.stories import caught_up, run

CONFIGURE = struct.pack("<BHBHB", 1, 100, 16, 2000, 5)
START, STOP = b"\x02", b"\x03"


async def found(n: int = 3) -> dict[str, BLEDevice]:
    """The first n sensors that are heard, by address."""
    heard: dict[str, BLEDevice] = {}
    async with BleakScanner(service_uuids=[SERVICE]) as scanner:
        async for device, _ in scanner.advertisement_data():
            heard[device.address] = device
            if len(heard) == n:
                return heard
    raise AssertionError


class Host:
    """A client and what it heard."""

    def __init__(self, device: BLEDevice, timeout: float = 30.0) -> None:
        self.gone, self._more = asyncio.Event(), asyncio.Event()
        self.packets: list[bytes] = []
        self.client = BleakClient(device, lambda _: self.gone.set(), timeout=timeout)

    async def stream(self) -> None:
        """Connect, configure, start."""
        await self.client.connect()
        await self.client.start_notify(DATA, self._heard)
        for command in (CONFIGURE, START):
            await self.client.write_gatt_char(CONTROL, command, response=True)

    def _heard(self, _: Any, value: bytearray) -> None:
        self.packets.append(bytes(value))
        self._more.set()

    async def until(self, n: int) -> None:
        """Wait for so many packets."""
        while len(self.packets) < n:
            self._more.clear()
            await self._more.wait()

    @property
    def numbers(self) -> list[int]:
        """Packet numbers."""
        return [struct.unpack_from("<H", packet, 2)[0] for packet in self.packets]


async def sacrum(timeout: float = 30.0) -> Host:
    """A host for the sacrum's sensor, not connected."""
    return Host((await found())[ADDRESSES[SACRUM]], timeout)


async def streaming(packets: int) -> Host:
    """The sacrum's sensor connected, so many packets heard."""
    host = await sacrum()
    await host.stream()
    await host.until(packets)
    return host


async def streams_and_ends() -> None:
    """All is as it should be with the sacrum's sensor."""
    host = await streaming(1)
    await host.client.disconnect()


def test_three_sensors_stream_without_a_gap(bluez: Bench) -> None:
    """3 x 100 Hz, five samples a packet; all that was made was heard."""

    async def story() -> None:
        hosts = [Host(device) for device in (await found()).values()]
        for host in hosts:
            await host.stream()
        await asyncio.gather(*(host.until(12) for host in hosts))
        for host in hosts:
            await host.client.write_gatt_char(CONTROL, STOP, response=True)
        await caught_up()
        made = bluez.made()
        for host in hosts:
            assert host.numbers == list(range(made[host.client.address]))
            assert {len(packet) for packet in host.packets} == {8 + 5 * 12}
            await host.client.disconnect()

    run(story())


def test_strongest_first_as_the_bench_says(bluez: Bench) -> None:
    async def story() -> None:
        async with BleakScanner() as scanner:
            while len(scanner.discovered_devices) < 3:
                await asyncio.sleep(0.02)
            heard = scanner.discovered_devices_and_advertisement_data
        strongest = max(heard, key=lambda address: heard[address][1].rssi)
        assert strongest == ADDRESSES[SACRUM]

    run(story())


def test_a_dropped_link_and_the_next(bluez: Bench) -> None:
    async def story() -> None:
        host = await streaming(2)
        bluez.drop(SACRUM)
        await host.gone.wait()
        await streams_and_ends()

    run(story())


def test_an_aborted_connection_is_tried_again_by_bleak(bluez: Bench) -> None:
    bluez.fail_connects((FAILED, ABORTED))

    async def story() -> None:
        await streams_and_ends()

    run(story())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("org.bluez.Error.NotReady", "Resource Not Ready"),
        ("org.bluez.Error.InProgress", "Operation already in progress"),
        ("org.freedesktop.DBus.Error.AccessDenied", "Rejected send message"),
    ],
)
def test_errors_of_connect_and_of_scan_come_through_once(bluez: Bench, name: str, text: str) -> None:
    async def story() -> None:
        bluez.fail_scans((name, text))
        with pytest.raises(BleakDBusError, match=name):
            await found()
        host = await sacrum()
        bluez.fail_connects((name, text))
        with pytest.raises(BleakDBusError, match=name):
            await host.stream()
        await host.stream()
        await host.client.disconnect()

    run(story())


def test_adapter_off_and_on(bluez: Bench) -> None:
    """Off: the links go, and no scan starts; on: all is as before."""

    async def story() -> None:
        host = await streaming(1)
        bluez.power(False)
        await host.gone.wait()
        await caught_up()
        with pytest.raises(BleakBluetoothNotAvailableError) as told:
            await found()
        assert told.value.reason is BleakBluetoothNotAvailableReason.POWERED_OFF
        bluez.power(True)
        await caught_up()
        await streams_and_ends()

    run(story())


def test_adapter_pulled_out_in_mid_stream(bluez: Bench) -> None:
    async def story() -> None:
        host = await streaming(1)
        bluez.remove_adapter()
        await host.gone.wait()
        await caught_up()
        with pytest.raises(BleakBluetoothNotAvailableError) as told:
            await found()
        assert told.value.reason is BleakBluetoothNotAvailableReason.NO_BLUETOOTH

    run(story())


def test_a_connect_that_hangs_ends_in_time(bluez: Bench) -> None:
    bluez.hang_connects(1)

    async def story() -> None:
        host = await sacrum(timeout=0.3)
        with pytest.raises(TimeoutError):
            await host.stream()
        bluez.hang_connects(0)  # a busy machine may not even have asked in that time
        await streams_and_ends()

    run(story())


def test_services_that_are_never_resolved_end_in_time(bluez: Bench) -> None:
    bluez.leave_unresolved(1)

    async def story() -> None:
        host = await sacrum(timeout=0.3)
        with pytest.raises(TimeoutError):
            await host.stream()
        bluez.leave_unresolved(0)  # a busy machine may not even have asked in that time
        await streams_and_ends()

    run(story())


def test_a_disconnect_ends_a_connect_that_is_under_way(bluez: Bench) -> None:
    """As BlueZ does: who gave up leaves no link behind, which would keep the sensor from advertising."""

    async def story() -> None:
        bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
        here = ("org.bluez", device_path(ADDRESSES[SACRUM]), "org.bluez.Device1")
        await asyncio.gather(*(bus.call(Message(*here, member)) for member in ("Connect", "Disconnect")))
        bus.disconnect()
        await streams_and_ends()

    run(story())


def test_a_device_that_bluetoothd_forgot(bluez: Bench) -> None:
    async def story() -> None:
        host = await sacrum()
        bluez.vanish(SACRUM)
        await caught_up()
        with pytest.raises((BleakDeviceNotFoundError, BleakError)):
            await host.stream()

    run(story())


def test_the_bus_dies_and_is_started_again(bluez: Bench) -> None:
    async def story() -> None:
        host = await streaming(1)
        bluez.kill_bus()
        await host.gone.wait()
        bluez.start()
        await streams_and_ends()

    run(story())


def test_bluetoothd_dies(bluez: Bench) -> None:
    """bleak hears nothing of it: only a watch on the data can tell."""

    async def story() -> None:
        host = await streaming(1)
        bluez.kill_bluetoothd()
        await caught_up()  # what it had sent is heard by then
        heard = len(host.packets)
        await asyncio.sleep(0.2)
        assert len(host.packets) == heard
        assert not host.gone.is_set()

    run(story())
