"""`make bench`: one feed of a live wearer, a whole session, and bare vqf over the same samples."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from hiphinge.devices import hiphinge_imu
from hiphinge.fusion.filters import make_filter
from tests.benchmarks.measure_live import Worn, wearing
from tests.benchmarks.stage_clock import LIVE, REST, StageClock, put_in

FEEDS = 2_000
"""200 s."""


@pytest.fixture(scope="module")
def worn() -> Worn:
    return wearing(FEEDS)


def test_bench_one_live_feed(benchmark: BenchmarkFixture, worn: Worn) -> None:
    """Ten samples of each of three sensors, mean over all."""
    running, feeds = worn.monitor(), iter(worn.feeds)
    benchmark.pedantic(running.feed, setup=lambda: ((next(feeds),), {}), rounds=FEEDS)


def test_bench_a_session_at_once(benchmark: BenchmarkFixture, worn: Worn) -> None:
    """The same 200 s in one feed."""
    log = list(chain.from_iterable(worn.feeds))
    outcome = benchmark.pedantic(lambda: worn.monitor().feed(log), rounds=5)
    assert len(outcome.angles) == pytest.approx(FEEDS * 10, abs=100)


def test_bench_bare_vqf(benchmark: BenchmarkFixture, worn: Worn) -> None:
    """The orientation filters alone: what the session cannot be quicker than."""
    sensors = zip(*worn.feeds, strict=True)
    blocks = [hiphinge_imu.Decoder(packets[0].sensor).decode(packets)[0] for packets in sensors]

    def follow() -> list[np.ndarray]:
        return [make_filter("vqf", 100.0, 2.0).follow(b.gyr, b.acc) for b in blocks]

    assert len(benchmark.pedantic(follow, rounds=5)) == 3


def test_the_clock_gives_each_instant_to_the_innermost_stage() -> None:
    """Nested stages, a generator, and a stage that is one figure whatever it calls."""
    ticks = iter(range(1000))
    clock = StageClock(lambda: next(ticks))
    inner = clock.timed("inner", lambda: None)
    assert clock.timed("outer", inner)() is None
    assert list(clock.timed("read", lambda: (yield from "ab"))()) == ["a", "b"]
    clock.timed("report", inner)()
    clock.turn(REST)
    assert clock.spent_ns == {REST: 6, "outer": 2, "inner": 1, "read": 3, "report": 1}


def test_timers_are_taken_out_again() -> None:
    before = hiphinge_imu.Decoder.decode
    take_out = put_in(StageClock(), LIVE)
    assert hiphinge_imu.Decoder.decode is not before
    take_out()
    assert hiphinge_imu.Decoder.decode is before
