"""Movella DOTs over the virtual radio, asked to bring their clocks together: that they do; what is told where not."""

from __future__ import annotations

import asyncio
import math
import struct
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest

from hiphinge.blocks import SACRUM, THIGH_LEFT, UPPER_LUMBAR, Floats, Input, Link, Packet, Sensor, Tick
from hiphinge.devices.movella_dot import Dot
from hiphinge.intake import Intake
from hiphinge.monitor import Params
from hiphinge.sources.ble import sync
from hiphinge.sources.ble.radio import Radio
from hiphinge.sources.virtual import faults
from hiphinge.sources.virtual.twin import Sense
from hiphinge.sources.virtual.twins import movella_dot
from hiphinge.sources.virtual.twins.movella_dot import MovellaDot
from hiphinge.sources.virtual.worn import Wearer, Worn, address, wearing
from hiphinge.streams.clock import Base
from tests.sources.ble.following import Followed, following
from tests.sources.virtual.playing import run

SITES = (UPPER_LUMBAR, SACRUM, THIGH_LEFT)
STARTED = ["synchronising", "connected", "synchronised", "configured"]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of a second instead of 12 s, in the device and in who asks it."""
    monkeypatch.setattr(movella_dot, "SYNC_TAKES", 0.25)
    monkeypatch.setattr(Dot, "sync_s", 0.3)


@asynccontextmanager
async def dots(
    sites: Sequence[str] = SITES, given: faults.Params = faults.NONE, one_clock: bool = True, **of: faults.Params
) -> AsyncIterator[tuple[Wearer, Followed]]:
    """Worn, and a source that wants one clock of them."""
    worn = Worn("calibration-only", sensors=dict.fromkeys(sites, "movella_dot"), faults=given, faults_of=of)
    async with wearing(worn) as wearer:
        sensors = [Sensor(address(site), "movella_dot", site) for site in sites]
        async with following(Radio(wearer.air.scanner, wearer.air.client), sensors, one_clock=one_clock) as followed:
            yield wearer, followed


async def streaming(followed: Followed, sites: Sequence[str]) -> None:
    """Until each has sent something."""
    for site in sites:
        await followed.until(lambda site=site: "configured" in followed.states(address(site)))
        await followed.more(2, address(site))


def test_they_are_asked_before_they_measure_and_each_says_that_it_took() -> None:
    async def story() -> None:
        async with dots() as (wearer, followed):
            await streaming(followed, SITES)
            for site in SITES:
                assert followed.states(address(site)) == STARTED
                assert wearer.peripherals[site].twin.is_synced  # type: ignore[attr-defined]  # a MovellaDot
            bases = {Base.from_text(value) for state, value in followed.links() if state == "synchronised"}
            assert len(bases) == 1
            first = min(p.arrival_ns for p in followed.packets() if p.characteristic == "medium")
            base = bases.pop()
            assert base
            assert base.since_s < first / 1e9

    run(story())


def test_one_alone_and_those_of_whom_nobody_asks_it_stream_at_once() -> None:
    async def story() -> None:
        async with dots((SACRUM,)) as (_, followed):
            await streaming(followed, (SACRUM,))
            assert followed.states(address(SACRUM)) == ["connected", "configured"]
        async with dots((SACRUM, THIGH_LEFT), one_clock=False) as (_, followed):
            await streaming(followed, (SACRUM, THIGH_LEFT))
            assert followed.states(address(SACRUM)) == ["connected", "configured"]

    run(story())


def test_where_it_does_not_take_they_stream_all_the_same_and_say_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(movella_dot, "SYNC_TAKES", 60.0)

    async def story() -> None:
        async with dots((SACRUM, THIGH_LEFT)) as (_, followed):
            await streaming(followed, (SACRUM, THIGH_LEFT))
            for site in (SACRUM, THIGH_LEFT):
                assert followed.states(address(site)) == ["synchronising", "connected", "unsynchronised", "configured"]
            assert "(not enough samples)" in (words := dict(followed.links())["unsynchronised"])
            assert "Twist all sensors" in words

    run(story())


def test_one_that_is_switched_on_later_goes_alone_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "FIND_S", 8.0)  # the others are found within it on a busy machine, too

    async def story() -> None:
        async with dots(thigh_left=faults.Params(absent=3600.0)) as (wearer, followed):
            await followed.until(lambda: "unsynchronised" in followed.states(address(THIGH_LEFT)))
            late = wearer.peripherals[THIGH_LEFT]
            late._advertise_at = 0.0
            late._wake.set()
            await streaming(followed, SITES)
            assert followed.states(address(SACRUM)) == STARTED
            assert followed.states(address(THIGH_LEFT)) == [
                "synchronising",
                "unsynchronised",
                "connected",
                "configured",
            ]
            assert "did not answer in time" in dict(followed.links(address(THIGH_LEFT)))["unsynchronised"]

    run(story())


def test_one_whose_firmware_knows_no_messages_goes_alone_and_the_others_share() -> None:
    """It has nothing to be asked with."""

    async def story() -> None:
        async with dots(thigh_left=faults.Params(missing=(movella_dot.MESSAGE,))) as (_, followed):
            await streaming(followed, SITES)
            assert followed.states(address(SACRUM)) == STARTED
            assert "no characteristic" in dict(followed.links(address(THIGH_LEFT)))["unsynchronised"]

    run(story())


def test_a_link_that_drops_costs_no_second_round_and_is_asked_whether_it_holds() -> None:
    async def story() -> None:
        async with dots((SACRUM, THIGH_LEFT)) as (wearer, followed):
            await streaming(followed, (SACRUM, THIGH_LEFT))
            wearer.peripherals[SACRUM].drop()
            await followed.until(lambda: followed.states(address(SACRUM)).count("configured") == 2)
            assert followed.states(address(SACRUM))[4:] == ["lost", "connected", "synchronised", "configured"]
            wearer.peripherals[SACRUM].reboot()
            await followed.until(lambda: followed.states(address(SACRUM)).count("configured") == 3)
            assert followed.states(address(SACRUM))[8:] == ["lost", "connected", "unsynchronised", "configured"]
            assert "began anew" in dict(followed.links(address(SACRUM)))["unsynchronised"]
            assert followed.states(address(THIGH_LEFT)) == STARTED

    run(story())


def test_ctrl_c_in_the_middle_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dot, "sync_s", 30.0)

    async def story() -> None:
        async with dots((SACRUM, THIGH_LEFT)) as (wearer, followed):
            while not all(p.is_connected for p in wearer.peripherals.values()):
                await asyncio.sleep(0)
            await followed.end()
            assert not any(p.is_connected for p in wearer.peripherals.values())

    run(story())


@pytest.mark.parametrize("after", np.linspace(0.06, 0.26, 15))
def test_ctrl_c_at_any_moment_of_it_leaves_nothing_behind(after: float) -> None:
    """One is connected and the other is about to be, they are asked, they are let go: wherever it falls."""

    async def story() -> None:
        async with dots((SACRUM, THIGH_LEFT)) as (wearer, followed):
            await asyncio.sleep(after)  # whatever happens then
            await followed.end()
            assert not any(p.is_connected for p in wearer.peripherals.values())

    run(story())


MS = 1e-3


def telling(begun: float) -> Sense:
    """A sensor whose rate of turn says how long ago ``begun`` was; up to 34 s, its range."""

    def felt(times: Floats) -> tuple[Floats, Floats]:
        gyr = np.zeros((len(times), 3))
        gyr[:, 0] = times - begun
        return np.tile([0.0, 0.0, 9.81], (len(times), 1)), gyr

    return felt


def spread(log: Sequence[Input], begun: float) -> float:
    """s: how far apart the sensors' last samples are placed, against when they were taken."""
    intake = Intake(Params(sensors=tuple(Sensor(address(site), "movella_dot", site) for site in SITES)))
    list(intake.take(log))
    off = []
    for site in SITES:
        t_ns, gyr = intake.hearing.receptions[address(site)].turned(0, 2**62)
        off.append(float(np.median(t_ns[-60:] / 1e9 - gyr[-60:, 0] - begun)))
    return max(off) - min(off)


def as_heard(log: Sequence[Input], begun: float) -> list[Input]:
    """Every sample at the connection event after it, whatever kept this machine busy; ticks, as the core has them."""
    streamed = [isinstance(one, Packet) and one.characteristic == "medium" for one in log]
    heard = [at_its_event(one, begun) if is_it else one for one, is_it in zip(log, streamed, strict=True)]
    links = [one for one in heard if isinstance(one, Link)]
    packets = sorted((one for one in heard if isinstance(one, Packet)), key=lambda one: one.arrival_ns)
    first = packets[0].arrival_ns
    ticks = [Tick(t) for t in range(first, packets[-1].arrival_ns, 500_000_000)]
    early = [replace(one, arrival_ns=min(one.arrival_ns, first)) for one in links]
    return [*early, *sorted([*packets, *ticks], key=lambda one: one.arrival_ns)]


def at_its_event(packet: Packet, begun: float) -> Packet:
    """At the next multiple of 50 ms after its sample, one after the other."""
    taken = begun + np.deg2rad(struct.unpack_from("<f", packet.payload, 16)[0])
    event = math.floor(taken / 0.05 + 1.0) * 50_000_000
    return packet._replace(arrival_ns=event + round((taken % 0.05) * 1e6) + int(packet.sensor[-1]))


def in_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Samples of each sensor 5 ms after those of the one before, and every third of them at a connection event."""
    usual = MovellaDot.stream

    def stream(twin: MovellaDot, rate_hz: float, batch: int) -> None:
        usual(twin, rate_hz, batch)
        wanted = 0.005 * int(twin.identity.address[-1])
        twin._started += (wanted - (twin._born + twin._started)) % 0.05

    monkeypatch.setattr(MovellaDot, "stream", stream)


def test_they_are_within_a_millisecond_where_arrivals_leave_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    """At 50 ms between events each waits as long every time, and no arrival tells how long."""
    in_step(monkeypatch)
    begun = time.monotonic()

    async def story() -> list[Input]:
        async with dots(given=faults.Params(interval=0.05)) as (wearer, followed):
            for peripheral in wearer.peripherals.values():
                peripheral.twin._sense = telling(begun)
            await streaming(followed, SITES)
            assert all(followed.states(address(site)) == STARTED for site in SITES)
            await followed.more(3 * 60 * 3)
            return followed.log

    log = as_heard(run(story()), begun)
    alone = [one for one in log if not (isinstance(one, Link) and one.state == "synchronised")]
    assert spread(log, begun) < 1 * MS
    assert spread(alone, begun) == pytest.approx(10 * MS, abs=1 * MS)
