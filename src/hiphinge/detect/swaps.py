"""Sensors on each other's places: legs told by how the pelvis turns in walking, sites by what no body can do."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hiphinge.blocks import SACRUM, THIGH_RIGHT, THIGHS, TRUNK, UPPER_LUMBAR, Bools, Event, Floats
from hiphinge.detect import gait
from hiphinge.detect.cells import PER_SECOND, CellBlock
from hiphinge.detect.slip import inclination


@dataclass(frozen=True)
class Params:
    """How sure is sure; [D] but for the sign of walking (fusion: +0.4 to 0.7 right, −0.4 to −0.65 left).

    walked : s of sure walking before legs are judged: ten strides.
    correlation : mean over windows of 4 s that must have the other leg's sign.
    extension : rad, lumbar extension that nobody reaches sitting or bent forward
        (from standing 6 to 29°, Troke).
    hip_extension : rad, hip extension that nobody reaches.
    seated, tilted, bent, deepest : rad: a thigh that is surely on a seat; a pelvis
        or trunk further from upright than on a seat; a bend that is one, and is
        not on hands and knees.
    deep, stays, swings : rad: a trunk so far down takes the pelvis further with it
        than ``stays``, and no thigh back by ``swings`` (virtual: 8°).
    evidence : s of the impossible, in ``episodes`` or more that lie ``apart`` s,
        and so many ``times`` longer than what shows that all is well.
    """

    walked: int = 12
    correlation: float = 0.2
    extension: float = field(default=np.deg2rad(25), metadata={"unit": "rad"})
    hip_extension: float = field(default=np.deg2rad(40), metadata={"unit": "rad"})
    seated: float = field(default=np.deg2rad(50), metadata={"unit": "rad"})
    tilted: float = field(default=np.deg2rad(45), metadata={"unit": "rad"})
    bent: float = field(default=np.deg2rad(30), metadata={"unit": "rad"})
    deepest: float = field(default=np.deg2rad(70), metadata={"unit": "rad"})
    deep: float = field(default=np.deg2rad(60), metadata={"unit": "rad"})
    stays: float = field(default=np.deg2rad(15), metadata={"unit": "rad"})
    swings: float = field(default=np.deg2rad(20), metadata={"unit": "rad"})
    evidence: int = 5
    episodes: int = 2
    apart: int = 3
    times: int = 3


class Legs:
    """Cells in; one event "sensor_swapped" when the thighs swing as the other leg's would."""

    def __init__(self, params: Params, walking: gait.Params) -> None:
        self.params, self.walking = params, walking
        self._past: Floats | None = None  # (k + thighs + 1, n): sizes, elevations, yaw rate of the last 3 s
        self._agreement: dict[str, float] = {}
        self._walked = 0
        self._told = False

    def follow(self, cells: CellBlock) -> list[Event]:
        """``sites`` on the wrong leg, the ``measure`` with its ``value`` and ``limit``."""
        thighs = [site for site in cells.sites if site in THIGHS]
        if self._told or not thighs or "pelvis_yaw_rate" not in cells.angles:
            return []
        rows = (*gait.size(cells.acc), *(inclination(cells, s) for s in thighs), cells.angle("pelvis_yaw_rate"))
        if self._past is None:
            self._past = np.full((len(rows), gait.WINDOW - PER_SECOND), np.nan)
        both = np.concatenate((self._past, np.stack(rows)), axis=1)
        self._past = both[:, PER_SECOND - gait.WINDOW :]
        windows = gait.windows(both, len(cells) // PER_SECOND)
        k = len(cells.sites)
        lively, regular = gait.strength(self.walking, windows[:k], cells.sites)
        walks = (lively >= self.walking.least) & (regular >= self.walking.sure)
        if not walks.any():
            return []
        swings = np.stack([correlation(np.diff(x[walks]), windows[-1, walks, :-1]) for x in windows[k:-1]])
        return self._judge(thighs, swings, [cells.first + second + 1.0 for second in np.flatnonzero(walks).tolist()])

    def _judge(self, thighs: list[str], swings: Floats, known: list[float]) -> list[Event]:
        """Correlations (thighs, n) of the windows that end at ``known`` s."""
        p = self.params
        for t, together in zip(known, swings.T.tolist(), strict=True):
            if np.isnan(together).any():
                continue
            self._walked += 1
            for site, r in zip(thighs, together, strict=True):
                self._agreement[site] = self._agreement.get(site, 0.0) + (r if site == THIGH_RIGHT else -r)
            mean = [total / self._walked for total in self._agreement.values()]
            if self._walked >= p.walked and max(mean) <= -p.correlation:
                self._told = True
                found = _swapped(tuple(thighs), "leg_agreement", max(mean), -p.correlation)
                return [Event(t, "sensor_swapped", found)]
        return []


def correlation(x: Floats, y: Floats) -> Floats:
    """Of each row of (n, w) with the same row of the other, (n,); NaN where either does not move."""
    x = x - (np.add.reduce(x, axis=-1) / x.shape[-1])[:, None]
    y = y - (np.add.reduce(y, axis=-1) / y.shape[-1])[:, None]
    power = np.add.reduce(x * x, axis=-1) * np.add.reduce(y * y, axis=-1)
    return np.add.reduce(x * y, axis=-1) / np.sqrt(np.where(power > 0.0, power, np.nan))


class Sites:
    """Cells in; events "sensor_swapped" when a joint stays where no joint goes, one a pair of sites."""

    def __init__(self, params: Params) -> None:
        self.params = params
        self._spine = _Witness(params, TRUNK)
        self._hip: _Witness | None = None

    def follow(self, cells: CellBlock, off: Bools) -> list[Event]:
        """``sites`` on each other's places, ``angle_deg`` of the joint between; ``off`` (n,) not worn."""
        events: list[Event] = []
        thighs = [site for site in cells.sites if site in THIGHS]
        thigh: Floats = np.full(len(cells), np.nan)
        for site in thighs:
            thigh = np.fmax(thigh, inclination(cells, site))
        if UPPER_LUMBAR in cells.sites and SACRUM in cells.sites:
            events += self._watch_spine(cells, off, thigh)
        if SACRUM in cells.sites and len(thighs) == 1:
            events += self._watch_hip(cells, off, thighs[0], thigh)
        return sorted(events, key=lambda e: e.t)

    def _watch_spine(self, cells: CellBlock, off: Bools, thigh: Floats) -> list[Event]:
        p = self.params
        trunk, pelvis = cells.angle("trunk_inclination"), cells.angle("pelvis_tilt")
        lumbar = trunk - pelvis
        on_seat = (thigh > p.seated) & (np.abs(trunk) < p.tilted)
        on_feet = np.where(np.isfinite(thigh), thigh > -p.bent, pelvis < p.deepest)
        bending = (trunk > 0.0) & (trunk < p.deepest) & (pelvis > p.bent) & on_feet
        impossible = (lumbar < -p.extension) & (on_seat | bending)
        return self._spine.hear(cells.first, off, impossible, lumbar > p.extension, lumbar)

    def _watch_hip(self, cells: CellBlock, off: Bools, site: str, thigh: Floats) -> list[Event]:
        """Extended like no hip; or a deep bend in which the pelvis stays and the thigh swings back instead.

        The latter is what a calibration on exchanged sensors makes of it.
        """
        p = self.params
        if self._hip is None:
            self._hip = _Witness(p, (SACRUM, site))
        trunk, pelvis = cells.angle("trunk_inclination"), cells.angle("pelvis_tilt")
        hip, deep = pelvis + thigh, trunk > p.deep
        impossible = (hip < -p.hip_extension) | (deep & (pelvis < p.stays) & (thigh < -p.swings))
        seated = (thigh > p.seated) & (hip > 0.0) & (np.abs(pelvis) < p.tilted)
        return self._hip.hear(cells.first, off, impossible, seated | (deep & (pelvis > p.bent)), hip)


class _Witness:
    """Weighs seconds in which a joint is where it cannot be against those that look right."""

    def __init__(self, params: Params, sites: tuple[str, str]) -> None:
        self.params, self.sites = params, sites
        self._told = False
        self._against = 0
        self._forget()

    def _forget(self) -> None:
        """What was seen was not on a body; what speaks against it stays."""
        self._for = self._episodes = 0
        self._last: int | None = None
        self._sum = 0.0

    def hear(self, first: int, off: Bools, impossible: Bools, fine: Bools, angle: Floats) -> list[Event]:
        """Cells (n,) of whole seconds; a second counts when all its cells agree."""
        if self._told:
            return []
        wrong: Bools = np.logical_and.reduce(impossible.reshape(-1, PER_SECOND), axis=1)
        right: Bools = np.logical_and.reduce(fine.reshape(-1, PER_SECOND), axis=1)
        for second in np.flatnonzero(wrong | right | off).tolist():
            if off[second]:
                self._forget()
                continue
            if right[second]:
                self._against += 1
                continue
            self._for += 1
            self._sum += float(angle[second * PER_SECOND])
            if self._last is None or first + second - self._last > self.params.apart:
                self._episodes += 1
            self._last = first + second
            if self._convinced():
                self._told = True
                found = _swapped(self.sites, "impossible_s", self._for, self.params.evidence)
                mean = float(np.rad2deg(self._sum / self._for))
                return [Event(first + second + 1.0, "sensor_swapped", found | {"angle_deg": mean})]
        return []

    def _convinced(self) -> bool:
        p = self.params
        enough = self._for >= p.evidence and self._episodes >= p.episodes
        return enough and self._for > p.times * self._against


def _swapped(sites: tuple[str, ...], measure: str, value: float, limit: float) -> dict[str, object]:
    """Which sites, and what was measured to say so."""
    return {"sites": sites, "measure": measure, "value": float(value), "limit": float(limit)}
