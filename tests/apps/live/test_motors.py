"""A cue that is felt: sink, event loop, link, bleak, bumble, and the motor of a twin that really streams meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from hiphinge.apps.live.core import Live
from hiphinge.apps.live.motors import motor
from hiphinge.apps.live.run import deliver
from hiphinge.blocks import SACRUM, THIGH_LEFT, Input, Link, Outcome, Packet, Sensor
from hiphinge.devices.driver import VIBRATED, Pulses
from hiphinge.devices.registry import DRIVERS
from hiphinge.monitor import Monitor, Params
from hiphinge.settings import feedback
from hiphinge.sinks import Delivery, Vibration
from hiphinge.sources.ble.radio import Radio
from hiphinge.sources.ble.source import Bluetooth
from hiphinge.sources.replayed import Replayed
from hiphinge.sources.virtual.twins import TWINS
from hiphinge.sources.virtual.worn import Wearer, Worn, address, wearing
from tests.sinks.cues import Told, cue
from tests.sources.ble.following import Followed, following
from tests.sources.virtual.playing import run

PATIENT_S = 60.0
"""A cue may wait for the one before it, and for a busy machine: these tests are not about how long it is of use."""
LAYOUT = "hiphinge.sources.virtual.twins.open_layout:WithMotor"


@asynccontextmanager
async def worn(makes: dict[str, str]) -> AsyncIterator[tuple[Wearer, Followed]]:
    """These makes on these sites, all of them streaming."""
    async with wearing(Worn("calibration-only", sensors=makes)) as wearer:
        sensors = [Sensor(address(site), make, site) for site, make in makes.items()]
        async with following(Radio(wearer.air.scanner, wearer.air.client), sensors) as followed:
            await followed.until(lambda: all("configured" in followed.states(s.sensor) for s in sensors))
            for sensor in sensors:
                await followed.more(10, sensor.sensor)
            yield wearer, followed


@asynccontextmanager
async def cued(followed: Followed, params: feedback.Vibration) -> AsyncIterator[tuple[Delivery, Told]]:
    """The sink of a session on these sensors."""
    buzz, told = motor(followed.source, params), Told()
    assert buzz is not None
    delivery = Delivery([Vibration(params, buzz)], told)
    yield delivery, told
    await asyncio.to_thread(delivery.close)


def ran(wearer: Wearer, site: str) -> list[tuple[float, float]]:
    """When, by the twin's clock, and how long the motor of a twin ran."""
    found: list[tuple[float, float]] = wearer.peripherals[site].twin.vibrated  # type: ignore[attr-defined]  # of twins with one
    return found


@pytest.mark.parametrize("make", ["metamotion", "hiphinge_ble"])
def test_a_cue_runs_the_motor_and_the_stream_loses_nothing(make: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pulses of 150 ms with a pause between them, then one of 300 ms; every sample made was heard, in order."""
    monkeypatch.setitem(TWINS, "hiphinge_ble", LAYOUT)
    monkeypatch.setattr(Vibration, "late", PATIENT_S)

    async def story() -> None:
        here = address(SACRUM)
        async with worn({SACRUM: make}) as (wearer, followed):
            async with cued(followed, feedback.Vibration()) as (delivery, told):
                delivery.offer(cue("rounded_back"))
                await followed.until(lambda: len(ran(wearer, SACRUM)) == 2)
                delivery.offer(cue("sitting_too_long"))
                await followed.until(lambda: len(ran(wearer, SACRUM)) == 3)
                await followed.more(20, here)
                assert told.all() == []
            (first, a), (second, b), (_, c) = ran(wearer, SACRUM)
            assert (a, b, c) == (0.15, 0.15, 0.3)
            assert second - first > 0.25  # 0.3 and what the machine makes wait
            whole_and_in_order(followed, make)
        said = [Pulses.from_text(value) for state, value in followed.links() if state == VIBRATED]
        assert said == [Pulses(0.15, 2), Pulses(0.3, 1)]
        assert [s for s in followed.states(here) if s != VIBRATED] == ["connected", "configured"]

    run(story())


def whole_and_in_order(followed: Followed, make: str) -> None:
    """The decoder misses nothing, and refuses nothing."""
    decoder = DRIVERS[make].decoder("s")
    for one in followed.log:
        if isinstance(one, Link):
            decoder.follow(one)
    block, errors, _ = decoder.decode(followed.packets())
    assert errors == ()
    assert len(block) > 60
    np.testing.assert_allclose(np.diff(block.t_ns), 1e7, atol=1.1e6)
    assert decoder.lost == 0  # type: ignore[attr-defined]  # both count


def test_the_first_that_has_one_or_the_one_that_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sensor without a motor is passed over; a site that was named and has none is told of, once."""
    monkeypatch.setitem(TWINS, "hiphinge_ble", "hiphinge.sources.virtual.twins.open_layout:OpenLayout")

    async def story() -> None:
        async with worn({SACRUM: "hiphinge_ble", THIGH_LEFT: "metamotion"}) as (wearer, followed):
            async with cued(followed, feedback.Vibration()) as (delivery, told):
                delivery.offer(cue("rounded_back"))
                await followed.until(lambda: len(ran(wearer, THIGH_LEFT)) == 2)
                assert (ran(wearer, SACRUM), told.all()) == ([], [])
            async with cued(followed, feedback.Vibration(site=SACRUM)) as (delivery, told):
                delivery.offer(cue("rounded_back"))
                words = await asyncio.to_thread(told.next)
                assert words.startswith("vibration: the sensor on sacrum tells of no motor, expected one")
            assert len(ran(wearer, THIGH_LEFT)) == 2

    run(story())


def test_a_sensor_that_went_away_is_told_once_and_vibrates_again() -> None:
    """While it is away a cue comes to nothing and the sink's thread alone waits; later ones are felt."""

    async def story() -> None:
        async with (
            worn({SACRUM: "metamotion"}) as (wearer, followed),
            cued(followed, feedback.Vibration(pulses=1)) as (delivery, told),
        ):
            wearer.peripherals[SACRUM].drop()
            await followed.until(lambda: "lost" in followed.states(address(SACRUM)))
            delivery.offer(cue("rounded_back"))
            words = await asyncio.to_thread(told.next)
            assert words.startswith(f"sacrum ({address(SACRUM)}): does not vibrate, it is not connected.")
            await followed.until(lambda: followed.states(address(SACRUM))[-1] == "configured")
            while not ran(wearer, SACRUM):  # the sink is left alone for a second after a failure
                delivery.offer(cue("rounded_back"))
                await followed.more(20)
            assert told.all() == []

    run(story())


def test_a_session_feels_its_cues(hiphinge_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a session delivers them: the wearer's settings choose how long; the sensor's motor runs so."""
    monkeypatch.setattr(Vibration, "late", PATIENT_S)
    off = "".join(f"[feedback.{way}]\non = false\n" for way in ("sound", "desktop", "push"))
    (hiphinge_home / "settings.toml").write_text(off + "[feedback.vibration]\npulse_s = 0.1\npulses = 3\n")
    sensors = (Sensor(address(SACRUM), "metamotion", SACRUM),)

    async def story() -> None:
        async with wearing(Worn("calibration-only", sensors={SACRUM: "metamotion"})) as wearer:
            source = Bluetooth(Radio(wearer.air.scanner, wearer.air.client), sensors)
            live, streams, felt = Live(source, Monitor(Params(sensors=sensors))), asyncio.Event(), asyncio.Event()
            told: list[str] = []

            def hear(inputs: Sequence[Input], _: Outcome) -> None:
                if any(isinstance(one, Packet) for one in inputs) and source.links[0].has_motor:
                    streams.set()
                if len(ran(wearer, SACRUM)) == 3:
                    felt.set()

            with ExitStack() as views:
                deliver(live, views, told.append)
                live.listeners.append(hear)
                running = asyncio.create_task(live.run())
                await streams.wait()
                live.listeners[0]((), Outcome(live.monitor.finish().angles, cues=(cue("rounded_back"),)))
                await felt.wait()
                live.stop()
                await running
            assert [seconds for _, seconds in ran(wearer, SACRUM)] == [0.1] * 3
            assert told == []

    run(story())


def test_a_session_that_ends_while_it_vibrates_is_no_crash_of_the_sink() -> None:
    async def ended() -> tuple[Delivery, Told]:
        source = Bluetooth(Radio(), [Sensor("a", "metamotion", SACRUM)])
        runs = asyncio.Event()

        async def vibrate(*_: object) -> bool:
            runs.set()
            await asyncio.Event().wait()
            return True

        source.vibrate = vibrate  # type: ignore[method-assign, assignment]  # one that takes longer than the session
        buzz, told = motor(source, feedback.Vibration()), Told()
        assert buzz is not None
        delivery = Delivery([Vibration(feedback.Vibration(), buzz)], told)
        delivery.offer(cue("rounded_back"))
        await runs.wait()
        return delivery, told

    delivery, told = asyncio.run(ended())
    assert told.next() == "vibration: the session ended meanwhile."
    delivery.close(10.0)


def test_nobody_is_bothered_where_there_can_be_no_motor() -> None:
    """No driver has one, or nothing is worn now."""

    async def story() -> None:
        assert motor(Replayed("replay", [Sensor("a", "metamotion", SACRUM)], [], 1.0), feedback.Vibration()) is None
        async with worn({SACRUM: "witmotion"}) as (_, followed):
            assert motor(followed.source, feedback.Vibration()) is None
            assert motor(followed.source, feedback.Vibration(site=SACRUM)) is not None

    run(story())
