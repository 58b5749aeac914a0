"""What the tests of the virtual sensors share: a sensor on a table, and a coroutine run to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import numpy as np

from hiphinge.blocks import Floats

T = TypeVar("T")
LIMIT_S = 90.0
"""A test that is not done by then hangs; a busy machine may take half of it."""


def run(story: Coroutine[Any, Any, T]) -> T:
    """The coroutine in a loop of its own."""
    return asyncio.run(asyncio.wait_for(story, LIMIT_S))


def on_a_table(times: Floats) -> tuple[Floats, Floats]:
    """What a sensor lying still with z up feels."""
    acc = np.tile([0.0, 0.0, 9.80665], (len(times), 1))
    return acc, np.zeros((len(times), 3))
