"""A rounded back: lumbar flexion past a share of the person's own range, for a dwell.

Two questions, two answers. A repetition *was* rounded when the estimate says
so (:func:`first_run`). A finding that may become an alert needs more: it must
be probable, P(L > limit) ≥ 0.8, in a lift, and begin on sound data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hiphinge import runs
from hiphinge.blocks import CLIPPED, FILLED, AngleBlock, Bools, Event


@dataclass(frozen=True)
class Params:
    """When lumbar flexion counts as rounded (biomechanics 0.2).

    on_share, off_share : of own maximal flexion. 0.80: Boocock trial;
        10 points of hysteresis against chatter.
    dwell : s above the limit.
    sure : standard deviations below the estimate that must still be above the
        limit: 0.84 is P ≥ 0.8.
    least : rad below which nothing is rounded, for people with a small range.
    bent : rad of trunk inclination that makes it a lift.
    seat_elevation, seat_seconds : rad and s. A thigh raised so far for so long is on a
        seat: shoes are tied there, nothing is lifted.
    learn, learn_most : share of own range that each "that was wrong" adds to the limit,
        and all of them together [D].
    recall : s after a bout in which "that was wrong" is about it [D].
    rate : Hz of the grid.
    """

    on_share: float = 0.80
    off_share: float = 0.70
    dwell: float = 0.3
    sure: float = 0.84
    least: float = field(default=np.deg2rad(15), metadata={"unit": "rad"})
    bent: float = field(default=np.deg2rad(20), metadata={"unit": "rad"})
    seat_elevation: float = field(default=np.deg2rad(60), metadata={"unit": "rad"})
    seat_seconds: float = 5.0
    learn: float = 0.02
    learn_most: float = 0.10
    recall: float = 60.0
    rate: float = 100.0


def limit(params: Params, own_range: float) -> float:
    """Rad of lumbar flexion from which a back is rounded; NaN without an own range."""
    return float(np.maximum(params.on_share * own_range, params.least))


def first_run(above: Bools, length: int) -> int:
    """Index where the first run of at least ``length`` True in ``above`` (n,) begins, or −1."""
    return next((start for start, stop in runs.of_true(above) if stop - start >= length), -1)


class Rounding:
    """Events "rounded": one a bout, at the instant its dwell is over.

    ``movements`` (start, end) s are calibration: full bends that were asked for.
    """

    def __init__(self, params: Params, own_range: float, movements: Sequence[tuple[float, float]] = ()) -> None:
        self.params = params
        self.own_range = own_range
        self.movements = tuple(movements)
        self._on = limit(params, own_range)
        self._off = params.off_share / params.on_share * self._on
        self._dwell = max(1, round(params.dwell * params.rate))
        self._run = 0
        self._active = False
        self._hung = -np.inf  # when a thigh was last seen below the seat, s
        self._learned, self._latest = 0.0, -np.inf  # share of own range; end of the latest dwell, s
        self._wrongs: list[float] = []

    def wrong(self, t: float) -> None:
        """The wearer said at ``t`` s that the latest finding was none: from then on the limit is higher."""
        self._wrongs.append(t)

    def update(self, angles: AngleBlock) -> tuple[Event, ...]:
        """Events with ``flexion``, ``limit``, ``share`` (of own range) and ``sd``."""
        found: tuple[Event, ...] = ()
        while self._wrongs and len(angles) and angles.t[-1] > self._wrongs[0]:
            i = int(np.searchsorted(angles.t, self._wrongs[0], side="right"))
            found += self._look(_rows(angles, slice(None, i)))
            self._learn(self._wrongs.pop(0))
            angles = _rows(angles, slice(i, None))
        return found + self._look(angles)

    def _learn(self, t: float) -> None:
        if t - self._latest > self.params.recall:
            return
        self._learned = min(self._learned + self.params.learn, self.params.learn_most)
        self._on = limit(self.params, self.own_range) + self._learned * self.own_range
        self._latest = -np.inf  # one "wrong" a finding

    def _look(self, angles: AngleBlock) -> tuple[Event, ...]:
        if not np.isfinite(self._on) or not len(angles):
            return ()
        if "lumbar_flexion" in angles.angles:
            flexion, sd = angles["lumbar_flexion"], angles["lumbar_flexion_sd"]
        elif "lumbar_flexion_low" in angles.angles:  # without a sacrum: only the whole interval proves it
            flexion, sd = angles["lumbar_flexion_low"], np.zeros(len(angles))
        else:
            return ()
        seated = self._seated(angles)
        sure = (flexion - self.params.sure * sd > self._on) & ~seated
        below = ~(flexion > self._off)  # NaN ends a bout: nothing carries over a gap
        if not self._active and not self._run and not sure.any():
            return ()
        sound = (angles.flags & (FILLED | CLIPPED)) == 0
        bent = angles["trunk_inclination"] > self.params.bent
        for start, end in self.movements:
            bent &= (angles.t < start) | (angles.t > end)
        found = self._begin(sure & bent, sound, below)
        if found:
            self._latest = float(angles.t[found[-1]])
        return tuple(self._event(angles.t[i], flexion[i], sd[i]) for i in found)

    def _seated(self, angles: AngleBlock) -> Bools:
        names = ("thigh_elevation", "thigh_elevation_left", "thigh_elevation_right")
        thighs = [angles[name] for name in names if name in angles.angles]
        if not thighs:
            return np.zeros(len(angles), bool)
        raised = np.logical_and.reduce([thigh > self.params.seat_elevation for thigh in thighs])
        hung = np.maximum.accumulate(np.where(raised, self._hung, angles.t))
        self._hung = float(hung[-1])
        return angles.t - hung > self.params.seat_seconds

    def _begin(self, sure: Bools, sound: Bools, below: Bools) -> list[int]:
        """Instants at which a dwell is over and a bout begins."""
        found = []
        for i in range(len(sure)):
            if self._active:
                self._active = not below[i]
            elif not sure[i] or (self._run == 0 and not sound[i]):
                self._run = 0
            else:
                self._run += 1
                if self._run >= self._dwell and sound[i]:
                    self._run, self._active = 0, True
                    found.append(i)
        return found

    def _event(self, t: float, flexion: float, sd: float) -> Event:
        share = float(flexion) / self.own_range
        return Event(
            float(t), "rounded", {"flexion": float(flexion), "limit": self._on, "share": share, "sd": float(sd)}
        )


def _rows(angles: AngleBlock, rows: slice) -> AngleBlock:
    return AngleBlock(angles.t[rows], {name: x[rows] for name, x in angles.angles.items()}, angles.flags[rows])
