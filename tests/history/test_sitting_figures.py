"""Figures of sitting: worked examples, and a second implementation written from the formulas alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize

from hiphinge.blocks import Bout
from hiphinge.history import sitting_figures
from hiphinge.history.sitting_figures import alpha, gini, in_bins, usual_bout, w50
from tests.history.made_up_sessions import bouts_of

MINUTE = 60.0
LENGTHS = st.lists(st.floats(5.0, 20_000.0), min_size=3, max_size=60)


def test_a_morning_worked_by_hand() -> None:
    """40 min, 10 min and 70 min of sitting; up, up by bicycle, then lying down."""
    bouts = bouts_of(("sitting", 40), ("standing", 2), ("walking", 3), ("sitting", 10), ("cycling", 15))
    bouts += bouts_of(("standing", 5), ("sitting", 70), ("lying", 20), ("sitting", 20), start=bouts[-1].end)
    found = sitting_figures(bouts)
    assert found.total == 140 * MINUTE
    assert found.bouts == 4
    assert found.longest == 70 * MINUTE
    assert found.in_bins == (10 * MINUTE, 20 * MINUTE, 40 * MINUTE, 70 * MINUTE)
    assert found.breaks == 2  # lying down is none, nor is the end of the recording
    assert found.sit_to_stands == 1
    assert found.breaks_per_hour == pytest.approx(2 / (140 / 60))
    assert found.walking == 3 * MINUTE
    assert found.w50 == 40 * MINUTE  # 10 + 20 + 40 are just half of 140
    assert found.slouch == pytest.approx(0.4)
    assert math.isnan(found.shifts)


@pytest.mark.parametrize("after", ["lying", "unknown", "not_worn"])
def test_what_is_no_break(after: str) -> None:
    """Nobody got up, or nobody knows."""
    assert sitting_figures(bouts_of(("sitting", 20), (after, 20), ("sitting", 20))).breaks == 0


def test_a_gap_between_sessions_is_no_break() -> None:
    """The next session begins with standing, an hour later."""
    apart = [*bouts_of(("sitting", 20)), *bouts_of(("standing", 20), start=4800.0)]
    assert sitting_figures(apart).breaks == 0


def test_shifts_and_the_longest_motionless_spell() -> None:
    """Times outside sitting do not count."""
    bouts = bouts_of(("sitting", 10), ("standing", 5), ("sitting", 20))
    found = sitting_figures(bouts, shifts=[240.0, 700.0, 1500.0, 1560.0])
    assert found.shifts == pytest.approx(3 / 2)  # three in thirty minutes
    assert found.motionless == pytest.approx(600.0)  # 15:00 to 25:00; the first shifts at 4:00 and ends at 10:00
    assert sitting_figures(bouts, shifts=[]).motionless == 20 * MINUTE


def test_without_sitting_nothing_is_made_up() -> None:
    """Zero where it is zero, NaN where it cannot be known."""
    found = sitting_figures(bouts_of(("standing", 10)), shifts=[])
    assert (found.total, found.bouts, found.longest, found.breaks) == (0.0, 0, 0.0, 0)
    unknown = (found.breaks_per_hour, found.w50, found.usual_bout, found.alpha, found.gini, found.slouch, found.shifts)
    assert all(math.isnan(value) for value in unknown)


def test_the_bounds_of_bins_belong_to_the_longer_side() -> None:
    """As in PBpatterns: 15 and more, 30 and more."""
    assert in_bins(np.array([899.0, 900.0, 1799.0, 1800.0, 3599.0, 3600.0])) == (899.0, 2699.0, 5399.0, 3600.0)


def second_gini(lengths: Sequence[float]) -> float:
    """Half the relative mean difference of all pairs."""
    n, total = len(lengths), sum(lengths)
    return sum(abs(a - b) for a in lengths for b in lengths) / (2 * (n - 1) * total)


@given(LENGTHS)
def test_gini_is_half_the_mean_difference(lengths: list[float]) -> None:
    """Of all pairs, relative to the mean."""
    assert gini(np.array(lengths)) == pytest.approx(second_gini(lengths), abs=1e-12)


@given(LENGTHS)
def test_alpha_is_the_likeliest_exponent(lengths: list[float]) -> None:
    """The maximum of the likelihood of (a − 1) / x_min (x / x_min)^−a, found numerically."""
    x = np.array(lengths)
    found, sd = alpha(x)
    if math.isnan(found) or found > 50:
        return

    def slope(a: float) -> float:
        return float(len(x) / (a - 1) - np.log(x / x.min()).sum())

    assert found == pytest.approx(brentq(slope, 1 + 1e-6, 1e3), rel=1e-9)
    assert sd == pytest.approx((found - 1) / math.sqrt(len(x)))


def test_alpha_finds_the_exponent_that_it_was_drawn_from() -> None:
    """A power law of 1.8."""
    rng = np.random.default_rng(1)
    found, sd = alpha(60.0 * (1 - rng.random(20_000)) ** (-1 / 0.8))
    assert abs(found - 1.8) < 4 * sd


def second_w50(lengths: Sequence[float]) -> float:
    """Count up bout by bout."""
    held = 0.0
    for x in sorted(lengths):
        held += x
        if held >= sum(lengths) / 2:
            return x
    return math.nan


@given(LENGTHS)
def test_w50_holds_half_of_the_time(lengths: list[float]) -> None:
    """Bouts up to it have half of all time, those shorter have less."""
    x = np.array(lengths)
    found = w50(x)
    assert x[x <= found].sum() >= 0.5 * x.sum() * (1 - 1e-9)
    assert x[x < found].sum() <= 0.5 * x.sum() * (1 + 1e-9)
    assert found == pytest.approx(second_w50(lengths), rel=1e-9) or x[x <= found].sum() == pytest.approx(x.sum() / 2)


@given(LENGTHS)
def test_the_usual_bout_stays_among_the_bouts(lengths: list[float]) -> None:
    """However odd they are, it is a length that a bout could have."""
    found = usual_bout(np.array(lengths))
    assert min(lengths) / math.e <= found * (1 + 1e-9)
    assert found <= max(lengths) * math.e * (1 + 1e-9)


def test_the_usual_bout_is_the_best_curve() -> None:
    """Another optimizer, in other variables, finds no better one."""
    x = np.sort(np.random.default_rng(2).gamma(1.5, 900.0, 60))
    share = np.cumsum(x) / x.sum()

    def misfit(p: np.ndarray) -> float:
        return float(((share - x ** p[0] / (x ** p[0] + (1000 * p[1]) ** p[0])) ** 2).sum())

    best = minimize(misfit, [1.0, 1.0], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-14})
    assert usual_bout(x) == pytest.approx(1000 * best.x[1], rel=1e-4)


@given(st.lists(st.tuples(st.sampled_from(["sitting", "standing", "walking", "lying"]), st.floats(1, 90)), max_size=40))
def test_bins_and_breaks_fit_the_whole(spells: list[tuple[str, float]]) -> None:
    """Bins sum up to the time sitting; no more breaks than bouts."""
    found = sitting_figures(bouts_of(*spells))
    assert sum(found.in_bins) == pytest.approx(found.total)
    assert found.sit_to_stands <= found.breaks <= found.bouts


def test_a_bout_without_length_breaks_nothing() -> None:
    """Rounding may leave one."""
    found = sitting_figures([Bout(5.0, 5.0, "sitting"), Bout(5.0, 65.0, "sitting"), Bout(65.0, 70.0, "standing")])
    assert found.total == 60.0
    assert math.isnan(found.alpha)
