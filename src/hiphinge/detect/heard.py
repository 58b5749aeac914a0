"""How well each sensor was heard: the share of instants lost, and the gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hiphinge.blocks import FILLED, MISSING, Flags, MotionBlock

BRIDGED_S = 0.5
"""A silence that the end cuts off sooner is none yet: it could have been bridged (streams.align, ``bridge``)."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing of ``site`` from ``start`` to ``end`` s that could be bridged."""

    site: str
    start: float
    end: float


class Heard:
    """Counts as the blocks pass; changes nothing."""

    def __init__(self, sites: Sequence[str]) -> None:
        self._sites = tuple(sites)
        self._lost = [0] * len(self._sites)
        self._instants = 0
        self._open: list[float | None] = [None] * len(self._sites)
        self._gaps: list[Gap] = []
        self._end = 0.0

    def count(self, motion: MotionBlock) -> None:
        """Take the next instants."""
        if not len(motion):
            return
        self._instants += len(motion)
        self._end = float(motion.t[-1])
        for i, flags in enumerate(motion.flags):
            if self._open[i] is not None or flags.any():
                self._lost[i] += int(np.count_nonzero(flags & (MISSING | FILLED)))
                self._follow(i, motion, flags)

    def _follow(self, i: int, motion: MotionBlock, flags: Flags) -> None:
        """Open and close the gaps of the sensor ``i``; flags (n,)."""
        silent = (flags & MISSING) != 0
        changes = np.flatnonzero(np.diff(silent, prepend=self._open[i] is not None))
        for at in changes.tolist():
            begun, t = self._open[i], float(motion.t[at])
            if begun is None:
                self._open[i] = t
            else:
                self._gaps.append(Gap(self._sites[i], begun, t))
                self._open[i] = None

    def gaps(self) -> tuple[Gap, ...]:
        """All gaps in order of time; those still open end with the last instant."""
        still = [Gap(s, t, self._end) for s, t in zip(self._sites, self._open, strict=True) if t is not None]
        lasting = [gap for gap in still if gap.end - gap.start > BRIDGED_S]
        return tuple(sorted((*self._gaps, *lasting), key=lambda g: (g.start, g.site)))

    def loss_pct(self) -> dict[str, float]:
        """Per cent of the instants of each site that are missing or bridged."""
        n = max(self._instants, 1)
        return {site: 100.0 * lost / n for site, lost in zip(self._sites, self._lost, strict=True)}
