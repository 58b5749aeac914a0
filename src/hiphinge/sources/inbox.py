"""The only queue: everything that happens waits here for the monitor, stamped in the order in which it came."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from hiphinge.blocks import Control, Input, Packet

GATHER_S = 0.02
"""Inputs of so many seconds go on together: each feed has a price, and nobody sees 20 ms [D]."""
PATIENT = 0.75
"""So much longer, while a sensor that streams is not among them: three that send 20 times a second make 20 feeds, not
60, whatever their phases, and the last one, which completes the instants, is not kept waiting at all. [D]"""
STREAMS_NS = 200_000_000
"""A sensor that was heard so recently streams; nobody waits for another [D]."""

host_ns = time.perf_counter_ns
"""The host's clock: CLOCK_MONOTONIC on Linux and macOS. time.monotonic_ns is the same there, but on Windows it
ticks every 15.6 ms before Python 3.13, too coarse to learn a sensor's clock from."""


class Inbox:
    """Inputs from the sources' callbacks and the wearer's keys; belongs to one event loop.

    ``now_ns`` is the clock of arrivals: the host's, or a recording's; ``gather_s``:
    what comes within so long goes on together, and a little later what completes it.
    Packets never share an instant: a sensor's clock takes those that do for one.
    """

    def __init__(self, now_ns: Callable[[], int] = host_ns, gather_s: float = GATHER_S) -> None:
        self.now_ns, self._gather_s = now_ns, gather_s
        self._waiting: list[Input] = []
        self._some, self._whole = asyncio.Event(), asyncio.Event()
        self._latest = -(2**63)
        self._heard: dict[str, int] = {}
        self._missing = set[str]()

    def put(self, one: Input) -> None:
        """Take an input; one that claims to be older than the last is stamped as the last was, a packet after it."""
        if isinstance(one, Packet):
            if one.arrival_ns <= self._latest:
                one = one._replace(arrival_ns=self._latest + 1)
            self._heard[one.sensor] = one.arrival_ns
            self._missing.discard(one.sensor)
        elif one.arrival_ns < self._latest:
            one = replace(one, arrival_ns=self._latest)
        self._latest = one.arrival_ns
        self._waiting.append(one)
        self._some.set()
        if not self._missing:
            self._whole.set()

    def ask(self, action: str, value: str = "") -> None:
        """What the wearer wants, now."""
        self.put(Control(max(self.now_ns(), self._latest), action, value))

    async def drain(self) -> list[Input]:
        """All that waits, once something does, and has been gathered."""
        await self._some.wait()
        await asyncio.sleep(self._gather_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENT * self._gather_s):
                await self._whole.wait()
        return self.take()

    def take(self) -> list[Input]:
        """All that waits, perhaps nothing."""
        waiting, self._waiting = self._waiting, []
        self._some.clear()
        self._whole.clear()
        self._missing = {one for one, at in self._heard.items() if self._latest - at < STREAMS_NS}
        return waiting
