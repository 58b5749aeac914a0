"""The person's own range, from the calibration bends and sitting."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hiphinge import runs
from hiphinge.blocks import Bools, Floats


@dataclass(frozen=True)
class Params:
    """What counts as a bend and when bends agree (biomechanics 0.1).

    depth : rad of trunk inclination that a calibration bend reaches.
    plausible_low, plausible_high : rad of maximal lumbar flexion; published
        group means run from 24 ± 7 to 75 ± 10°, and virtual wearers reach 82.
    spread : rad between the peaks above which the verdict asks to repeat.
    shortest : s spent that deep; less is no bend.
    rate : Hz of the grid.
    """

    depth: float = field(default=np.deg2rad(40), metadata={"unit": "rad"})
    plausible_low: float = field(default=np.deg2rad(20), metadata={"unit": "rad"})
    plausible_high: float = field(default=np.deg2rad(95), metadata={"unit": "rad"})
    spread: float = field(default=np.deg2rad(8), metadata={"unit": "rad"})
    shortest: float = 0.2
    rate: float = 100.0


@dataclass(frozen=True)
class Range:
    """Largest of the ``peaks`` rad, their ``spread`` rad (largest less smallest).

    The largest, not the median: comfortable bends are unequal (19° apart in
    virtual wearers), and a range set too small cues too early.
    """

    value: float
    spread: float
    peaks: tuple[float, ...]


def maximal(flexion: Floats, trunk: Floats, within: Bools, params: Params) -> Range:
    """Maximal flexion (n,) over the bends ``within`` (n,), cut by trunk inclination."""
    bent = within & (np.nan_to_num(trunk) > params.depth)
    least = params.shortest * params.rate
    spans = [(a, b) for a, b in runs.of_true(bent) if b - a > least]
    peaks = [float(np.fmax.reduce(flexion[a:b], initial=-np.inf)) for a, b in spans]
    peaks = [p for p in peaks if np.isfinite(p)]
    if not peaks:
        return Range(float("nan"), float("nan"), ())
    return Range(max(peaks), max(peaks) - min(peaks), tuple(peaks))
