"""The model of arrivals: never early, in order, on connection events, as slow as it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.simulate.arrival import AIRTIME, Air, Crystal, Sending, arrivals, stream

QUIET = Air(again=0.0, host=0.0, stalls=0.0)


@given(
    interval=st.sampled_from([0.0075, 0.015, 0.03, 0.05]),
    again=st.floats(0.0, 0.3),
    per_packet=st.integers(1, 7),
    stalls=st.floats(0.0, 20.0),
    seed=st.integers(0, 2**32),
)
def test_nothing_is_heard_before_it_is_taken_or_out_of_order(
    interval: float, again: float, per_packet: int, stalls: float, seed: int
) -> None:
    air = Air(interval=interval, again=again, stalls=stalls)
    heard = stream(Sending(100.0, per_packet), 5.0, air, Crystal(40.0), seed)
    assert (heard.block.arrival_ns / 1e9 - heard.truth > 0).all()
    assert (np.diff(heard.block.arrival_ns) >= 0).all()
    assert (np.diff(heard.block.t_ns) > 0).all()
    packets = heard.block.arrival_ns.reshape(-1, per_packet)
    assert (packets == packets[:, :1]).all()


def test_everything_comes_on_connection_events_and_waits_no_longer_than_one() -> None:
    ready = np.cumsum(np.random.default_rng(1).uniform(0.005, 0.1, 500))
    heard = arrivals(QUIET, ready, np.random.default_rng(2))
    phase = (heard - heard[0] + QUIET.interval / 2) % QUIET.interval
    np.testing.assert_allclose(phase, QUIET.interval / 2, atol=1e-9)
    wait = heard - ready
    assert AIRTIME < wait.min() < wait.max() < QUIET.interval + 2 * AIRTIME
    assert wait.mean() == pytest.approx(QUIET.interval / 2, rel=0.15)


def test_a_tenth_repeated_waits_an_interval_more() -> None:
    ready = 0.1 * np.arange(5000) + np.random.default_rng(1).uniform(0, 0.03, 5000)
    air = Air(again=0.1, host=0.0, stalls=0.0)
    late = arrivals(air, ready, np.random.default_rng(2)) - ready > air.interval + 2 * AIRTIME
    assert late.mean() == pytest.approx(0.1, abs=0.02)


def test_a_stalled_host_delivers_everything_at_once() -> None:
    air = Air(again=0.0, host=0.0, stalls=6.0)
    heard = arrivals(air, 0.01 * np.arange(6000), np.random.default_rng(5))
    _, together = np.unique(heard, return_counts=True)
    assert together.max() > 10


@pytest.mark.parametrize("ppm", [-40.0, 40.0])
def test_a_crystal_runs_as_fast_as_it_says_and_wanders(ppm: float) -> None:
    heard = stream(Sending(), 2400.0, QUIET, Crystal(ppm, wander_ppm=3.0), 7)
    ahead = (heard.block.t_ns - heard.block.t_ns[0]) / 1e9 - (heard.truth - heard.truth[0])
    assert ahead[-1] / 2400 * 1e6 == pytest.approx(ppm, abs=0.1)
    rates = np.diff(ahead[::6000]) / 60 * 1e6
    assert np.ptp(rates) == pytest.approx(6.0, abs=0.2)


def test_the_seed_decides() -> None:
    one, same, other = (stream(Sending(), 10.0, Air(), Crystal(), seed).block.arrival_ns for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
