"""How far each worn thigh is from hanging down, whichever way its sensor sits by now.

The sagittal elevation of the filter knows forward from backward and moves without
delay, but means nothing once the thigh leans far sideways or its sensor has turned
in a pocket. Against that stands gravity: the angle between up in the sensor as it is
and as it was in standing (Acti4: the inclination), where "standing" is the person's
own reference: from the calibration, or, where there is none or the sensor has turned
since, from the mean over walking (Skotte 2014 take the reference likewise from the
person).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from hiphinge import rotation
from hiphinge.blocks import THIGHS, Bools, Floats, Mounting
from hiphinge.detect.cells import PER_SECOND, CellBlock

LATE = 4
"""s: what a second of walking taught is used from so much later on, when every grouping knows it."""


@dataclass(frozen=True)
class Params:
    """When gravity overrules the elevation, and what walking teaches [D].

    smooth : s of acceleration that are averaged, so that movement cancels.
    aside : rad by which gravity must see more than the elevation.
    turned : rad between the reference of walking and that of the calibration,
        from which the sensor counts as turned; people walk with thighs up to 8° forward.
    moved : the same from how this wearer walked at first, from which the elevation is
        taken as that much off: each walks much like before, within 1°.
    walked, learned : s of walking that are averaged, and the least.
    upright : rad by which a walking thigh may on average be off the reference so
        far: a car and a bicycle shake like steps, but raise the thigh further.
        A sensor that turns by more at once stays in doubt.
    steady : share of the mean over those that must remain; less if it was no walk.
    behind : rad of elevation backward that a turned sensor too is believed.
    sideways, prone : rad of sideward lean at which a thigh alone tells nothing; and
        of one that seems to point backward, as only somebody's does who lies on the face.
    """

    smooth: float = 1.0
    aside: float = field(default=np.deg2rad(10), metadata={"unit": "rad"})
    turned: float = field(default=np.deg2rad(12), metadata={"unit": "rad"})
    moved: float = field(default=np.deg2rad(6), metadata={"unit": "rad"})
    walked: int = 20
    learned: int = 10
    steady: float = 0.93
    upright: float = field(default=np.deg2rad(25), metadata={"unit": "rad"})
    sideways: float = field(default=np.deg2rad(65), metadata={"unit": "rad"})
    behind: float = field(default=np.deg2rad(45), metadata={"unit": "rad"})
    prone: float = field(default=np.deg2rad(40), metadata={"unit": "rad"})


@dataclass(frozen=True, slots=True)
class Raised:
    """Of one thigh: ``angle`` (n,) rad, 0 hanging, forward and up positive; ``aside`` (n,) it lies on a side.

    ``upright`` (n,): its sensor has the thigh's length where it had it, as far as the last walk says.
    """

    angle: Floats
    aside: Bools
    upright: Bools


class _Taught(NamedTuple):
    """What walking taught, from ``second`` on: ``own`` (3,) up in a turned sensor's axes, or how far it is ``off``."""

    second: int
    own: Floats | None
    off: float
    upright: bool


class Thigh:
    """Cells and walking in, how far it is raised out."""

    def __init__(self, params: Params, site: str, mounting: Mounting | None) -> None:
        self.params, self.site = params, site
        self._zero: Floats | None = None  # up in the sensor's axes while standing
        self._right: Floats | None = None  # the wearer's right, likewise
        if mounting is not None:
            q = np.asarray(mounting.q_s_b)
            self._zero = rotation.rotate(q, np.array([0.0, 1.0, 0.0]))
            self._right = rotation.rotate(q, np.array([0.0, 0.0, 1.0])) if mounting.axis_from else None
        self._reference = self._zero  # what the next second of walking is held against
        self._walked: float | None = None  # how far the thigh was raised on average when the wearer first walked
        self._past = np.empty((0, 4))
        self._walks: deque[Floats] = deque(maxlen=params.walked)
        self._own: deque[_Taught] = deque()
        self._now = self._latest = _Taught(0, None, 0.0, True)

    def follow(self, cells: CellBlock, elevation: Floats, walked: list[tuple[int, Floats]]) -> Raised:
        """``elevation`` (n,) rad or NaN; ``walked``: newly known seconds of walking with the mean of acc (3,) there."""
        for second, acc in walked:
            self._learn(second + LATE, acc)
        up, largest = self._lately(cells, np.abs(elevation))
        angle, aside, upright = elevation.copy(), np.zeros(len(cells), bool), np.ones(len(cells), bool)
        seconds = len(cells) // PER_SECOND
        edges = [0, *(one.second - cells.first for one in self._own if 0 < one.second - cells.first < seconds), seconds]
        for start, stop in pairwise(edges):
            while self._own and self._own[0].second <= cells.first + start:
                self._now = self._own.popleft()
            part = slice(start * PER_SECOND, stop * PER_SECOND)
            angle[part], aside[part] = self._judge(up[part], elevation[part] - self._now.off, largest[part])
            upright[part] = self._now.upright
        return Raised(angle, aside, upright)

    def _lately(self, cells: CellBlock, raised: Floats) -> tuple[Floats, Floats]:
        """Of the last moment: up in the sensor's axes (n, 3), length 1, and the largest of ``raised`` (n,)."""
        width = round(self.params.smooth * PER_SECOND)
        if not len(self._past):
            self._past = np.full((width - 1, 4), np.nan)
        acc = cells.acc[cells.sites.index(self.site)]
        rows = np.concatenate((self._past, np.concatenate((acc, raised[:, None]), axis=1)))
        self._past = rows[1 - width :]
        windows = np.ascontiguousarray(sliding_window_view(rows, width, axis=0))
        return _unit(np.add.reduce(windows[:, :3], axis=-1)), np.fmax.reduce(windows[:, 3], axis=-1)

    def _judge(self, up: Floats, elevation: Floats, largest: Floats) -> tuple[Floats, Bools]:
        nowhere = np.zeros(len(up), bool)
        known = np.isfinite(elevation)
        if self._zero is None:
            own = np.full(len(up), np.nan) if self._now.own is None else _between(up, self._now.own)
            return np.where(known, elevation, own), nowhere
        if self._now.own is not None:
            backward = known & (elevation < -self.params.behind)
            own = _between(up, self._now.own)
            return np.where(backward, -own, own), nowhere
        inclination = _between(up, self._zero)
        beyond = known & (inclination > largest + self.params.aside)
        angle = np.where(beyond, inclination, elevation)  # in a turned sensor forward may look like backward
        if self._right is None:
            return np.where(known, angle, inclination), nowhere
        lean = np.abs(np.arcsin(np.clip(_dot(up, self._right), -1.0, 1.0)))
        return angle, lean > np.where(angle < -self.params.upright, self.params.prone, self.params.sideways)

    def _learn(self, second: int, acc: Floats) -> None:
        p = self.params
        if not np.isfinite(acc).all():
            return
        up = _unit(acc)
        upright = self._reference is None or bool(_between(up, self._reference) <= p.upright)
        if upright != self._latest.upright:
            self._keep(self._latest._replace(second=second, upright=upright))
        if not upright:
            return
        self._walks.append(up)
        if len(self._walks) < p.learned:
            return
        mean = np.add.reduce(np.stack(self._walks), axis=0) / len(self._walks)
        if np.sqrt(_dot(mean, mean)) < p.steady:
            return
        own = _unit(mean)
        fits = self._zero is not None and _between(own, self._zero) < p.turned
        self._keep(_Taught(second, None if fits else own, self._off(own) if fits else 0.0, True))
        self._reference = self._zero if fits else own

    def _off(self, own: Floats) -> float:
        """By how much more rad the thigh seems raised in walking than it was at first; 0 where it may be the walk."""
        if self._zero is None or self._right is None:
            return 0.0
        forward = np.cross(self._zero, self._right)
        raised = float(np.arctan2(_dot(own, forward), _dot(own, self._zero)))
        self._walked = raised if self._walked is None else self._walked
        off = raised - self._walked
        return off if abs(off) > self.params.moved else 0.0

    def _keep(self, taught: _Taught) -> None:
        self._latest = taught
        self._own.append(taught)


class Thighs:
    """All worn thighs, by the ending of their angles' names: "" for one, "_left" and "_right" for two."""

    def __init__(self, params: Params, mountings: Mapping[str, Mounting]) -> None:
        self.params, self._mountings = params, mountings
        self._thighs: dict[str, Thigh] | None = None
        self._waiting: dict[int, dict[str, Floats]] = {}  # second -> mean of acc by ending

    def follow(self, cells: CellBlock, walked: list[int]) -> dict[str, Raised]:
        """``walked``: seconds of walking that became known, up to the last of these cells."""
        if self._thighs is None:
            worn = [site for site in THIGHS if site in cells.sites]
            endings = [site.removeprefix("thigh") if len(worn) > 1 else "" for site in worn]
            self._thighs = {
                ending: Thigh(self.params, site, self._mountings.get(site))
                for ending, site in zip(endings, worn, strict=True)
            }
        self._keep(cells)
        known = [second for second in walked if second in self._waiting]
        found = {}
        for ending, thigh in self._thighs.items():
            taught = [(second, self._waiting[second][ending]) for second in known]
            found[ending] = thigh.follow(cells, cells.angle("thigh_elevation" + ending), taught)
        last = cells.first + len(cells) // PER_SECOND
        self._waiting = {s: acc for s, acc in self._waiting.items() if s >= last - 2 * LATE}
        return found

    def _keep(self, cells: CellBlock) -> None:
        """The mean of acc over each second, until it is known whether it was walked."""
        for ending, thigh in (self._thighs or {}).items():
            acc = cells.acc[cells.sites.index(thigh.site)]
            means = np.add.reduce(acc.reshape(-1, PER_SECOND, 3), axis=1) / PER_SECOND
            for second, mean in enumerate(means, cells.first):
                self._waiting.setdefault(second, {})[ending] = mean


def _unit(v: Floats) -> Floats:
    length = np.sqrt(_dot(v, v))
    return v / np.where(length > 0, length, np.nan)[..., None]


def _dot(v: Floats, w: Floats) -> Floats:
    """(...,) of (..., 3); written out, so that each row is worked out alone."""
    return np.asarray(v[..., 0] * w[..., 0] + v[..., 1] * w[..., 1] + v[..., 2] * w[..., 2])


def _between(v: Floats, w: Floats) -> Floats:
    """The angle (...,) rad between directions (..., 3)."""
    return np.arccos(np.clip(_dot(v, w), -1.0, 1.0))
