"""Repetitions: hinges, squats, stoops and lifts from the floor, as they happen.

One signal carries them all, how far trunk and thigh have folded: trunk
inclination plus thigh elevation (which is lumbar plus hip flexion) where both
are worn. Its peaks and valleys, with hysteresis, are the repetitions.

Where a fold opens and closes decides whether one counts, at once: cues wait for
nothing more. Where the movement began is then looked up in the past, and where it
ends awaited for a moment.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple

import numpy as np

from hiphinge.blocks import AngleBlock, Event, Repetition
from hiphinge.detect import lift_features as features
from hiphinge.detect import rounding
from hiphinge.detect.lift_features import Columns


@dataclass(frozen=True)
class Params:
    """What is a repetition (biomechanics 0.3 and the decisions at its head).

    kinds : what is a squat, a hinge, a stoop.
    start, end : rad of folding that opens and closes one.
    deep_end : share of the deepest folding below which it also closes, for
        touch-and-go lifts without a lockout.
    rise : rad above the last valley that opens the next.
    least : rad of folding that a repetition reaches. 42°: above the strides of
        jogging thighs, below the shallowest quick squats (measured).
    shallow, shallow_lumbar : rad. Below ``shallow`` a stride folds as far (46 to 59°);
        there the lumbar spine must take part: strides of running 1 to 8°, squats from
        11° (measured). Where no sacrum or trunk tells, the lean must pass ``start``.
    least_pelvis : rad of pelvis tilt that stands for ``least`` over a thigh below
        ``kinds.hinge_elevation`` where no trunk is worn: it bears half of the trunk's [D].
    stride_back, stride_seconds : rad and s. A thigh that swings so far behind the
        wearer just before or after a shallow fold has made a step.
    rolled_back : rad of a pelvis that is on a seat just before or after, where no thigh
        tells (``doubt.Params``). Who sits tall rolls back less: that is not observable.
    shortest, longest : s; decisions at the head: 0.5 to 12. The one from the beginning to
        the closing, the other from the opening.
    rest : share of the deepest folding below which nobody sees a movement, and
    slack : share of its largest rate below which it stands still: there a repetition
        begins and ends. For both, looking back, and waiting, ``settle`` s at most [D].
    span : s over which a rate is taken.
    sit_elevation, sit_lean, sit_still, sit_seconds : a thigh over 60° that stays
        (slower than 10 °/s for 2 s) under an upright trunk is sitting.
    turn : rad of rise after the deepest point that makes it the ascent.
    lying : rad of backward lean that ends it.
    set_pause : s without a repetition that begin a new set.
    rate : Hz of the grid.
    """

    kinds: features.Params = field(default_factory=features.Params)
    start: float = field(default=np.deg2rad(20), metadata={"unit": "rad"})
    end: float = field(default=np.deg2rad(15), metadata={"unit": "rad"})
    deep_end: float = 0.3
    rise: float = field(default=np.deg2rad(12), metadata={"unit": "rad"})
    least: float = field(default=np.deg2rad(42), metadata={"unit": "rad"})
    shallow: float = field(default=np.deg2rad(60), metadata={"unit": "rad"})
    shallow_lumbar: float = field(default=np.deg2rad(9), metadata={"unit": "rad"})
    least_pelvis: float = field(default=np.deg2rad(21), metadata={"unit": "rad"})
    rolled_back: float = field(default=np.deg2rad(-12), metadata={"unit": "rad"})
    stride_back: float = field(default=np.deg2rad(-15), metadata={"unit": "rad"})
    stride_seconds: float = 0.5
    shortest: float = 0.5
    longest: float = 12.0
    rest: float = 0.05
    slack: float = 0.1
    settle: float = 2.0
    span: float = 0.1
    sit_elevation: float = field(default=np.deg2rad(60), metadata={"unit": "rad"})
    sit_lean: float = field(default=np.deg2rad(40), metadata={"unit": "rad"})
    sit_still: float = field(default=np.deg2rad(10), metadata={"unit": "rad/s"})
    sit_seconds: float = 2.0
    turn: float = field(default=np.deg2rad(5), metadata={"unit": "rad"})
    lying: float = field(default=np.deg2rad(50), metadata={"unit": "rad"})
    set_pause: float = 20.0
    rate: float = 100.0


class Found(NamedTuple):
    """Repetitions whose end is known, events "phase", and repetitions ``counted``, up to their closing, for cues."""

    repetitions: tuple[Repetition, ...] = ()
    events: tuple[Event, ...] = ()
    counted: tuple[Repetition, ...] = ()


@dataclass(frozen=True, slots=True)
class _Closed:
    """A repetition that waits for its end: instants of _kept, and what ends it."""

    rep: Repetition
    start: int
    closed: int
    from_bottom: bool
    small: float
    slow: float


class Lifts:
    """Counts repetitions; ``movements`` (start, end) s are calibration, not counted."""

    LOOK = 2048  # instants searched at a time

    def __init__(
        self,
        params: Params,
        rounded: rounding.Params,
        own_range: float,
        movements: Sequence[tuple[float, float]] = (),
    ) -> None:
        self.params, self.rounded, self.own_range = params, rounded, own_range
        self.movements = tuple(movements)
        self.phase = "standing"
        self._kept: Columns = {}
        self._at = 0  # next instant of _kept to look at
        self._opened: int | None = None  # instant of _kept where the fold opened
        self._last: int | None = None  # instant of _kept where the last repetition closed, if it still matters
        self._ending: _Closed | None = None
        self._valley, self._peak = 0.0, -np.inf
        self._seated = self._cut = False  # of the open fold: was sitting; its beginning is forgotten
        self._count, self._set, self._last_end = 0, 1, -np.inf
        self._after = round(params.stride_seconds * params.rate)
        self._before = round(params.settle * params.rate)
        self._span = round(params.span * params.rate)

    def update(self, angles: AngleBlock) -> Found:
        """What ended, and what began or was counted as it did (descent, ascent, standing)."""
        new = features.columns(angles)
        if new is None or not len(angles):
            return Found()
        self._kept = features.join(self._kept, new) if self._kept else new
        reps: list[Repetition] = []
        events: list[Event] = []
        counted: list[Repetition] = []
        while self._at < len(self._kept["t"]) and (
            self._await_fold(reps, events) if self._opened is None else self._follow_fold(counted, events)
        ):
            pass
        reps += self._ended(len(self._kept["t"])) if self._opened is None else []
        self._forget()
        return Found(tuple(reps), tuple(events), tuple(counted))

    def finish(self) -> tuple[Repetition, ...]:
        """The repetition that still waits for its end, once nothing more will come."""
        return tuple(self._ended(len(self._kept["t"]), over=True)) if self._kept else ()

    def _await_fold(self, reps: list[Repetition], events: list[Event]) -> bool:
        """Go on to the fold that opens a repetition, or to the end."""
        fold = self._kept["fold"][self._at : self._at + self.LOOK]
        low = np.minimum.accumulate(np.fmin(fold, self._valley))
        opening = np.flatnonzero(fold > np.maximum(self.params.start, low + self.params.rise))
        if not len(opening):
            self._valley = float(low[-1])
            self._at += len(fold)
            return True
        self._at += int(opening[0])
        reps += self._ended(self._at, over=True)
        self._opened, self._peak = self._at, -np.inf
        self._turn_to("descent", self._at, events)
        return True

    def _follow_fold(self, counted: list[Repetition], events: list[Event]) -> bool:
        """Go on to where the fold closes, or to the end; False: its judgement needs more instants."""
        p = self.params
        look = slice(self._at, self._at + self.LOOK)
        fold = self._kept["fold"][look]
        high = np.maximum.accumulate(np.fmax(fold, self._peak))
        closes = (fold < np.maximum(p.end, p.deep_end * high)) | (self._kept["lean"][look] < -p.lying)
        closing = np.flatnonzero(closes)
        stop = int(closing[0]) if len(closing) else len(fold)
        risen = np.flatnonzero(fold[:stop] < high[:stop] - p.turn)
        if self.phase == "descent" and len(risen):
            self._turn_to("ascent", self._at + int(risen[0]), events)
        if not len(closing):
            self._at, self._peak = self._at + stop, float(high[-1])
            return True
        if high[stop] < p.shallow and self._at + stop + self._after >= len(self._kept["t"]):
            return False
        self._at += stop
        self._ending = self._judge(self._opened or 0, self._at)
        if self._ending is not None:
            counted.append(self._ending.rep)
        self._turn_to("standing", self._at, events)
        self._opened, self._last, self._seated, self._cut = None, self._at, False, False
        self._valley = max(float(np.nan_to_num(fold[stop])), 0.0)
        return True

    def _turn_to(self, phase: str, i: int, events: list[Event]) -> None:
        self.phase = phase
        events.append(Event(float(self._kept["t"][i]), "phase", {"phase": phase}))

    def _judge(self, opened: int, closed: int) -> _Closed | None:
        """The repetition from ``opened`` to ``closed`` (instants of _kept), or None if it is none."""
        p, kept = self.params, self._kept
        seated = self._seated or self._sat(opened, closed)
        longest = round(p.longest * p.rate)
        cut = self._cut or closed - opened > longest
        opened = max(opened, closed - longest)
        if closed - opened <= self._span or seated or not self._deep(opened, closed) or kept["lean"][closed] < -p.lying:
            return None
        fold = kept["fold"]
        bottom = opened + int(np.nanargmax(fold[opened:closed]))
        small = p.rest * float(fold[bottom])
        # Begun out of sight, or held too long to be one movement: it counts from its bottom.
        from_bottom = cut or opened == 0 or not np.isfinite(fold[opened - 1])
        start = bottom if from_bottom else self._begin(opened, bottom, small)
        t0, t1 = float(kept["t"][bottom if from_bottom else opened]), float(kept["t"][closed])
        too_short = closed - min(start, opened) < p.shortest * p.rate
        if too_short or any(t0 < b and t1 > a for a, b in self.movements):
            return None
        slow = p.slack * features.steepest(-fold[bottom : closed + 1], self._span)
        rep = self._number(self._measure(start, closed, from_bottom))
        return _Closed(rep, start, closed, from_bottom, small, slow)

    def _begin(self, opened: int, bottom: int, small: float) -> int:
        fold = self._kept["fold"]
        first = max(opened - self._before, self._last or 0, 0)
        low = fold[first:opened]
        if self._last is not None and first == self._last:  # two repetitions do not overlap: from the valley on
            first += int(np.flatnonzero(low == np.fmin.reduce(low))[-1]) if np.isfinite(low).any() else 0
        slow = self.params.slack * features.steepest(fold[opened : bottom + 1], self._span)
        return first + features.begin(fold[first:], opened - first, small, slow, self._span)

    def _measure(self, start: int, stop: int, from_bottom: bool) -> Repetition:
        columns = {name: x[start : stop + 1] for name, x in self._kept.items()}
        return features.measure(columns, from_bottom, self.params.kinds, self.rounded, self.own_range)

    def _ended(self, known: int, over: bool = False) -> list[Repetition]:
        """The repetition that waits, once its end is seen among the first ``known`` instants of _kept, or ``over``."""
        waits = self._ending
        if waits is None:
            return []
        stop = min(known, waits.closed + self._before)
        fold = self._kept["fold"][:stop]
        found = features.end(fold, waits.closed, waits.small, waits.slow, self._span)
        if stop == known and not over and (found is None or found + self._span // 2 >= known):
            return []
        if found is None:  # it goes down again, or never comes to rest: its lowest
            found = waits.closed + (int(np.nanargmin(fold[waits.closed :])) if stop > waits.closed else 0)
        self._ending = None
        earliest = found - round(self.params.longest * self.params.rate) if waits.from_bottom else 0
        rep = self._measure(max(waits.start, earliest), found, waits.from_bottom)
        return [settled(replace(rep, rep=waits.rep.rep, set=waits.rep.set))]

    def _deep(self, opened: int, closed: int) -> bool:
        """Deep enough for a repetition, no stride, and no seat before or after it."""
        p = self.params
        fold, lumbar, lean, pelvis, thigh = (
            self._most(name, opened, closed) for name in ("fold", "lumbar", "lean", "pelvis", "elevation")
        )
        before, after = max(opened - self._after, 0), closed + (self._after if fold < p.shallow else 0)
        if not np.isfinite(thigh) and self._least("pelvis", before, after) < p.rolled_back:
            return False
        if fold >= p.shallow:
            return True
        stride = self._least("elevation", before, after) < p.stride_back
        takes_part = lumbar >= p.shallow_lumbar if np.isfinite(lumbar) else lean >= p.start
        round_back = not np.isfinite(lumbar) and pelvis >= p.least_pelvis and thigh < p.kinds.hinge_elevation
        return (fold >= p.least or round_back) and takes_part and not stride

    def _most(self, name: str, first: int, stop: int) -> float:
        return float(np.fmax.reduce(self._kept[name][first:stop], initial=-np.inf))

    def _least(self, name: str, first: int, stop: int) -> float:
        return float(np.fmin.reduce(self._kept[name][first:stop], initial=np.inf))

    def _sat(self, opened: int, end: int) -> bool:
        p, elevation = self.params, self._kept["elevation"][opened:end]
        still = np.abs(features.change(elevation, round(0.2 * p.rate), p.rate)) < p.sit_still
        still &= (elevation > p.sit_elevation) & (self._kept["lean"][opened:end] < p.sit_lean)
        return rounding.first_run(still, round(p.sit_seconds * p.rate)) >= 0

    def _number(self, rep: Repetition) -> Repetition:
        if self._count and rep.start - self._last_end > self.params.set_pause:
            self._set += 1
        self._count += 1
        self._last_end = rep.end
        return settled(replace(rep, rep=self._count, set=self._set))

    def _forget(self) -> None:
        """Keep what a repetition can still need: its last ``longest`` seconds and a little before."""
        longest = round(self.params.longest * self.params.rate)
        if self._opened is not None and self._at - self._opened > longest:
            self._seated = self._seated or self._sat(self._opened, self._at)
            self._opened, self._cut = self._at - longest, True
        needed = self._at if self._opened is None else self._opened
        needed = needed if self._ending is None else min(needed, self._ending.start)
        drop = max(needed - self._before - self._span, 0)
        self._kept = {name: x[drop:] for name, x in self._kept.items()}
        self._at -= drop
        self._opened = None if self._opened is None else self._opened - drop
        self._last = None if self._last is None or self._last < drop else self._last - drop
        if self._ending is not None:
            self._ending = replace(self._ending, start=self._ending.start - drop, closed=self._ending.closed - drop)


def settled(rep: Repetition) -> Repetition:
    """To a billionth: further digits depend on how the inputs were grouped, a repetition must not. NaN is one NaN."""
    values = {f.name: getattr(rep, f.name) for f in fields(rep)}
    numbers: dict[str, Any] = {
        name: math.nan if math.isnan(x) else round(x, 9) for name, x in values.items() if isinstance(x, float)
    }
    return replace(rep, **numbers)
