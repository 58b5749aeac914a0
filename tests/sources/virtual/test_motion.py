"""A wearer's sensors at any instant: the simulation's own readings, at any rate."""

from __future__ import annotations

import numpy as np

from hiphinge import simulate
from hiphinge.blocks import SACRUM, THIGH_RIGHT
from hiphinge.simulate import PERFECT, placement
from hiphinge.simulate.sensing import Ideal
from hiphinge.sources.virtual.motion import MARGIN, SECONDS, Motion

SIMULATION = simulate.scenario("calibration-only", seed=5, faults=())
START = 1000.0


def moving() -> Motion:
    """Begun at START s of the host's clock."""
    motion = Motion(SIMULATION)
    motion.begin(START)
    motion.begin(START + 99.0)
    return motion


def test_it_is_what_the_simulation_feels() -> None:
    """On its grid exactly, across the seams of the pieces too."""
    mounts = {site: placement.mount(site, SIMULATION.wearing.habit, 5) for site in SIMULATION.wearing.sites}
    ideal = Ideal(SIMULATION.score, mounts, 1.0, (), 5).read(1400, 2600)[SACRUM]
    acc, gyr = moving().feel(SACRUM, START + np.arange(1400, 2600) / 100)
    np.testing.assert_allclose(acc, ideal.acc, atol=1e-6)
    np.testing.assert_allclose(gyr, ideal.gyr, atol=1e-6)


def test_any_rate_and_any_order_of_asking() -> None:
    """200 Hz holds 100 Hz; who asks first, or in what pieces, changes nothing."""
    fast = START + np.arange(5000) / 200
    whole, _ = moving().feel(SACRUM, fast)
    motion = moving()
    parts = [motion.feel(SACRUM, piece)[0] for piece in reversed(np.array_split(fast, 7))]
    np.testing.assert_array_equal(np.concatenate(parts[::-1]), whole)
    np.testing.assert_array_equal(moving().feel(SACRUM, fast[::2])[0], whole[::2])


def test_the_seams_are_smooth() -> None:
    """Two pieces agree where they meet; their ends lie far inside their margins."""
    motion = moving()
    left, right = (motion._piece(piece)[SACRUM](float(SECONDS)) for piece in (0, 1))
    np.testing.assert_allclose(left, right, atol=1e-9)
    assert MARGIN >= 10


def test_still_before_it_begins_and_after_the_end() -> None:
    """Standing; the wearer waits for the first sensor to stream."""
    waiting = Motion(SIMULATION)
    acc, gyr = waiting.feel(SACRUM, np.linspace(0, 1e6, 9))
    assert np.ptp(acc, axis=0).max() == 0
    np.testing.assert_allclose(np.linalg.norm(acc, axis=1), 9.81, atol=0.1)
    acc, gyr = moving().feel(SACRUM, START + SIMULATION.duration + np.linspace(1, 1e6, 9))
    assert np.abs(gyr).max() < 0.05
    assert np.ptp(acc, axis=0).max() == 0


def test_a_tap_jolts_one_sensor_alone() -> None:
    motion = moving()
    times = START + 1.0 + np.arange(-50, 50) / 200
    calm = {site: motion.feel(site, times)[0] for site in (SACRUM, THIGH_RIGHT)}
    motion.tap(SACRUM, START + 1.0)
    assert np.abs(motion.feel(SACRUM, times)[0] - calm[SACRUM]).max() > 30
    np.testing.assert_array_equal(motion.feel(THIGH_RIGHT, times)[0], calm[THIGH_RIGHT])


def test_swapped_sensors_feel_each_others_site() -> None:
    motion = moving()
    times = START + 20.0 + np.arange(50) / 100
    sacrum, thigh = motion.feel(SACRUM, times)[0], motion.feel(THIGH_RIGHT, times)[0]
    motion.swap(SACRUM, THIGH_RIGHT)
    np.testing.assert_array_equal(motion.feel(SACRUM, times)[0], thigh)
    motion.swap(SACRUM, THIGH_RIGHT)
    np.testing.assert_array_equal(motion.feel(SACRUM, times)[0], sacrum)


def test_a_sensor_has_errors_of_its_own() -> None:
    """The same for a seed and number; none where it is perfect."""
    times = START + np.arange(100) / 100
    one, same, other = (moving().sensor(SACRUM, number)(times)[1] for number in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).mean() > 1e-3
    perfect = moving().sensor(SACRUM, 0, kind=PERFECT)(times)[0]
    np.testing.assert_array_equal(perfect, moving().feel(SACRUM, times)[0])


def test_twisted_in_one_hand_all_turn_alike_and_then_are_worn() -> None:
    """One rigid body: the same turning at every instant, gravity of its own size, gyr the derivative of attitude."""
    motion = Motion(SIMULATION, twist=5.0)
    motion.begin(START)
    times = START + np.arange(-20, 500) / 100
    felt = {site: motion.feel(site, times) for site in SIMULATION.wearing.sites}
    rates = [np.linalg.norm(gyr, axis=1) for _, gyr in felt.values()]
    np.testing.assert_allclose(rates[0], rates[1], atol=1e-12)
    np.testing.assert_allclose(rates[0], rates[2], atol=1e-12)
    assert 3.0 < rates[0].max() < 12.0
    assert rates[0][:20].max() == 0
    assert np.sqrt(np.mean(rates[0][50:450] ** 2)) > np.deg2rad(60)
    for acc, gyr in felt.values():
        np.testing.assert_allclose(np.linalg.norm(acc, axis=1), 9.80665, atol=1e-9)
        # Gravity turns against the sensor: d acc / dt = acc x gyr.
        np.testing.assert_allclose(np.gradient(acc, 0.01, axis=0)[1:-1], np.cross(acc, gyr)[1:-1], atol=1.5)
    worn = moving().feel(SACRUM, times + 0.2)[0]
    np.testing.assert_allclose(motion.feel(SACRUM, times + 5.2)[0], worn, atol=1e-9)


def test_who_follows_a_guide_taps_when_asked_and_nothing_felt_changes_afterwards() -> None:
    """Asked for piece by piece, as sensors do; another order at the end gives the same."""
    motion, times = moving(), START - 0.1 + np.arange(800) / 100
    felt = []
    for number, piece in enumerate(np.array_split(times, 80)):
        if number == 10:  # one second into the scenario, which waits from now on
            motion.follow("tap", SACRUM)
        felt.append([motion.feel(site, piece)[0] for site in (SACRUM, THIGH_RIGHT)])
    sacrum, thigh = (np.concatenate(parts) for parts in zip(*felt, strict=True))
    jolts = np.abs(np.diff(sacrum, axis=0)).max(axis=1) > 5.0
    assert jolts.any()
    assert not jolts[:140].any()
    assert np.abs(np.diff(thigh, axis=0)).max() < 1.0
    np.testing.assert_array_equal(motion.feel(SACRUM, times[100:])[0], sacrum[100:])


def test_a_guide_that_asks_for_the_twist_has_it_from_the_first_stream_on() -> None:
    motion = Motion(SIMULATION)
    motion.follow("twist")
    motion.begin(START)
    turning = [np.abs(motion.feel(site, START + np.arange(100, 600) / 100)[1]).max() for site in (SACRUM, THIGH_RIGHT)]
    worn, _ = motion.feel(SACRUM, START + 20.0 + np.arange(10) / 100)
    assert min(turning) > 3.0
    np.testing.assert_allclose(np.linalg.norm(worn, axis=1), 9.81, atol=0.2)
