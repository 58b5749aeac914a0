"""How a session ends when something comes in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from hiphinge.apps.gym import screen
from hiphinge.apps.live.core import Live
from hiphinge.monitor import Monitor, Params
from hiphinge.recording import Header, Writer, is_closed
from hiphinge.sources.inbox import Inbox
from tests.apps.test_status import Silent


class Leaving(Silent):
    """Sensors that are let go only after ``asked`` was called."""

    def __init__(self) -> None:
        self.asked: Callable[[], object] = lambda: None

    async def run(self, inbox: Inbox) -> None:
        inbox.ask("mark")
        try:
            await asyncio.Event().wait()
        finally:
            self.asked()
            await asyncio.sleep(0)


def test_whoever_cancels_it_in_the_farewell_is_obeyed_and_the_recording_closed(tmp_path: Path) -> None:
    """Else another command is told that the sensors are free, and this one goes on."""
    path, source = tmp_path / "a.mcap", Leaving()

    async def story() -> None:
        header = Header("r1", "2026-01-05T09:00:00Z", "ada", "ble", "test", ())
        live = Live(source, Monitor(Params()), Writer(path, header, threaded=True))
        session = asyncio.create_task(live.run())
        source.asked = session.cancel
        live.listeners.append(lambda *_: live.stop())
        await session

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(story())
    assert is_closed(path)


def test_a_screen_that_fails_ends_its_session_first() -> None:
    """Before what is around it closes the recording."""

    class Broken(screen.Gym):
        async def run_async(self, *_: object, **__: object) -> None:
            raise OSError("the terminal is gone")

    async def story() -> None:
        live, outcomes = Live(Silent(), Monitor(Params())), []
        live.listeners.append(lambda _, outcome: outcomes.append(outcome))
        with pytest.raises(OSError, match="gone"):
            await screen.watched(live, Broken(live, "lift"), None)
        assert outcomes

    asyncio.run(story())
