"""Relative heading without a magnetometer: a constant offset and a slow drift are found, lying tells nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hiphinge import rotation
from hiphinge.blocks import (
    LEVEL_ONLY,
    MISSING,
    SACRUM,
    SETTLING,
    SITES,
    THIGH_LEFT,
    THIGH_RIGHT,
    UPPER_LUMBAR,
    Floats,
    SegmentBlock,
)
from hiphinge.fusion.heading import Heading, Params

RATE = 100.0
STANDING = rotation.from_matrix(np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]))


def posed(
    n: int, forward_deg: Floats | float = 0.0, lean_deg: Floats | float = 0.0, turned: Floats | float = 0.0
) -> Floats:
    """q_e_b (n, 4): leaning forward, then sideways to the right (roll about the level forward axis), heading rad."""
    forward, lean, turned = (np.broadcast_to(x, n) for x in (np.deg2rad(forward_deg), np.deg2rad(lean_deg), turned))
    q = rotation.multiply(STANDING, rotation.from_rotvec(lean[:, None] * [1.0, 0, 0]))
    q = rotation.multiply(q, rotation.from_rotvec(forward[:, None] * [0, 0, -1.0]))
    return rotation.multiply(rotation.about_vertical(turned), q)


def segments(**q_e_b: Floats) -> SegmentBlock:
    sites = tuple(site for site in SITES if site in q_e_b)
    q = np.stack([q_e_b[site] for site in sites])
    k, n = q.shape[:2]
    none = np.zeros((k, n))
    return SegmentBlock(np.arange(n) / RATE, sites, q, none, none.astype(np.uint8), none.astype(bool))


def related(block: SegmentBlock, params: Params | None = None) -> SegmentBlock:
    return Heading(params or Params(), block.sites).relate(block)


def heading_deg(block: SegmentBlock, site: str) -> Floats:
    """Of the segment's right against the pelvis's right, about the vertical, left positive; (n,)."""
    right = [rotation.rotate(block.q_e_b[block.sites.index(s)], [0.0, 0.0, 1.0]) for s in (SACRUM, site)]
    p, d = (x[:, 0] + 1j * x[:, 1] for x in right)
    return np.rad2deg(np.angle(d * p.conj()))


@settings(max_examples=30)
@given(st.floats(-np.pi, np.pi), st.floats(-np.pi, np.pi))
def test_a_constant_offset_of_any_size_is_gone_from_the_first_look_on(offset: float, whole: float) -> None:
    found = related(segments(sacrum=posed(500, turned=whole), upper_lumbar=posed(500, turned=whole + offset)))
    np.testing.assert_allclose(heading_deg(found, UPPER_LUMBAR)[50:], 0.0, atol=1e-6)


def test_nothing_is_related_before_the_axes_were_seen_for_a_window() -> None:
    found = related(segments(sacrum=posed(200), upper_lumbar=posed(200, turned=1.0)))
    np.testing.assert_array_equal(found.related[0], np.arange(200) >= 50)


def test_the_pelvis_is_never_turned() -> None:
    block = segments(sacrum=posed(200, turned=0.3), thigh_left=posed(200, turned=1.0))
    np.testing.assert_array_equal(related(block).q_e_b[0], block.q_e_b[0])


def test_without_a_pelvis_the_first_site_is_the_reference() -> None:
    block = segments(upper_lumbar=posed(200, turned=0.3), thigh_left=posed(200, turned=1.0))
    found = related(block)
    np.testing.assert_array_equal(found.q_e_b[0], block.q_e_b[0])
    np.testing.assert_allclose(found.q_e_b[1, 60:], found.q_e_b[0, 60:], atol=1e-9)


def test_inclinations_are_left_as_they_are() -> None:
    block = segments(sacrum=posed(200), upper_lumbar=posed(200, 40.0, 10.0, turned=1.0))
    found = related(block)
    up = [rotation.rotate(rotation.conjugate(q), [0.0, 0.0, 1.0]) for q in (block.q_e_b[0], found.q_e_b[0])]
    np.testing.assert_allclose(up[1], up[0], atol=1e-12)


@pytest.mark.parametrize("per_minute", [4.0, -10.0])
def test_a_slow_drift_is_followed(per_minute: float) -> None:
    n = 30_000
    drift = np.deg2rad(per_minute) * np.arange(n) / RATE / 60
    found = related(segments(sacrum=posed(n), upper_lumbar=posed(n, turned=0.5 + drift)))
    off = np.abs(heading_deg(found, UPPER_LUMBAR))
    assert off[50:].max() < 0.35 * abs(per_minute)  # a third of a minute behind: tau
    assert off[12_000:].max() < 0.05 * abs(per_minute)


def test_twists_of_a_few_seconds_stay_in_the_angles() -> None:
    """The loop takes the mean for straight, not the moment."""
    n = 12_000
    twist = np.deg2rad(20) * np.sin(2 * np.pi * np.arange(n) / RATE / 4)
    found = related(segments(sacrum=posed(n), upper_lumbar=posed(n, turned=twist)))
    np.testing.assert_allclose(heading_deg(found, UPPER_LUMBAR)[3000:], np.rad2deg(twist[3000:]), atol=3.0)


def test_bending_forward_to_the_floor_does_not_hide_the_axes() -> None:
    n = 4000
    bent = np.where(np.arange(n) < 500, 0.0, 95.0)
    drift = np.deg2rad(6.0) * np.arange(n) / RATE / 60
    found = related(segments(sacrum=posed(n, bent), upper_lumbar=posed(n, bent, turned=drift)))
    assert np.abs(heading_deg(found, UPPER_LUMBAR)[50:]).max() < 2.0


@pytest.mark.parametrize(("forward", "lean"), [(0.0, 80.0), (-80.0, 0.0)], ids=["on the side", "on the back"])
def test_lying_freezes_what_was_known(forward: float, lean: float) -> None:
    """Whatever the axes show for 20 s there, it is not believed."""
    n, lies = 5000, np.arange(5000) >= 3000
    wrong = np.where(lies, np.deg2rad(40), 0.0)
    pelvis = np.where(lies[:, None], posed(n, forward, lean), posed(n))
    trunk = np.where(lies[:, None], posed(n, forward, lean, 0.3 + wrong), posed(n, turned=0.3))
    found = related(segments(sacrum=pelvis, upper_lumbar=trunk))
    back = rotation.multiply(rotation.about_vertical(-(0.3 + wrong)), trunk)
    straight = segments(sacrum=pelvis, upper_lumbar=rotation.multiply(rotation.about_vertical(wrong), back))
    np.testing.assert_allclose(found.q_e_b[0][60:], straight.q_e_b[0][60:], atol=1e-6)


def test_a_thigh_that_is_raised_says_nothing_of_the_heading() -> None:
    """Seated with the knees apart: 30° outward stay 30°."""
    n, sits = 4000, np.arange(4000) >= 2000
    thigh = posed(n, np.where(sits, -80.0, 0.0), turned=0.2 + np.where(sits, np.deg2rad(30), 0.0))
    found = related(segments(sacrum=posed(n), thigh_left=thigh))
    off = heading_deg(found, THIGH_LEFT)
    assert np.abs(off[60:2000]).max() < 1e-6
    np.testing.assert_allclose(off[2000:], 30.0, atol=0.1)


@pytest.mark.parametrize("site", [THIGH_LEFT, THIGH_RIGHT])
def test_a_thigh_that_hangs_says_it(site: str) -> None:
    found = related(segments(**{SACRUM: posed(400), site: posed(400, -20.0, turned=2.0)}))
    np.testing.assert_allclose(heading_deg(found, site)[60:], 0.0, atol=1e-6)


def test_a_relation_that_nobody_saw_for_half_a_minute_lapses_and_comes_back() -> None:
    n = 8000
    lies = (np.arange(n) >= 1000) & (np.arange(n) < 6000)
    pelvis = np.where(lies[:, None], posed(n, lean_deg=85.0), posed(n))
    drifted = np.where(np.arange(n) < 6000, 0.3, 1.4)
    found = related(segments(sacrum=pelvis, upper_lumbar=rotation.multiply(rotation.about_vertical(drifted), pelvis)))
    known = found.related[0]
    assert known[60:4000].all()
    assert not known[4060:6000].any()
    assert known[6060:].all()
    np.testing.assert_allclose(heading_deg(found, UPPER_LUMBAR)[6060:], 0.0, atol=1e-6)


@pytest.mark.parametrize("flag", [MISSING, SETTLING])
def test_a_gap_starts_the_average_anew(flag: np.uint8) -> None:
    """The filter's heading may have jumped in it: what was known counts no more."""
    n = 3000
    jumped = np.where(np.arange(n) < 1400, 0.3, 1.1)
    block = segments(sacrum=posed(n), upper_lumbar=posed(n, turned=jumped))
    block.flags[0, 1400:1500] |= flag
    found = heading_deg(related(block), UPPER_LUMBAR)
    np.testing.assert_allclose(found[1560:], 0.0, atol=1e-6)


def test_missing_axes_are_not_looked_at() -> None:
    block = segments(sacrum=posed(1000), upper_lumbar=posed(1000, turned=0.4))
    block.q_e_b[0, 300:] = np.nan
    block.flags[0, 300:] |= MISSING
    found = related(block)
    assert np.isfinite(found.q_e_b[0, :300]).all()
    assert found.related[0, 300:].all()  # the angle itself is held; what is MISSING stays so


@pytest.mark.parametrize("site", [0, 1])
def test_without_a_gyroscope_no_heading_is_ever_related(site: int) -> None:
    block = segments(sacrum=posed(400), upper_lumbar=posed(400, turned=0.4))
    block.flags[site] |= LEVEL_ONLY
    assert not related(block).related[0].any()


def test_windows_lie_on_the_clock_of_the_recording() -> None:
    """A recording that begins in the middle of one looks first at its end."""
    block = segments(sacrum=posed(200), upper_lumbar=posed(200, turned=1.0))
    late = related(replace(block, t=block.t + 7.30))
    assert np.flatnonzero(late.related[0])[0] in (20, 70)
