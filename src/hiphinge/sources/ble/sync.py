"""Sensors that can bring their clocks together by themselves are asked to, once, before anything is measured.

All are connected and asked, and let go at once: they hear each other only while nobody holds them. Whether
it took, each says on its next connection (:class:`Shared`); where it did not, arrivals tell its clock.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from hiphinge.blocks import Packet
from hiphinge.devices.driver import SYNCHRONISED, SYNCHRONISING, UNSYNCHRONISED, SharedClock
from hiphinge.errors import SensorRefused
from hiphinge.sources.ble.conversation import Conversation
from hiphinge.sources.ble.troubles import BLEAK_ERRORS, of_a_link
from hiphinge.sources.inbox import host_ns
from hiphinge.streams.clock import Base

if TYPE_CHECKING:
    from hiphinge.sources.ble.link import SensorLink

FIND_S, CONNECT_S, ASK_S = 10.0, 4.0, 8.0
"""Patience with a sensor that does not advertise, with a connection, a question; once a session [D]."""


class Shared:
    """The clock that one sensor was asked to share; it says on each connection whether it does."""

    def __init__(self, driver: SharedClock, base: Base) -> None:
        self._driver, self._base, self._took = driver, base, False

    async def told(self, talk: Conversation) -> tuple[str, str]:
        """State and value of a Link."""
        try:
            why = await self._why_not(talk)
        except (SensorRefused, *BLEAK_ERRORS) as e:
            why = _words(e)
        self._took = not why
        return (UNSYNCHRONISED, alone(why)) if why else (SYNCHRONISED, self._base.to_text())

    async def _why_not(self, talk: Conversation) -> str:
        if not self._took:
            return await talk.carry_out(self._driver.end_sync())
        if await talk.carry_out(self._driver.is_synced()):
            return ""
        return f"it began anew; to ask again would cost {self._driver.sync_s:.0f} s of samples"


def alone(why: str) -> str:
    """What is told of one that does not share the clock."""
    return (
        f"Its clock is not one with the others' ({why}): it goes by when its packets are heard. "
        "Twist all sensors in one hand to bring them together."
    )


def groups(links: Sequence[SensorLink]) -> list[list[SensorLink]]:
    """Two or more of one kind that can share a clock."""
    kinds: dict[str, list[SensorLink]] = {}
    for link in links:
        if isinstance(link.driver, SharedClock):
            kinds.setdefault(link.driver.name, []).append(link)
    return [some for some in kinds.values() if len(some) > 1]


class Round:
    """One round of asking all sensors of a kind; ``why`` by link: not asked, and why not."""

    def __init__(self, links: Sequence[SensorLink]) -> None:
        self._links = links
        self._driver = cast(SharedClock, links[0].driver)
        self._opened: list[Conversation] = []
        self._held: dict[SensorLink, Conversation] = {}
        self._why: dict[SensorLink, str] = {}

    async def run(self) -> None:
        """Ask, wait, and leave it to the links to hear what came of it; what goes wrong is told."""
        for link in self._links:
            link.tell(SYNCHRONISING, f"{self._driver.sync_s:.0f}")
        base = None
        try:
            async with asyncio.TaskGroup() as holding:  # given up, it waits for all: what is half open is let go below
                for link in self._links:
                    holding.create_task(self._hold(link))
            if len(self._held) > 1:
                base = await self._asked()
        finally:
            async with asyncio.TaskGroup() as leaving:
                for talk in self._opened:
                    leaving.create_task(talk.end())
        if base:
            await asyncio.sleep(self._driver.sync_s)
        for link in self._links:
            self._leave(link, base)

    def _leave(self, link: SensorLink, base: Base | None) -> None:
        link.scan.forget(link.worn.sensor)  # it was silent meanwhile
        if base and link in self._held:
            link.shared = Shared(self._driver, base)
        else:
            link.tell(UNSYNCHRONISED, alone(self._why.get(link, "the others could not be asked")))

    async def _hold(self, link: SensorLink) -> None:
        """Connect, and keep it so."""
        try:
            async with asyncio.timeout(FIND_S):
                seen = await link.scan.wait_for(link.worn.sensor, -math.inf)
            client = link.radio.client(seen.device, lambda: None, CONNECT_S)
            talk = Conversation(client, link.driver, link.worn.sensor, _unheard)
            async with link.radio.lock, asyncio.timeout(CONNECT_S + 1):
                self._opened.append(talk)
                await client.connect()
            self._held[link] = talk
        except BLEAK_ERRORS as e:
            self._why[link] = _words(e)

    async def _asked(self) -> Base | None:
        """All that are held, quickly one after the other; the first leads. None: there are not two."""
        async with asyncio.TaskGroup() as asking:
            preparing = [asking.create_task(self._prepare(link, talk)) for link, talk in self._held.items()]
        roots = [one.result() for one in preparing]
        root = next((root for root in roots if root), b"")
        self._held = {link: talk for (link, talk), known in zip(self._held.items(), roots, strict=True) if known}
        if len(self._held) < 2:
            return None
        for talk in self._held.values():
            with suppress(SensorRefused, *BLEAK_ERRORS):  # whether it heard, it says when it is met again
                async with asyncio.timeout(ASK_S):
                    await talk.carry_out(self._driver.begin_sync(root))
        return Base(root.hex(), host_ns() / 1e9, self._driver.sync_ppm, self._driver.sync_holds_s)

    async def _prepare(self, link: SensorLink, talk: Conversation) -> bytes:
        try:
            async with asyncio.timeout(ASK_S):
                return await talk.carry_out(self._driver.prepare_sync(link.wanted))
        except (SensorRefused, *BLEAK_ERRORS) as e:
            self._why[link] = _words(e)
            return b""


def _words(error: BaseException) -> str:
    return str(error) if isinstance(error, SensorRefused) else of_a_link(error)


def _unheard(_: Packet) -> None:
    """Nothing is measured yet; answers go to whoever asked."""
