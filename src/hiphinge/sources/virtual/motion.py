"""What a virtual wearer's sensors feel at any instant, at whatever rate their host asked for."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from scipy.interpolate import CubicSpline

from hiphinge import rotation
from hiphinge.blocks import Bools, Floats
from hiphinge.simulate import Imperfections, Simulation, placement
from hiphinge.simulate.imperfections import Defects
from hiphinge.simulate.sensing import GRID_HZ, Ideal
from hiphinge.sources.virtual.hand import twisted
from hiphinge.sources.virtual.twin import Sense

SECONDS = 10
"""Of one piece of rendered motion; it costs 7 ms. Fixed: what a sensor feels does not hang on who asks first."""
MARGIN = 20
"""Instants of the grid that a piece reaches beyond its ends, so that a spline's end is never seen."""
TAP, TAP_SECONDS = 40.0, 0.02
"""m/s² and s of a fingertip on the case: 2 to 6 g for a few tens of ms [D]."""


class Motion:
    """One wearer, moving from the first ``begin`` on; quiet standing before and after.

    For ``twist`` s after it, all sensors are twisted in one hand, and worn at once then.
    Times are seconds on the host's monotonic clock.
    """

    def __init__(self, simulation: Simulation, twist: float = 0.0) -> None:
        worn, seed = simulation.wearing, simulation.seed
        mounts = {site: placement.mount(site, worn.habit, seed) for site in worn.sites}
        self.simulation, self.twist = simulation, twist
        grips = rotation.from_rotvec(np.random.default_rng([seed, 20]).normal(0.0, 1.0, (len(worn.sites), 3)))
        self._grip = dict(zip(worn.sites, grips, strict=True))
        self.began: float | None = None
        self._ideal = Ideal(simulation.score, mounts, worn.imperfections.rocking, worn.faults, seed)
        self._piece = lru_cache(maxsize=4)(self._rendered)
        self._taps: list[tuple[str, float]] = []
        self._elsewhere: dict[str, str] = {}

    def begin(self, now: float) -> None:
        """The wearer starts; later calls change nothing."""
        self.began = now if self.began is None else self.began

    def tap(self, sensor: str, at: float) -> None:
        """Somebody taps this sensor's case at ``at`` s; later than the 0.1 s that a twin feels ahead."""
        self._taps.append((sensor, at))

    def swap(self, one: str, other: str) -> None:
        """Two sensors change places from now on."""
        at_one, at_other = self._site(one), self._site(other)
        self._elsewhere |= {one: at_other, other: at_one}

    def sensor(self, site: str, number: int, *, kind: Imperfections | None = None) -> Sense:
        """What the sensor put on ``site`` reports, with its own errors; its converter and ranges are the twin's."""
        kind = replace(kind or self.simulation.wearing.imperfections, acc_range=np.inf, gyr_range=np.inf)
        defects = Defects(kind, self.simulation.seed, number)
        drawn = iter(range(2**62))

        def sense(times: Floats) -> tuple[Floats, Floats]:
            acc, gyr = self.feel(site, times)
            return defects.read(self._played(times), acc, gyr, GRID_HZ, next(drawn))

        return sense

    def feel(self, sensor: str, times: Floats) -> tuple[Floats, Floats]:
        """True acc, gyr (n, 3) each, of a sensor where it is worn now."""
        played = self._played(times)
        pieces = np.floor(played / SECONDS).astype(int)
        felt = np.empty((len(times), 6))
        for piece in np.unique(pieces):
            here = pieces == piece
            felt[here] = self._piece(int(piece))[self._site(sensor)](played[here])
        in_hand = self._in_hand(times)
        if in_hand.any():
            since = times[in_hand] - (self.began or 0.0)
            felt[in_hand] = np.hstack(twisted(since, self.twist, self._grip[sensor]))
        for tapped, at in self._taps:
            if tapped == sensor:
                felt[:, 2] += TAP * np.exp(-0.5 * ((times - at) / (TAP_SECONDS / 2)) ** 2)
        return felt[:, :3], felt[:, 3:]

    def _in_hand(self, times: Floats) -> Bools:
        if self.began is None:
            return np.full(len(times), self.twist > 0)
        return times < self.began + self.twist

    def _site(self, sensor: str) -> str:
        return self._elsewhere.get(sensor, sensor)

    def _played(self, times: Floats) -> Floats:
        """Seconds of the scenario: 0 until it begins, its end for ever after."""
        if self.began is None:
            return np.zeros(len(times))
        return np.clip(times - self.began - self.twist, 0.0, self.simulation.duration)

    def _rendered(self, piece: int) -> dict[str, CubicSpline]:
        first, stop = (round(p * SECONDS * GRID_HZ) + m for p, m in ((piece, -MARGIN), (piece + 1, MARGIN)))
        t = np.arange(first, stop) / GRID_HZ
        readings = self._ideal.read(first, stop)
        return {site: CubicSpline(t, np.hstack([r.acc, r.gyr])) for site, r in readings.items()}
