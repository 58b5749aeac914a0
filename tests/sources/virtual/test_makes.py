"""Every make of virtual sensor under its own driver: on a table, left by another app, and over the virtual radio."""

from __future__ import annotations

import asyncio
import contextlib
import struct

import numpy as np
import pytest

from hiphinge.blocks import ImuBlock, Link, Packet, Sensor
from hiphinge.devices.driver import CONFIGURED, COUNTED, DEVICE, Advertisement, Decoder, SharedClock, Wanted
from hiphinge.devices.registry import DRIVERS, recognised
from hiphinge.sources.ble.radio import Radio
from hiphinge.sources.ble.source import Bluetooth
from hiphinge.sources.inbox import Inbox
from hiphinge.sources.virtual.twin import Identity, Twin
from hiphinge.sources.virtual.twins import TWINS, twin_class
from hiphinge.sources.virtual.twins.movella_dot import MovellaDot
from hiphinge.sources.virtual.twins.witmotion import WitMotion
from hiphinge.sources.virtual.worn import Worn, address, wearing
from tests.sources.virtual.conversation import Table
from tests.sources.virtual.playing import run

TURNING = np.deg2rad([30.0, -60.0, 10.0])
RATES = {"movella_dot": 60.0, "polar_verity": 104.0, "movesense": 104.0}
COUNTING = ("metamotion", "thingy52")
"""Without a clock."""
OTHER = Identity("C4:7F:51:5E:00:02")
COARSE_S = {"thingy52": 0.06}
"""Where a count of the accelerometer is more time than usual."""
MAKES = [make for make in TWINS if make in DRIVERS]


def turning(times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A sensor that feels what changes by the second, so that each sample tells when it was."""
    acc = np.stack([0.1 * times, np.zeros_like(times), np.full_like(times, 9.80665)], axis=1)
    return acc, np.tile(TURNING, (len(times), 1))


def on_the_table(make: str, drift_ppm: float = 0.0) -> Table:
    """Switched on."""
    twin: Twin = twin_class(make)(Identity(), turning, drift_ppm)
    return Table(DRIVERS[make], twin)


def decoded(table: Table) -> tuple[Decoder, ImuBlock]:
    """What its decoder makes of all that was heard since it was configured."""
    decoder = table.driver.decoder("s")
    for link in table.links():
        decoder.follow(link)
    block, errors, _ = decoder.decode(table.packets)
    assert errors == ()
    return decoder, block


def test_every_twin_has_a_driver() -> None:
    """Under the same name; and the driver knows what it advertises."""
    assert list(TWINS) == MAKES
    for make in MAKES:
        twin = twin_class(make)(Identity(), turning)
        assert recognised(Advertisement(twin.name, twin.advertised)) is DRIVERS[make]


@pytest.mark.parametrize("left", [False, True], ids=["as delivered", "left by another app"])
@pytest.mark.parametrize("make", MAKES)
def test_set_up_from_any_state(make: str, left: bool) -> None:
    """The rate that was asked for or the nearest, every sample once, at its time, with its values."""
    table = on_the_table(make)
    if left:
        table.twin.abandoned()
    got = table.start(Wanted())
    assert got.rate_hz == RATES.get(make, 100.0)
    table.packets.clear()
    table.pass_time(3.0)
    decoder, block = decoded(table)
    assert decoder.time == (COUNTED if make in COUNTING else DEVICE)
    assert len(block) == pytest.approx(3 * got.rate_hz, abs=10)
    np.testing.assert_allclose(np.diff(block.t_ns), 1e9 / got.rate_hz, atol=1.1e6)
    np.testing.assert_allclose(block.acc[:, 2], 9.80665, atol=0.01)
    np.testing.assert_allclose(block.gyr, np.tile(TURNING, (len(block), 1)), atol=0.002)
    ahead = block.acc[:, 0] / 0.1 - 100.0 - (block.t_ns / 1e9 - getattr(table.twin, "epoch", 0.0))
    if decoder.time == COUNTED:
        ahead -= ahead.mean()
    assert np.abs(ahead).max() < COARSE_S.get(make, 0.03)  # an i16 of ±16 g is 5 mm/s²: 50 ms
    assert not block.clipped.any()


@pytest.mark.parametrize("make", MAKES)
def test_stop_battery_and_blink(make: str) -> None:
    """Silent after STOP where it can be; per cent as the twin has them, as finely as the device tells."""
    table = on_the_table(make)
    table.start(Wanted())
    table.twin.drain(62.0)
    level = table.carry_out(table.driver.battery())
    assert level == pytest.approx(62, abs=3)
    seen = table.carry_out(table.driver.blink())
    assert bool(getattr(table.twin, "blinking", False)) is seen
    table.carry_out(table.driver.stop())
    table.disconnect()
    table.packets.clear()
    table.pass_time(1.0)
    assert table.packets == []


@pytest.mark.parametrize("make", MAKES)
def test_a_reboot_is_set_up_again(make: str) -> None:
    """Its ticks begin anew, its decoder follows."""
    table = on_the_table(make)
    table.start(Wanted())
    table.pass_time(5.0)
    table.disconnect()
    table.twin.power_on(table.now)
    decoder = table.driver.decoder("s")
    for link in table.links():
        decoder.follow(link)
    before = decoder.decode(table.packets).block
    table.packets.clear()
    table.pass_time(1.0)
    table.start(Wanted())
    table.packets.clear()
    table.pass_time(1.0)
    for link in table.links():
        decoder.follow(link)
    after = decoder.decode(table.packets).block
    assert len(after) > 50
    assert after.t_ns[0] < before.t_ns[-1]


class Erratic(WitMotion):
    """Its stamps are those of a queue, not of a clock."""

    def _tail(self, tick: float) -> bytes:
        return struct.pack("<IH", round(tick / 0.07) * 70, 0)


class Older(WitMotion):
    """Knows nothing of register 0x96."""

    def write(self, uuid: str, value: bytes) -> None:
        """Left out."""
        if value[2:3] != b"\x96":
            super().write(uuid, value)


@pytest.mark.parametrize("kind", [Erratic, Older])
def test_a_witmotion_without_a_clock_is_counted(kind: type[WitMotion]) -> None:
    """Found out while it is set up."""
    table = Table(DRIVERS["witmotion"], kind(Identity(), turning))
    table.start(Wanted())
    table.packets.clear()
    table.pass_time(2.0)
    decoder, block = decoded(table)
    assert decoder.time == COUNTED
    np.testing.assert_array_equal(block.t_ns, np.arange(len(block)) * 10_000_000)
    assert len(block) == pytest.approx(200, abs=8)


@pytest.mark.parametrize("make", MAKES)
def test_a_bad_day(make: str) -> None:
    """Lost, doubled, nonsensical notifications: what is right is decoded, what is not is told, in any grouping."""
    table, rng = on_the_table(make), np.random.default_rng(7)
    table.start(Wanted())
    table.packets.clear()
    table.pass_time(10.0)
    spoilt: list[Packet] = []
    for packet in table.packets:
        lost, nonsense, doubled = rng.uniform(size=3) < 0.05
        heard = packet._replace(payload=rng.bytes(int(rng.integers(64)))) if nonsense else packet
        spoilt += [heard] * (0 if lost else 2 if doubled else 1)
    whole, single = table.driver.decoder("s"), table.driver.decoder("s")
    for link in table.links():
        whole.follow(link)
        single.follow(link)
    block, errors, _ = whole.decode(spoilt)
    apart = [single.decode([packet]) for packet in spoilt]
    np.testing.assert_array_equal(block.t_ns, np.concatenate([one.block.t_ns for one in apart]))
    np.testing.assert_array_equal(block.gyr, np.concatenate([one.block.gyr for one in apart]))
    assert [str(e) for e in errors] == [str(e) for one in apart for e in one.errors]
    assert len(errors) > 3
    right = np.abs(block.gyr - TURNING).max(axis=1) < 0.002
    assert right.mean() > 0.99
    assert right.sum() > 0.75 * 10 * RATES.get(make, 100.0)


def alone_for(seconds: float, *tables: Table) -> list[str]:
    """The first leads; all are asked, let go, met again: what each says."""
    driver = DRIVERS["movella_dot"]
    assert isinstance(driver, SharedClock)
    for table in tables:
        table.connect()
    root, *_ = [table.carry_out(driver.prepare_sync(Wanted(60))) for table in tables]
    for table in tables:
        table.carry_out(driver.begin_sync(root))
    for table in tables:
        table.disconnect()
        table.pass_time(seconds)
        table.connect()
    return [table.carry_out(driver.end_sync()) for table in tables]


def two_dots() -> list[Table]:
    """Switched on 7 s apart, and they drift."""
    tables = [on_the_table("movella_dot", 40.0), Table(DRIVERS["movella_dot"], MovellaDot(OTHER, turning, -40.0))]
    tables[1].now += 7.0
    tables[1].twin.power_on(tables[1].now)
    tables[0].now = tables[1].now
    return tables


def test_dots_share_a_clock_once_synchronised() -> None:
    """The note's whole dance; what their ticks lack to the host's time is the same for both."""
    tables = two_dots()
    assert alone_for(14.0, *tables) == ["", ""]
    zeros = []
    for table in tables:
        table.configuration = table.carry_out(table.driver.start(Wanted(60)))
        table.packets.clear()
        table.pass_time(2.0)
        _, block = decoded(table)
        zeros.append(block.acc[:, 0] / 0.1 - block.t_ns / 1e9)
    assert np.ptp(np.concatenate(zeros)) < 1e-3
    assert zeros[0].mean() > 100.0


def test_dots_that_are_met_too_soon_are_not_synchronised() -> None:
    """They say why."""
    assert alone_for(3.0, *two_dots()) == ["not enough samples"] * 2


def test_a_dot_whose_root_is_not_there_is_not_synchronised() -> None:
    """Nobody leads."""
    table, driver = on_the_table("movella_dot"), DRIVERS["movella_dot"]
    assert isinstance(driver, SharedClock)
    table.connect()
    table.carry_out(driver.begin_sync(bytes(6)))
    table.disconnect()
    table.pass_time(14.0)
    table.connect()
    assert table.carry_out(driver.end_sync()) == "not enough samples"
    assert not table.carry_out(driver.is_synced())


# --- Over the air ------------------------------------------------------------------------


async def streamed(make: str, packets: int) -> list[Packet | Link]:
    """What a link logs of one worn sensor, with so many packets since it was configured."""
    inbox = Inbox()
    async with wearing(Worn(sensors={"sacrum": make})) as wearer:
        radio = Radio(wearer.air.scanner, wearer.air.client)
        source = Bluetooth(radio, [Sensor(address("sacrum"), make, "sacrum")])
        task = asyncio.create_task(source.run(inbox))
        heard: list[Packet | Link] = []
        while not (begun := configured(heard)) or sum(isinstance(x, Packet) for x in heard[begun:]) < packets:
            heard += await inbox.drain()  # type: ignore[arg-type]  # nobody asks or ticks here
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    return heard


def configured(heard: list[Packet | Link]) -> int:
    """Where that is in the log; 0: not yet, for it is never the first."""
    return next((i for i, x in enumerate(heard) if isinstance(x, Link) and x.state == CONFIGURED), 0)


@pytest.mark.parametrize("make", MAKES)
def test_over_the_virtual_radio(make: str) -> None:
    """bleak, bumble, driver and decoder: samples at the rate, none missing, none refused."""
    heard = run(streamed(make, 30))
    decoder = DRIVERS[make].decoder("s")
    blocks = []
    for one in heard:
        if isinstance(one, Link):
            decoder.follow(one)
        else:
            block, errors, _ = decoder.decode([one])
            assert errors == ()
            blocks.append(block)
    t_ns = np.concatenate([block.t_ns for block in blocks])
    rate = RATES.get(make, 100.0)
    assert len(t_ns) >= 30
    np.testing.assert_allclose(np.diff(t_ns), 1e9 / rate, atol=1.1e6)
    assert np.linalg.norm(np.concatenate([b.acc for b in blocks]), axis=1).mean() == pytest.approx(9.8, abs=0.5)
