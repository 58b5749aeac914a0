"""Sessions that have ended, in the journal: ``hiphinge history`` in a process of its own.

That is the one path by which recordings come into the journal, it takes in
whatever an earlier session left, and its memory goes with it. It also tells what
retention may delete; nothing is deleted here.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable
from contextlib import suppress

COMMAND = ("-m", "hiphinge", "history")
NICE = 15
"""The day's analysis must not take the processor from a session that runs."""

Tell = Callable[[str], None]


def bring_up_to_date(tell: Tell) -> None:
    """Wait until all is taken in; ``tell`` hears what could not be, and what may go."""
    try:
        done = subprocess.run([sys.executable, *COMMAND], stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, check=False)
        _told(done.stderr, tell)
    except OSError as e:
        tell(_later(e))


async def catch_up(tell: Tell) -> None:
    """The same beside a session that runs; cancelled, it is left for the next time."""
    try:
        working = await asyncio.create_subprocess_exec(
            sys.executable, *COMMAND, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
        )
    except OSError as e:
        tell(_later(e))
        return
    if sys.platform != "win32":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, working.pid, NICE)
    try:
        _, said = await working.communicate()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            working.terminate()
        await working.wait()
        raise
    _told(said, tell)


def _told(said: bytes, tell: Tell) -> None:
    for line in said.decode("utf-8", "replace").splitlines():
        tell(line)


def _later(e: OSError) -> str:
    return f"The history is not brought up to date now: {(e.strerror or str(e)).lower()}. Later: hiphinge history"
