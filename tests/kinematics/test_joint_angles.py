"""Segment attitudes -> joint angles: exact where headings are known, from gravity where not. Signs: contract tests."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hiphinge import rotation
from hiphinge.blocks import (
    MISSING,
    SACRUM,
    SETTLING,
    SITES,
    THIGH_LEFT,
    THIGH_RIGHT,
    UPPER_LUMBAR,
    AngleBlock,
    Floats,
    SegmentBlock,
)
from hiphinge.kinematics.joint_angles import JointAngles, Params, side_of, wrapped

STANDING = rotation.from_matrix(np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]))
X, Y, Z = np.eye(3)
ANGLE = st.floats(-1.2, 1.2)
"""rad: beyond what spines and hips do."""


def turned(*steps: tuple[float, Floats]) -> Floats:
    """From standing by these angles about these axes of the segment, one after the other."""
    q = STANDING
    for angle, axis in steps:
        q = rotation.multiply(q, rotation.from_rotvec(angle * axis))
    return q


def measured(related: bool = True, flags: int = 0, sd: float = 0.0, **q_e_b: Floats) -> AngleBlock:
    """One instant of the sites that are named."""
    sites = tuple(site for site in SITES if site in q_e_b)
    q = np.stack([q_e_b[site] for site in sites])[:, None]
    shape = (len(sites), 1)
    block = SegmentBlock(
        np.zeros(1), sites, q, np.full(shape, sd), np.full(shape, flags, np.uint8), np.full(shape, related)
    )
    return JointAngles(Params(), sites).measure(block)


def at(block: AngleBlock, *names: str) -> list[float]:
    return [float(block[name][0]) for name in names]


@given(ANGLE, ANGLE, ANGLE, st.floats(-1, 2), st.floats(-np.pi, np.pi))
def test_lumbar_angles_are_those_of_the_joint_however_pelvis_and_body_are_turned(
    flexion: float, side: float, rotation_: float, tilt: float, heading: float
) -> None:
    around = rotation.about_vertical(heading)
    pelvis = turned((-tilt, Z), (0.1, X))
    trunk = turned((-tilt, Z), (0.1, X), (-flexion, Z), (side, X), (rotation_, Y))
    found = measured(upper_lumbar=rotation.multiply(around, trunk), sacrum=rotation.multiply(around, pelvis))
    assert at(found, "lumbar_flexion", "lumbar_side_bend", "lumbar_rotation") == pytest.approx(
        [flexion, side, rotation_], abs=1e-9
    )


@given(ANGLE, ANGLE, ANGLE, st.sampled_from([THIGH_LEFT, THIGH_RIGHT]))
def test_the_same_movement_of_either_leg_has_the_same_angles(
    flexion: float, abduction: float, inward: float, thigh: str
) -> None:
    """Mirrored: outward and inward are turns the other way about on the left."""
    outward = -1.0 if thigh == THIGH_RIGHT else 1.0
    q = turned((-0.3, Z), (flexion, Z), (outward * abduction, X), (-outward * inward, Y))
    found = measured(**{SACRUM: turned((-0.3, Z)), thigh: q})
    assert at(found, "hip_flexion", "hip_abduction", "hip_rotation") == pytest.approx(
        [flexion, abduction, inward], abs=1e-9
    )


@given(st.floats(-3.1, 3.1), ANGLE, st.floats(-np.pi, np.pi))
def test_inclinations_are_of_gravity_alone_and_reach_half_a_turn(tilt: float, lean: float, heading: float) -> None:
    q = rotation.multiply(rotation.about_vertical(heading), turned((-tilt, Z), (lean, X)))
    found = measured(upper_lumbar=q, sacrum=q, thigh_right=q)
    straight = measured(upper_lumbar=turned((-tilt, Z)))
    assert at(straight, "trunk_inclination") == pytest.approx([tilt], abs=1e-9)
    trunk, pelvis, elevation = at(found, "trunk_inclination", "pelvis_tilt", "thigh_elevation")
    assert (trunk, elevation) == (pelvis, -pelvis)
    up = rotation.rotate(rotation.conjugate(q), [0.0, 0.0, 1.0])
    assert trunk == pytest.approx(np.arctan2(-up[0], up[1]), abs=1e-9)


@given(st.floats(-0.5, 1.9), st.floats(-0.5, 1.5), st.floats(-0.5, 1.9))
def test_where_headings_are_unknown_flexion_comes_from_gravity_and_the_rest_is_not_said(
    trunk: float, pelvis: float, thigh: float
) -> None:
    """Each sensor turned about the vertical by an amount that nobody knows."""
    unknown = [rotation.about_vertical(a) for a in (0.4, -2.0, 1.3)]
    poses = (turned((-trunk, Z)), turned((-pelvis, Z)), turned((thigh, Z)))
    q = [rotation.multiply(u, pose) for u, pose in zip(unknown, poses, strict=True)]
    found = measured(related=False, upper_lumbar=q[0], sacrum=q[1], thigh_left=q[2])
    assert at(found, "lumbar_flexion", "hip_flexion") == pytest.approx([trunk - pelvis, pelvis + thigh], abs=1e-9)
    unsaid = at(found, "lumbar_side_bend", "lumbar_rotation", "hip_abduction", "hip_rotation")
    assert np.isnan(unsaid).all()


def test_flexion_from_gravity_does_not_jump_at_half_a_turn() -> None:
    """Lying on the back, the pelvis reads −179° and the trunk 179°: they are 2° apart."""
    found = measured(related=False, upper_lumbar=turned((-np.deg2rad(179), Z)), sacrum=turned((np.deg2rad(179), Z)))
    assert at(found, "lumbar_flexion") == pytest.approx([-np.deg2rad(2)], abs=1e-9)


@pytest.mark.parametrize("flag", [MISSING, SETTLING, MISSING | SETTLING])
def test_what_is_missing_or_settling_says_nothing(flag: int) -> None:
    found = measured(flags=int(flag), upper_lumbar=STANDING, sacrum=STANDING, thigh_left=STANDING)
    assert {name for name, x in found.angles.items() if not np.isnan(x).all()} == set()
    assert found.flags[0] == flag


def test_a_missing_thigh_hides_the_hip_alone() -> None:
    sites = (UPPER_LUMBAR, SACRUM, THIGH_LEFT)
    flags = np.array([[0], [0], [MISSING]], np.uint8)
    q = np.tile(STANDING, (3, 1, 1))
    block = SegmentBlock(np.zeros(1), sites, q, np.zeros((3, 1)), flags, np.ones((3, 1), bool))
    found = JointAngles(Params(), sites).measure(block)
    unknown = {name for name, x in found.angles.items() if np.isnan(x).any()}
    hip = {"hip_flexion", "hip_abduction", "hip_rotation", "hip_flexion_sd"}
    assert unknown == {"thigh_elevation"} | hip
    assert found.flags[0] == MISSING


def test_with_both_thighs_the_columns_name_the_side() -> None:
    right, left = turned((0.5, Z)), turned((0.2, Z))
    found = measured(sacrum=STANDING, thigh_left=left, thigh_right=right)
    assert at(found, "hip_flexion_left", "hip_flexion_right") == pytest.approx([0.2, 0.5])
    assert at(found, "thigh_elevation_left", "thigh_elevation_right") == pytest.approx([0.2, 0.5])
    assert not {"hip_flexion", "thigh_elevation"} & found.angles.keys()


def test_a_side_is_named_by_what_is_worn() -> None:
    assert side_of(THIGH_LEFT, SITES) == "_left"
    assert side_of(THIGH_LEFT, (SACRUM, THIGH_LEFT)) == ""


def test_a_site_whose_axis_is_unknown_has_no_columns_but_the_other_keeps_its_side() -> None:
    q = np.tile(STANDING, (3, 1, 1))
    none = np.zeros((3, 1))
    block = SegmentBlock(
        np.zeros(1), (SACRUM, THIGH_LEFT, THIGH_RIGHT), q, none, none.astype(np.uint8), none.astype(bool)
    )
    found = JointAngles(Params(), (SACRUM, THIGH_RIGHT)).measure(block)
    assert "hip_flexion_right" in found.angles
    assert not [name for name in found.angles if "left" in name]


@settings(max_examples=20)
@given(st.floats(0.0, 2.0))
def test_the_sd_of_a_joint_is_that_of_both_sensors_and_grows_as_the_trunk_bends(trunk: float) -> None:
    found = measured(sd=0.01, upper_lumbar=turned((-trunk, Z)), sacrum=STANDING, thigh_left=turned((trunk, Z)))
    expected = np.sqrt(2 * 0.01**2 + (Params().axis_gain * trunk) ** 2)
    assert at(found, "lumbar_flexion_sd", "hip_flexion_sd") == pytest.approx([expected, expected], rel=0.05)


def test_leaning_on_a_side_is_told_from_bending() -> None:
    found = measured(upper_lumbar=turned((np.deg2rad(85), X)), sacrum=turned((-np.deg2rad(85), X)))
    assert np.rad2deg(at(found, "trunk_lean", "pelvis_lean")) == pytest.approx([-85, 85])


@given(st.floats(-50, 50))
def test_wrapped_is_the_same_angle(angle: float) -> None:
    assert -np.pi <= wrapped(np.array(angle)) < np.pi + 1e-12
    assert np.exp(1j * wrapped(np.array(angle))) == pytest.approx(np.exp(1j * angle), abs=1e-9)
