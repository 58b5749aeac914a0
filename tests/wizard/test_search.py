"""Standing, bends and sitting down are found where nobody marked them, whatever way round the sensors are."""

from __future__ import annotations

import numpy as np
import pytest

from hiphinge import simulate
from hiphinge.blocks import MotionBlock
from hiphinge.kinematics import mounting
from hiphinge.wizard import Span
from hiphinge.wizard.search import Params, Search
from tests.wizard.wearings import CALIBRATION, Worn, worn

DESK = (simulate.SitDown(), simulate.Sit(60.0), simulate.StandUp())


def looking(session: Worn) -> Search:
    return Search(session.motion, Params(), mounting.Params())


def found(session: Worn) -> tuple[Span | None, list[Span]]:
    search = looking(session)
    stand = search.stand()
    return stand, [] if stand is None else list(search.movements(stand))


def inside(span: Span, start: float, end: float, slack: float = 1.1) -> bool:
    return start - slack <= span.start < span.end <= end + slack


@pytest.mark.parametrize("seed", range(5))
def test_a_calibration_nobody_marked_is_found(seed: int) -> None:
    session = worn(CALIBRATION, seed=seed)
    marked = {m.label: m for m in session.played.markers}
    stand, moves = found(session)
    assert stand is not None
    assert inside(stand, marked["stand"].start, marked["stand"].end)
    assert stand.end - stand.start >= 8.0
    labels = [m.label for m in moves]
    assert labels == ["bend"] * 5 + ["sit"] * labels.count("sit")
    assert labels.count("sit") >= 3
    assert all(inside(m, marked["bend"].start, marked["bend"].end) for m in moves if m.label == "bend")


@pytest.mark.parametrize("sites", [("upper_lumbar", "sacrum", "thigh_left"), ("sacrum", "thigh_right")])
@pytest.mark.parametrize("upside_down", [(), ("sacrum",), ("sacrum", "thigh_left", "thigh_right")])
def test_the_way_round_does_not_matter(sites: tuple[str, ...], upside_down: tuple[str, ...]) -> None:
    faults = tuple(simulate.UpsideDown(site) for site in upside_down)
    stand, moves = found(worn(CALIBRATION, sites=sites, seed=2, faults=faults))
    assert stand is not None
    assert stand.end <= 13.0
    assert [m.label for m in moves].count("bend") >= 4  # a pelvis alone does not reach 50° in every bend


def test_without_a_thigh_bends_are_found_and_sitting_is_not() -> None:
    stand, moves = found(worn(CALIBRATION, sites=("upper_lumbar", "sacrum")))
    assert stand is not None
    assert {m.label for m in moves} == {"bend"}
    assert len(moves) == 5


def test_somebody_who_sits_first_is_not_taken_for_standing() -> None:
    """A minute at the desk is stiller than any stance."""
    session = worn((*DESK, *CALIBRATION))
    stand, moves = found(session)
    marked = {m.label: m for m in session.played.markers}
    assert stand is not None
    assert inside(stand, marked["stand"].start, marked["stand"].end, slack=2.5)
    assert [m.label for m in moves].count("bend") == 5


def test_who_sits_first_and_then_only_walks_stands_where_he_walks() -> None:
    """No bend tells: from a chair, standing looks like sitting."""
    session = worn(
        (simulate.SitDown(), simulate.Sit(60.0), simulate.StandUp(), simulate.Stand(8.0), simulate.Walk(30.0))
    )
    stand, _ = found(session)
    assert stand is not None
    assert stand.start > 60.0


def test_of_equals_the_earliest_stand_wins() -> None:
    stand, _ = found(worn((simulate.Stand(10.0), simulate.Stand(1.0), *CALIBRATION)))
    assert stand is not None
    assert stand.start < 1.0 or stand.end <= 24.0


def test_bends_after_a_long_pause_are_not_the_calibrations() -> None:
    """Whatever follows after half a minute of walking may be lifts."""
    stand, moves = found(worn((simulate.Stand(10.0), simulate.Walk(30.0), simulate.Bends(3), simulate.Walk(10.0))))
    assert stand is not None
    assert moves == []


def test_bends_after_a_long_stand_are() -> None:
    """Somebody who stands for a minute before he begins: the end of it is the zero."""
    stand, moves = found(worn((simulate.Stand(60.0), *CALIBRATION[1:])))
    assert stand is not None
    assert 47.0 <= stand.start < stand.end <= 61.0
    assert [m.label for m in moves].count("bend") == 5


def test_bends_after_sitting_down_are_no_calibration_bends() -> None:
    """The order is bends, then sitting: what comes after may be lifts."""
    order = (simulate.Stand(12.0), simulate.Bends(2), simulate.Stand(2.0), simulate.SitDowns(1), simulate.Stand(2.0))
    stand, moves = found(worn((*order, simulate.Bends(2), simulate.Stand(4.0))))
    assert stand is not None
    assert [m.label for m in moves] == ["bend", "bend", "sit"]


def test_a_stand_is_never_longer_than_what_is_used() -> None:
    stand, _ = found(worn((simulate.Stand(60.0), simulate.Bends(3), simulate.Stand(2.0))))
    assert stand is not None
    assert stand.end - stand.start <= 12.0


def test_who_only_sits_has_no_stand() -> None:
    n = 6000
    up = np.tile([9.81, 0.0, 0.0], (3, n, 1))
    motion = MotionBlock(np.arange(n) / 100, ("upper_lumbar", "sacrum", "thigh_right"), up, 0 * up, np.zeros((3, n)))
    assert Search(motion, Params(), mounting.Params()).stand() is None


def test_who_never_rests_has_no_stand() -> None:
    session = worn((simulate.Walk(30.0),))
    stand, _ = found(session)
    assert stand is None


def test_a_recording_shorter_than_a_second_has_no_stand() -> None:
    up = np.tile([9.81, 0.0, 0.0], (1, 50, 1))
    motion = MotionBlock(np.arange(50) / 100, ("sacrum",), up, 0 * up, np.zeros((1, 50)))
    assert Search(motion, Params(), mounting.Params()).stand() is None
