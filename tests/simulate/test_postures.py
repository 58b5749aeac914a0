"""What is hard to tell, played: the truth beside it says what it was, and where nobody could say."""

from __future__ import annotations

import numpy as np
import pytest

from hiphinge import simulate
from hiphinge.blocks import GRAVITY, Packet
from hiphinge.devices import hiphinge_imu
from hiphinge.simulate import Away, Doze, Drive, FootUp, Movement, Perch, Ride, Sit, SitDown, SitSo, Stand, StandUp
from hiphinge.simulate.postures import SEATS
from tests.benchmarks.played import simulated_truth


def truth(*movements: Movement) -> dict[str, np.ndarray]:
    return simulated_truth(simulate.wear(movements, seed=2))


@pytest.mark.parametrize("how", SEATS)
def test_every_way_of_sitting_is_sitting_and_ends_as_it_began(how: str) -> None:
    found = truth(Stand(3.0), SitDown(), SitSo(how, 30.0), Sit(10.0, restless=False), StandUp(), Stand(5.0))
    seated = (found["t_s"] > 10.0) & (found["t_s"] < 30.0)
    assert set(found["posture"][seated]) == {"sitting"}
    assert found["thigh_elevation_deg"][seated].min() > 52.0
    assert abs(found["thigh_elevation_deg"][-1]) < 2.0
    assert abs(found["hip_rotation_deg"][-1]) < 2.0


def test_perching_and_a_foot_up_are_marked_as_doubtful() -> None:
    for movement, posture in ((Perch(20.0), "sitting"), (FootUp(20.0), "standing")):
        played = simulate.wear([Stand(5.0), movement, Stand(5.0)], seed=2)
        ((start, end),) = played.score.doubtful
        found = simulated_truth(played)
        middle = np.abs(found["t_s"] - (start + end) / 2) < 5.0
        assert set(found["posture"][middle]) == {posture}
        assert 25.0 < found["thigh_elevation_deg"][middle].mean() < 60.0


def test_a_sleeper_breathes() -> None:
    """Far above the noise of a second's mean at the trunk, and yet hardly a degree."""
    found = truth(SitDown(), Doze(60.0), StandUp())
    trunk = found["trunk_inclination_deg"][500:5500]
    assert 0.1 < trunk.std() < 0.6


def test_a_car_shakes_and_a_ride_cycles() -> None:
    drive, ride = truth(Stand(3.0), Drive(60.0)), truth(Stand(3.0), Ride(60.0))
    assert "sitting" in drive["posture"]
    assert "cycling" in ride["posture"]
    pedalled = ride["thigh_elevation_deg"][ride["posture"] == "cycling"]
    assert pedalled.max() > 60.0


def test_sensors_laid_aside_lie_still_and_come_back_a_little_askew() -> None:
    played = simulate.wear(
        [Stand(8.0), Away(40.0, askew_deg=5.0, handled=1), Stand(20.0)],
        wearing=simulate.Wearing(imperfections=simulate.PERFECT, faults=()),
        seed=3,
    )
    first, second = played.score.off
    assert first.end == second.start
    found = simulated_truth(played)
    off = found["posture"] == "not_worn"
    assert off.sum() == pytest.approx(4000, abs=150)
    assert np.isnan(found["trunk_inclination_deg"][(found["t_s"] > 15) & (found["t_s"] < 45)]).all()
    before, lying, again, after = ups(played, [(1, 8), (15, 25), (35, 45), (56, 66)])
    assert np.abs(np.linalg.norm(lying, axis=1) - GRAVITY).max() < 1e-3
    assert lying.std(axis=0).max() < 1e-6
    assert angle(lying.mean(axis=0), again.mean(axis=0)) > 5.0
    assert 0.3 < angle(before.mean(axis=0), after.mean(axis=0)) < 20.0


def ups(played: simulate.Simulation, spans: list[tuple[float, float]]) -> list[np.ndarray]:
    """Specific force of the sacrum in each span."""
    packets = [one for batch in played.batches() for one in batch if isinstance(one, Packet) and one.sensor == "sacrum"]
    block = hiphinge_imu.Decoder("sacrum").decode(packets).block
    t = block.t_ns / 1e9
    return [block.acc[(t > a) & (t < b)] for a, b in spans]


def angle(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.rad2deg(np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b))))


def test_a_hard_day_has_every_posture() -> None:
    played = simulate.scenario("hard-day", hours=0.5, seed=1)
    names = {name for _, name in played.score.postures}
    assert names == {"standing", "sitting", "walking", "cycling", "lying", "not_worn"}
    assert played.duration == pytest.approx(1800.0, rel=0.1)
    assert len(played.score.doubtful) == 5
