from __future__ import annotations

import numpy as np
import pytest

from hiphinge import rotation, simulate
from hiphinge.blocks import SACRUM, SITES, THIGH_RIGHT, UPPER_LUMBAR
from hiphinge.simulate import placement, skeleton
from hiphinge.simulate.score import COORDINATES
from hiphinge.simulate.sensing import GRID_HZ, Ideal

SECONDS = 45


def ideal(rocking=0.0, faults=(), movements=None, seed=3, wearer=None):
    movements = movements or [
        simulate.Stand(6.0),
        simulate.stoop(),
        simulate.squat(),
        simulate.hinge(),
        simulate.Bends(3),
    ]
    session = simulate.wear(movements, wearer=wearer, seed=seed)
    mounts = {site: placement.mount(site, placement.Habit(), seed) for site in SITES}
    return session, mounts, Ideal(session.score, mounts, rocking, faults, seed)


def attitudes(session, mounts, site, first, stop):
    t = np.arange(first, stop) / GRID_HZ
    q_e_b = skeleton.attitudes({c: session.score.at(c, t) for c in COORDINATES})
    return rotation.multiply(q_e_b[site], mounts[site])


def angle_between(p, q):
    return np.rad2deg(2 * np.arccos(np.clip(np.abs((p * q).sum(axis=-1)), 0, 1)))


@pytest.mark.parametrize("site", SITES)
def test_integrated_gyroscope_is_the_true_attitude(site):
    session, mounts, sensors = ideal()
    last = int(session.duration * GRID_HZ)
    gyr = sensors.read(0, last)[site].gyr
    true = attitudes(session, mounts, site, 0, last)
    q = true[0]
    # Simpson's rule over two instants, in the middle one's axes: good to the fourth order.
    for i in range(0, last - 2, 2):
        step = (gyr[i] + 4 * gyr[i + 1] + gyr[i + 2]) / 6 * 2 / GRID_HZ
        step = step + np.cross(gyr[i], gyr[i + 2]) * (2 / GRID_HZ) ** 2 / 12
        q = rotation.multiply(q, rotation.from_rotvec(step))
    assert angle_between(q, true[last - 1 - (last + 1) % 2]) < 0.02


@pytest.mark.parametrize("site", SITES)
def test_the_accelerometer_is_gravity_and_the_places_acceleration(site):
    session, mounts, sensors = ideal()
    last = int(session.duration * GRID_HZ)
    force = rotation.rotate(attitudes(session, mounts, site, 0, last), sensors.read(0, last)[site].acc)
    motion = force - np.array([0.0, 0.0, 9.80665])
    # From rest to rest: velocity comes back to nothing, and so would a wrong lever arm not.
    velocity = motion.cumsum(axis=0) / GRID_HZ
    assert np.abs(velocity).max() > 0.2
    assert np.abs(velocity[-1]).max() < 0.02


def test_at_rest_the_accelerometer_points_up():
    still = simulate.Wearer(sway=0.0, impurity=0.0)
    session = simulate.wear([simulate.Stand(3.0)], wearer=still, seed=1)
    mounts = {site: placement.mount(site, placement.Habit(), 1) for site in SITES}
    for site, reading in Ideal(session.score, mounts, 1.0, (), 1).read(0, 300).items():
        np.testing.assert_allclose(np.linalg.norm(reading.acc, axis=1), 9.80665, atol=1e-9)
        up = rotation.rotate(attitudes(session, mounts, site, 0, 300), reading.acc)
        np.testing.assert_allclose(up, np.broadcast_to([0, 0, 9.80665], up.shape), atol=1e-9)
        np.testing.assert_allclose(reading.gyr, 0, atol=1e-9)


def test_blocks_do_not_matter():
    _, _, sensors = ideal(rocking=1.0)
    whole = sensors.read(0, 1000)[THIGH_RIGHT]
    parts = [sensors.read(a, b)[THIGH_RIGHT] for a, b in ((0, 7), (7, 400), (400, 1000))]
    np.testing.assert_allclose(np.concatenate([p.gyr for p in parts]), whole.gyr, atol=1e-10)
    np.testing.assert_allclose(np.concatenate([p.acc for p in parts]), whole.acc, atol=1e-9)


def test_soft_tissue_rocks_the_sensor_and_lets_it_come_to_rest():
    movements = [simulate.Stand(2.0), simulate.quick(), simulate.Stand(3.0)]
    still = simulate.Wearer(sway=0.0, impurity=0.0)
    session, _, firm = ideal(movements=movements, wearer=still)
    _, _, soft = ideal(rocking=1.0, movements=movements, wearer=still)
    last = int(session.duration * GRID_HZ)
    off = soft.read(0, last)[THIGH_RIGHT].gyr - firm.read(0, last)[THIGH_RIGHT].gyr
    assert 0.02 < np.abs(off).max() < 1.0
    assert np.abs(off[-200:]).max() < 1e-9


def test_a_slip_turns_the_sensor_on_its_segment():
    slip = simulate.Slip(SACRUM, 4.0, (0.0, 0.0, float(np.deg2rad(12))))
    movements = [simulate.Stand(9.0)]
    _, _, before = ideal(movements=movements)
    _, _, after = ideal(movements=movements, faults=(slip,))
    a, b = (x.read(0, 900)[SACRUM].acc for x in (before, after))
    np.testing.assert_allclose(a[:390], b[:390], atol=1e-9)
    apart = np.rad2deg(np.arccos((a[500:] * b[500:]).sum(axis=1) / np.linalg.norm(a[500:], axis=1) ** 2))
    np.testing.assert_allclose(apart, 12.0, atol=0.3)
    assert np.array_equal(before.read(0, 900)[UPPER_LUMBAR].acc, after.read(0, 900)[UPPER_LUMBAR].acc)
