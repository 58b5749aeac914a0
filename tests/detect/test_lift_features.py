"""What is measured on a repetition: butt wink, pelvis lag, and whether the back was rounded."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.detect.folding import RATE, SQUAT, STOOP, Moves, To, counted, deg, down_and_up, moves, stand

# --- What is measured ------------------------------------------------------------------------


def winked(back_deg: float, lumbar_deg: float) -> Moves:
    """A squat whose pelvis tips 30° forward, then turns back by ``back_deg`` while the trunk stays."""
    steps = [To(40.0, 60.0, 10.0, 1.2), To(40.0 + lumbar_deg - back_deg, 95.0, 10.0 + lumbar_deg, 0.6, 0.3)]
    return moves(stand(2), steps, To(seconds=1.5), stand(2))


@pytest.mark.parametrize("back", [8.0, 15.0, 25.0])
def test_butt_wink_is_the_way_back_from_the_most_forward_pelvis(back: float) -> None:
    (rep,) = counted(winked(back, back))
    assert deg(rep.butt_wink) == pytest.approx(back, abs=0.5)


def test_a_pelvis_that_turns_back_with_the_whole_trunk_is_no_wink() -> None:
    """Nothing rounds: the wearer straightens up a little before the bottom."""
    (rep,) = counted(winked(10.0, 0.0))
    assert rep.butt_wink == 0.0


def test_a_pelvis_that_goes_down_all_the_way_winks_nothing() -> None:
    (rep,) = counted(moves(stand(2), down_and_up(*SQUAT), stand(2)))
    assert deg(rep.butt_wink) == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("lag", [0.0, 0.2, 0.4])
def test_pelvis_lag_is_how_much_later_the_pelvis_starts(lag: float) -> None:
    trunk = moves(stand(2), To(70, 5, 0, 2.0, 1.0), To(seconds=2.0), stand(2)).angles["trunk"]
    late = np.concatenate((np.zeros(round(lag * RATE)), 0.6 * trunk))[: len(trunk)]
    made = Moves({"trunk": trunk, "thigh": 0.05 * trunk, "lumbar": trunk - late})
    (rep,) = counted(made)
    assert rep.pelvis_lag == pytest.approx(lag, abs=0.05)


# --- Rounded ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("share", "rounded"), [(0.70, False), (0.79, False), (0.81, True), (1.0, True)])
def test_a_repetition_was_rounded_from_four_fifths_of_the_own_range(share: float, rounded: bool) -> None:
    (rep,) = counted(moves(stand(2), down_and_up(75.0, 5.0, 50.0 * share, 3.0, 0.5), stand(2)))
    assert rep.rounded is rounded
    assert math.isfinite(rep.rounded_from) is rounded
    if rounded:
        assert 2.7 < rep.rounded_from < 3.6


def test_a_peak_shorter_than_the_dwell_is_not_rounded() -> None:
    made = moves(stand(2), To(60, 5, 30, 1.0), To(75, 5, 48, 0.2), To(60, 5, 30, 0.2), To(seconds=1.0), stand(2))
    (rep,) = counted(made)
    assert rep.peak_lumbar_share > 0.9
    assert rep.rounded is False


def test_without_an_own_range_nobody_is_called_rounded_or_not() -> None:
    (rep,) = counted(moves(stand(2), down_and_up(*STOOP), stand(2)), own=math.nan)
    assert rep.rounded is None
    assert math.isnan(rep.peak_lumbar_share)
    assert deg(rep.peak_lumbar_flexion) == pytest.approx(45.0)
