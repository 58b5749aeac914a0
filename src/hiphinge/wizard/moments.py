"""What the guide looks at: every tenth of a second, where gravity is for each sensor and how much it moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hiphinge.blocks import Floats, MotionBlock
from hiphinge.kinematics import mounting
from hiphinge.kinematics.zero import between

STEP, WINDOW = 10, 50
"""Instants at 100 Hz from one moment to the next, and that one looks back: half a second, as ``mounting.rest`` does."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The half second before ``t`` s: ``acc`` (k, 3) its mean, ``stirring`` (k,) rad/s rms, inf where samples miss."""

    t: float
    sites: tuple[str, ...]
    acc: Floats
    stirring: Floats

    def up(self, site: str) -> Floats:
        """Unit vector (3,) in sensor axes; NaN where samples miss."""
        acc = self.acc[self.sites.index(site)]
        return acc / np.linalg.norm(acc)

    def tilt(self, site: str, up: Floats) -> float:
        """Total tilt rad of a site from ``up`` (3,); NaN where samples miss."""
        return between(self.up(site), up)


class Moments:
    """Motion in, moments out; the same however the motion is cut."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._past: MotionBlock | None = None

    def take(self, motion: MotionBlock) -> Iterator[Moment]:
        """The moments that became known."""
        acc, gyr, before = motion.acc, motion.gyr, 0
        if self._past is not None:
            acc, gyr = (np.concatenate(x, axis=1) for x in ((self._past.acc, acc), (self._past.gyr, gyr)))
            before = len(self._past)
        for i in range(len(motion)):
            end = before + i + 1
            if round(motion.t[i] * self._rate) % STEP == STEP - 1 and end >= WINDOW:
                window = slice(end - WINDOW, end)
                yield _moment(float(motion.t[i]), motion.sites, acc[:, window], gyr[:, window])
        keep = slice(max(acc.shape[1] - WINDOW, 0), None)
        t = np.empty(min(acc.shape[1], WINDOW))
        self._past = MotionBlock(t, motion.sites, acc[:, keep], gyr[:, keep], motion.flags[:, :0])


def _moment(t: float, sites: tuple[str, ...], acc: Floats, gyr: Floats) -> Moment:
    stirring = [float(mounting.stirring(a[None], g[None])[0]) for a, g in zip(acc, gyr, strict=True)]
    return Moment(t, sites, acc.mean(axis=1), np.array(stirring))
