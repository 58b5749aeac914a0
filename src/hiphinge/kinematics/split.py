"""What trunk and thigh alone can say of lumbar against hip: an interval, never a number.

Without a sensor on the sacrum, only the sum K = trunk inclination + thigh
elevation = lumbar + hip flexion is known. The split lies between what hips
and spines can do; no model of "usual" bending narrows it, since a coached
hinge and a rounded back share the same trunk path.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hiphinge.blocks import AngleBlock, Floats


@dataclass(frozen=True)
class Params:
    """Limits of hips and spines; [D] where a range was widened to hold 95 % of lifts.

    hip_straight : rad of hip flexion with straight legs: hamstring test
        59 ± 15° (Laird), so 89° holds 97.5 %.
    hip_bent : rad with bent legs: 120 ± 12 (decisions), widened.
    leg_straight, leg_bent : rad of thigh elevation between which the limit rises.
    lumbar_unknown : rad of maximal flexion of a person never measured in full:
        50 ± 22 °, and the margin.
    margin : how far past the measured own range a lift can go.
    least_share, most_share : of trunk inclination that lumbar flexion makes up.
    extension : rad of lumbar extension that a bend can begin in.
    roll_back, roll_from, roll_to : rad. A pelvis rolls back by up to so much as the
        thigh rises between these elevations: seated, the spine flexes under an
        upright trunk (22° in the one real person at hand).
    """

    hip_straight: float = field(default=np.deg2rad(89), metadata={"unit": "rad"})
    hip_bent: float = field(default=np.deg2rad(140), metadata={"unit": "rad"})
    leg_straight: float = field(default=np.deg2rad(5), metadata={"unit": "rad"})
    leg_bent: float = field(default=np.deg2rad(25), metadata={"unit": "rad"})
    lumbar_unknown: float = field(default=np.deg2rad(79), metadata={"unit": "rad"})
    margin: float = 1.15
    least_share: float = 0.10
    most_share: float = 0.95
    extension: float = field(default=np.deg2rad(10), metadata={"unit": "rad"})
    roll_back: float = field(default=np.deg2rad(35), metadata={"unit": "rad"})
    roll_from: float = field(default=np.deg2rad(20), metadata={"unit": "rad"})
    roll_to: float = field(default=np.deg2rad(70), metadata={"unit": "rad"})


class Split:
    """Adds ``lumbar_plus_hip`` wherever trunk and thigh are worn, and the interval without a sacrum."""

    def __init__(self, params: Params, own_range: float) -> None:
        self.params = params
        self._most = params.margin * (own_range if np.isfinite(own_range) else params.lumbar_unknown)

    def bound(self, angles: AngleBlock) -> AngleBlock:
        """The same block with the columns that can be said."""
        sides = [side for side in ("", "_left", "_right") if "thigh_elevation" + side in angles.angles]
        if not sides or "trunk_inclination" not in angles.angles:
            return angles
        trunk, added = angles["trunk_inclination"], dict(angles.angles)
        for side in sides:
            added["lumbar_plus_hip" + side] = trunk + angles["thigh_elevation" + side]
        if "pelvis_tilt" not in angles.angles:
            # Either thigh bounds the spine; together they hold it tighter.
            bounds = [self._between(trunk, angles["thigh_elevation" + side]) for side in sides]
            added["lumbar_flexion_low"] = np.max([low for low, _ in bounds], axis=0)
            added["lumbar_flexion_high"] = np.min([high for _, high in bounds], axis=0)
        return AngleBlock(angles.t, added, angles.flags)

    def _between(self, trunk: Floats, elevation: Floats) -> tuple[Floats, Floats]:
        p, total = self.params, trunk + elevation
        hip = np.interp(elevation, (p.leg_straight, p.leg_bent), (p.hip_straight, p.hip_bent))
        bent = np.maximum(trunk, 0.0)
        upright = p.extension * np.exp(-bent / p.extension)  # upright, the spine may also be extended
        low = np.maximum(p.least_share * bent - upright, total - hip)
        rolled = np.interp(elevation, (p.roll_from, p.roll_to), (0.0, p.roll_back))
        high = np.minimum(np.minimum(self._most, total + p.extension), p.most_share * bent + p.extension + rolled)
        return low, np.maximum(high, low)
