"""What the links make of BlueZ's troubles: every one recovered from, or told in words that help."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from dbus_fast import BusType, Message
from dbus_fast.aio import MessageBus

from hiphinge.blocks import SACRUM, SITES, Link, Sensor
from hiphinge.errors import RadioError
from hiphinge.sources.ble import link, scan
from hiphinge.sources.ble.radio import Radio
from tests.bluez.bench import VARIABLE, Bench
from tests.bluez.bluetoothd import ADDRESSES
from tests.bluez.objects import ABORTED, FAILED, device_path
from tests.bluez.stories import run
from tests.sources.ble.following import Followed, following

HERE = ADDRESSES[SACRUM]
WORN = [Sensor(HERE, "hiphinge_ble", SACRUM)]


def recovers(bluez: Bench, trouble: Callable[[], None], words: str = "", streams: bool = True) -> list[str]:
    """Streams, then ``trouble``, then streams again; what was told on the way."""
    told: list[str] = []

    async def story() -> None:
        async with following(Radio(), WORN) as followed:
            if streams:
                await followed.more(4)
            trouble()
            count = followed.states(HERE).count("configured")
            await followed.until(lambda: followed.states(HERE).count("configured") > count)
            await followed.more(4)
            told.extend(value for state, value in followed.links() if state in ("lost", "radio"))

    run(story())
    assert words in " ".join(told)
    return told


def test_three_sensors_stream_and_are_left(bluez: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "SILENCE_S", 30.0)  # bluetoothd is another process, which may wait for the processor

    async def story() -> None:
        worn = [Sensor(ADDRESSES[site], "hiphinge_ble", site) for site in SITES if site in ADDRESSES]
        async with following(Radio(), worn) as followed:
            await followed.until(lambda: all(len(followed.packets(s.sensor)) > 8 for s in worn))
            assert all(followed.states(s.sensor) == ["connected", "configured"] for s in worn)

    run(story())


def test_a_dropped_link(bluez: Bench) -> None:
    recovers(bluez, lambda: bluez.drop(SACRUM), "closed the link")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        (FAILED, ABORTED, ""),
        ("org.bluez.Error.NotReady", "Resource Not Ready", "switched off, expected on"),
        ("org.bluez.Error.InProgress", "Operation already in progress", "busy with another connection"),
        ("org.freedesktop.DBus.Error.AccessDenied", "Rejected send message", "not allowed"),
    ],
)
def test_a_connect_that_fails(bluez: Bench, name: str, text: str, words: str) -> None:
    recovers(bluez, lambda: bluez.fail_connects((name, text)), words, streams=False)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("org.bluez.Error.NotReady", "switched off, expected on"),
        ("org.freedesktop.DBus.Error.AccessDenied", "not allowed"),
        ("org.bluez.Error.InProgress", "scanning failed"),
    ],
)
def test_a_scan_that_fails(bluez: Bench, monkeypatch: pytest.MonkeyPatch, name: str, words: str) -> None:
    monkeypatch.setattr(scan, "RETRY_S", 0.1)
    recovers(bluez, lambda: bluez.fail_scans((name, "no")), words, streams=False)


def test_adapter_off_and_on(bluez: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "RETRY_S", 0.1)

    async def story() -> None:
        async with following(Radio(), WORN) as followed:
            await followed.more(4)
            bluez.power(False)
            await followed.until(lambda: any(state == "radio" for state, _ in followed.links()))
            assert "switched off" in dict(followed.links())["radio"]
            bluez.power(True)
            await followed.until(lambda: followed.states(HERE).count("configured") == 2)
            await followed.more(4)

    run(story())


def test_a_connect_that_hangs(bluez: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "FIRST_S", 0.3)
    recovers(bluez, lambda: bluez.hang_connects(1), "did not answer in time", streams=False)


def test_while_one_hangs_the_others_go_first(bluez: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who hung is last; then it is given longer."""
    monkeypatch.setattr(link, "FIRST_S", 2.0)
    monkeypatch.setattr(link, "SLOW_S", 1.5)
    monkeypatch.setattr(link, "SILENCE_S", 30.0)  # as above: no other link may be lost

    async def story() -> None:
        worn = [Sensor(ADDRESSES[site], "hiphinge_ble", site) for site in SITES if site in ADDRESSES]
        bluez.hang_connects(1)
        async with following(Radio(), worn) as followed:
            await followed.until(lambda: all("configured" in followed.states(s.sensor) for s in worn))
            links = [one for one in followed.log if isinstance(one, Link)]
            (hung,) = {one.sensor for one in links if one.state == "lost" and "did not answer in time" in one.value}
            assert [one.sensor for one in links if one.state == "configured"][-1] == hung

    run(story())


def test_services_that_never_resolve(bluez: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "FIRST_S", 0.3)
    recovers(bluez, lambda: bluez.leave_unresolved(1), "did not answer in time", streams=False)


def test_bluetoothd_dies_and_is_started_again(bluez: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "RETRY_S", 0.1)

    async def story() -> None:
        async with following(Radio(), WORN) as followed:
            await followed.more(4)
            bluez.kill_bluetoothd()
            await followed.until(lambda: "lost" in followed.states(HERE))
            bluez.start()
            await followed.until(lambda: followed.states(HERE).count("configured") == 2)
            await followed.more(4)

    run(story())


def test_no_adapter_is_told_with_the_cure(bluez: Bench) -> None:
    bluez.remove_adapter()

    async def story() -> None:
        with pytest.raises(RadioError, match=r"no adapter found.*Plug in"):
            await scan.nearby(Radio(), 0.5)

    run(story())


async def recovered(followed: Followed, count: int) -> None:
    """Set up once more than ``count`` times, and streaming."""
    await followed.until(lambda: followed.states(HERE).count("configured") > count)
    await followed.more(4)


def test_no_adapter_at_the_start_then_one_is_plugged_in(bluez: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "RETRY_S", 0.1)
    bluez.remove_adapter()

    async def story() -> None:
        async with following(Radio(), WORN) as followed:
            await followed.until(lambda: bool(followed.links()))
            state, words = followed.links()[0]
            assert state == "radio"
            assert "no adapter found" in words
            assert "Plug in" in words
            bluez.restore()
            await recovered(followed, 0)

    run(story())


def test_the_adapter_is_pulled_out_and_plugged_in_again(bluez: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "RETRY_S", 0.1)

    async def story() -> None:
        async with following(Radio(), WORN) as followed:
            await followed.more(4)
            bluez.remove_adapter()
            await followed.until(lambda: any(state == "radio" for state, _ in followed.links()))
            assert "lost" in followed.states(HERE)
            bluez.restore()
            await recovered(followed, 1)

    run(story())


def test_bluetoothd_forgets_the_sensor(bluez: Bench) -> None:
    async def story() -> None:
        async with following(Radio(), WORN) as followed:
            await followed.more(4)
            bluez.vanish(SACRUM)
            await followed.until(lambda: "lost" in followed.states(HERE))
            bluez.restore()
            await recovered(followed, 1)

    run(story())


def test_the_bus_dies_and_is_started_again(bluez: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "RETRY_S", 0.1)

    async def story() -> None:
        async with following(Radio(), WORN) as followed:
            await followed.more(4)
            bluez.kill_bus()
            await followed.until(lambda: any(state == "radio" for state, _ in followed.links()))
            bluez.restore()
            await recovered(followed, 1)

    run(story())


def test_a_link_that_a_program_left_behind_when_it_died_does_not_hide_the_sensor(bluez: Bench) -> None:
    """BlueZ keeps it, and a sensor that is connected does not advertise."""

    async def story() -> None:
        died = await MessageBus(bus_type=BusType.SYSTEM).connect()
        await died.call(Message("org.bluez", device_path(HERE), "org.bluez.Device1", "Connect"))
        died.disconnect()
        async with following(Radio(), WORN) as followed:
            await recovered(followed, 0)

    run(story())


def test_a_bus_address_that_is_none_is_a_sentence(bluez: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "nonsense")

    async def story() -> None:
        with pytest.raises(RadioError, match=r"message bus refuses .*DBUS_SYSTEM_BUS_ADDRESS, then try again"):
            await scan.nearby(Radio(), 0.5)

    asyncio.run(story())
