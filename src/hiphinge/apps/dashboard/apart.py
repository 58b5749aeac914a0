"""Work in a process of its own, at low priority: what holds Python for long would hold up a live stream."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from typing import TypeVar

from hiphinge.apps.dashboard.reading import NICE
from hiphinge.errors import HiphingeError, InputError

T = TypeVar("T")


class Apart:
    """One process, begun when it is first needed; close it to end it."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def do(self, work: Callable[..., T], *given: object) -> T:
        """``work(*given)`` there, one at a time; InputError where it says in words what is wrong."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_settle)
        pool = self._pool
        try:
            with _without_ctrl_c():
                done = asyncio.get_running_loop().run_in_executor(pool, partial(_explained, work, *given))
            return await done
        except BrokenExecutor as e:
            if self._pool is pool:  # else another who waited for it sees to it: shut down by two at once, it fails
                self._pool = None
                await asyncio.to_thread(pool.shutdown)
            raise InputError("The process that reads the journal was ended from outside. Try again.") from e

    def close(self) -> None:
        """Return once what is under way came to its end; nothing more begins.

        Waited for here: a pool that is still ending while Python ends can fail in Python's own exit.
        """
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)


def _explained(work: Callable[..., T], *given: object) -> T:
    """An error that has more to it than its words cannot come back from another process."""
    try:
        return work(*given)
    except HiphingeError as e:
        raise InputError(str(e)) from None


@contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """A process begun meanwhile inherits it: a terminal's Ctrl-C goes to all, also to one that is not settled yet.

    Only after the pool is made: what keeps track of its semaphores is begun with it, and lets Ctrl-C in again.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _settle() -> None:
    """A live stream comes first; Ctrl-C is for the dashboard, which ends this in good order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(NICE)
