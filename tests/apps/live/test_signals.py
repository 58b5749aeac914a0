"""What ends a session in good order, and what does not."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import pytest

from hiphinge.apps.live.run import on_signals

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals: Windows has none of these")


def ended_by(*names: str) -> bool:
    async def story() -> bool:
        stopped = asyncio.Event()
        on_signals(stopped.set)
        for name in names:
            os.kill(os.getpid(), getattr(signal, name))
        for _ in range(10):
            await asyncio.sleep(0.001)
        return stopped.is_set()

    return asyncio.run(story())


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_each_ends_it(name: str) -> None:
    assert ended_by(name)


def test_with_nohup_it_outlives_its_terminal() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert not ended_by("SIGHUP")
        assert ended_by("SIGHUP", "SIGTERM")
    finally:
        signal.signal(signal.SIGHUP, before)
