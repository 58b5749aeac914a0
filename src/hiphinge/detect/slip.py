"""A sensor that slipped: its baseline in quiet standing has moved, and no other's has."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from hiphinge.blocks import SACRUM, THIGH_LEFT, THIGH_RIGHT, THIGHS, UPPER_LUMBAR, Bools, Event, Floats
from hiphinge.detect.cells import PER_SECOND, CellBlock


@dataclass(frozen=True)
class Params:
    """When a baseline has moved (``cal_expiry`` of biomechanics 0.1 for the trunk; the others [D]).

    moved : rad at a trunk sensor, 5°. moved_thigh : rad, since people stand with
        one knee bent.
    others : share of their own limits that all other sensors keep within: a
        person who stands differently moves more than one segment.
    upright : rad from zero in any sensor that may still be standing.
    quiet : rad that no inclination changes by within a second.
    shortest : s of quiet standing that count. spells : so many in a row, with
        movement between them, must agree.
    """

    moved: float = field(default=np.deg2rad(5), metadata={"unit": "rad"})
    moved_thigh: float = field(default=np.deg2rad(10), metadata={"unit": "rad"})
    others: float = 0.6
    upright: float = field(default=np.deg2rad(25), metadata={"unit": "rad"})
    quiet: float = field(default=np.deg2rad(1.5), metadata={"unit": "rad"})
    shortest: int = 3
    spells: int = 4

    def limit(self, site: str) -> float:
        """How far, rad, a site's baseline may be off."""
        return self.moved_thigh if site in THIGHS else self.moved


def inclination(cells: CellBlock, site: str) -> Floats:
    """The site's inclination or elevation (n,) rad, NaN where it is not known."""
    if site == UPPER_LUMBAR:
        return cells.angle("trunk_inclination")
    if site == SACRUM:
        return cells.angle("pelvis_tilt")
    both = THIGH_LEFT in cells.sites and THIGH_RIGHT in cells.sites
    return cells.angle("thigh_elevation" + (site.removeprefix("thigh") if both else ""))


class Slip:
    """Cells in, events "sensor_slipped" (``site``, ``moved_deg``, ``limit_deg``) out, one a site.

    Needs a thigh, which tells standing from sitting, and one site more.
    """

    def __init__(self, params: Params) -> None:
        self.params = params
        self._sums: dict[str, float] = {}  # over the seconds of the open spell
        self._seconds = 0
        self._baselines: deque[Mapping[str, float]] = deque(maxlen=params.spells)
        self._told: set[str] = set()

    def follow(self, cells: CellBlock, off: Bools) -> list[Event]:
        """Events, each at the end of the second that closed the last spell; ``off`` (n,) not worn."""
        if len(cells.sites) < 2 or not any(thigh in cells.sites for thigh in THIGHS):
            return []
        p = self.params
        seconds = np.stack([inclination(cells, site).reshape(-1, PER_SECOND) for site in cells.sites])
        low, high = seconds.min(axis=-1), seconds.max(axis=-1)
        middle = 0.5 * (low + high)
        quiet = np.isnan(middle) | ((high - low < p.quiet) & (np.abs(middle) < p.upright))
        thighs = [site in THIGHS for site in cells.sites]
        standing = quiet.all(axis=0) & np.isfinite(middle[thighs]).any(axis=0)
        events: list[Event] = []
        for second, stands in enumerate(standing.tolist()):
            if off[second]:
                self._sums, self._seconds = {}, 0
            elif stands:
                self._seconds += 1
                for site, value in zip(cells.sites, middle[:, second].tolist(), strict=True):
                    self._sums[site] = self._sums.get(site, 0.0) + value
            elif self._seconds:
                events += self._close(cells.first + second + 1.0)
        return events

    def _close(self, t: float) -> list[Event]:
        baseline = {site: total / self._seconds for site, total in self._sums.items()}
        long_enough = self._seconds >= self.params.shortest
        self._sums, self._seconds = {}, 0
        if not long_enough:
            return []
        self._baselines.append(MappingProxyType(baseline))
        return [event for site in baseline if (event := self._judge(t, site)) is not None]

    def _judge(self, t: float, site: str) -> Event | None:
        p = self.params
        if site in self._told or len(self._baselines) < p.spells:
            return None
        own = [b[site] for b in self._baselines]
        others = [(s, v) for b in self._baselines for s, v in b.items() if s != site]
        moved = min(own) > p.limit(site) or max(own) < -p.limit(site)  # False where a value is NaN
        alone = all(abs(v) < p.others * p.limit(s) for s, v in others if not np.isnan(v))
        if not (moved and alone and any(not np.isnan(v) for _, v in others)):
            return None
        self._told.add(site)
        by = float(np.rad2deg(np.median(own)))
        return Event(
            t, "sensor_slipped", {"site": site, "moved_deg": by, "limit_deg": float(np.rad2deg(p.limit(site)))}
        )
