"""How far a thigh is raised, whichever way its sensor sits; and poses that nobody can name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from hiphinge import rotation
from hiphinge.blocks import THIGH_RIGHT, Floats, Mounting
from hiphinge.detect import doubt, thighs
from hiphinge.detect.cells import PER_SECOND, CellBlock

RAD = np.deg2rad
G = 9.81
MOUNTING = Mounting((1.0, 0.0, 0.0, 0.0), 0.0, 0.0, 0.9, "sit")
"""Sensor axes are those of the thigh: x forward, y up, z right."""


def cells(first: int, up: Floats, elevation: float, **angles: float) -> CellBlock:
    """Whole seconds in which the thigh's sensor feels ``up`` (3,) and the filter says ``elevation`` degrees."""
    n = PER_SECOND * 10
    motion = np.zeros((1, n, 6))
    motion[..., :3] = G * up
    known = {"thigh_elevation": elevation, **angles}
    return CellBlock(first, (THIGH_RIGHT,), motion, {name: np.full(n, RAD(x)) for name, x in known.items()})


def felt(raised: float, turned: float = 0.0) -> Floats:
    """Up in the sensor of a thigh that is raised, its sensor turned about the thigh's length; degrees."""
    up = np.array([np.sin(RAD(raised)), np.cos(RAD(raised)), 0.0])
    return rotation.rotate(rotation.from_rotvec(np.array([0.0, -RAD(turned), 0.0])), up)


def last(found: dict[str, thighs.Raised]) -> float:
    return float(np.rad2deg(found[""].angle[-1]))


def worn(mounting: Mounting | None = MOUNTING) -> thighs.Thighs:
    return thighs.Thighs(thighs.Params(), {} if mounting is None else {THIGH_RIGHT: mounting})


@pytest.mark.parametrize("raised", [-85.0, 0.0, 40.0, 85.0])
def test_the_elevation_holds_while_gravity_agrees(raised: float) -> None:
    assert last(worn().follow(cells(0, felt(raised), raised), [])) == pytest.approx(raised)


def test_turned_in_a_pocket_gravity_still_knows() -> None:
    """Turned by 70° about the thigh the filter's elevation says 63 of 80°."""
    assert last(worn().follow(cells(0, felt(80.0, turned=70.0), 62.7), [])) == pytest.approx(80.0, abs=1.0)


def test_a_thigh_without_an_axis_is_told_by_gravity_alone() -> None:
    unknown = Mounting(MOUNTING.q_s_b, 0.0, np.inf, np.nan, "")
    assert last(worn(unknown).follow(cells(0, felt(80.0, turned=50.0), np.nan), [])) == pytest.approx(80.0, abs=1.0)


def test_walking_teaches_the_own_reference() -> None:
    """Without a calibration nothing is known until ten seconds were walked; then sitting is."""
    legs = worn(None)
    assert np.isnan(last(legs.follow(cells(0, felt(30.0), np.nan), [])))
    legs.follow(cells(10, felt(30.0), np.nan), list(range(7)))
    legs.follow(cells(20, felt(30.0), np.nan), list(range(7, 17)))
    assert last(legs.follow(cells(30, felt(110.0), np.nan), [])) == pytest.approx(80.0, abs=1.0)


@pytest.mark.parametrize(("tilted", "said"), [(8.0, 88.0), (20.0, 80.0), (50.0, 130.0)])
def test_a_tilted_sensor_is_taken_by_the_walk_and_a_bicycle_teaches_nothing(tilted: float, said: float) -> None:
    """A thigh at 80°. 20° are believed; with 8° people walk anyway; 50° may be a saddle."""
    legs = worn()
    for first in (0, 10, 20):
        legs.follow(cells(first, felt(tilted), tilted), list(range(max(first - 3, 0), first + 7)))
    assert last(legs.follow(cells(30, felt(80.0 + tilted), 80.0 + tilted), [])) == pytest.approx(said, abs=1.0)


@pytest.mark.parametrize(("shifted", "said"), [(4.0, 84.0), (-8.0, 80.0), (7.0, 80.0)])
def test_who_walks_otherwise_than_at_first_wears_it_otherwise(shifted: float, said: float) -> None:
    """Walked with 2° forward; put on again 4° off it may still be the walk, 8° off it is the sensor. A thigh at 80°."""
    legs = worn()
    for first, seen in ((0, 2.0), (10, 2.0), (20, 2.0), (30, 2.0 + shifted), (40, 2.0 + shifted), (50, 2.0 + shifted)):
        legs.follow(cells(first, felt(seen), seen), list(range(max(first - 3, 0), first + 7)))
    seen = 80.0 + shifted
    assert last(legs.follow(cells(60, felt(seen), seen), [])) == pytest.approx(said, abs=1.0)


def test_any_grouping_gives_the_same() -> None:
    """A second of walking is used four seconds after it, however late or early it was told."""
    rng = np.random.default_rng(3)
    up = rng.normal(felt(10.0), 0.05, (PER_SECOND * 60, 3))
    whole = CellBlock(0, (THIGH_RIGHT,), motion(up), {"thigh_elevation": np.full(600, RAD(10.0))})
    walked = list(range(5, 40))
    together = worn().follow(whole, walked)[""].angle
    legs, parts = worn(), []
    for second in range(60):
        rows = slice(second * PER_SECOND, (second + 1) * PER_SECOND)
        part = CellBlock(
            second, whole.sites, whole.motion[:, rows], {"thigh_elevation": np.full(PER_SECOND, RAD(10.0))}
        )
        parts.append(legs.follow(part, [second - 3] if second - 3 in walked else [])[""].angle)
    np.testing.assert_array_equal(np.concatenate(parts), together)


def motion(up: Floats) -> Floats:
    return np.concatenate((G * up, np.zeros_like(up)), axis=1)[None]


# --- What nobody can name -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("thigh", "tilt", "angles", "expected"),
    [
        (80.0, 0.0, {}, doubt.NOTHING),
        (10.0, 0.0, {}, doubt.NOTHING),
        (42.0, 0.0, {}, doubt.OPEN),  # on a stool, or a foot up
        (42.0, 0.0, {"pelvis_tilt": -20.0}, doubt.SEATED),
        (60.0, 0.0, {"pelvis_tilt": 0.0}, doubt.OPEN),
        (60.0, 0.0, {"pelvis_tilt": -20.0}, doubt.NOTHING),  # the posture's own rule says sitting
        (42.0, 50.0, {"trunk_inclination": 50.0}, doubt.NOTHING),  # a lift
        (80.0, -52.0, {"trunk_inclination": -52.0}, doubt.UNTOLD),  # far back in a chair
        (80.0, -48.0, {"trunk_inclination": -48.0}, doubt.NOTHING),  # a chair at 42°, a sensor off by 6°
        (80.0, -80.0, {"trunk_inclination": -80.0}, doubt.NOTHING),  # lying
        (-70.0, np.nan, {}, doubt.OPEN),  # no hip does that, or on the face
        (-70.0, 0.0, {}, doubt.SEATED),  # no hip does that, and the trunk is upright: its sensor has turned
        (-160.0, 0.0, {}, doubt.OPEN),  # upside down
    ],
)
def test_poses(thigh: float, tilt: float, angles: dict[str, float], expected: int) -> None:
    """After three seconds; before them there is no doubt but where the thigh points backward."""
    block = cells(0, felt(thigh), thigh, **angles)
    nowhere = np.zeros(len(block), bool)
    raised = thighs.Raised(np.full(len(block), RAD(thigh)), nowhere, ~nowhere)
    verdicts = doubt.Doubt(doubt.Params()).follow(
        block, raised, np.full(len(block), RAD(tilt)), np.full(len(block), RAD(45))
    )
    assert verdicts[-1] == expected
    assert verdicts[5] == (expected if thigh < 0.0 else doubt.NOTHING)


@pytest.mark.parametrize(
    ("before", "expected"), [(0, [False, False, True, False, False]), (1, [False, True, True, False, False])]
)
def test_lasting(before: int, expected: Sequence[bool]) -> None:
    state = np.array([True, True, True, False, True])
    found, length = doubt.lasting(state, before, 2 + 1)
    assert found.tolist() == expected
    assert length == 1
