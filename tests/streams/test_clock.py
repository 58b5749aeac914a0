"""Device time on the host's clock: causal, rising, never stepped, the same in any grouping, honest about its error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hiphinge.blocks import Floats, ImuBlock, Times
from hiphinge.errors import SettingsError
from hiphinge.simulate.arrival import AIRTIME, Air, Crystal, Heard, Sending, stream
from hiphinge.streams.clock import Clock, Exchange, Params

S = 10**9
MS = 10**6


def rows(block: ImuBlock, start: int, stop: int) -> ImuBlock:
    cut = slice(start, stop)
    return ImuBlock(
        block.sensor, block.t_ns[cut], block.acc[cut], block.gyr[cut], block.arrival_ns[cut], block.clipped[cut]
    )


def packets(t: object, arrival: object) -> ImuBlock:
    t_ns, arrival_ns = np.asarray(t, np.int64), np.asarray(arrival, np.int64)
    still = np.zeros((len(t_ns), 3))
    return ImuBlock("any", t_ns, still, still, arrival_ns, np.zeros(len(t_ns), bool))


def joined(*blocks: ImuBlock) -> ImuBlock:
    return packets(*(np.concatenate([getattr(b, name) for b in blocks]) for name in ("t_ns", "arrival_ns")))


def heard(seconds: float = 60.0, seed: int = 1, **other: object) -> Heard:
    sending = Sending(per_packet=int(other.pop("per_packet", 5)), begins=float(other.pop("begins", 0.0)))
    return stream(sending, seconds, Air(**other), Crystal(ppm=25.0), seed)


def error(placed: ImuBlock, truth: Floats) -> Floats:
    """s, (n,)."""
    return placed.t_ns / 1e9 - truth


def placed_in(groups: Sequence[ImuBlock], *, counted: bool = False) -> Times:
    clock = Clock(Params(), counted=counted)
    return np.concatenate([clock.place(group).t_ns for group in groups])


def cut_at(block: ImuBlock, cuts: Sequence[int]) -> list[ImuBlock]:
    """Between packets: a packet comes whole."""
    begins = np.flatnonzero(np.diff(block.arrival_ns, prepend=block.arrival_ns[:1] - 1)).tolist()
    at = sorted({begins[c % len(begins)] for c in cuts} | {0, len(block)})
    return [rows(block, a, b) for a, b in pairwise(at)]


# --- In any grouping ----------------------------------------------------------------------


@st.composite
def rough(draw: st.DrawFn) -> ImuBlock:
    """What a bad radio and a bad device make: late, twice, backwards, reboots, leaps, silences."""
    t, arrival = draw(st.integers(-(2**50), 2**50)), draw(st.integers(0, 2**50))
    parts: list[ImuBlock] = []
    for _ in range(draw(st.integers(1, 40))):
        n, period = draw(st.integers(1, 6)), draw(st.sampled_from([5 * MS, 10 * MS, 39 * MS, 19_230_769]))
        times = t + period * np.arange(n)
        kind = draw(st.sampled_from(["usual"] * 6 + ["again", "reboot", "leap", "silence", "early"]))
        if kind == "again" and parts:
            times = parts[-1].t_ns
        elif kind == "reboot":
            times = times - t + draw(st.integers(0, 10**10))
        elif kind == "leap":
            times = times + draw(st.integers(0, 2**45))
        elif kind == "silence":
            gap = draw(st.integers(0, 20 * S))
            times, arrival = times + gap, arrival + gap
        arrival += period * n + draw(st.integers(0, 60 * MS))
        came = arrival - draw(st.integers(0, 3 * S)) if kind == "early" else arrival
        parts.append(packets(times, np.full(len(times), came)))
        t = int(times[-1]) + period
    return joined(*parts)


@given(block=rough(), cuts=st.lists(st.integers(0, 300), max_size=8), counted=st.booleans())
def test_any_grouping_of_anything_gives_the_same_to_the_nanosecond(
    block: ImuBlock, cuts: list[int], counted: bool
) -> None:
    whole = placed_in([block], counted=counted)
    np.testing.assert_array_equal(whole, placed_in(cut_at(block, cuts), counted=counted))
    np.testing.assert_array_equal(whole, placed_in(cut_at(block, range(len(block))), counted=counted))


@given(block=rough(), counted=st.booleans())
def test_where_the_device_time_rises_the_placed_time_rises(block: ImuBlock, counted: bool) -> None:
    """Within a start of the device; and one start comes after the other."""
    placed = placed_in([block], counted=counted)
    newest = np.maximum.accumulate(placed)
    rising = (np.diff(block.t_ns) > 0) & (placed[:-1] == newest[:-1])
    assert (np.diff(placed)[rising] > 0).all()


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10**6),
    interval=st.sampled_from([0.0075, 0.03, 0.05]),
    per_packet=st.integers(1, 8),
    cuts=st.lists(st.integers(0, 3000), max_size=20),
    origin=st.sampled_from([0, 2**32 * 1000, 10**18]),
)
def test_a_usual_stream_is_placed_in_order_and_never_after_it_was_heard(
    seed: int, interval: float, per_packet: int, cuts: list[int], origin: int
) -> None:
    block = heard(30.0, seed, interval=interval, per_packet=per_packet).block
    block = replace(block, t_ns=block.t_ns + origin)
    placed = placed_in([block])
    np.testing.assert_array_equal(placed, placed_in(cut_at(block, cuts)))
    assert (np.diff(placed) > 0).all()
    assert (placed <= block.arrival_ns + 10 * MS)[len(block) // 3 :].all()


def test_a_large_block_is_a_small_one() -> None:
    """Longer than what is looked at together."""
    block = heard(200.0).block
    np.testing.assert_array_equal(placed_in([block]), placed_in(cut_at(block, range(0, 4000, 7))))


# --- What it finds ------------------------------------------------------------------------


@pytest.mark.parametrize("per_packet", [1, 5])
def test_it_comes_close_and_says_how_close(per_packet: int) -> None:
    h = heard(300.0, interval=0.015, per_packet=per_packet)
    clock = Clock(Params())
    off = error(clock.place(h.block), h.truth)
    assert np.abs(off[3000:]).max() < 0.008
    assert abs(off[-1]) < 4 * clock.error < 0.008
    assert clock.skew_ppm == pytest.approx(-25.0, abs=20.0)


def test_the_error_grows_with_the_connection_interval() -> None:
    errors = []
    for interval in (0.0075, 0.03, 0.05):
        clock = Clock(Params())
        errors.append(clock.error)
        clock.place(heard(60.0, interval=interval).block)
        errors.append(clock.error)
    assert errors[::2] == [Params().offset_sd] * 3
    assert errors[1] < errors[3] < errors[5] < 0.02


def test_it_never_runs_faster_than_the_slew() -> None:
    h = heard(120.0, stalls=20.0)
    placed = Clock(Params()).place(h.block)
    pace = np.diff(placed.t_ns) / np.diff(h.block.t_ns)
    assert np.abs(pace - 1).max() <= 0.2 + 1e-3
    assert np.abs(pace[3000:] - 1).max() < 0.01


def test_a_first_packet_that_waited_long_is_made_good_within_seconds() -> None:
    """The queue that forms while a subscription is being made."""
    h = heard(30.0)
    late = h.block.arrival_ns.copy()
    queued = late < late[0] + S // 2
    late[queued] = late[0] + S // 2 + (late[queued] - late[0]) // 1000
    placed = Clock(Params()).place(replace(h.block, arrival_ns=late))
    off = error(placed, h.truth)
    assert off[0] > 0.4
    assert np.abs(off[500:]).max() < 0.06


@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize("seconds", [0.4, 3.0, 4.0, 9.5])
def test_a_stall_changes_nothing(seconds: float, counted: bool) -> None:
    """All that was held back comes at once, and is late by less from second to second."""
    h = heard(90.0, stalls=0.0)
    arrival = h.block.arrival_ns.copy()
    held = (arrival > arrival[0] + 60 * S) & (arrival < arrival[0] + 60 * S + seconds * S)
    arrival[held] = arrival[0] + round((60 + seconds) * S) + np.arange(held.sum()) // 5 * 1000
    with_stall = placed_in([replace(h.block, arrival_ns=arrival)], counted=counted)
    assert np.abs(with_stall - placed_in([h.block], counted=counted)).max() < 6 * MS


def test_a_clock_that_is_off_by_far_more_than_a_crystal_is_followed() -> None:
    t = 10 * MS * np.arange(60_000)
    true = 5 * S + (t * (1 + 500e-6)).astype(np.int64)
    clock = Clock(Params())
    placed = clock.place(packets(t, true + 3 * MS))
    assert np.abs(placed.t_ns - true)[30_000:].max() < 30 * MS
    assert clock.skew_ppm == pytest.approx(500, abs=60)


def test_where_the_wait_jumps_by_a_whole_comb_the_offset_is_known() -> None:
    """Packets in step with the events: the wait hides all of 7.5 ms, but for the instant of a slip."""
    in_step = Sending(rate=400.0, per_packet=3)
    h = stream(in_step, 120.0, Air(interval=0.0075, radio_ppm=-20.0), Crystal(ppm=80.0), 4)
    jump = int(np.abs(np.diff(least_by_second(h))).argmax())
    clock = Clock(Params())
    clock.place(rows(h.block, 0, (jump - 2) * 400))
    assert clock.error > 0.002
    placed = clock.place(rows(h.block, (jump - 2) * 400, (jump + 6) * 400))
    assert clock.error < 0.001
    assert abs(error(placed, h.truth[(jump - 2) * 400 : (jump + 6) * 400])[-1] - 2 * AIRTIME) < 0.001


def test_a_twist_is_judged_by_what_the_clock_knows_after_it() -> None:
    """The wait jumped meanwhile: the placed times of these five seconds have two offsets."""
    h = stream(Sending(rate=400.0, per_packet=3), 120.0, Air(interval=0.0075, radio_ppm=-20.0), Crystal(ppm=80.0), 4)
    jump, clock = int(np.abs(np.diff(least_by_second(h))).argmax()), Clock(Params())
    clock.place(rows(h.block, 0, (jump - 2) * 400))
    held, truth = (x[(jump - 2) * 400 : (jump + 5) * 400] for x in (h.block.t_ns, h.truth))
    placed = clock.place(rows(h.block, (jump - 2) * 400, (jump + 5) * 400)).t_ns
    known = clock.now_known(held, placed)
    assert np.ptp(placed / 1e9 - truth) > 0.001
    assert np.ptp(known / 1e9 - truth) < 0.0007
    clock.shift(-round(float((known / 1e9 - truth).mean()) * S), 0.0003)
    after = slice((jump + 5) * 400, (jump + 8) * 400)
    off = error(clock.place(rows(h.block, after.start, after.stop)), h.truth[after])
    assert np.abs(off[500:]).max() < 0.001


def least_by_second(h: Heard) -> Floats:
    """s, of 400 samples each."""
    delay = (h.block.arrival_ns - h.block.t_ns)[: len(h.truth) // 400 * 400] / 1e9
    return delay.reshape(-1, 400).min(axis=1)


# --- What devices do ----------------------------------------------------------------------


def test_a_reboot_begins_a_new_fit() -> None:
    one, two = heard(40.0, 1), heard(40.0, 2, begins=43.0)
    two = replace(two, block=replace(two.block, t_ns=two.block.t_ns - two.block.t_ns[0]))
    clock = Clock(Params())
    placed = clock.place(joined(one.block, two.block))
    assert (np.diff(placed.t_ns) > 0).all()
    n = len(one.block)
    assert np.abs(error(placed, np.concatenate((one.truth, two.truth)))[n + 1200 :]).max() < 0.015
    fresh = Clock(Params())
    assert np.abs(placed.t_ns[n:] - fresh.place(two.block).t_ns).max() < 5 * MS
    assert clock.error == pytest.approx(fresh.error, rel=0.1)


def test_how_fast_a_sensor_samples_is_remembered_over_a_reconnect() -> None:
    """A count begins anew with every connection, the sensor's own rate does not."""
    h = heard(90.0)
    n = len(h.block) // 2
    slow = packets(10 * MS * np.arange(2 * n), 5 * S + ((h.block.arrival_ns - 5 * S) * 1.01).astype(np.int64))
    truth = 5 + (h.truth - 5) * 1.01
    after = replace(rows(slow, n + 500, 2 * n), t_ns=slow.t_ns[: n - 500])
    clock, fresh = Clock(Params(), counted=True), Clock(Params(), counted=True)
    clock.place(rows(slow, 0, n))
    known, new = (error(one.place(rows(after, 0, 50)), truth[n + 500 : n + 550]) for one in (clock, fresh))
    assert clock.skew_ppm == pytest.approx(10_000, abs=500)
    assert fresh.skew_ppm == 0.0
    assert np.ptp(known) < 0.0005
    assert np.ptp(new) > 0.0045


def test_a_reconnect_with_a_running_tick_keeps_the_fit() -> None:
    h = heard(120.0)
    n = len(h.block)
    clock = Clock(Params())
    clock.place(rows(h.block, 0, n // 2))
    before = clock.error
    skew = clock.skew_ppm
    after = clock.place(rows(h.block, n // 2 + 2500, n // 2 + 2600))
    assert np.abs(error(after, h.truth[n // 2 + 2500 : n // 2 + 2600])).max() < 0.012
    assert before * 0.99 < clock.error < 2 * before
    assert clock.skew_ppm == pytest.approx(skew, abs=5)


@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize("wild", [3600.0, -3600.0])
def test_one_stamp_that_cannot_be_costs_nothing(wild: float, counted: bool) -> None:
    """Neither what was learnt nor what a twist found, and it holds up nothing that follows."""
    h, n = heard(120.0), 9000
    block = replace(h.block, t_ns=h.block.t_ns - h.block.t_ns[0])
    clocks = Clock(Params(), counted=counted), Clock(Params(), counted=counted)
    for clock in clocks:
        clock.place(rows(block, 0, n))
        clock.shift(-20 * MS, 0.0004)
    t_ns = block.t_ns[n:].copy()
    t_ns[500:505] += round(wild * S)
    rest = rows(block, n, len(block))
    spoilt, plain = clocks[0].place(replace(rest, t_ns=t_ns)), clocks[1].place(rest)
    assert np.abs(spoilt.t_ns - plain.t_ns)[:500].max() == 0
    assert np.abs(spoilt.t_ns - plain.t_ns)[505:].max() < 60 * MS
    assert np.abs(spoilt.t_ns - plain.t_ns)[1000:].max() < 2 * MS


def test_the_host_slept_while_the_device_ticked_on() -> None:
    """The monotonic clock stands still in a suspend: suddenly everything seems to come an hour early."""
    h = heard(60.0)
    half = len(h.block) // 2
    t = h.block.t_ns + np.where(np.arange(len(h.block)) < half, 0, 3600 * S)
    placed = Clock(Params()).place(replace(h.block, t_ns=t))
    assert (np.diff(placed.t_ns) > 0).all()
    assert np.abs(error(placed, h.truth)[half + 1000 :]).max() < 0.015


def test_a_tick_that_paused_is_noticed() -> None:
    h = heard(60.0)
    half = len(h.block) // 2
    arrival, truth = h.block.arrival_ns.copy(), h.truth.copy()
    arrival[half:] += 30 * S
    truth[half:] += 30.0
    placed = Clock(Params()).place(packets(h.block.t_ns, arrival))
    assert (np.diff(placed.t_ns) > 0).all()
    assert np.abs(error(placed, truth)[half + 1000 :]).max() < 0.015


def test_a_packet_heard_twice_stays_where_it_was() -> None:
    h = heard(20.0)
    n = 1000
    again = replace(rows(h.block, n - 5, n), arrival_ns=np.full(5, h.block.arrival_ns[n - 1] + 4 * MS))
    first, rest = rows(h.block, 0, n), rows(h.block, n, len(h.block))
    later = replace(rest, arrival_ns=np.maximum(rest.arrival_ns, again.arrival_ns[0]))
    placed = placed_in([joined(first, again, later)])
    assert np.abs(placed[n : n + 5] - placed[n - 5 : n]).max() < MS
    assert (np.diff(np.delete(placed, slice(n, n + 5))) > 0).all()


@pytest.mark.parametrize("rate_error", [0.0, 40e-6, 0.008])
@pytest.mark.parametrize("per_packet", [1, 5])
def test_counted_samples_that_were_lost_leave_a_gap(rate_error: float, per_packet: int) -> None:
    """23 packets vanish; the count goes on as if nothing had been. Afterwards the times are right again."""
    h = heard(120.0, interval=0.0125, per_packet=per_packet)
    gone = slice(6000, 6000 + 23 * per_packet)
    arrival = 5 * S + ((np.delete(h.block.arrival_ns, gone) - 5 * S) * (1 + rate_error)).astype(np.int64)
    truth = 5.0 + (np.delete(h.truth, gone) - 5.0) * (1 + rate_error)
    clock = Clock(Params(), counted=True)
    placed = clock.place(packets(10 * MS * np.arange(len(truth)), arrival))
    off = error(placed, truth)
    assert np.abs(off[4000:6000]).max() < 0.02
    assert np.abs(off[6800:]).max() < 0.02
    assert (np.diff(placed.t_ns) > 0).all()
    assert np.diff(placed.t_ns).max() == pytest.approx(23 * per_packet * 10 * MS, abs=30 * MS)
    assert clock.skew_ppm == pytest.approx(rate_error * 1e6 - 25, abs=100)


@pytest.mark.parametrize("share", [0.0, 0.03])
def test_a_count_that_misses_samples_says_how_far_off_it_is(share: float) -> None:
    offs, told = [], []
    for seed in range(8):
        h = heard(60.0, seed, per_packet=1)
        kept = np.random.default_rng(seed).random(len(h.truth)) >= share
        arrival, truth = h.block.arrival_ns[kept], h.truth[kept]
        clock = Clock(Params(), counted=True)
        offs.append(error(clock.place(packets(10 * MS * np.arange(len(truth)), arrival)), truth)[-1])
        told.append(clock.error)
    real, said = (float(np.sqrt(np.mean(np.square(x)))) for x in (offs, told))
    assert 0.5 * real < said < 2 * max(real, 0.004)
    assert real < 0.04


# --- Exchanges, twists, a shared time base ------------------------------------------------


def exchanges(h: Heard, interval: float, seed: int, every: float = 2.0) -> list[Exchange]:
    """Question and answer every so often, each waiting for a connection event."""
    rng = np.random.default_rng(seed)
    found = []
    for at in np.arange(h.truth[0] + 1, h.truth[-1] - 1, every):
        received = at + rng.uniform(0, interval)
        sent, back = received + 0.0004, received + interval + rng.exponential(0.001)
        ticks = np.interp([received, sent], h.truth, h.block.t_ns - h.block.t_ns[0])
        first, second = (int(h.block.t_ns[0]) + round(tick) for tick in ticks)
        found.append(Exchange(round(at * S), first, second, round(back * S)))
    return found


def test_exchanges_tell_what_arrivals_cannot() -> None:
    """Packets of 50 ms over an interval of 50 ms: the wait is invisible; questions of the host see it."""
    for seed in range(6):
        h = heard(60.0, seed, interval=0.05)
        blind, told = Clock(Params()), Clock(Params())
        blind.place(h.block)
        placed = told.place(h.block, exchanges(h, 0.01, seed))
        assert told.error < 0.4 * blind.error
        assert np.abs(error(placed, h.truth)[-1000:]).max() < 0.008


def test_exchanges_count_from_the_first_packet_heard_after_them() -> None:
    """However they are handed over: each before the packets that came after it."""
    h = heard(60.0)
    asked = exchanges(h, 0.03, 3)
    one = Clock(Params())
    whole = one.place(h.block, asked).t_ns
    two = Clock(Params())
    parts = []
    for group in cut_at(h.block, range(0, 1200, 11)):
        now = [e for e in asked if e.host_received_ns <= group.arrival_ns[-1]]
        asked = asked[len(now) :]
        parts.append(two.place(group, now).t_ns)
    np.testing.assert_array_equal(whole, np.concatenate(parts))


def test_an_exchange_that_cannot_be_is_left_out() -> None:
    """Nonsense, or the answer of a device that has rebooted since."""
    h = heard(60.0)
    at, tick = int(h.block.arrival_ns[3000]), int(h.block.t_ns[3000])
    wrong = [Exchange(at, tick + k * S, tick + k * S, at + 10 * MS) for k in (-3600, -5, 5, 50, 3600)]
    wrong += [Exchange(at + 9 * S, tick, tick, at), Exchange(at, tick + S, tick - S, at)]
    for one in wrong:
        told = Clock(Params()).place(h.block, [one]).t_ns
        assert np.abs(told - placed_in([h.block])).max() < 5 * MS


def test_a_shift_is_slewed_in_within_a_second_and_stays() -> None:
    h = heard(120.0)
    half = len(h.block) // 2
    clock, other = Clock(Params()), Clock(Params())
    clock.place(rows(h.block, 0, half))
    other.place(rows(h.block, 0, half))
    clock.shift(-20 * MS, 0.0004)
    assert clock.error < 0.001
    rest = rows(h.block, half, len(h.block))
    moved = clock.place(rest).t_ns - other.place(rest).t_ns
    assert abs(moved[0]) < MS
    assert np.abs(moved[110:2000] + 20 * MS).max() < 2 * MS
    assert np.abs(np.diff(moved)).max() < 0.25 * 10 * MS


def test_a_shift_is_kept_over_a_reconnect_and_not_over_a_reboot() -> None:
    h, n = heard(120.0), 4000
    clock, other = Clock(Params()), Clock(Params())
    for one in (clock, other):
        one.place(rows(h.block, 0, n))
    clock.shift(30 * MS, 0.0004)
    for one in (clock, other):
        one.place(rows(h.block, n, n + 500))
    assert clock.shifted
    assert not other.shifted
    later = rows(h.block, n + 2000, n + 2500)
    assert np.abs(clock.place(later).t_ns - other.place(later).t_ns - 30 * MS).max() < 3 * MS
    anew = replace(rows(h.block, n + 5000, n + 5500), t_ns=10 * MS * np.arange(500))
    assert np.abs(clock.place(anew).t_ns - other.place(anew).t_ns).max() < MS // 10
    assert not clock.shifted


def test_a_shift_of_a_clock_without_samples_is_refused() -> None:
    with pytest.raises(SettingsError, match="no samples yet"):
        Clock(Params()).shift(1, 0.001)


def test_sensors_on_one_time_base_may_share_a_clock() -> None:
    """Packet by packet in the order of the log: their samples keep the distance that the hardware gave them."""
    one, two = heard(60.0, 1), heard(60.0, 2)
    base = int(one.block.t_ns[0])
    two = replace(two, block=replace(two.block, t_ns=two.block.t_ns - two.block.t_ns[0] + base + 3 * MS))
    pieces = [(int(p.arrival_ns[0]), k, p) for k, h in enumerate((one, two)) for p in cut_at(h.block, range(9999))]
    clock = Clock(Params())
    parts: dict[int, list[Times]] = {0: [], 1: []}
    for _, k, piece in sorted(pieces, key=lambda p: p[:2]):
        parts[k].append(clock.place(piece).t_ns)
    apart = np.concatenate(parts[1]) - np.concatenate(parts[0])
    assert np.abs(apart - 3 * MS)[1000:].max() < MS // 10
    assert (np.diff(np.concatenate(parts[1])) > 0).all()
