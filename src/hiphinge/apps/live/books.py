"""A session that has ended, in the journal."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hiphinge.errors import HiphingeError

NICE = 15
"""The day's analysis must not take the processor from a session that runs."""


def enter(recording: Path) -> str:
    """Analyse a recording and take it into the journal; a sentence where that is not possible now.

    Nothing is lost then: ``hiphinge history`` takes in whatever is not there yet.
    """
    from hiphinge.apps.history.gathering import entry_of  # noqa: PLC0415  pandas, only at the end of a session
    from hiphinge.history import Journal  # noqa: PLC0415  the same

    try:
        entry = entry_of(recording)
        with Journal() as journal:
            journal.add(entry)
    except (HiphingeError, OSError) as e:
        return f"Not in the history yet: {e} It is tried again by: hiphinge history"
    return ""


async def catch_up(tell: Callable[[str], None]) -> None:
    """Take in all that is new, in a process of its own beside the session; what retention would delete is told."""
    # The one path by which recordings come into the journal.
    history = (sys.executable, "-m", "hiphinge", "history")
    try:
        working = await asyncio.create_subprocess_exec(*history, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE)
    except OSError as e:
        tell(f"The history is not brought up to date now: {(e.strerror or str(e)).lower()}.")
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
    for line in said.decode("utf-8", "replace").splitlines():
        tell(line)
