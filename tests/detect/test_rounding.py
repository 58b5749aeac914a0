"""A rounded back: past a share of the own range for a dwell, once a bout, and only when it is probable."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.blocks import CLIPPED, FILLED, AngleBlock, Event
from hiphinge.detect.rounding import Params, Rounding, first_run, limit
from tests.detect.folding import OWN, Moves, To, down_and_up, moves, stand

PARAMS = Params()
SURE = 0.1
"""Degrees of sd at which an estimate is as good as certain."""


def told(block: AngleBlock, own: float = OWN, movements: tuple[tuple[float, float], ...] = ()) -> tuple[Event, ...]:
    return Rounding(PARAMS, own, movements).update(block)


def flexed(*spells: tuple[float, float], trunk: float = 60.0) -> Moves:
    """Shares of the own range of lumbar flexion, each for so many seconds, in steps."""
    lumbar = np.concatenate([np.full(round(s * 100), share * OWN) for share, s in spells])
    return Moves({"lumbar": lumbar, "trunk": np.full(len(lumbar), np.deg2rad(trunk)), "thigh": 0 * lumbar})


def times(made: Moves, sd_deg: float = SURE, **others: object) -> list[float]:
    return [e.t for e in told(made.block(sd_deg=sd_deg), **others)]  # type: ignore[arg-type]  # options of told


def test_it_is_told_when_the_dwell_is_over() -> None:
    """Over the limit from 1.00 s on: thirty instants later, the first included."""
    assert times(flexed((0.5, 1.0), (0.9, 2.0), (0.3, 1.0))) == [pytest.approx(1.29)]


def test_what_is_told_carries_its_numbers() -> None:
    (event,) = told(flexed((0.9, 1.0)).block(sd_deg=0.5))
    assert event.kind == "rounded"
    assert event.data["share"] == pytest.approx(0.9)
    assert event.data["flexion"] == pytest.approx(0.9 * OWN)
    assert event.data["limit"] == pytest.approx(0.8 * OWN)
    assert event.data["sd"] == pytest.approx(np.deg2rad(0.5))


@pytest.mark.parametrize(("seconds", "count"), [(0.29, 0), (0.30, 1)])
def test_shorter_than_the_dwell_is_nothing(seconds: float, count: int) -> None:
    assert len(times(flexed((0.5, 1.0), (0.9, seconds), (0.5, 1.0)))) == count


@pytest.mark.parametrize(("between", "count"), [(0.75, 1), (0.71, 1), (0.69, 2)])
def test_a_bout_ends_below_the_lower_limit_only(between: float, count: int) -> None:
    assert len(times(flexed((0.9, 1.0), (between, 1.0), (0.9, 1.0), (0.3, 0.5)))) == count


def test_what_is_not_sure_is_not_told() -> None:
    """5° above the limit: told at 5 / 0.84 = 5.95° of sd, not at 6."""
    made = flexed((0.9, 1.0))
    assert len(times(made, sd_deg=5.9)) == 1
    assert times(made, sd_deg=6.0) == []


@given(st.floats(0.3, 1.2), st.floats(0.0, 20.0))
def test_it_is_told_where_it_is_probable_and_nowhere_else(share: float, sd_deg: float) -> None:
    """P(L > limit) ≥ 0.8 for a normal error."""
    over = np.rad2deg((share - 0.8) * OWN)
    probability = 0.5 * (1 + math.erf(over / max(sd_deg, 1e-9) / math.sqrt(2)))
    if abs(probability - 0.8) > 0.01:
        assert len(times(flexed((share, 1.0)), sd_deg=sd_deg)) == (1 if probability > 0.8 else 0)


@pytest.mark.parametrize("flag", [FILLED, CLIPPED])
def test_it_never_begins_on_bridged_or_clipped_samples(flag: np.uint8) -> None:
    made = flexed((0.5, 1.0), (0.9, 1.0))
    assert times(made.flagged(100, 150, int(flag))) == [pytest.approx(1.79)]
    assert times(made.flagged(90, 200, int(flag))) == []


@pytest.mark.parametrize("flag", [FILLED, CLIPPED])
def test_a_dwell_that_ends_on_bridged_samples_is_told_after_them(flag: np.uint8) -> None:
    made = flexed((0.5, 1.0), (0.9, 1.0))
    assert times(made.flagged(120, 160, int(flag))) == [pytest.approx(1.6)]


def test_nothing_carries_over_a_gap() -> None:
    """Neither a dwell that had begun nor a bout that had been told."""
    begun = flexed((0.5, 1.0), (0.9, 0.8)).hidden(120, 130)
    assert times(begun) == [pytest.approx(1.59)]
    assert len(times(flexed((0.9, 2.0)).hidden(100, 110))) == 2


@pytest.mark.parametrize(("trunk", "count"), [(19.0, 0), (21.0, 1)])
def test_slouching_upright_is_no_lift(trunk: float, count: int) -> None:
    assert len(times(flexed((0.9, 3.0), trunk=trunk))) == count


def test_the_bends_of_the_calibration_are_not_told() -> None:
    made = moves(stand(2), down_and_up(90, 5, 49, hold=1.0), stand(2), down_and_up(90, 5, 49, hold=1.0), stand(1))
    assert len(times(made)) == 2
    (t,) = times(made, movements=((1.0, 7.0),))
    assert t > 7.0


def test_a_small_own_range_has_a_limit_that_a_person_can_feel() -> None:
    assert limit(PARAMS, np.deg2rad(12.0)) == np.deg2rad(15.0)
    assert limit(PARAMS, OWN) == 0.8 * OWN
    small = np.deg2rad(12.0)
    made = Moves({"lumbar": np.full(100, small), "trunk": np.full(100, 1.0), "thigh": np.zeros(100)})
    assert times(made, own=small) == []


def test_without_an_own_range_nothing_is_told() -> None:
    assert math.isnan(limit(PARAMS, math.nan))
    assert times(flexed((1.2, 3.0)), own=math.nan) == []


# --- Without a sacrum ------------------------------------------------------------------------


def interval(low: float, high: float) -> AngleBlock:
    """A second of an interval of lumbar flexion, shares of the own range."""
    block = flexed((0.0, 1.0)).block("upper_lumbar", "thigh")
    bounds = {"lumbar_flexion_low": np.full(100, low * OWN), "lumbar_flexion_high": np.full(100, high * OWN)}
    return replace(block, angles={**block.angles, **bounds})


@given(st.floats(-0.2, 1.1), st.floats(0.0, 1.0))
def test_an_interval_is_told_only_if_all_of_it_lies_above_the_limit(low: float, width: float) -> None:
    assert len(told(interval(low, low + width))) == (1 if low > 0.8 else 0)


def test_where_neither_flexion_nor_interval_is_known_nothing_is_told() -> None:
    assert told(flexed((1.0, 1.0)).block("sacrum", "thigh")) == ()
    assert told(flexed((1.0, 1.0)).block("upper_lumbar")) == ()


# --- Live ------------------------------------------------------------------------------------


def test_one_at_a_time_the_dwell_and_the_bout_are_carried_on() -> None:
    block = moves(stand(1), [To(90, 5, 48, 1.0, 2.0), To(seconds=1.0), stand(1)]).block(sd_deg=SURE)
    live, at = Rounding(PARAMS, OWN), []
    for i in range(len(block)):
        one = slice(i, i + 1)
        events = live.update(AngleBlock(block.t[one], {n: x[one] for n, x in block.angles.items()}, block.flags[one]))
        assert all(e.t == block.t[i] for e in events)
        at += [e.t for e in events]
    assert at == times(moves(stand(1), [To(90, 5, 48, 1.0, 2.0), To(seconds=1.0), stand(1)]))
    assert len(at) == 1


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 10))
def test_first_run_is_where_the_first_long_enough_run_begins(above: list[bool], length: int) -> None:
    wanted = next((i for i in range(len(above) - length + 1) if all(above[i : i + length])), -1)
    assert first_run(np.array(above, bool), length) == wanted


def test_that_was_wrong_raises_the_limit_within_bounds_and_only_soon_after() -> None:
    lift = ((0.3, 1.0), (0.81, 2.0))
    made = flexed(*lift * 9, (0.3, 100.0), *lift).block(sd_deg=SURE)
    heard, learning, late = Rounding(PARAMS, OWN), Rounding(PARAMS, OWN), Rounding(PARAMS, OWN)
    learning.wrong(3.0)
    late.wrong(125.0)
    assert [len(stage.update(made)) for stage in (heard, learning, late)] == [10, 1, 10]
    stubborn = Rounding(PARAMS, OWN)
    high = flexed(*((0.3, 1.0), (0.95, 2.0)) * 9).block(sd_deg=SURE)
    for n in range(9):
        stubborn.wrong(3.0 * (n + 1))
    limits = [e.data["limit"] / OWN for e in stubborn.update(high)]  # type: ignore[operator]  # a number
    assert limits == pytest.approx([0.8, 0.82, 0.84, 0.86, 0.88, 0.9, 0.9, 0.9, 0.9])


def test_a_wish_in_the_midst_of_a_block_counts_from_its_instant_on() -> None:
    made = flexed(*((0.3, 1.0), (0.81, 2.0)) * 3).block(sd_deg=SURE)
    whole, pieces = Rounding(PARAMS, OWN), Rounding(PARAMS, OWN)
    whole.wrong(4.005)
    first = pieces.update(rows(made, 0, 250)) + pieces.update(rows(made, 250, 401))
    pieces.wrong(4.005)
    assert [e.t for e in whole.update(made)] == [e.t for e in first + pieces.update(rows(made, 401, len(made)))]


def rows(block: AngleBlock, start: int, stop: int) -> AngleBlock:
    cut = slice(start, stop)
    return AngleBlock(block.t[cut], {name: x[cut] for name, x in block.angles.items()}, block.flags[cut])
