"""Unwrapping a device's clock: wraps, resets, silence, any grouping."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.devices.ticks import Ticks

S = 10**9


def heard(t_s: np.ndarray | list[float], tick_ns: int = 1000, bits: int = 32) -> np.ndarray:
    """What a device with such a clock says at these seconds of its own."""
    return np.rint(np.asarray(t_s) * 1e9 / tick_ns).astype(np.int64) % (1 << bits)


@pytest.mark.parametrize(("tick_ns", "bits"), [(1000, 32), (1_000_000, 32), (1_000_000, 16)])
def test_wraps_are_counted(tick_ns: int, bits: int) -> None:
    """Across a wrap the ns go on; the first is the tick itself."""
    wrap = (tick_ns << bits) / 1e9
    t = wrap - 1 + np.arange(0, 5, 0.05)
    found = Ticks(tick_ns, bits).unwrap(heard(t, tick_ns, bits), (t * 1e9).astype(np.int64))
    np.testing.assert_allclose(found / 1e9, t, atol=tick_ns / 1e9)


def test_silence_longer_than_a_wrap() -> None:
    """The host's clock knows how often the device's wrapped meanwhile."""
    t = np.array([10.0, 10.1, 10.2 + 3 * 4294.967296])
    np.testing.assert_allclose(Ticks(1000).unwrap(heard(t), (t * S).astype(np.int64)) / 1e9, t, atol=1e-5)


def test_a_fall_that_is_no_wrap_is_a_reset() -> None:
    """The ns begin anew with the tick."""
    found = Ticks(1000).unwrap(heard([100, 100.1, 3.0, 3.1]), [0, S // 10, 8 * S, 8 * S + S // 10])
    assert (found / S).tolist() == [100.0, 100.1, 3.0, 3.1]


def test_a_reset_shortly_before_the_wrap() -> None:
    """A tick that would fit one more wrap, minutes too early, is a reset too."""
    found = Ticks(1000).unwrap(heard([4000.0, 3.0]), [0, 20 * S])
    assert (found / S).tolist() == [4000.0, 3.0]


def test_a_new_connection_is_believed_less() -> None:
    """20 s on, reset, 25 s on after 30 s away: no fall, yet not the same clock. The same clock goes on."""
    reset, went_on = Ticks(1000), Ticks(1000)
    for ticks, later in ((reset, 25.0), (went_on, 50.0)):
        ticks.unwrap(heard([20.0 + 4294.967296]), [0])
        ticks.connected()
        assert ticks.unwrap(heard([later]), [30 * S]).tolist() == [int(later * S)]
    assert reset.unwrap(heard([25.1]), [30 * S + S // 10]).tolist() == [25_100_000_000]


def test_late_and_doubled_ticks_are_no_reset() -> None:
    """An answer overtook queued samples; a packet came twice."""
    t = [100.0, 100.5, 100.1, 100.1, 100.2]
    np.testing.assert_array_equal(Ticks(1000).unwrap(heard(t), [i * S // 100 for i in range(5)]) / S, t)


def test_a_stalled_radio_is_no_reset() -> None:
    """Eight seconds of packets come at once, then go on in time."""
    t = np.arange(5.0, 20.0, 0.05)
    arrival = np.where((t > 8) & (t < 16), 16.0, t)
    np.testing.assert_allclose(Ticks(1000).unwrap(heard(t), (arrival * S).astype(np.int64)) / S, t, atol=1e-9)


@given(
    st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 10**13)), max_size=30),
    st.lists(st.integers(0, 30), max_size=4),
)
def test_any_ticks_in_any_grouping(steps: list[tuple[int, int]], cuts: list[int]) -> None:
    """Nonsense too: the same ns whole or cut, none of them impossible."""
    ticks = np.array([t for t, _ in steps], np.int64)
    arrival = np.cumsum(np.array([a for _, a in steps], np.int64))
    whole = Ticks(1000).unwrap(ticks, arrival)
    cut = Ticks(1000)
    ends = [0, *sorted(min(c, len(ticks)) for c in cuts), len(ticks)]
    parts = [cut.unwrap(ticks[a:b], arrival[a:b]) for a, b in itertools.pairwise(ends)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    np.testing.assert_array_equal((whole - ticks * 1000) % (1000 << 32), 0)
