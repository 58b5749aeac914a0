"""Work in a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from multiprocessing import active_children

import pytest

from hiphinge.apps.dashboard.apart import Apart
from hiphinge.errors import InputError


def test_closed_nothing_of_it_is_left() -> None:
    """Neither its process nor the thread that looks after it, which could fail where Python itself ends."""
    before = set(threading.enumerate())
    apart = Apart()
    assert asyncio.run(apart.do(os.getpid)) != os.getpid()
    apart.close()
    assert not active_children()
    assert set(threading.enumerate()) <= before


def test_closed_before_anything_was_asked() -> None:
    Apart().close()


def test_ended_from_outside_it_is_told_and_begins_anew() -> None:
    async def asked() -> int:
        with pytest.raises(InputError, match="ended from outside"):
            await apart.do(os._exit, 1)
        return await apart.do(os.getpid)

    apart = Apart()
    assert asyncio.run(asked()) != os.getpid()
    apart.close()


def test_whoever_waited_too_leaves_the_new_process_alone() -> None:
    """Both are told that the old one was ended; it is the first of them who begins the new."""

    async def ended() -> int:
        with pytest.raises(InputError, match="ended from outside"):
            await apart.do(os._exit, 1)
        return await apart.do(os.getpid)

    async def waited() -> None:
        with pytest.raises(InputError, match="ended from outside"):
            await apart.do(os.getpid)

    async def asked() -> None:
        new, _ = await asyncio.gather(ended(), waited())
        assert await apart.do(os.getpid) == new

    apart = Apart()
    asyncio.run(asked())
    apart.close()
    assert not active_children()


@pytest.mark.skipif(sys.platform == "win32", reason="signals: this system has no mask of them")
def test_ctrl_c_passes_it_by_from_its_first_moment() -> None:
    """Before it can say so itself it has Python and pandas to import; the program that began it still hears."""
    apart, before = Apart(), signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert signal.SIGINT in asyncio.run(apart.do(signal.pthread_sigmask, signal.SIG_BLOCK, ()))
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
    apart.close()
