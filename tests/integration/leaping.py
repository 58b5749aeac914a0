"""Simulated time for a whole command: where everybody waits, the clock leaps to what is due next."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from hiphinge.apps.live import core
from hiphinge.sources.ble import conversation, link, source

T = TypeVar("T")


class Clock:
    """The time, s; goes on only where somebody waits for it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Now."""
        return self.now


class Leaping(selectors.DefaultSelector):
    """Waits for sockets that have something now, and for nobody else."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready; else the wait is over at once. Without an end to it another thread will say."""
        if timeout is None:
            return super().select(None)
        ready = super().select(0)
        self._clock.now += 0.0 if ready else max(timeout, 0.0)
        return ready


class Loop(asyncio.SelectorEventLoop):
    """A loop whose time is the clock's."""

    def __init__(self, clock: Clock) -> None:
        self.time = clock
        super().__init__(Leaping(clock))


def leap(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """From now on ``asyncio.run`` and the clocks of the host leap."""
    clock, utc_ns = Clock(), time.time_ns()
    began = clock.now

    def run(main: Coroutine[Any, Any, T]) -> T:
        with asyncio.Runner(loop_factory=lambda: Loop(clock)) as runner:
            return runner.run(main)

    monkeypatch.setattr(asyncio, "run", run)
    monkeypatch.setattr(time, "monotonic", clock)
    monkeypatch.setattr(time, "time_ns", lambda: utc_ns + round((clock.now - began) * 1e9))
    for module in (core, conversation, link, source):
        monkeypatch.setattr(module, "host_ns", lambda: round(clock.now * 1e9))
    return clock
