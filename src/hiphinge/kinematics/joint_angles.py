"""Segment attitudes -> the angles of a low back and its hips; signs in docs/frames.md.

Flexion is anchored in gravity. Where the relative heading is known it comes
from the Cardan sequence Z-X'-Y'' (Wu 2002), which stays right when the wearer
also leans sideways; otherwise from the difference of inclinations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hiphinge import rotation
from hiphinge.blocks import (
    MISSING,
    SACRUM,
    SETTLING,
    THIGH_LEFT,
    THIGH_RIGHT,
    UPPER_LUMBAR,
    AngleBlock,
    Bools,
    Floats,
    SegmentBlock,
)

THIGHS = (THIGH_LEFT, THIGH_RIGHT)


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
        at = {s: i for i, s in enumerate(segments.sites) if s in self.sites}
        q = {s: np.where(known[i][:, None], segments.q_e_b[i], np.nan) for s, i in at.items()}
        sd = {s: np.where(known[i], segments.inclination_sd[i], np.nan) for s, i in at.items()}
        related = {s: segments.related[i] for s, i in at.items()}
        angles: dict[str, Floats] = {}
        if UPPER_LUMBAR in q:
            angles["trunk_inclination"] = rotation.inclination(q[UPPER_LUMBAR])
            angles["trunk_lean"] = lean(q[UPPER_LUMBAR])
        if SACRUM in q:
            angles["pelvis_tilt"] = rotation.inclination(q[SACRUM])
            angles["pelvis_lean"] = lean(q[SACRUM])
        for thigh in THIGHS:
            if thigh in q:
                angles["thigh_elevation" + side_of(thigh, segments.sites)] = -rotation.inclination(q[thigh])
        if UPPER_LUMBAR in q and SACRUM in q:
            self._lumbar(q, sd, related[UPPER_LUMBAR], angles)
        for thigh in THIGHS:
            if thigh in q and SACRUM in q:
                self._hip(thigh, q, sd, related[thigh], angles)
        flags = np.bitwise_or.reduce(segments.flags, axis=0)
        return AngleBlock(segments.t, angles, flags)

    def _lumbar(self, q: dict[str, Floats], sd: dict[str, Floats], related: Bools, angles: dict[str, Floats]) -> None:
        z, x, y = _joint(q[SACRUM], q[UPPER_LUMBAR], related)
        by_gravity = angles["trunk_inclination"] - angles["pelvis_tilt"]
        angles["lumbar_flexion"] = np.where(related, -z, wrapped(by_gravity))
        angles["lumbar_side_bend"], angles["lumbar_rotation"] = x, y
        askew = self.params.axis_gain * np.abs(angles["trunk_inclination"])
        angles["lumbar_flexion_sd"] = np.sqrt(sd[UPPER_LUMBAR] ** 2 + sd[SACRUM] ** 2 + askew**2)

    def _hip(
        self, thigh: str, q: dict[str, Floats], sd: dict[str, Floats], related: Bools, angles: dict[str, Floats]
    ) -> None:
        side = next(
            side for side in ("", "_left", "_right") if thigh.endswith(side) and "thigh_elevation" + side in angles
        )
        outward = -1.0 if thigh == THIGH_RIGHT else 1.0
        z, x, y = _joint(q[SACRUM], q[thigh], related)
        by_gravity = angles["pelvis_tilt"] + angles["thigh_elevation" + side]
        angles["hip_flexion" + side] = np.where(related, z, wrapped(by_gravity))
        angles["hip_abduction" + side], angles["hip_rotation" + side] = outward * x, -outward * y
        askew = self.params.axis_gain * np.abs(by_gravity)
        angles["hip_flexion_sd" + side] = np.sqrt(sd[SACRUM] ** 2 + sd[thigh] ** 2 + askew**2)


def _joint(q_e_p: Floats, q_e_d: Floats, related: Bools) -> tuple[Floats, Floats, Floats]:
    """Cardan angles of the distal in the proximal segment; NaN where their headings are not related."""
    q_p_d = rotation.multiply(rotation.conjugate(q_e_p), q_e_d)
    return rotation.cardan_zxy(q_p_d if related.all() else np.where(related[:, None], q_p_d, np.nan))


def side_of(thigh: str, worn: Sequence[str]) -> str:
    """What the name of a thigh's angle ends in: the side where both thighs are worn."""
    return thigh.removeprefix("thigh") if THIGH_LEFT in worn and THIGH_RIGHT in worn else ""


def lean(q_e_b: Floats) -> Floats:
    """Sideways inclination (n,) rad of segments: the vertical's part along their z; ±90° lying on a side."""
    x, y = q_e_b[..., 1], q_e_b[..., 2]
    return np.arcsin(np.clip(1 - 2 * (x * x + y * y), -1.0, 1.0))


def wrapped(angle: Floats) -> Floats:
    """The same angle (n,) rad in −π..π."""
    return (angle + np.pi) % (2 * np.pi) - np.pi
