"""What the dashboard runs can be ended at any moment, also while it is still being opened."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from hiphinge.apps import owner
from hiphinge.apps.dashboard.running import IDLE, LIVE, OPENING, Running, Wish
from hiphinge.apps.live import books, keeping

BEGINNINGS: list[Callable[[Running], None]] = [Running.begin, Running.calibrate]


@pytest.mark.parametrize("begin", BEGINNINGS)
@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5])
def test_what_is_only_being_opened_is_given_up(begin: Callable[[Running], None], turns: int) -> None:
    async def main() -> None:
        running = Running(Wish("simulated"))
        begin(running)
        for _ in range(turns):
            await asyncio.sleep(0)
        async with asyncio.timeout(60):
            await asyncio.gather(running.end(), running.end())
        assert running.words.startswith("Stopped before") or "0 repetitions" in running.words
        assert running.doing == IDLE
        begin(running)  # and nobody holds the sensors any more
        await running.end()

    asyncio.run(main())


def test_what_is_being_repaired_is_owned_until_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its thread goes on when the session is given up: another program would repair the same file at once."""
    begun, gate = threading.Event(), threading.Event()

    def mend() -> list[str]:
        begun.set()
        assert gate.wait(60)
        return []

    async def main() -> None:
        running = Running(Wish("simulated"))
        running.begin()
        await asyncio.to_thread(begun.wait, 60)
        ending = asyncio.create_task(running.end())
        for _ in range(20):
            await asyncio.sleep(0)
        held = owner.owner()
        gate.set()
        await ending
        assert held is not None
        assert owner.owner() is None
        assert running.words == "Stopped before it began."

    monkeypatch.setattr(keeping, "mend", mend)
    asyncio.run(main())


def test_a_session_that_runs_is_ended_and_told() -> None:
    async def main() -> None:
        running = Running(Wish("simulated"))
        running.begin()
        while running.doing == OPENING:
            await asyncio.sleep(0.01)
        assert running.doing == LIVE, running.words
        async with asyncio.timeout(60):
            await running.end()
        assert (running.doing, running.live) == (IDLE, None)
        assert "repetition" in running.words

    asyncio.run(main())


def test_nobody_waits_for_the_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day takes minutes; what is under way ends with the program."""
    begun, ended = asyncio.Event(), list[str]()

    async def long(tell: Callable[[str], None]) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("given up")

    async def recorded(running: Running, stack: AsyncExitStack) -> Path:
        return Path("monday.mcap")

    async def main() -> None:
        running = Running(Wish("simulated"))
        running.begin()
        async with asyncio.timeout(60):
            await begun.wait()
            await running.end()
        assert running.doing == IDLE
        assert ended == []

    monkeypatch.setattr(books, "catch_up", long)
    monkeypatch.setattr(Running, "_record", recorded)
    asyncio.run(main())
    assert ended == ["given up"]
