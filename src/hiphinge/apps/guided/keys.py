"""Single keys of a terminal, without Enter, while the event loop runs."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

POLL_S = 0.05

if sys.platform == "win32":
    import msvcrt

    @asynccontextmanager
    async def pressed(tell: Callable[[str], None]) -> AsyncIterator[None]:
        """``tell`` gets every key; the terminal is as it was afterwards."""

        async def watch() -> None:
            while True:
                while msvcrt.kbhit():
                    tell(msvcrt.getwch())
                await asyncio.sleep(POLL_S)

        watching = asyncio.create_task(watch())
        try:
            yield
        finally:
            watching.cancel()

else:
    import termios
    import tty

    @asynccontextmanager
    async def pressed(tell: Callable[[str], None]) -> AsyncIterator[None]:
        """``tell`` gets every key; the terminal is as it was afterwards."""
        terminal, loop = sys.stdin.fileno(), asyncio.get_running_loop()
        before = termios.tcgetattr(terminal)

        def read() -> None:
            if typed := os.read(terminal, 64).decode("utf-8", "ignore"):
                for key in typed:
                    tell(key)
            else:  # the terminal is gone
                loop.remove_reader(terminal)

        tty.setcbreak(terminal)
        loop.add_reader(terminal, read)
        try:
            yield
        finally:
            loop.remove_reader(terminal)
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)
