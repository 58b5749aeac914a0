"""Postures as bouts, standing up, slouching, and sitting for too long.

What cannot be told: with thighs alone, lying on the back from sitting, and with one
thigh, kneeling on the other knee or a foot on a chair from sitting (as in the published
rule they are called sitting); nor lying on the face from a sensor that has turned half
round in its pocket (``unknown``). Without a trunk, lying on the back from a chair
reclined by 55°. Without a thigh, sitting from standing and lying on the face from
bending over (``unknown`` unless the wearer walks or lies on the back or a side).
Side-lying needs the column ``trunk_lean`` or ``pelvis_lean`` (asin of the vertical's
part along z): the sagittal inclination means nothing there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from hiphinge import runs
from hiphinge.blocks import AngleBlock, Bout, Event, Floats, MotionBlock, Mounting
from hiphinge.detect import gait, postures, rises, seat, thighs
from hiphinge.detect.bouts import (
    CYCLING,
    LYING,
    MISSING,
    NOT_WORN,
    SITTING,
    STANDING,
    UNKNOWN,
    WALKING,
    Spell,
    Timeline,
)
from hiphinge.detect.cells import PER_SECOND, CellBlock, Cells

Seconds = NDArray[np.int64]
SEATS = {
    -1: seat.OFF,
    postures.Labels.SITTING: seat.SEATED,
    postures.Labels.CYCLING: seat.RIDING,
    postures.Labels.UNKNOWN: seat.OPEN,
    postures.Labels.MISSING: seat.OPEN,
}
"""What a code means to the seat; any other is away from it."""
NOBODY: Mapping[str, Mounting] = MappingProxyType({})


@dataclass(frozen=True)
class Params:
    """From labels to bouts (biomechanics 0.4; [D] where it says so).

    labels, thighs, walking, rises, seat : what a posture, a raised thigh, walking,
        standing up, and a break or a shift is.
    min_sitting, min_standing, min_walking, min_cycling : s; ActiPASS bouts:
        5, 2, 2, 15.
    min_lying, min_unknown, min_missing : s; missing is unknown for want of
        samples, not of a sensor [D].
    min_not_worn : s; the detector of wear has waited already.
    gap : s of something else that do not end a bout; ActiPASS 20.
    hands : s that taking off and putting on last: what lies still was in
        somebody's hands before and after [D].
    wait : s for which a label may still turn out as not worn: the hold of the
        detector of wear and the hands.
    slouch_share : of the person's own way from sitting tall to slumped [D].
    rate : Hz of the grid.
    """

    labels: postures.Params = field(default_factory=postures.Params)
    thighs: thighs.Params = field(default_factory=thighs.Params)
    walking: gait.Params = field(default_factory=gait.Params)
    rises: rises.Params = field(default_factory=rises.Params)
    seat: seat.Params = field(default_factory=seat.Params)
    min_sitting: float = 5.0
    min_standing: float = 2.0
    min_walking: float = 2.0
    min_cycling: float = 15.0
    min_lying: float = 5.0
    min_unknown: float = 2.0
    min_missing: float = 5.0
    min_not_worn: float = 1.0
    gap: float = 20.0
    hands: float = 3.0
    wait: float = 63.0
    slouch_share: float = 0.80
    rate: float = 100.0

    def shortest(self) -> dict[str, int]:
        """Cells that each posture must last."""
        seconds = {
            SITTING: self.min_sitting,
            STANDING: self.min_standing,
            WALKING: self.min_walking,
            CYCLING: self.min_cycling,
            LYING: self.min_lying,
            UNKNOWN: self.min_unknown,
            MISSING: self.min_missing,
            NOT_WORN: self.min_not_worn,
        }
        return {name: round(shortest * PER_SECOND) for name, shortest in seconds.items()}


@dataclass(frozen=True, slots=True)
class Seen:
    """Bouts that became final, and events "sit_to_stand" and those of the seat."""

    bouts: tuple[Bout, ...] = ()
    events: tuple[Event, ...] = ()


class Postures:
    """Angles and movement in; bouts out, contiguous from the first to the last instant.

    ``upright`` and ``slump`` rad are the person's lumbar flexion sitting tall
    and slumped, NaN where not known; ``mountings`` say how the thighs' sensors
    sit. A sitting bout's ``slouch`` is the share
    of it at or past ``slouch_share`` of the way between them.
    """

    def __init__(
        self,
        params: Params,
        upright: float = math.nan,
        slump: float = math.nan,
        cells: Cells | None = None,
        mountings: Mapping[str, Mounting] = NOBODY,
    ) -> None:
        self.params = params
        self._slouched_at = upright + params.slouch_share * (slump - upright) if slump > upright else float("nan")
        self._cells = cells or Cells(params.rate)
        self._labels = postures.Labels(params.labels, params.walking)
        self._thighs = thighs.Thighs(params.thighs, mountings)
        self._rises = rises.Rises(params.rises)
        self._seat, self._shifts = seat.Seat(params.seat), seat.Shifts(params.seat)
        self._timeline: Timeline | None = None
        self._idle: Seconds = np.empty(0, np.int64)  # of seconds not yet labelled
        self._off = self._hands = 0  # s for which the sensors have been off; s for which hands may still hold them
        self._at = 0  # next cell to be labelled
        self._lumbar: list[tuple[int, int]] = []  # of each second from _oldest on: cells slouched, cells known
        self._oldest = 0

    def update(self, angles: AngleBlock, motion: MotionBlock, idle: Seconds | None = None) -> Seen:
        """Take the next instants, the same ones in both blocks.

        ``idle`` (n,) is what the detector of wear said to the same blocks;
        None, and then always, where nobody asks whether the sensors are worn.
        """
        return self._take(self._cells.gather(angles, motion), idle)

    def finish(self, idle: Seconds | None = None) -> Seen:
        """What is still open, once nothing more will come."""
        seen = self._take(self._cells.finish(), idle)
        if self._timeline is None:
            return seen
        last = self._enter(self._labels.finish())
        bouts = self._bouts(self._timeline.finish())
        return Seen((*seen.bouts, *last.bouts, *bouts), (*seen.events, *last.events))

    def _take(self, cells: CellBlock | None, idle: Seconds | None) -> Seen:
        if cells is None:
            return Seen()
        if self._timeline is None:
            self._oldest, self._at = cells.first, cells.first * PER_SECOND
            p = self.params
            gap, wait, coast = (round(seconds * PER_SECOND) for seconds in (p.gap, p.wait, p.seat.coast))
            self._timeline = Timeline(self._at, p.shortest(), gap, wait, coast)
        seconds = len(cells) // PER_SECOND
        self._idle = np.concatenate((self._idle, np.zeros(seconds, np.int64) if idle is None else self._held(idle)))
        self._count_slouch(cells.angle("lumbar_flexion").reshape(seconds, PER_SECOND))
        raised = self._thighs.follow(cells, self._labels.walk(cells))
        thigh = postures.deciding(self.params.labels, cells, raised)
        first = cells.first * PER_SECOND
        quick = [*self._rises.follow(first, thigh.angle), *self._seat.leave(first, thigh.angle)]
        shifts = self._shifts.follow(cells, thigh.angle)
        seen = self._enter(self._labels.follow(cells, thigh))
        return Seen(seen.bouts, (*quick, *shifts, *seen.events))

    def _held(self, idle: Seconds) -> Seconds:
        """How long (n,) s the sensors have been off, while they lie still and as long after as hands hold them."""
        if not self._hands and not idle.any():
            return idle
        off = idle.tolist()
        for i, still in enumerate(off):
            if still:
                self._hands, self._off = round(self.params.hands), still
            elif self._hands:
                self._hands, self._off = self._hands - 1, self._off + 1
                off[i] = self._off
        return np.array(off, np.int64)

    def _count_slouch(self, flexion: Floats) -> None:
        slouched = np.add.reduce(flexion >= self._slouched_at, axis=1).tolist()
        self._lumbar += zip(slouched, np.add.reduce(np.isfinite(flexion), axis=1).tolist(), strict=True)

    def _enter(self, codes: postures.Codes) -> Seen:
        """Labels of the next whole seconds, into the timeline."""
        timeline = self._timeline
        if timeline is None or not len(codes):
            return Seen()
        idle = np.repeat(self._idle[: len(codes) // PER_SECOND], PER_SECOND)
        self._idle = self._idle[len(codes) // PER_SECOND :]
        bouts: list[Bout] = []
        events: list[Event] = []
        for code, start, stop in runs.of_equal(np.where(idle > 0, -1, codes)):
            end = self._at + stop
            events += self._seat.follow(SEATS.get(code, seat.AWAY), self._at + start, end)
            if code < 0:
                since = self._at + start + PER_SECOND * (1 - int(idle[start])) - round(self.params.hands * PER_SECOND)
                bouts += self._bouts(timeline.extend(NOT_WORN, end, since))
                continue
            bouts += self._bouts(timeline.extend(postures.Labels.POSTURES[code], end))
        self._at += len(codes)
        return Seen(tuple(bouts), tuple(events))

    def _bouts(self, spells: list[Spell]) -> list[Bout]:
        """Each spell up to the start of the next."""
        found = [
            Bout(self._time(a.start), self._time(b.start), outward(a.posture), self._slouch(a, b.start))
            for a, b in pairwise(spells)
        ]
        if spells:
            past = spells[-1].start // PER_SECOND - self._oldest
            self._oldest, self._lumbar = self._oldest + past, self._lumbar[past:]
        return [bout for bout in found if bout.end > bout.start]

    def _slouch(self, spell: Spell, end: int) -> float:
        first, last = -(-spell.start // PER_SECOND) - self._oldest, end // PER_SECOND - self._oldest
        seconds = self._lumbar[first:last]
        known = sum(k for _, k in seconds)
        if spell.posture != SITTING or not known or np.isnan(self._slouched_at):
            return float("nan")
        return sum(s for s, _ in seconds) / known

    def _time(self, cell: int) -> float:
        return min(max(cell / PER_SECOND, self._cells.start), self._cells.end)


def outward(posture: str) -> str:
    """The name of a posture outside this room."""
    return UNKNOWN if posture == MISSING else posture
