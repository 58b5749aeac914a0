from __future__ import annotations

import numpy as np
import pytest

from hiphinge import simulate
from hiphinge.blocks import Floats
from hiphinge.simulate.score import COORDINATES, Score

SOMEBODY = simulate.Wearer()


def truth(session: simulate.Simulation) -> dict[str, Floats]:
    chunks = list(session.truth_chunks())
    return {name: np.concatenate([c[name] for c in chunks]) for name in chunks[0]}


def session(*movements: simulate.Movement, seed: int = 1, **wearing: object) -> simulate.Simulation:
    return simulate.wear(movements, wearer=SOMEBODY, wearing=simulate.Wearing(**wearing), seed=seed)  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize("share", [0.2, 0.6, 1.1])
def test_the_trunk_path_never_depends_on_the_spines_share(share: float) -> None:
    plain, other = (truth(session(simulate.Stand(2.0), simulate.hinge(s, 80.0))) for s in (1.0, share))
    np.testing.assert_allclose(plain["trunk_inclination_deg"], other["trunk_inclination_deg"], atol=1e-9)
    assert other["lumbar_flexion_deg"].max() == pytest.approx(share * plain["lumbar_flexion_deg"].max(), rel=0.05)
    np.testing.assert_allclose(
        other["lumbar_flexion_deg"] + other["pelvis_tilt_deg"], other["trunk_inclination_deg"], atol=3.0
    )


def test_standing_is_zero_on_average() -> None:
    angles = truth(session(simulate.Stand(12.0)))
    for name, column in angles.items():
        if name.endswith("_deg"):
            assert abs(column.mean()) < 0.05, name
    assert 0.1 < angles["trunk_inclination_deg"].std() < 1.0


def test_rounded_is_the_contracts_rule() -> None:
    own = np.rad2deg(SOMEBODY.max_lumbar)
    deep = [simulate.Lift("lift", 80.0, 10.0, lumbar_deg=s * own, hold=1.0) for s in (0.75, 0.79, 0.81, 0.95)]
    lifts = session(*deep).lifts
    assert [lift.rounded for lift in lifts] == [False, False, True, True]
    assert [lift.kind for lift in lifts] == ["mixed", "mixed", "stoop", "stoop"]
    brief = simulate.Lift("snatch", 60.0, 10.0, lumbar_deg=0.82 * own, lowering=0.35, hold=0.0, lifting=0.35)
    assert not session(brief).lifts[0].rounded


def test_kinds_by_thigh_and_share() -> None:
    lifts = session(simulate.hinge(0.3), simulate.squat(), simulate.stoop(1.1), *simulate.deadlifts(2)).lifts
    assert [lift.kind for lift in lifts] == ["hinge", "squat", "stoop", "mixed", "mixed"]


def test_a_deadlift_begins_at_the_bottom() -> None:
    lift = session(*simulate.deadlifts(1)).lifts[0]
    assert lift.start == pytest.approx(lift.bottom, abs=0.011)
    assert lift.bottom > 2.0
    score = session(*simulate.deadlifts(1)).score
    trunk = score.at("trunk", np.array([lift.start, lift.end]))
    assert trunk[0] > np.deg2rad(60)
    assert abs(trunk[1]) < np.deg2rad(5)


@pytest.mark.parametrize("seconds", [0.6, 0.8])
def test_a_quick_lift_is_seen_as_long_as_asked(seconds: float) -> None:
    (lift,) = session(simulate.Stand(2.0), simulate.quick(0.8, seconds)).lifts
    assert lift.end - lift.start == pytest.approx(seconds, abs=0.08)
    assert lift.start < lift.bottom < lift.end


def test_the_pelvis_lags_the_spine_in_a_bend() -> None:
    score = session(simulate.Lift("bend", 100.0, 6.0, lowering=2.3, hold=1.0)).score
    t = np.arange(0.0, 2.3, 0.01)
    lumbar, pelvis = score.at("lumbar", t), score.at("trunk", t) - score.at("lumbar", t)
    lag = t[np.argmax(pelvis > pelvis[-1] / 2)] - t[np.argmax(lumbar > lumbar[-1] / 2)]
    assert 0.2 <= lag <= 0.45


def test_the_largest_bend_is_the_own_maximum_and_no_two_are_the_same() -> None:
    bends = session(simulate.Bends(5))
    angles = truth(bends)
    down = angles["trunk_inclination_deg"] > 40
    edges = np.flatnonzero(np.diff(down.astype(int)))
    peaks = [angles["lumbar_flexion_deg"][a:b].max() for a, b in zip(edges[::2], edges[1::2], strict=True)]
    assert len(peaks) == 5
    assert max(peaks) == pytest.approx(np.rad2deg(bends.own_maximum), abs=0.5)
    assert max(peaks) - min(peaks) > 2.0
    assert bends.lifts == ()


def test_a_squat_winks_at_the_bottom() -> None:
    score = session(simulate.squat(wink_deg=10.0)).score
    t = np.arange(0.0, 1.7, 0.01)
    tilt = np.rad2deg(score.at("trunk", t) - score.at("lumbar", t))
    assert 4.0 < tilt.max() - tilt[-1] < 11.0


@pytest.mark.parametrize(
    ("movement", "posture"),
    [
        (simulate.Lie(20.0, "supine"), "lying"),
        (simulate.Lie(20.0, "left"), "lying"),
        (simulate.Walk(20.0), "walking"),
        (simulate.Cycle(20.0), "cycling"),
        (simulate.TieShoes(), "sitting"),
    ],
)
def test_postures_begin_and_end_standing(movement: simulate.Movement, posture: str) -> None:
    angles = truth(session(simulate.Stand(3.0), movement, simulate.Stand(3.0)))
    assert angles["posture"][0] == angles["posture"][-1] == "standing"
    assert (angles["posture"] == posture).mean() > 0.3
    last = {name: column[-1] for name, column in angles.items() if name.endswith("_deg")}
    assert max(abs(v) for v in last.values()) < 1.0
    assert not angles["rep"].any()


def test_sitting_as_people_sit() -> None:
    angles = truth(session(simulate.SitDown(), simulate.Sit(20.0), simulate.Sit(20.0, "slumped"), simulate.StandUp()))
    usual, slumped = slice(1000, 2000), slice(3000, 4000)
    assert 75 < angles["thigh_elevation_deg"][usual].mean() < 90
    assert angles["lumbar_flexion_deg"][usual].mean() == pytest.approx(27, abs=6)
    assert angles["pelvis_tilt_deg"][usual].mean() == pytest.approx(-22, abs=7)
    assert angles["lumbar_flexion_deg"][slumped].mean() > angles["lumbar_flexion_deg"][usual].mean() + 8


def test_truth_ends_where_the_sensors_come_off() -> None:
    angles = truth(session(simulate.Stand(5.0), simulate.TakeOff(20.0)))
    off = angles["posture"] == "not_worn"
    assert off.any()
    assert np.isnan(angles["lumbar_flexion_deg"][off]).all()
    assert np.isfinite(angles["lumbar_flexion_deg"][~off]).all()


def test_both_thighs_name_their_sides() -> None:
    angles = truth(session(simulate.Walk(8.0), sites=("sacrum", "thigh_left", "thigh_right")))
    assert {"hip_flexion_left_deg", "hip_flexion_right_deg", "thigh_elevation_left_deg"} <= set(angles)
    assert "hip_flexion_deg" not in angles


@pytest.mark.parametrize("seed", range(4))
def test_thigh_and_pelvis_turn_together_on_the_right_and_against_on_the_left(seed: int) -> None:
    score = simulate.wear([simulate.Walk(30.0, turns=False)], seed=seed).score
    t = np.arange(2.0, 28.0, 0.01)
    yaw = np.gradient(score.at("heading", t))
    right, left = (np.corrcoef(np.gradient(score.at(f"thigh_{leg}", t)), yaw)[0, 1] for leg in ("right", "left"))
    assert 0.35 < right < 0.85
    assert -0.85 < left < -0.35


@pytest.mark.parametrize("name", COORDINATES)
def test_coordinates_are_smooth_in_time(name: str) -> None:
    score: Score = session(simulate.Stand(3.0), simulate.quick(1.0), simulate.SitDown(), simulate.StandUp()).score
    t = np.arange(0.0, score.now, 0.001)
    jerk = np.diff(score.at(name, t), 3) / 0.001**3
    assert np.abs(np.diff(jerk)).max() < 120.0
