"""Who is near: what systems tell of an advertisement, and for how long it is remembered."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.exc import BleakError

from hiphinge.apps import wear
from hiphinge.errors import InputError, RadioError
from hiphinge.sources.ble import scan
from hiphinge.sources.ble.radio import Radio
from hiphinge.sources.ble.scan import Scan
from tests.sources.virtual.playing import run

HERE = "C4:7F:51:5E:00:02"
Heard = tuple[str, str | None]


class Scripted(BaseBleakScanner):
    """Tells of ``air``, an address and a name each, every time that a scan begins."""

    air: ClassVar[Callable[[], Iterator[Heard]]]

    def __init__(self, detection_callback: Any, service_uuids: Any, scanning_mode: str, **options: Any) -> None:
        super().__init__(detection_callback, service_uuids)

    async def start(self) -> None:
        self._telling = asyncio.create_task(self._tell())

    async def stop(self) -> None:
        self._telling.cancel()

    async def _tell(self) -> None:
        for address, name in type(self).air():
            said = AdvertisementData(name, {}, {}, [], None, -50, ())
            self.call_detection_callbacks(self.create_or_update_device(address, address, name, None, said), said)
            await asyncio.sleep(0.01)


def hearing(monkeypatch: pytest.MonkeyPatch, air: Callable[[], Iterator[Heard]]) -> Radio:
    monkeypatch.setattr(Scripted, "air", staticmethod(air), raising=False)
    return Radio(Scripted, object)


async def scanned(radio: Radio, story: Callable[[Scan], Any], told: list[RadioError | None] | None = None) -> Any:
    here = Scan(radio, (told if told is not None else []).append)
    scanning = asyncio.create_task(here.run())
    try:
        return await story(here)
    finally:
        scanning.cancel()
        await asyncio.gather(scanning, return_exceptions=True)


def test_a_sensor_is_known_whose_name_comes_after_the_first_advertisement(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows tells of the scan response apart, and begins anew with each scan."""
    radio = hearing(monkeypatch, lambda: iter([(HERE, None), (HERE, None), (HERE, "WT901BLE67")]))
    worn = run(scanned(radio, lambda here: wear._recognised(here, "sacrum", HERE)))
    assert (worn.sensor, worn.device) == (HERE, "witmotion")


def test_a_stranger_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wear, "NAME_S", 0.1)
    radio = hearing(monkeypatch, lambda: iter([(HERE, "Pixel 9")]))
    with pytest.raises(InputError, match="Pixel 9 is no sensor that hiphinge knows"):
        run(scanned(radio, lambda here: wear._recognised(here, "sacrum", HERE)))


def test_an_address_as_it_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    radio = hearing(monkeypatch, lambda: iter([(HERE, "WT901BLE67")]))
    worn = run(scanned(radio, lambda here: wear._recognised(here, "sacrum", HERE.lower())))
    assert worn.sensor == HERE


def test_strangers_of_weeks_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "KEPT", 3)
    strangers: list[Heard] = [(f"5A:00:00:00:00:{i:02X}", None) for i in range(20)]
    radio = hearing(monkeypatch, lambda: iter([*strangers, (HERE, "WT901BLE67")]))

    async def story(here: Scan) -> None:
        assert (await here.wait_for(HERE, -float("inf"))).address == HERE
        assert len(here._seen) == 3

    run(scanned(radio, story))


def test_an_adapter_that_scans_again_is_no_trouble_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether or not a sensor is found."""
    monkeypatch.setattr(scan, "RETRY_S", 0.0)
    monkeypatch.setattr(scan, "TURN_S", 0.05)
    turns = iter([True, True])
    told: list[RadioError | None] = []

    class Failing(Scripted):
        async def start(self) -> None:
            if next(turns, False):
                raise BleakError("resetting")
            await super().start()

    hearing(monkeypatch, lambda: iter([]))

    async def story(here: Scan) -> None:
        waiting = asyncio.create_task(here.wait_for(HERE, -float("inf")))
        while len(told) < 2:
            await asyncio.sleep(0.01)
        waiting.cancel()

    run(scanned(Radio(Failing, object), story, told))
    assert "scanning failed (resetting)" in str(told[0])
    assert told[1:] == [None]


def test_a_cancellation_that_a_library_swallows_ends_the_scan_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """wait_for of Python 3.11 does, where the answer comes in the same moment."""

    class Swallowing(Scripted):
        async def stop(self) -> None:
            with contextlib.suppress(asyncio.CancelledError):
                stopping.set()
                await asyncio.sleep(30)
            await super().stop()

    hearing(monkeypatch, lambda: iter([(HERE, "WT901BLE67")]))
    stopping = asyncio.Event()

    async def story() -> None:
        here = Scan(Radio(Swallowing, object))
        scanning = asyncio.create_task(here.run())
        await here.wait_for(HERE, -float("inf"))
        await stopping.wait()
        scanning.cancel()
        await asyncio.wait([scanning])
        assert scanning.cancelled()

    run(story())
