"""A short visit to one sensor: connect, ask, leave."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from hiphinge.blocks import Packet
from hiphinge.devices.driver import Driver, Steps
from hiphinge.errors import SensorRefused
from hiphinge.sources.ble.conversation import Conversation
from hiphinge.sources.ble.radio import Radio
from hiphinge.sources.ble.scan import Sighting
from hiphinge.sources.ble.troubles import BLEAK_ERRORS, of_a_link

T = TypeVar("T")

VISIT_S = 8.0
"""For all of it; a connection takes 0.1 to 2 s."""


async def visit(radio: Radio, seen: Sighting, driver: Driver, steps: Steps[T]) -> T:
    """What the steps bring. Raises SensorRefused, with the reason in words."""
    client = radio.client(seen.device, lambda: None, VISIT_S)
    talk = Conversation(client, driver, seen.address, _unheard)
    try:
        async with radio.lock, asyncio.timeout(VISIT_S):
            await client.connect()
            return await talk.carry_out(steps)
    except BLEAK_ERRORS as e:
        why = of_a_link(e)
        raise SensorRefused(
            f"{seen.name or seen.address}: {why}. Wake it, bring it near and close other apps that may hold it.",
            sensor=seen.address,
        ) from e
    finally:
        await talk.end()


def _unheard(_: Packet) -> None:
    """Answers go to whoever asked; nothing is recorded."""
