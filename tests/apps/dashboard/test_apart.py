"""Work in a process of its own."""

from __future__ import annotations

import asyncio
import os
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
