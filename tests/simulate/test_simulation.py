from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hiphinge import simulate
from hiphinge.blocks import SITES, Control, Floats, ImuBlock, Input, Packet, Tick
from hiphinge.devices import hiphinge_imu
from hiphinge.errors import InputError
from hiphinge.simulate import placement

MOVEMENTS = (simulate.Stand(30.0), simulate.stoop(), simulate.Stand(40.0))
CLEAN = simulate.Wearing(faults=(), clocks=simulate.Clocks(0.0, 0.0, 0.0), imperfections=simulate.PERFECT)


def inputs(wearing: simulate.Wearing, seed: int = 2) -> list[Input]:
    session = simulate.wear(MOVEMENTS, wearing=wearing, seed=seed)
    return [item for batch in session.batches() for item in batch]


def samples(items: list[Input], site: str) -> ImuBlock:
    packets = [p for p in items if isinstance(p, Packet) and p.sensor == site]
    block, errors, _ = hiphinge_imu.Decoder(site).decode(packets)
    assert errors == ()
    return block


def test_the_same_arguments_give_the_same_bytes() -> None:
    wearing = simulate.Wearing()
    assert inputs(wearing) == inputs(wearing)
    assert inputs(wearing, seed=3) != inputs(wearing, seed=4)


def test_inputs_come_in_order_of_arrival_with_a_tick_a_second() -> None:
    items = inputs(simulate.Wearing())
    arrivals = [item.arrival_ns for item in items]
    assert arrivals == sorted(arrivals)
    ticks = [item for item in items if isinstance(item, Tick)]
    assert np.diff([t.arrival_ns for t in ticks]).tolist() == [1_000_000_000] * (len(ticks) - 1)
    assert all(t.utc_ns is not None and t.utc_ns - t.arrival_ns == ticks[0].utc_ns for t in ticks)


def test_packets_of_ten_arrive_a_connection_interval_later() -> None:
    block = samples(inputs(replace(CLEAN, rate_hz=100.0)), "sacrum")
    np.testing.assert_allclose(np.diff(block.t_ns), 10_000_000, atol=2)
    late = (block.arrival_ns[9::10] - block.t_ns[9::10]) / 1e9
    assert 0.02 <= late.min() < late.max() <= 0.05


def test_the_clock_runs_at_its_own_rate() -> None:
    clocks = simulate.Clocks(ppm=2000.0, jitter=0.0003, offset=0.0)
    t = samples(inputs(replace(CLEAN, clocks=clocks)), "sacrum").t_ns / 1e9
    rate = (len(t) - 1) / (t[-1] - t[0])
    assert 0.01 < abs(rate - 100.0) < 0.21
    assert np.diff(t).min() > 0
    assert 0.0002 < np.diff(t).std() < 0.0006


@pytest.mark.parametrize("rate", [25.0, 52.0, 400.0])
def test_other_rates_feel_the_same_motion(rate: float) -> None:
    plain, other = (samples(inputs(replace(CLEAN, rate_hz=r)), "upper_lumbar") for r in (100.0, rate))
    for channel in (0, 1, 2):
        expected = np.interp(other.t_ns, plain.t_ns, plain.gyr[:, channel])
        np.testing.assert_allclose(other.gyr[20:-20, channel], expected[20:-20], atol=0.01)


def test_noise_bias_and_steps_are_as_asked() -> None:
    kind = replace(simulate.PERFECT, gyr_noise=0.01, gyr_bias=0.3, acc_range=8 * 9.80665, gyr_range=np.deg2rad(500.0))
    still = simulate.Wearer(sway=0.0, impurity=0.0)
    wearing = replace(CLEAN, imperfections=kind)
    session = simulate.wear([simulate.Stand(20.0)], wearer=still, wearing=wearing, seed=1)
    block = samples([item for batch in session.batches() for item in batch], "sacrum")
    np.testing.assert_allclose(block.gyr.std(axis=0), 0.01, rtol=0.1)
    assert 0.05 < np.abs(block.gyr.mean(axis=0)).max() <= 0.31
    steps = block.acc / (8 * 9.80665 / 2**15)
    np.testing.assert_allclose(steps, np.rint(steps), atol=0.01)


def test_a_reading_stays_within_its_range() -> None:
    kind = replace(simulate.PERFECT, gyr_range=0.5)
    block = samples(inputs(replace(CLEAN, imperfections=kind)), "upper_lumbar")
    assert np.abs(block.gyr).max() == pytest.approx(0.5, rel=1e-4)


def gap_of(block: ImuBlock) -> Floats:
    t = block.t_ns / 1e9
    return np.array([t[:-1][np.diff(t) > 0.015], np.diff(t)[np.diff(t) > 0.015]])


def test_loss_gap_and_a_dead_sensor() -> None:
    faults = (
        simulate.Loss(0.05, "sacrum"),
        simulate.Gap("upper_lumbar", 20.0, 3.0),
        simulate.Dead("thigh_right", 40.0),
    )
    items = inputs(replace(CLEAN, faults=faults))
    lost = gap_of(samples(items, "sacrum"))
    assert 15 < lost.shape[1] < 60
    np.testing.assert_allclose(np.sort(lost[1])[:10], 0.11, atol=0.001)
    (at, length) = gap_of(samples(items, "upper_lumbar"))
    assert at == pytest.approx([20.0], abs=0.1)
    assert length == pytest.approx([3.0], abs=0.11)
    assert samples(items, "thigh_right").t_ns[-1] / 1e9 == pytest.approx(40.0, abs=0.1)


def test_a_stall_holds_packets_back_but_loses_none() -> None:
    stalled = inputs(replace(CLEAN, faults=(simulate.Stall("sacrum", 58.0, 4.0),)))
    block = samples(stalled, "sacrum")
    assert gap_of(block).size == 0
    late = (block.arrival_ns - block.t_ns) / 1e9
    assert late.max() == pytest.approx(4.0, abs=0.2)
    held = block.arrival_ns[(block.t_ns > 58.1e9) & (block.t_ns < 61.8e9)]
    assert set(held.tolist()) == {62_000_000_000}


def test_swapped_sites_feel_each_others_motion() -> None:
    plain = inputs(CLEAN)
    swapped = inputs(replace(CLEAN, faults=(simulate.Swapped("sacrum", "upper_lumbar"),)))
    rates = {site: np.linalg.norm(samples(plain, site).gyr, axis=1).max() for site in ("sacrum", "upper_lumbar")}
    after = {site: np.linalg.norm(samples(swapped, site).gyr, axis=1).max() for site in ("sacrum", "upper_lumbar")}
    assert rates["upper_lumbar"] > 1.2 * rates["sacrum"]
    assert after["sacrum"] == pytest.approx(rates["upper_lumbar"], rel=0.02)
    assert after["upper_lumbar"] == pytest.approx(rates["sacrum"], rel=0.02)


def test_a_thigh_sensor_on_the_other_leg_keeps_its_name() -> None:
    faults = (simulate.Swapped("thigh_left", "thigh_right", 35.0),)
    plain, swapped = (samples(inputs(replace(CLEAN, faults=f)), "thigh_right") for f in ((), faults))
    before = plain.t_ns < 34e9
    np.testing.assert_array_equal(plain.acc[before], swapped.acc[before])
    assert np.abs(plain.acc[-100:] - swapped.acc[-100:]).max() > 1.0


def test_upside_down_is_half_a_turn_on_the_skin() -> None:
    careful = replace(CLEAN, habit=simulate.Habit(askew=0.0, any_way_round=False))
    plain, turned = (
        samples(inputs(replace(careful, faults=f)), "sacrum").acc for f in ((), (simulate.UpsideDown("sacrum"),))
    )
    np.testing.assert_allclose(turned, plain * [-1.0, -1.0, 1.0], atol=1e-4)


@pytest.mark.parametrize("site", SITES)
def test_sensors_are_put_on_any_way_round(site: str) -> None:
    ups = {placement.mount(site, simulate.Habit(askew=0.0), seed) for seed in range(24)}
    assert len({tuple(np.round(u, 6)) for u in ups}) == 4
    assert len({placement.mount(site, simulate.Habit(any_way_round=False), seed) for seed in range(5)}) == 5


def test_sensors_on_the_table_are_still() -> None:
    session = simulate.wear([simulate.Stand(5.0), simulate.TakeOff(30.0)], wearing=CLEAN, seed=2)
    items = [item for batch in session.batches() for item in batch]
    for site in session.wearing.sites:
        block = samples(items, site)
        table = block.t_ns > 10e9
        np.testing.assert_allclose(block.gyr[table], 0.0, atol=1e-6)
        np.testing.assert_allclose(np.linalg.norm(block.acc[table], axis=1), 9.80665, atol=1e-4)
        assert np.abs(block.acc[:100].mean(axis=0) - block.acc[-100:].mean(axis=0)).max() > 1.0


def test_markers_travel_as_controls() -> None:
    session = simulate.scenario("calibration-only", seed=5)
    told = [i for b in session.batches() for i in b if isinstance(i, Control)]
    assert [m.label for m in session.markers] == ["stand", "bend", "sit", "sit_tall", "slump"]
    assert [c.arrival_ns for c in told] == [round(round(m.end, 3) * 1e9) for m in session.markers]
    silent = simulate.scenario("calibration-only", seed=5, wearing=simulate.Wearing(markers=False))
    assert not [i for b in silent.batches() for i in b if isinstance(i, Control)]


def test_a_workout_lasts_four_to_five_minutes() -> None:
    session = simulate.scenario("workout", seed=1)
    assert 240 <= session.duration <= 320
    assert {lift.kind for lift in session.lifts} >= {"hinge", "squat", "stoop", "mixed"}
    assert {lift.rounded for lift in session.lifts} == {True, False}


@pytest.mark.parametrize("hours", [0.3, 2.0])
def test_a_desk_day_is_as_long_as_asked_and_has_every_posture(hours: float) -> None:
    session = simulate.scenario("desk-day", hours=hours, seed=3)
    assert session.duration == pytest.approx(3600 * hours, rel=0.15)
    assert {name for _, name in session.score.postures} == {"standing", "sitting", "walking", "lying", "not_worn"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": "marathon"}, "expected one of workout"),
        ({"name": "workout", "hours": float("nan")}, "nan hours"),
        ({"name": "workout", "sites": ("knee",)}, "knee"),
        ({"name": "workout", "sites": ()}, "none"),
        ({"name": "workout", "sites": ("sacrum", "sacrum")}, "once"),
        ({"name": "workout", "rate_hz": 0.0}, "0.0 Hz"),
    ],
)
def test_what_cannot_be_had_is_said(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        simulate.scenario(**arguments)  # type: ignore[arg-type]  # wrong on purpose
