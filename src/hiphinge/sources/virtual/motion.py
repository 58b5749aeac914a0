"""What a virtual wearer's sensors feel at any instant, at whatever rate their host asked for."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from scipy.interpolate import CubicSpline

from hiphinge import rotation
from hiphinge.blocks import Bools, Floats
from hiphinge.simulate import Imperfections, Responsive, Simulation, placement
from hiphinge.simulate.imperfections import Defects
from hiphinge.simulate.responsive import LONGEST
from hiphinge.simulate.sensing import GRID_HZ, Ideal
from hiphinge.sources.virtual.hand import twisted
from hiphinge.sources.virtual.twin import Sense

SECONDS, SECONDS_GUIDED = 10.0, 0.5
"""Of one piece of rendered motion; it costs 7 ms. Fixed: what a sensor feels does not hang on who asks first.
Short where the wearer follows a guide: what was felt cannot change any more."""
MARGIN = 20
"""Instants of the grid that a piece reaches beyond its ends, so that a spline's end is never seen."""
IN_HAND = 12.0
"""s that all sensors are twisted in one hand where a guide asks for it, from the first stream on; all connect in
less [D]."""
TAP, TAP_SECONDS = 40.0, 0.02
"""m/s² and s of a fingertip on the case: 2 to 6 g for a few tens of ms [D]."""


class Motion:
    """One wearer, moving from the first ``begin`` on; quiet standing before and after.

    He plays the simulation, or does what a guide says from the first ``follow`` on.
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
        self._mounts, self._seconds, self._duration = mounts, SECONDS, simulation.duration
        self._guided: Responsive | None = None
        self._felt = -np.inf  # up to when, s
        self._piece = lru_cache(maxsize=4)(self._rendered)
        self._taps: list[tuple[str, float]] = []
        self._elsewhere: dict[str, str] = {}

    def begin(self, now: float) -> None:
        """The wearer starts; later calls change nothing."""
        self.began = now if self.began is None else self.began

    def follow(self, step: str, site: str = "", attempt: int = 1) -> None:
        """A guide asks for this now (wizard.guide); asked again for the same, nothing new begins."""
        if self._guided is None:
            self._guided = self._listening(step)
        self._guided.now = float(self._played(np.array([self._felt]))[0])
        self._guided.follow(step, site, attempt)

    def _listening(self, step: str) -> Responsive:
        """The same person with the same sensors, who does what he is told from now on."""
        worn, seed = self.simulation.wearing, self.simulation.seed
        guided = Responsive(self.simulation.score.wearer, worn, seed=seed)
        self._ideal = Ideal(guided.score, self._mounts, worn.imperfections.rocking, worn.faults, seed)
        self._seconds, self._duration = SECONDS_GUIDED, LONGEST
        self._piece.cache_clear()
        self.twist = IN_HAND if step == "twist" else 0.0
        self.began = None if self.began is None else self._felt
        return guided

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
        self._felt = max(self._felt, float(times[-1]))
        played = self._played(times)
        pieces = np.floor(played / self._seconds).astype(int)
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
        if self.began is None or not self.twist:
            return np.full(len(times), self.twist > 0)
        return times < self.began + self.twist

    def _site(self, sensor: str) -> str:
        return self._elsewhere.get(sensor, sensor)

    def _played(self, times: Floats) -> Floats:
        """Seconds of the scenario: 0 until it begins, its end for ever after."""
        if self.began is None:
            return np.zeros(len(times))
        return np.clip(times - self.began - self.twist, 0.0, self._duration)

    def _rendered(self, piece: int) -> dict[str, CubicSpline]:
        first, stop = (round(p * self._seconds * GRID_HZ) + m for p, m in ((piece, -MARGIN), (piece + 1, MARGIN)))
        t = np.arange(first, stop) / GRID_HZ
        readings = self._ideal.read(first, stop)
        return {site: CubicSpline(t, np.hstack([r.acc, r.gyr])) for site, r in readings.items()}
