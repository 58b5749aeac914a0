"""Recorded inputs as they once came, at the pace at which they came or faster."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from hiphinge.blocks import Input

STEP_S = 0.1
"""Recorded seconds that are handed on together."""


def paced(
    batches: Iterable[Sequence[Input]],
    speed: float,
    *,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[list[Input]]:
    """The same inputs in the same order, each group when it is due; ``speed`` 1 is real time, inf is at once."""
    began, first_ns = now(), None
    for group in groups(batches):
        first_ns = group[0].arrival_ns if first_ns is None else first_ns
        due = began + (group[-1].arrival_ns - first_ns) / 1e9 / speed
        if (wait := due - now()) > 0:
            sleep(wait)
        yield group


def groups(batches: Iterable[Sequence[Input]]) -> Iterator[list[Input]]:
    """The inputs cut by their arrival into groups of STEP_S."""
    group: list[Input] = []
    end = 0
    for batch in batches:
        for one in batch:
            if group and one.arrival_ns >= end:
                yield group
                group = []
            if not group:
                end = one.arrival_ns + round(STEP_S * 1e9)
            group.append(one)
    if group:
        yield group
