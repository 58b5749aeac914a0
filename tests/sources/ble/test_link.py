"""Links over the virtual radio: real bleak clients, real bytes, and everything that goes wrong with a sensor."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hiphinge.blocks import SACRUM, THIGH_LEFT, Sensor
from hiphinge.devices.driver import Configuration
from hiphinge.devices.hiphinge_ble import INFO
from hiphinge.errors import SettingsError
from hiphinge.sources.ble import link
from hiphinge.sources.ble.radio import Radio
from hiphinge.sources.ble.scan import Scan
from hiphinge.sources.ble.source import Bluetooth
from hiphinge.sources.virtual.faults import NONE, Params
from hiphinge.sources.virtual.twins import TWINS
from hiphinge.sources.virtual.worn import Wearer, Worn, address, wearing
from tests.sources.ble.following import Followed, following
from tests.sources.virtual.playing import run

MAKE = "hiphinge_ble"
HERE = address(SACRUM)


@asynccontextmanager
async def one(faults: Params = NONE, make: str = MAKE) -> AsyncIterator[tuple[Wearer, Followed]]:
    """A sensor on the sacrum, and the source that keeps it."""
    async with wearing(Worn("calibration-only", sensors={SACRUM: make}, faults=faults)) as wearer:
        radio = Radio(wearer.air.scanner, wearer.air.client)
        async with following(radio, [Sensor(HERE, make, SACRUM)]) as followed:
            yield wearer, followed


def test_three_makes_stream_at_once_and_are_left_in_order() -> None:
    async def story() -> None:
        makes = dict(zip((SACRUM, THIGH_LEFT, "upper_lumbar"), TWINS, strict=False))
        async with wearing(Worn("calibration-only", sensors=makes)) as wearer:
            radio = Radio(wearer.air.scanner, wearer.air.client)
            worn = [Sensor(address(site), make, site) for site, make in makes.items()]
            async with following(radio, worn) as followed:
                await followed.until(lambda: all("configured" in followed.states(s.sensor) for s in worn))
                for s in worn:
                    await followed.more(10, s.sensor)
                    assert followed.states(s.sensor) == ["connected", "configured"]
            for peripheral in wearer.peripherals.values():
                assert not peripheral.twin.is_streaming
                assert not peripheral.is_connected

    run(story())


def test_a_link_that_drops_is_told_and_mended_and_nothing_comes_twice() -> None:
    async def story() -> None:
        async with one() as (wearer, followed):
            await followed.more(10)
            wearer.peripherals[SACRUM].drop()
            await followed.until(lambda: len(followed.states(HERE)) == 5)
            await followed.more(10)
            assert followed.states(HERE) == ["connected", "configured", "lost", "connected", "configured"]
            assert "closed the link" in dict(followed.links())["lost"]
            data = [p.payload for p in followed.packets() if p.characteristic == "data"]
            assert len(data) == len(set(data))

    run(story())


def test_a_program_that_was_held_up_does_not_take_its_sensor_for_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "SILENCE_S", 0.3)

    async def story() -> None:
        async with one() as (_, followed):
            for _ in range(3):
                await followed.more(5)
                time.sleep(0.5)  # the fault itself: nothing runs
            await followed.more(5)
            assert followed.states(HERE) == ["connected", "configured"]

    run(story())


def test_a_sensor_that_is_connected_but_silent_is_let_go_and_tried_anew() -> None:
    async def story() -> None:
        async with one() as (wearer, followed):
            await followed.more(10)
            wearer.peripherals[SACRUM].stall(30.0)
            await followed.until(lambda: "lost" in followed.states(HERE))
            assert "connected, but silent for " in dict(followed.links())["lost"]

    run(story())


def test_a_sensor_that_forgot_everything_is_configured_again() -> None:
    async def story() -> None:
        async with one(Params(left=True)) as (wearer, followed):
            await followed.more(5)
            wearer.peripherals[SACRUM].reboot()
            await followed.until(lambda: followed.states(HERE).count("configured") == 2)
            await followed.more(5)
            told = [Configuration.from_text(value) for state, value in followed.links() if state == "configured"]
            assert [got.rate_hz for got in told] == [100, 100]
            assert told[0].more["boot"] != told[1].more["boot"]

    run(story())


def test_a_sensor_that_is_switched_on_later_is_found() -> None:
    async def story() -> None:
        async with one(Params(absent=0.7)) as (_, followed):
            await followed.more(5)
            assert followed.states(HERE) == ["connected", "configured"]

    run(story())


def test_another_device_under_a_known_name_is_refused_in_words() -> None:
    async def story() -> None:
        async with one(Params(missing=(INFO,))) as (_, followed):
            await followed.until(lambda: "lost" in followed.states(HERE))
            assert "no characteristic" in (words := dict(followed.links())["lost"])
            assert "hiphinge wear" in words
            assert followed.packets() == [] or all(p.characteristic != "data" for p in followed.packets())

    run(story())


def test_nonsense_and_duplicates_keep_the_link() -> None:
    async def story() -> None:
        async with one(Params(nonsense=0.3, duplicates=0.3)) as (_, followed):
            await followed.more(60)
            assert followed.states(HERE) == ["connected", "configured"]

    run(story())


def test_its_battery_is_told() -> None:
    async def story() -> None:
        async with one(Params(battery=9.0)) as (_, followed):
            await followed.until(lambda: ("battery", "9") in followed.links())

    run(story())


def test_ctrl_c_while_it_connects_leaves_nothing_behind() -> None:
    async def story() -> None:
        for n in range(4):
            async with one() as (wearer, followed):
                await followed.until(lambda n=n: n < 2 or len(followed.links()) > n - 2)
                await followed.end()
                assert not wearer.peripherals[SACRUM].is_connected

    run(story())


def test_back_off_grows_and_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be connected is tried less and less often."""
    waits: list[float] = []

    async def story() -> None:
        async with one() as (_, followed):
            await followed.until(lambda: bool(followed.links()))
            keeper = followed.source.links[0]
            monkeypatch.setattr(link.random, "uniform", lambda a, b: 1.0)

            async def asleep(seconds: float) -> None:
                waits.append(seconds)

            monkeypatch.setattr(link.asyncio, "sleep", asleep)
            keeper._failures = 0
            for _ in range(8):
                await keeper._back_off(link.BACK_OFF_MOST_S)
            monkeypatch.undo()

    run(story())
    assert waits == [0.25, 0.5, 1.0, 2.0, 4.0, 4.0, 4.0, 4.0]


@pytest.mark.parametrize(("wanted", "waits"), [(True, [4.0, 0.25]), (False, [0.25])], ids=["others wait", "alone"])
def test_one_that_hung_leaves_the_adapter_to_others_for_as_long(
    wanted: bool, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def asleep(seconds: float) -> None:
        slept.append(seconds)

    async def story() -> None:
        radio = Radio()
        keeper = link.SensorLink(Sensor(HERE, MAKE, SACRUM), radio, Scan(radio), lambda one: None)
        keeper._hung = 4.0
        monkeypatch.setattr(link.random, "uniform", lambda a, b: 1.0)
        monkeypatch.setattr(link.asyncio, "sleep", asleep)
        if wanted:
            await radio.lock.acquire()
        await keeper._back_off(link.BACK_OFF_MOST_S)

    asyncio.run(story())
    assert slept == waits


def test_a_sensor_that_connects_slowly_is_given_longer_the_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "FIRST_S", 0.3)
    monkeypatch.setattr(link, "SLOW_S", 0.25)

    async def story() -> None:
        async with wearing(Worn("calibration-only", sensors={SACRUM: MAKE})) as wearer:
            usual = wearer.air.client

            class Slow(usual):  # type: ignore[misc, valid-type]  # made for this air
                async def connect(self, pair: bool, **options: Any) -> None:
                    async with asyncio.timeout(self._timeout):
                        await asyncio.sleep(0.8)
                    await super().connect(pair, **options)

            async with following(Radio(wearer.air.scanner, Slow), [Sensor(HERE, MAKE, SACRUM)]) as followed:
                await followed.more(3)
                assert followed.states(HERE) == ["lost", "connected", "configured"]
                assert dict(followed.links())["lost"] == "did not answer in time"

    run(story())


def test_a_device_without_a_driver_is_refused_at_once() -> None:
    with pytest.raises(SettingsError, match=r"sacrum: x is a 'abacus', expected one of .*hiphinge wear"):
        Bluetooth(Radio(), [Sensor("x", "abacus", SACRUM)])
