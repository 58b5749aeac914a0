"""Segment attitudes -> the angles of a low back and its hips; signs in docs/frames.md.

Flexion is anchored in gravity. Where the relative heading is known it comes
from the Cardan sequence Z-X'-Y'' (Wu 2002), which stays right when the wearer
also leans sideways; otherwise from the difference of inclinations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from hiphinge import rotation
from hiphinge.blocks import (
    MISSING,
    SACRUM,
    SETTLING,
    THIGH_LEFT,
    THIGH_RIGHT,
    THIGHS,
    UPPER_LUMBAR,
    AngleBlock,
    Bools,
    Floats,
    SegmentBlock,
)

SPINE = ((UPPER_LUMBAR, "trunk_inclination", "trunk_lean"), (SACRUM, "pelvis_tilt", "pelvis_lean"))


@dataclass(frozen=True)
class Params:
    """How sure a joint angle is, beyond its two inclinations.

    axis_gain : rad of error per rad of trunk inclination from an axis that is
        askew; mean over wearers.
    """

    axis_gain: float = field(default=0.0078, metadata={"unit": ""})


class JointAngles:
    """All angles of the outer contract, in rad, by name without unit, of ``sites`` whose axes are known."""

    def __init__(self, params: Params, sites: Sequence[str]) -> None:
        self.params = params
        self.sites = tuple(sites)

    def measure(self, segments: SegmentBlock) -> AngleBlock:
        """NaN where a sensor is absent, still settling after a gap, or not worn."""
        known = (segments.flags & (MISSING | SETTLING)) == 0
        q, sd = segments.q_e_b, segments.inclination_sd
        if not known.all():
            q, sd = np.where(known[..., None], q, np.nan), np.where(known, sd, np.nan)
        at = {s: i for i, s in enumerate(segments.sites) if s in self.sites}
        inclined = rotation.inclination(q)  # of all segments at once, as below: live, it is the calls that cost
        angles: dict[str, Floats] = {}
        for site, inclination_name, lean_name in SPINE:
            if site in at:
                angles[inclination_name], angles[lean_name] = inclined[at[site]], lean(q[at[site]])
        for thigh in THIGHS:
            if thigh in at:
                angles["thigh_elevation" + side_of(thigh, segments.sites)] = -inclined[at[thigh]]
        distal = [s for s in at if s != SACRUM]
        if SACRUM in at and distal:
            which = [at[s] for s in distal]
            cardan = _joints(q[at[SACRUM]], q[which], segments.related[which])
            for site, z, x, y in zip(distal, *cardan, strict=True):
                joint = _Joint(segments.related[at[site]], z, x, y, sd[at[SACRUM]] ** 2 + sd[at[site]] ** 2)
                if site == UPPER_LUMBAR:
                    self._lumbar(joint, angles)
                else:
                    self._hip(site, side_of(site, segments.sites), joint, angles)
        return AngleBlock(segments.t, angles, np.bitwise_or.reduce(segments.flags, axis=0))

    def _lumbar(self, joint: _Joint, angles: dict[str, Floats]) -> None:
        trunk = angles["trunk_inclination"]
        angles["lumbar_flexion"] = joint.flexion(-joint.z, trunk - angles["pelvis_tilt"])
        angles["lumbar_side_bend"], angles["lumbar_rotation"] = joint.x, joint.y
        angles["lumbar_flexion_sd"] = np.sqrt(joint.variance + (self.params.axis_gain * np.abs(trunk)) ** 2)

    def _hip(self, thigh: str, side: str, joint: _Joint, angles: dict[str, Floats]) -> None:
        outward = -1.0 if thigh == THIGH_RIGHT else 1.0
        by_gravity = angles["pelvis_tilt"] + angles["thigh_elevation" + side]
        angles["hip_flexion" + side] = joint.flexion(joint.z, by_gravity)
        angles["hip_abduction" + side], angles["hip_rotation" + side] = outward * joint.x, -outward * joint.y
        angles["hip_flexion_sd" + side] = np.sqrt(joint.variance + (self.params.axis_gain * np.abs(by_gravity)) ** 2)


class _Joint(NamedTuple):
    """Cardan angles (n,) rad of one joint, NaN where not ``related``, and the ``variance`` of its two inclinations."""

    related: Bools
    z: Floats
    x: Floats
    y: Floats
    variance: Floats

    def flexion(self, cardan: Floats, by_gravity: Floats) -> Floats:
        """Where the headings are related that of Cardan, elsewhere the difference of inclinations."""
        return cardan if self.related.all() else np.where(self.related, cardan, wrapped(by_gravity))


def _joints(q_e_p: Floats, q_e_d: Floats, related: Bools) -> tuple[Floats, Floats, Floats]:
    """Cardan angles (m, n) of distal segments (m, n, 4) in the proximal one (n, 4); NaN where not ``related``."""
    q_p_d = rotation.multiply(rotation.conjugate(q_e_p), q_e_d)
    return rotation.cardan_zxy(q_p_d if related.all() else np.where(related[..., None], q_p_d, np.nan))


def side_of(thigh: str, worn: Sequence[str]) -> str:
    """What the name of a thigh's angle ends in: the side where both thighs are worn."""
    return thigh.removeprefix("thigh") if THIGH_LEFT in worn and THIGH_RIGHT in worn else ""


def lean(q_e_b: Floats) -> Floats:
    """Sideways inclination (n,) rad of segments: the vertical's part along their z; ±90° lying on a side."""
    _, x, y, _ = rotation.parts(q_e_b)
    return np.arcsin(np.clip(1 - 2 * (x * x + y * y), -1.0, 1.0))


def wrapped(angle: Floats) -> Floats:
    """The same angle (n,) rad in −π..π."""
    return (angle + np.pi) % (2 * np.pi) - np.pi
