"""The only queue: everything that happens waits here for the monitor, stamped in the order in which it came."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from hiphinge.blocks import Control, Input, Packet

GATHER_S = 0.02
"""Inputs of so many seconds go on together: each feed has a price, and nobody sees 20 ms [D]."""

host_ns = time.perf_counter_ns
"""The host's clock: CLOCK_MONOTONIC on Linux and macOS. time.monotonic_ns is the same there, but on Windows it
ticks every 15.6 ms before Python 3.13, too coarse to learn a sensor's clock from."""


class Inbox:
    """Inputs from the sources' callbacks and the wearer's keys; belongs to one event loop.

    ``now_ns`` is the clock of arrivals: the host's, or a recording's; ``gather_s``:
    what comes within so long goes on together. Packets never share an instant: a
    sensor's clock takes those that do for one.
    """

    def __init__(self, now_ns: Callable[[], int] = host_ns, gather_s: float = GATHER_S) -> None:
        self.now_ns, self._gather_s = now_ns, gather_s
        self._waiting: list[Input] = []
        self._some = asyncio.Event()
        self._latest = -(2**63)

    def put(self, one: Input) -> None:
        """Take an input; one that claims to be older than the last is stamped as the last was, a packet after it."""
        if isinstance(one, Packet):
            if one.arrival_ns <= self._latest:
                one = one._replace(arrival_ns=self._latest + 1)
        elif one.arrival_ns < self._latest:
            one = replace(one, arrival_ns=self._latest)
        self._latest = one.arrival_ns
        self._waiting.append(one)
        self._some.set()

    def ask(self, action: str, value: str = "") -> None:
        """What the wearer wants, now."""
        self.put(Control(max(self.now_ns(), self._latest), action, value))

    async def drain(self) -> list[Input]:
        """All that waits, once something does."""
        await self._some.wait()
        await asyncio.sleep(self._gather_s)
        return self.take()

    def take(self) -> list[Input]:
        """All that waits, perhaps nothing."""
        waiting, self._waiting = self._waiting, []
        self._some.clear()
        return waiting
