"""The hamstring test: how far the pelvis bends forward over straight legs, in the marked bends of a calibration.

The person's own number, to follow over weeks: people without back pain reach 59 ± 15° (Laird 2018, n = 124), and 70°
is an article's target, no pass or fail.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from hiphinge.blocks import DOUBT, AngleBlock, Floats
from hiphinge.wizard.spans import Span, within

NAME = "hamstring_deg"
BEND = "bend"
STRAIGHT = np.deg2rad(25.0)
"""rad from the vertical: the thighs of straight legs lean back by less as the hips go back [D]."""
HELD_S = 0.3
"""So long in sum the angle was that deep, in s: no single sample counts [D]."""


class Hamstrings:
    """Listens to the angles of a recording whose bends are marked; ``rate`` Hz of their grid."""

    def __init__(self, spans: Iterable[Span], rate: float) -> None:
        self._bends = tuple(span for span in spans if span.label == BEND)
        self._least = round(HELD_S * rate)
        self._tilts: list[Floats] = []

    def add(self, angles: AngleBlock) -> None:
        """Take one block of angles, of any length."""
        thighs = [x for name, x in angles.angles.items() if name.startswith("thigh_elevation")]
        if not self._bends or not thighs or "pelvis_tilt" not in angles.angles:
            return
        counts = within(angles.t, self._bends, BEND) & (angles.flags & DOUBT == 0)
        for thigh in thighs:
            counts &= np.abs(thigh) <= STRAIGHT
        tilts = angles["pelvis_tilt"][counts]
        self._tilts.append(tilts[np.isfinite(tilts)])

    def tests(self) -> Mapping[str, float]:
        """``hamstring_deg``; nothing where no bend was marked, or sacrum or thigh was not worn, or knees were bent."""
        tilts = np.sort(np.concatenate([np.empty(0), *self._tilts]))[::-1]
        return {NAME: float(np.rad2deg(tilts[self._least - 1]))} if len(tilts) >= self._least else {}
