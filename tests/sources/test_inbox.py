"""The only queue keeps order and stamps."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from hiphinge.blocks import Control, Link, Packet, Tick
from hiphinge.sources import inbox as gathering
from hiphinge.sources.inbox import Inbox


def test_what_waits_comes_out_in_order_and_once() -> None:
    inbox = Inbox()
    some = [Packet("a", "data", 5, b"x"), Link(6, "a", "lost"), Tick(7)]
    for one in some:
        inbox.put(one)
    assert asyncio.run(inbox.drain()) == some
    assert inbox.take() == []


def test_an_input_older_than_the_last_is_stamped_as_the_last_was() -> None:
    inbox = Inbox()
    inbox.put(Tick(10))
    inbox.put(Packet("a", "data", 4, b"x"))
    inbox.put(Link(3, "a", "lost", "why"))
    assert inbox.take() == [Tick(10), Packet("a", "data", 11, b"x"), Link(11, "a", "lost", "why")]


def test_a_wish_is_stamped_by_the_inboxs_clock_and_never_in_the_past() -> None:
    times = itertools.count(100, 100)
    inbox = Inbox(lambda: next(times))
    inbox.ask("mute", "30")
    inbox.put(Tick(1000))
    inbox.ask("unmute")
    assert inbox.take() == [Control(100, "mute", "30"), Tick(1000), Control(1000, "unmute")]


def test_drain_waits_until_there_is_something() -> None:
    async def story() -> list[object]:
        inbox = Inbox()
        waiting = asyncio.create_task(inbox.drain())
        await asyncio.sleep(0)
        assert not waiting.done()
        inbox.put(Tick(1))
        return list(await waiting)

    assert asyncio.run(story()) == [Tick(1)]


async def both_heard() -> Inbox:
    """Two sensors stream."""
    inbox = Inbox(gather_s=0.001)
    inbox.put(Packet("a", "data", 1, b"x"))
    inbox.put(Packet("b", "data", 2, b"x"))
    assert len(await inbox.drain()) == 2
    return inbox


def test_a_sensor_that_streams_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other's packet goes on when its own is there, and at once then."""
    monkeypatch.setattr(gathering, "PATIENT", 1e6)

    async def story() -> list[object]:
        inbox = await both_heard()
        waiting = asyncio.create_task(inbox.drain())
        inbox.put(Packet("a", "data", 50_000_000, b"x"))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        inbox.put(Packet("b", "data", 60_000_000, b"x"))
        return [one.sensor for one in await waiting if isinstance(one, Packet)]

    assert asyncio.run(story()) == ["a", "b"]


def test_a_silent_sensor_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience first, as long as it may only be late."""
    monkeypatch.setattr(gathering, "PATIENT", 0.0)

    async def story() -> list[int]:
        inbox = await both_heard()
        found = []
        for at in (50_000_000, 250_000_000, 300_000_000):
            inbox.put(Packet("a", "data", at, b"x"))
            found.append(len(await inbox.drain()))
            monkeypatch.setattr(gathering, "PATIENT", 1e6 if at > 200_000_000 else 0.0)
        return found

    assert asyncio.run(asyncio.wait_for(story(), 60)) == [1, 1, 1]
