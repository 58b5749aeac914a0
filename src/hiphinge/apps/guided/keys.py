"""What somebody types while the event loop runs: single keys of a terminal, without Enter, or lines of a pipe."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from threading import Thread

POLL_S = 0.05
LONGEST_LINE = 1 << 12
"""Bytes; a longer one is forgotten: it is no key."""


@asynccontextmanager
async def lines(tell: Callable[[str], None], ended: Callable[[], None]) -> AsyncIterator[None]:
    """``tell`` gets every line of standard input, ``ended`` hears that there will be no more."""
    loop = asyncio.get_running_loop()
    # A thread, and no file object: a file cannot be waited for, and the lock of one held here would hang the exit.
    Thread(target=_read_lines, args=(_tells(loop, tell), _tells(loop, ended)), daemon=True).start()
    yield


def _tells(loop: asyncio.AbstractEventLoop, tell: Callable[..., None]) -> Callable[..., None]:
    def told(*words: str) -> None:
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(tell, *words)

    return told


def _read_lines(tell: Callable[[str], None], ended: Callable[[], None]) -> None:
    begun = b""
    with suppress(OSError):  # no file, or a terminal that was closed
        while read := os.read(sys.stdin.fileno(), LONGEST_LINE):
            *whole, begun = (begun + read).split(b"\n")
            for line in whole:
                tell(line.decode("utf-8", "replace").strip())
            if len(begun) > LONGEST_LINE:
                begun = b""
    if begun:
        tell(begun.decode("utf-8", "replace").strip())
    ended()


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
            typed = b""
            with suppress(OSError):  # it hangs up just now
                typed = os.read(terminal, 64)
            if not typed:  # the terminal is gone
                loop.remove_reader(terminal)
            for key in typed.decode("utf-8", "ignore"):
                tell(key)

        tty.setcbreak(terminal)
        loop.add_reader(terminal, read)
        try:
            yield
        finally:
            loop.remove_reader(terminal)
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)
