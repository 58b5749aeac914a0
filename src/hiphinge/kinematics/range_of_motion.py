"""The person's own range, from the calibration bends and sitting."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hiphinge.blocks import Bools, Floats


@dataclass(frozen=True)
class Params:
    """What counts as a bend and when bends agree (biomechanics 0.1).

    depth : rad of trunk inclination that a calibration bend reaches.
    plausible_low, plausible_high : rad of maximal lumbar flexion; published
        group means run from 24 ± 7 to 75 ± 10°, and virtual wearers reach 82.
    spread : rad between the peaks above which the verdict asks to repeat.
    drop_first : the first bend warms up; it is dropped when three or more are there.
    """

    depth: float = field(default=np.deg2rad(40), metadata={"unit": "rad"})
    plausible_low: float = field(default=np.deg2rad(20), metadata={"unit": "rad"})
    plausible_high: float = field(default=np.deg2rad(95), metadata={"unit": "rad"})
    spread: float = field(default=np.deg2rad(8), metadata={"unit": "rad"})
    drop_first: bool = True


@dataclass(frozen=True)
class Range:
    """Median of the ``peaks`` rad, their ``spread`` rad (largest less smallest)."""

    value: float
    spread: float
    peaks: tuple[float, ...]


def maximal(flexion: Floats, trunk: Floats, within: Bools, params: Params) -> Range:
    """Maximal flexion (n,) over the bends ``within`` (n,), cut by trunk inclination."""
    bent = within & (np.nan_to_num(trunk) > params.depth)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], bent.astype(np.int8), [0]))))
    peaks = [float(np.nanmax(flexion[a:b])) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > 20]
    peaks = [p for p in peaks if np.isfinite(p)]
    if not peaks:
        return Range(float("nan"), float("nan"), ())
    used = peaks[1:] if params.drop_first and len(peaks) >= 3 else peaks
    return Range(float(np.median(used)), max(used) - min(used), tuple(peaks))
