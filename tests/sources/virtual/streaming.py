"""A whole session of one virtual sensor over the virtual radio, beside what it truly felt."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from bleak import BleakClient

from hiphinge import simulate
from hiphinge.blocks import SACRUM, ImuBlock, Link, Packet
from hiphinge.devices.driver import CONFIGURED, CONNECTED, Configuration, Driver, Wanted
from hiphinge.sources.ble.conversation import Conversation
from hiphinge.sources.virtual.motion import Motion
from hiphinge.sources.virtual.peripheral import Peripheral
from hiphinge.sources.virtual.space import opened
from hiphinge.sources.virtual.twin import Identity, Samples, Twin

ADDRESS = "C4:7F:51:5E:00:02"
BENDING_S = 35.5
"""Into the scenario: the wearer bends."""


@dataclass
class Session:
    """What was sent once it was configured, what was made of it, and what it said of itself."""

    configuration: Configuration
    sent: Samples
    block: ImuBlock
    errors: tuple[Exception, ...]
    battery: float | None
    blinked: bool


async def session(driver: Driver, make: Callable[..., Twin], seconds: float) -> Session:
    """Left by another app, connected, set up, asked, stopped: bleak's own client, every notification."""
    motion = Motion(simulate.scenario("calibration-only", seed=3, sites=(SACRUM,), faults=()))
    twin = make(Identity(ADDRESS), lambda times: motion.feel(SACRUM, times))
    inputs: list[Packet | Link] = [Link(0, ADDRESS, CONNECTED)]
    async with opened() as air, Peripheral(air, twin):
        motion.begin(twin._now - BENDING_S)
        twin.abandoned()
        sent, notified = _watched(twin)
        client = BleakClient(ADDRESS, timeout=30.0, backend=air.client)
        await client.connect()
        came = asyncio.Event()
        talk = Conversation(client, driver, ADDRESS, lambda packet: (inputs.append(packet), came.set()))
        got = await talk.carry_out(driver.start(Wanted()))
        on_the_way, configured = set(notified), len(inputs)
        sent.clear()
        notified.clear()
        inputs.append(Link(0, ADDRESS, CONFIGURED, got.to_text()))
        battery, blinked = await talk.carry_out(driver.battery()), await talk.carry_out(driver.blink())
        while sum(len(s.tick) for s in sent) < seconds * got.rate_hz:
            await _more(came)
        await talk.carry_out(driver.stop())
        until = len(sent), len(notified)
        while len(streamed := _streamed(inputs, notified)) < until[1]:
            await _more(came)
        await client.disconnect()
    del inputs[streamed[until[1] - 1] + 1 :], sent[until[0] :]
    inputs[configured:] = [x for x in inputs[configured:] if isinstance(x, Link) or x.payload not in on_the_way]
    block, errors = decoded(driver, inputs)
    return Session(got, Samples(*map(np.concatenate, zip(*sent, strict=True))), block, errors, battery, blinked)


def decoded(driver: Driver, inputs: list[Packet | Link]) -> tuple[ImuBlock, tuple[Exception, ...]]:
    """Through a fresh decoder: nothing of what came while it was set up, all of what came then."""
    decoder = driver.decoder(ADDRESS)
    configured = next(i for i, x in enumerate(inputs) if isinstance(x, Link) and x.state == CONFIGURED)
    decoder.follow(inputs[0])  # type: ignore[arg-type]  # the link, as put there first
    early = decoder.decode([x for x in inputs[:configured] if isinstance(x, Packet)])
    assert (len(early.block), early.errors) == (0, ())
    decoder.follow(inputs[configured])  # type: ignore[arg-type]  # as found
    block, errors, _ = decoder.decode([x for x in inputs[configured:] if isinstance(x, Packet)])
    return block, errors


def _watched(twin: Twin) -> tuple[list[Samples], list[bytes]]:
    """Every batch that it sends from now on, and every notification made of them."""
    sent, notified = list[Samples](), list[bytes]()
    usual = twin.packets

    def packets(samples: Samples) -> Iterator[tuple[str, bytes]]:
        sent.append(samples)
        for uuid, payload in usual(samples):
            notified.append(payload)
            yield uuid, payload

    twin.packets = packets  # type: ignore[method-assign]  # looked over its shoulder
    return sent, notified


def _streamed(inputs: list[Packet | Link], notified: list[bytes]) -> list[int]:
    """Which of the inputs are samples that it sent."""
    known, configured = set(notified), max(i for i, x in enumerate(inputs) if isinstance(x, Link))
    return [i for i, x in enumerate(inputs) if i > configured and isinstance(x, Packet) and x.payload in known]


async def _more(came: asyncio.Event) -> None:
    came.clear()
    await came.wait()
