"""Recorded inputs at the pace at which they came: nothing lost, nothing reordered, nothing early."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.blocks import Input, Packet, Tick
from hiphinge.sources.pace import STEP_S, groups, paced

MS = 1_000_000
LOGS = st.lists(st.lists(st.integers(0, 400), max_size=8), max_size=6)
"""Milliseconds from one input to the next, in batches."""


def log(waits: list[list[int]], start: int = 5_000) -> list[list[Input]]:
    now, batches = start, []
    for batch in waits:
        inputs: list[Input] = []
        for wait in batch:
            now += wait
            inputs.append(Packet("s", "data", now * MS, b"") if wait % 2 else Tick(now * MS))
        batches.append(inputs)
    return batches


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self, late: float = 0.0) -> None:
        self.time, self.late, self.slept = 100.0, late, 0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.time += seconds + self.late
        self.slept += 1


def played(batches: list[list[Input]], speed: float, clock: Clock) -> list[tuple[float, list[Input]]]:
    """When each group came, s after the beginning."""
    return [(clock.time - 100.0, group) for group in paced(batches, speed, now=clock.now, sleep=clock.sleep)]


@given(LOGS, st.sampled_from([0.5, 1.0, 10.0, math.inf]))
def test_every_input_comes_once_and_in_order(waits: list[list[int]], speed: float) -> None:
    batches = log(waits)
    assert [one for _, group in played(batches, speed, Clock()) for one in group] == [i for b in batches for i in b]


@given(LOGS, st.sampled_from([0.5, 1.0, 10.0]))
def test_a_group_comes_when_its_last_input_was_heard(waits: list[list[int]], speed: float) -> None:
    """Never before: nobody live knows the future. And not later on an idle machine."""
    batches = log(waits)
    first = next((i.arrival_ns for b in batches for i in b), 0)
    for at, group in played(batches, speed, Clock()):
        assert at == pytest.approx((group[-1].arrival_ns - first) / 1e9 / speed, abs=1e-6)


@given(LOGS)
def test_a_group_spans_less_than_a_step_and_is_never_empty(waits: list[list[int]]) -> None:
    made = list(groups(log(waits)))
    assert all(made)
    assert all(g[-1].arrival_ns - g[0].arrival_ns < STEP_S * 1e9 for g in made)
    assert all(b[0].arrival_ns - a[0].arrival_ns >= STEP_S * 1e9 for a, b in pairwise(made))


@given(LOGS)
def test_groups_do_not_depend_on_the_files_batches(waits: list[list[int]]) -> None:
    batches = log(waits)
    assert list(groups(batches)) == list(groups([[one for batch in batches for one in batch]]))


def test_as_fast_as_it_can_never_sleeps() -> None:
    clock = Clock()
    assert len(played(log([[100] * 50]), math.inf, clock)) == 50
    assert clock.slept == 0


def test_who_is_late_catches_up_and_does_not_drift() -> None:
    """Every sleep takes 30 ms too long: the last group is no later than the first."""
    clock = Clock(late=0.03)
    times = [at for at, _ in played(log([[100] * 200]), 1.0, clock)]
    assert times[-1] == pytest.approx(199 * 0.1, abs=0.031)


def test_nothing_recorded_is_nothing_to_play() -> None:
    assert list(paced([], 1.0)) == []
    assert list(paced([[], []], 1.0)) == []
