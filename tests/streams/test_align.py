"""One time grid: exact between samples, honest about gaps, and nobody waits for a silent sensor."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.blocks import CLIPPED, FILLED, MISSING, SACRUM, THIGH_LEFT, UPPER_LUMBAR, Floats, ImuBlock, MotionBlock
from hiphinge.streams.align import Aligner, Params

MS = 1_000_000
S = 1_000 * MS
SLOPE = np.array([1.0, -2.0, 0.5, 0.1, 0.0, -0.3])
OFFSET = np.array([0.0, 9.8, 1.0, 0.0, 0.2, -0.1])


def line(t: Floats) -> Floats:
    """The six readings (n, 6) at t (n,) s: straight in time, so that interpolation must be exact."""
    return OFFSET + np.asarray(t)[:, None] * SLOPE


def heard(t_ns: object, delay_ns: int = 0, **other: object) -> ImuBlock:
    """Samples at t_ns (n,), each heard ``delay_ns`` later unless ``arrival_ns`` says when."""
    t = np.asarray(t_ns, np.int64)
    x = line(t / 1e9)
    arrival = np.broadcast_to(np.asarray(other.get("arrival_ns", t + delay_ns), np.int64), t.shape)
    clipped = np.asarray(other.get("clipped", np.zeros(len(t), bool)))
    gyr = x[:, 3:] if other.get("gyroscope", True) else np.full((len(t), 3), np.nan)
    return ImuBlock("any", t, x[:, :3], gyr, arrival, clipped)


def aligned(*blocks: tuple[str, ImuBlock], params: Params | None = None) -> MotionBlock:
    """All of it at once, to the last sample."""
    aligner = Aligner(params or Params(largest=10**6), tuple(dict.fromkeys(site for site, _ in blocks)))
    first = aligner.align(blocks, 0)
    last = aligner.finish()
    return MotionBlock(
        np.concatenate((first.t, last.t)),
        first.sites,
        *(np.concatenate((getattr(first, n), getattr(last, n)), axis=1) for n in ("acc", "gyr", "flags")),
    )


def every(step_ms: float, start_ms: float, stop_ms: float) -> np.ndarray:
    return np.arange(round(start_ms * MS), round(stop_ms * MS), round(step_ms * MS))


@given(
    rate=st.floats(20.0, 500.0),
    start=st.integers(0, 10**10),
    other=st.floats(20.0, 500.0),
    late=st.integers(0, 10**9),
)
def test_straight_signals_of_any_rate_and_start_come_out_exact(
    rate: float, start: int, other: float, late: int
) -> None:
    one = start + np.rint(np.arange(int(rate)) * 1e9 / rate)
    two = start + late + np.rint(np.arange(int(other)) * 1e9 / other)
    motion = aligned((UPPER_LUMBAR, heard(one)), (SACRUM, heard(two)))
    for i, t in enumerate((one, two)):
        inside = (motion.t * 1e9 >= t[0] - 0.5) & (motion.t * 1e9 <= t[-1] + 0.5)
        assert not motion.flags[i, inside].any()
        assert (motion.flags[i, ~inside] == MISSING).all()
        truth = line(motion.t[inside])
        np.testing.assert_allclose(motion.acc[i, inside], truth[:, :3], atol=1e-7)
        np.testing.assert_allclose(motion.gyr[i, inside], truth[:, 3:], atol=1e-7)


@given(start=st.integers(0, 10**13), rate=st.sampled_from([50.0, 100.0, 125.0]))
def test_instants_are_whole_numbers_of_the_period_wherever_it_starts(start: int, rate: float) -> None:
    motion = aligned((SACRUM, heard(start + every(7, 0, 400))), params=Params(rate=rate))
    count = np.rint(motion.t * rate)
    np.testing.assert_array_equal(motion.t, count / rate)
    assert (np.diff(count) == 1).all()
    assert start / 1e9 <= motion.t[0] < start / 1e9 + 1 / rate


@pytest.mark.parametrize(("gap_ms", "flag"), [(500, FILLED), (510, MISSING), (55, 0), (60, FILLED)])
def test_half_a_second_is_bridged_and_said_so_and_more_is_missing(gap_ms: int, flag: int) -> None:
    t = np.concatenate((every(5, 0, 1001), 1000 * MS + every(5, gap_ms, gap_ms + 1000)))
    motion = aligned((SACRUM, heard(t)))
    inside = (motion.t > 1.0 + 1e-9) & (motion.t < 1.0 + gap_ms / 1e3 - 1e-9)
    assert inside.any()
    assert (motion.flags[0, inside] == flag).all()
    assert not motion.flags[0, ~inside].any()
    expected = np.full((inside.sum(), 3), np.nan) if flag == MISSING else line(motion.t[inside])[:, :3]
    np.testing.assert_allclose(motion.acc[0, inside], expected, atol=1e-9)


def test_an_instant_beside_a_clipped_sample_is_clipped() -> None:
    clipped = np.zeros(200, bool)
    clipped[100] = True
    motion = aligned((SACRUM, heard(every(10, 3, 2003), clipped=clipped)))
    found = motion.t[(motion.flags[0] & CLIPPED) != 0]
    np.testing.assert_allclose(found, [1.0, 1.01])


def test_without_a_gyroscope_only_the_rates_are_unknown() -> None:
    motion = aligned((SACRUM, heard(every(50, 0, 1000), gyroscope=False)))
    assert np.isnan(motion.gyr).all()
    assert np.isfinite(motion.acc).all()
    assert not motion.flags.any()


def test_everybody_waits_for_the_slowest_that_is_heard() -> None:
    aligner = Aligner(Params(), (SACRUM, THIGH_LEFT))
    motion = aligner.align([(SACRUM, heard(every(10, 0, 2000))), (THIGH_LEFT, heard(every(10, 0, 1500)))], 1990 * MS)
    assert motion.t[-1] == pytest.approx(1.49)
    later = aligner.align([(THIGH_LEFT, heard(every(10, 1500, 2000)))], 2000 * MS)
    np.testing.assert_allclose(later.t[[0, -1]], [1.5, 1.99])
    assert not later.flags.any()


def test_a_sensor_that_dies_holds_nobody_up_once_it_is_silent() -> None:
    """Its last sample is of 1 s: up to 1.8 s it may only be late; from then on others come within the slack."""
    aligner = Aligner(Params(), (SACRUM, THIGH_LEFT))
    aligner.align([(SACRUM, heard(every(10, 0, 1010))), (THIGH_LEFT, heard(every(10, 0, 1010)))], 1000 * MS)
    known = {}
    for now in range(1010, 3000, 10):
        motion = aligner.align([(SACRUM, heard([now * MS]))], now * MS)
        if len(motion):
            known[now] = motion.t[-1]
            assert (motion.flags[1] == MISSING).all()
            assert not motion.flags[0].any()
    assert min(known) == 1810
    assert all(now / 1e3 - t <= 0.3 + 0.0101 for now, t in known.items())


def test_a_sensor_that_was_never_heard_holds_nobody_up() -> None:
    aligner = Aligner(Params(), (SACRUM, THIGH_LEFT))
    motion = aligner.align([(SACRUM, heard(every(10, 0, 2000)))], 2000 * MS)
    assert motion.t[-1] == pytest.approx(1.69)
    assert (motion.flags[1] == MISSING).all()


def test_at_the_start_everybody_has_time_to_come() -> None:
    """A sensor whose first packet is heard 0.7 s after another's loses none of it."""
    aligner = Aligner(Params(), (SACRUM, THIGH_LEFT))
    early = aligner.align([(SACRUM, heard(every(10, 0, 700)))], 690 * MS)
    assert len(early) == 0
    motion = aligner.align([(THIGH_LEFT, heard(every(10, 0, 700), arrival_ns=700 * MS))], 700 * MS)
    assert len(motion) == 70
    assert not motion.flags.any()


def test_other_inputs_alone_let_time_pass() -> None:
    """Nothing comes from any sensor any more, but a tick says how late it is."""
    aligner = Aligner(Params(), (SACRUM,))
    aligner.align([(SACRUM, heard(every(10, 0, 1010)))], 1000 * MS)
    assert len(aligner.align((), 1800 * MS)) == 0
    motion = aligner.align((), 3000 * MS)
    np.testing.assert_allclose(motion.t[[0, -1]], [1.01, 2.69])
    assert (motion.flags == MISSING).all()


def test_what_comes_late_for_instants_given_away_is_dropped() -> None:
    """A second of packets held back by the radio and delivered at once, at 2.5 s, with the newest."""
    aligner = Aligner(Params(), (SACRUM, THIGH_LEFT))
    both = [(SACRUM, heard(every(10, 0, 1010))), (THIGH_LEFT, heard(every(10, 0, 1010)))]
    aligner.align(both, 1000 * MS)
    given_away = aligner.align([(SACRUM, heard(every(10, 1010, 2400)))], 2400 * MS)
    np.testing.assert_allclose(given_away.t[[0, -1]], [1.01, 2.09])
    stalled = heard(every(10, 1010, 2510), arrival_ns=2500 * MS)
    motion = aligner.align([(THIGH_LEFT, stalled), (SACRUM, heard(every(10, 2400, 2510)))], 2500 * MS)
    np.testing.assert_allclose(motion.t[[0, -1]], [2.1, 2.5])
    # Whoever asks at 2.5 s might have been told up to 2.2 s: that much is lost however it was asked.
    lost = motion.t < 2.2 - 1e-9
    assert (motion.flags[1, lost] == MISSING).all()
    assert not motion.flags[1, ~lost].any()
    np.testing.assert_allclose(motion.acc[1, ~lost], line(motion.t[~lost])[:, :3], atol=1e-9)


def test_packets_within_the_slack_lose_nothing() -> None:
    motion = aligned((SACRUM, heard(every(10, 0, 2000), delay_ns=290 * MS)))
    assert not motion.flags.any()


@given(st.lists(st.integers(0, 300), min_size=2, max_size=200))
def test_duplicates_and_times_that_run_backward_change_nothing(ticks: list[int]) -> None:
    """Only samples newer than all before them count."""
    t = np.array(ticks) * 10 * MS
    newer = np.maximum.accumulate(np.concatenate(([-1], t)))[:-1] < t
    told, clean = (aligned((SACRUM, heard(x, arrival_ns=4 * S))) for x in (t, t[newer]))
    for name in ("t", "acc", "gyr", "flags"):
        np.testing.assert_array_equal(getattr(told, name), getattr(clean, name))


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_a_sample_without_a_number_is_as_if_lost(broken: float) -> None:
    block = heard(every(20, 0, 2000))
    block.acc[50:55, 1] = broken
    motion = aligned((SACRUM, block))
    np.testing.assert_allclose(motion.acc[0], line(motion.t)[:, :3], atol=1e-9)
    np.testing.assert_allclose(motion.t[motion.flags[0] == FILLED], np.arange(99, 110) / 100)


def test_one_sample_on_the_grid_is_one_instant() -> None:
    motion = aligned((SACRUM, heard([2 * S])))
    assert motion.t.tolist() == [2.0]
    np.testing.assert_allclose(motion.acc[0], line(np.array([2.0]))[:, :3])


def test_nothing_heard_gives_nothing() -> None:
    aligner = Aligner(Params(), (SACRUM,))
    assert len(aligner.align((), 5 * S)) == 0
    assert len(aligner.align([(SACRUM, heard([]))], 6 * S)) == 0
    assert len(aligner.finish()) == 0


def test_the_end_gives_what_waited_for_another_sensor() -> None:
    aligner = Aligner(Params(), (SACRUM, THIGH_LEFT))
    aligner.align([(SACRUM, heard(every(10, 0, 1010))), (THIGH_LEFT, heard(every(10, 0, 510)))], 1000 * MS)
    motion = aligner.finish()
    np.testing.assert_allclose(motion.t[[0, -1]], [0.51, 1.0])
    assert not motion.flags[0].any()
    assert (motion.flags[1] == MISSING).all()


def test_no_block_is_longer_than_the_largest_and_none_is_lost() -> None:
    aligner = Aligner(Params(largest=30), (SACRUM,))
    parts = [aligner.align([(SACRUM, heard(every(10, 0, 1000)))], 1000 * MS)]
    while len(parts[-1]) == 30:
        parts.append(aligner.align((), 1000 * MS))
    assert [len(p) for p in parts] == [30, 30, 30, 10]
    np.testing.assert_allclose(np.concatenate([p.t for p in parts]), np.arange(100) / 100)
    np.testing.assert_allclose(np.concatenate([p.acc[0] for p in parts]), line(np.arange(100) / 100)[:, :3], atol=1e-9)
