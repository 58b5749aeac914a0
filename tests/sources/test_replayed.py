"""A recording as a source: the same inputs in the same order, and a clock of its own."""

from __future__ import annotations

import asyncio
import math

import pytest

from hiphinge.blocks import Input, Packet, Tick
from hiphinge.sources.inbox import Inbox
from hiphinge.sources.replayed import Replayed

LOG: list[list[Input]] = [
    [Packet("a", "data", t, bytes([t // 50_000_000])) for t in range(0, 400_000_000, 50_000_000)],
    [Tick(450_000_000)],
]


@pytest.mark.parametrize("speed", [math.inf, 20.0])
def test_every_input_comes_once_and_in_order(speed: float) -> None:
    source, inbox = Replayed("replay", (), LOG, speed), Inbox()
    assert source.now_ns() == 0  # however long it waits to be run
    asyncio.run(source.run(inbox))
    assert inbox.take() == [one for batch in LOG for one in batch]
    assert source.now_ns() >= 450_000_000


def test_at_once_its_clock_stands_at_the_last_input() -> None:
    source = Replayed("replay", (), LOG, math.inf)
    asyncio.run(source.run(Inbox()))
    assert source.now_ns() == 450_000_000
