"""bleak's own client and scanner over the virtual air: the whole stack above the antenna, in real time."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import struct
import sys
import time
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakCharacteristicNotFoundError, BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from bumble import gatt_client

from hiphinge.blocks import SACRUM, THIGH_RIGHT, UPPER_LUMBAR
from hiphinge.errors import InputError, MissingExtraError, SettingsError
from hiphinge.sources import virtual
from hiphinge.sources.virtual.faults import Params
from hiphinge.sources.virtual.peripheral import Peripheral
from hiphinge.sources.virtual.space import opened
from hiphinge.sources.virtual.twin import Identity
from hiphinge.sources.virtual.twins import TWINS, twin_class
from hiphinge.sources.virtual.twins.open_layout import CONTROL, DATA, INFO, SERVICE
from hiphinge.sources.virtual.worn import Wearer, Worn, address, told, wearing
from tests.sources.virtual.playing import on_a_table, run

CONFIGURE = struct.pack("<BHBHB", 1, 100, 16, 2000, 5)
START, STOP = b"\x02", b"\x03"
THREE = dict.fromkeys((UPPER_LUMBAR, SACRUM, THIGH_RIGHT), "hiphinge_ble")
ONE = Worn("calibration-only", sensors={SACRUM: "hiphinge_ble"})


def one(**faults: Any) -> Worn:
    """One sensor on the sacrum, with these faults."""
    return Worn("calibration-only", sensors={SACRUM: "hiphinge_ble"}, faults=Params(**faults))


@dataclass
class Host:
    """A client, what it heard, and whether it was told that the link went."""

    client: BleakClient
    packets: list[bytes] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    more: asyncio.Event = field(default_factory=asyncio.Event)

    async def command(self, *commands: bytes) -> None:
        """Written with response."""
        for command in commands:
            await self.client.write_gatt_char(CONTROL, command, response=True)

    async def stream(self) -> None:
        """As a driver would begin."""
        await self.client.start_notify(CONTROL, lambda _, value: self.answers.append(bytes(value)))
        await self.client.start_notify(DATA, self._heard)
        await self.command(CONFIGURE, START)

    def _heard(self, _: Any, value: bytearray) -> None:
        self.packets.append(bytes(value))
        self.more.set()

    async def until(self, n: int) -> None:
        """Wait for so many packets."""
        while len(self.packets) < n:
            self.more.clear()
            await self.more.wait()


def host(wearer: Wearer, site: str = SACRUM, timeout: float = 30.0) -> Host:
    """Not yet connected."""
    found = Host(None)  # type: ignore[arg-type]  # the client's callback needs the host first
    found.client = BleakClient(address(site), lambda _: found.gone.set(), timeout=timeout, backend=wearer.air.client)
    return found


async def first(**options: Any) -> tuple[BLEDevice, AdvertisementData]:
    """Whoever is heard first."""
    async with BleakScanner(**options) as scanner:
        async for device, heard in scanner.advertisement_data():
            return device, heard
    raise AssertionError


@asynccontextmanager
async def connected(worn: Worn) -> AsyncIterator[tuple[Wearer, Host]]:
    """One wearer, one host on the sacrum's sensor."""
    async with wearing(worn) as wearer:
        there = host(wearer)
        await there.client.connect()
        yield wearer, there
        await there.client.disconnect()


def seqs(packets: list[bytes]) -> list[int]:
    """Packet numbers."""
    return [struct.unpack_from("<H", packet, 2)[0] for packet in packets]


def test_three_sensors_are_found_strongest_first() -> None:
    async def story() -> None:
        faults = {SACRUM: Params(rssi=-40.0), UPPER_LUMBAR: Params(rssi=-80.0)}
        worn = Worn("calibration-only", sensors=THREE, faults_of=faults)
        async with wearing(worn) as wearer, BleakScanner(backend=wearer.air.scanner) as scanner:
            seen: dict[str, tuple[int, str, list[str]]] = {}
            async for device, heard in scanner.advertisement_data():
                seen[device.address] = (heard.rssi, heard.local_name or "", heard.service_uuids)
                if len(seen) == 3:
                    break
            assert sorted(seen, key=lambda a: -seen[a][0])[0] == address(SACRUM)
            assert {address(site) for site in (SACRUM, UPPER_LUMBAR, THIGH_RIGHT)} == set(seen)
            assert seen[address(SACRUM)][1:] == ("hiphinge 0002", [SERVICE])

    run(story())


@pytest.mark.parametrize("make", TWINS)
def test_no_advertisement_is_longer_than_a_kernel_takes(make: str) -> None:
    """Name, services and maker are heard whole: what does not fit into 31 bytes is in the scan response."""

    async def story() -> None:
        async with wearing(Worn("calibration-only", sensors={SACRUM: make})) as wearer:
            pieces: list[int] = []
            wearer.air.central.host.on("advertising_report", lambda report: pieces.append(len(report.data)))
            _, heard = await first(backend=wearer.air.scanner)
            twin = wearer.peripherals[SACRUM].twin
            assert heard.local_name == twin.name
            assert heard.manufacturer_data == dict(twin.manufacturer)
            assert len(heard.service_uuids) == len(twin.advertised)
            assert max(pieces) <= 31

    run(story())


def test_a_name_that_fits_nowhere_is_a_sentence() -> None:
    """Not cut: a driver would no longer know it."""

    async def story() -> None:
        async with opened() as air:
            twin = twin_class("thingy52")(Identity(), on_a_table)
            twin.name = "a thing with a name of more than twenty-nine letters"
            with pytest.raises(SettingsError, match="does not fit"):
                Peripheral(air, twin)

    run(story())


def test_a_filter_for_another_service_hears_nothing() -> None:
    async def story() -> None:
        async with wearing(ONE) as wearer:
            other = {"service_uuids": ["0000ffe5-0000-1000-8000-00805f9a34fb"], "backend": wearer.air.scanner}
            assert await BleakScanner.discover(timeout=0.2, **other) == []
            own = {"service_uuids": [SERVICE], "backend": wearer.air.scanner}
            assert (await first(**own))[0].address == address(SACRUM)

    run(story())


def test_three_sensors_stream_without_loss() -> None:
    """Connected at once (the air lets them in one by one), 100 Hz, five samples a packet."""

    async def story() -> None:
        async with wearing(Worn("calibration-only", seed=4, sensors=THREE)) as wearer:
            hosts = [host(wearer, site) for site in wearer.peripherals]
            await asyncio.gather(*(there.client.connect() for there in hosts))
            assert {there.client.mtu_size for there in hosts} == {247}
            for there in hosts:
                await there.stream()
            await asyncio.gather(*(there.until(10) for there in hosts))
            for there in hosts:
                await there.command(STOP)
                await there.client.stop_notify(DATA)
            for there, site in zip(hosts, wearer.peripherals, strict=True):
                assert seqs(there.packets) == list(range(wearer.peripherals[site].twin.made))
                assert there.answers == [b"\x81\x00", b"\x82\x00", b"\x83\x00"]
                await there.client.disconnect()
                assert there.gone.is_set()

    run(story())


def test_the_wearer_begins_with_the_first_stream() -> None:
    async def story() -> None:
        async with connected(ONE) as (wearer, there):
            assert wearer.motion.began is None
            before = time.monotonic()
            await there.stream()
            assert wearer.motion.began is not None
            assert before <= wearer.motion.began <= time.monotonic()

    run(story())


def test_a_sensor_that_drops_the_link_tells_at_once_and_comes_back() -> None:
    async def story() -> None:
        async with connected(ONE) as (wearer, there):
            await there.stream()
            await there.until(2)
            wearer.peripherals[SACRUM].drop()
            await there.gone.wait()
            assert not there.client.is_connected
            with pytest.raises(BleakError):
                await there.client.read_gatt_char(INFO)
            await there.client.disconnect()  # none is no error
            again = host(wearer)
            await again.client.connect()
            state, rate = struct.unpack_from("<xBH", await again.client.read_gatt_char(INFO))
            assert (state, rate) == (2, 100)  # stopped, still configured
            await again.client.disconnect()

    run(story())


def test_a_request_under_way_ends_with_the_link(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not after bumble's patience."""
    monkeypatch.setattr(gatt_client, "GATT_REQUEST_TIMEOUT", 3600.0)

    async def story() -> None:
        async with connected(ONE) as (wearer, there):
            reading = asyncio.gather(*(there.client.read_gatt_char(INFO) for _ in range(50)))
            await asyncio.sleep(0)
            wearer.peripherals[SACRUM].drop()
            with pytest.raises(BleakError):
                await reading

    run(story())


def test_a_reboot_is_silence_then_a_sensor_that_forgot() -> None:
    async def story() -> None:
        async with connected(one(supervision=0.1, boot=0.1)) as (wearer, there):
            await there.stream()
            await there.until(2)
            boot = (await there.client.read_gatt_char(INFO))[16:20]
            wearer.peripherals[SACRUM].reboot()
            heard = len(there.packets)
            await there.gone.wait()
            assert len(there.packets) <= heard + 1  # one may have been in the air
            again = host(wearer)
            await again.client.connect()
            about = await again.client.read_gatt_char(INFO)
            assert about[1:8] == bytes(7)
            assert about[16:20] != boot
            await again.client.disconnect()

    run(story())


def test_a_battery_dies() -> None:
    """The level falls, then the sensor is gone and stays away."""

    async def story() -> None:
        async with connected(one(battery=10.0, battery_lasts=3600.0)) as (wearer, there):
            first = (await there.client.read_gatt_char("2a19"))[0]
            sensor = wearer.peripherals[SACRUM]
            sensor.params = replace(sensor.params, battery_lasts=sensor._clock() - sensor._born + 0.2)
            await there.gone.wait()
            assert sensor.is_dead
            assert 0 < first <= 10
            with pytest.raises(BleakDeviceNotFoundError):
                await host(wearer, timeout=0.2).client.connect()

    run(story())


def test_what_another_app_left() -> None:
    async def story() -> None:
        async with connected(one(left=True)) as (_, there):
            about = await there.client.read_gatt_char(INFO)
            assert struct.unpack_from("<BH", about, 1) == (3, 25)

    run(story())


def test_a_missing_characteristic() -> None:
    async def story() -> None:
        async with connected(one(missing=(INFO,))) as (_, there):
            with pytest.raises(BleakCharacteristicNotFoundError):
                await there.client.read_gatt_char(INFO)
            await there.command(CONFIGURE)

    run(story())


def test_what_may_only_be_notified_cannot_be_read_nor_written() -> None:
    async def story() -> None:
        async with connected(ONE) as (_, there):
            with pytest.raises(BleakGATTProtocolError, match="Read Not Permitted"):
                await there.client.read_gatt_char(DATA)
            with pytest.raises(BleakGATTProtocolError, match="Write Not Permitted"):
                await there.client.write_gatt_char(DATA, b"x", response=True)

    run(story())


def test_nobody_answers() -> None:
    """In the time that was given; and the next connection is not refused because of it."""

    async def story() -> None:
        async with wearing(ONE) as wearer:
            with pytest.raises(BleakDeviceNotFoundError, match=r"no answer in 0\.2 s"):
                await BleakClient("C0:00:00:00:00:99", timeout=0.2, backend=wearer.air.client).connect()
            there = host(wearer)
            await there.client.connect()
            await there.client.disconnect()

    run(story())


@pytest.mark.parametrize("ticks", [0, 1, 2, 5, 20])
def test_a_connect_given_up_midway_leaves_no_link_behind(ticks: int) -> None:
    """At any point of it; the sensor can be had at once."""

    async def story() -> None:
        async with wearing(one(advertising=0.02)) as wearer:
            trying = asyncio.ensure_future(host(wearer).client.connect())
            for _ in range(ticks):
                await asyncio.sleep(0.0005)
            trying.cancel()
            await asyncio.wait({trying})
            there = host(wearer)
            await there.client.connect()
            await there.stream()
            await there.until(1)
            await there.client.disconnect()

    run(story())


@pytest.mark.parametrize("ticks", [0, 2, 10])
def test_a_sensor_that_drops_the_link_while_it_is_made(ticks: int) -> None:
    """bleak's own error, at any point of it; and then it can be had."""

    async def drop(wearer: Wearer) -> None:
        while not wearer.peripherals[SACRUM].is_connected:
            await asyncio.sleep(0)
        for _ in range(ticks):
            await asyncio.sleep(0.001)
        wearer.peripherals[SACRUM].drop()

    async def story() -> None:
        async with wearing(one(advertising=0.02)) as wearer:
            dropping = asyncio.create_task(drop(wearer))
            there = host(wearer)
            with contextlib.suppress(BleakError):  # a fast machine is through before
                await there.client.connect()
                await there.gone.wait()
            await dropping
            assert not there.client.is_connected
            again = host(wearer)
            await again.client.connect()
            await again.client.disconnect()

    run(story())


def test_a_second_client_takes_the_link_of_the_first() -> None:
    """As when a crashed process left one."""

    async def story() -> None:
        async with connected(ONE) as (wearer, first):
            second = host(wearer)
            await second.client.connect()
            assert first.gone.is_set()
            await second.client.disconnect()

    run(story())


def test_two_scanners_at_once() -> None:
    """Neither stops the other."""

    async def story() -> None:
        async with wearing(ONE) as wearer, BleakScanner(backend=wearer.air.scanner) as first:
            async with BleakScanner(backend=wearer.air.scanner):
                pass
            async for device, _ in first.advertisement_data():
                assert device.address == address(SACRUM)
                break

    run(story())


def test_faults_of_the_queue_reach_the_host() -> None:
    """Loss leaves holes in the numbers, a burst comes every connection interval."""

    async def story() -> None:
        async with connected(one(loss=0.3, interval=0.05)) as (_, there):
            await there.stream()
            await there.until(8)
            numbers = seqs(there.packets)
            assert numbers == sorted(set(numbers))
            assert numbers[-1] > len(numbers)

    run(story())


def test_slow_to_advertise_again_and_switched_on_late() -> None:
    async def story() -> None:
        async with wearing(one(absent=5.0, away=5.0)) as wearer:
            with pytest.raises(BleakDeviceNotFoundError):
                await host(wearer, timeout=0.2).client.connect()
            there = host(wearer)
            await there.client.connect()
            await there.client.disconnect()
            with pytest.raises(BleakDeviceNotFoundError):
                await host(wearer, timeout=0.2).client.connect()
            again = host(wearer)
            await again.client.connect()
            await again.client.disconnect()

    run(story())


# --- by its name in the environment ----------------------------------------------------------


def test_the_backend_as_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "HIPHINGE_VIRTUAL", json.dumps({"scenario": "calibration-only", "sensors": {SACRUM: "hiphinge_ble"}})
    )

    async def story() -> None:
        virtual.air()  # asked twice, it is still the callable that the contract names
        async with virtual.air() as (scanner_class, client_class):
            device = await BleakScanner.find_device_by_address(address(SACRUM), 60.0, backend=scanner_class)
            assert device is not None
            async with BleakClient(device, backend=client_class) as client:
                assert client.services.get_service(SERVICE)

    run(story())


def test_three_makes_on_the_usual_sites_without_a_word() -> None:
    makes = told("").makes
    assert list(makes) == [UPPER_LUMBAR, SACRUM, THIGH_RIGHT]
    assert len(set(makes.values())) == 3


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{", "HIPHINGE_VIRTUAL: .* expected JSON"),
        ('{"sede": 3}', "HIPHINGE_VIRTUAL.sede: an unknown name"),
        ('{"faults": {"loss": "much"}}', "HIPHINGE_VIRTUAL.faults.loss: .* expected a number"),
        ('{"faults": {"loss": 2}}', "faults: .* expected shares"),
    ],
)
def test_what_the_environment_must_not_say(text: str, error: str) -> None:
    with pytest.raises(SettingsError, match=error):
        told(text)


def test_sites_scenarios_and_makes_must_exist() -> None:
    async def enter(worn: Worn) -> None:
        async with wearing(worn):
            pass

    for worn in (Worn(sensors={"elbow": "hiphinge_ble"}), Worn("swim"), Worn(sensors={SACRUM: "fitbit"})):
        with pytest.raises(InputError, match="expected"):
            run(enter(worn))


def test_without_bumble_one_sentence_with_the_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bumble.device", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'hiphinge\[virtual\]'"):
        virtual.air()


def test_an_indication_that_is_cancelled_before_it_began_leaves_nothing_behind() -> None:
    """A host may go in the same turn of the loop."""

    async def story() -> None:
        async with connected(ONE) as (wearer, there):
            await there.stream()
            peripheral = wearer.peripherals[SACRUM]
            await peripheral._send(CONTROL, b"?")
            assert peripheral._indications
            for task in peripheral._indications:
                task.cancel()
            await asyncio.gather(*peripheral._indications, return_exceptions=True)

    gc.collect()  # what earlier tests left is not told of here
    with warnings.catch_warnings(record=True) as told_off:
        warnings.simplefilter("always")
        run(story())
        gc.collect()
    assert [str(one.message) for one in told_off] == []
