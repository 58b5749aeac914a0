"""Repetitions: hinges, squats, stoops and lifts from the floor, as they happen.

One signal carries them all, how far trunk and thigh have folded: trunk
inclination plus thigh elevation (which is lumbar plus hip flexion) where both
are worn. Its peaks and valleys, with hysteresis, are the repetitions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

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
    stride_back, stride_seconds : rad and s. A thigh that swings so far behind the
        wearer just before or after a shallow fold has made a step.
    shortest, longest : s above ``start``; decisions at the head: 0.5 to 12.
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
    stride_back: float = field(default=np.deg2rad(-15), metadata={"unit": "rad"})
    stride_seconds: float = 0.5
    shortest: float = 0.5
    longest: float = 12.0
    sit_elevation: float = field(default=np.deg2rad(60), metadata={"unit": "rad"})
    sit_lean: float = field(default=np.deg2rad(40), metadata={"unit": "rad"})
    sit_still: float = field(default=np.deg2rad(10), metadata={"unit": "rad/s"})
    sit_seconds: float = 2.0
    turn: float = field(default=np.deg2rad(5), metadata={"unit": "rad"})
    lying: float = field(default=np.deg2rad(50), metadata={"unit": "rad"})
    set_pause: float = 20.0
    rate: float = 100.0


class Lifts:
    """Counts repetitions; ``movements`` (start, end) s are calibration, not counted."""

    LOOK = 2048  # instants searched at a time
    BEFORE = 150  # instants kept before a repetition, for its start

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
        self._valley, self._peak = 0.0, -np.inf
        self._seated = self._cut = False  # of the open fold: was sitting; its beginning is forgotten
        self._count, self._set, self._last_end = 0, 1, -np.inf
        self._after = round(params.stride_seconds * params.rate)

    def update(self, angles: AngleBlock) -> tuple[tuple[Repetition, ...], tuple[Event, ...]]:
        """Repetitions that ended, and events "phase" (descent, ascent, standing) as they began."""
        new = features.columns(angles)
        if new is None or not len(angles):
            return (), ()
        self._kept = features.join(self._kept, new) if self._kept else new
        reps: list[Repetition] = []
        events: list[Event] = []
        while self._at < len(self._kept["t"]) and (
            self._await_fold(events) if self._opened is None else self._follow_fold(reps, events)
        ):
            pass
        self._forget()
        return tuple(reps), tuple(events)

    def _await_fold(self, events: list[Event]) -> bool:
        """Go on to the fold that opens a repetition, or to the end."""
        fold = self._kept["fold"][self._at : self._at + self.LOOK]
        low = np.minimum.accumulate(np.fmin(fold, self._valley))
        opening = np.flatnonzero(fold > np.maximum(self.params.start, low + self.params.rise))
        if not len(opening):
            self._valley = float(low[-1])
            self._at += len(fold)
            return True
        self._at += int(opening[0])
        self._opened, self._peak = self._at, -np.inf
        self._turn_to("descent", self._at, events)
        return True

    def _follow_fold(self, reps: list[Repetition], events: list[Event]) -> bool:
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
        rep = self._judge(self._opened or 0, self._at)
        if rep is not None:
            reps.append(self._number(rep))
        self._turn_to("standing", self._at, events)
        self._opened, self._seated, self._cut = None, False, False
        self._valley = max(float(np.nan_to_num(fold[stop])), 0.0)
        return True

    def _turn_to(self, phase: str, i: int, events: list[Event]) -> None:
        self.phase = phase
        events.append(Event(float(self._kept["t"][i]), "phase", {"phase": phase}))

    def _judge(self, opened: int, end: int) -> Repetition | None:
        """The repetition from ``opened`` to ``end`` (instants of _kept), or None if it is none."""
        p, kept = self.params, self._kept
        seated = self._seated or self._sat(opened, end)
        longest = round(p.longest * p.rate)
        cut = self._cut or end - opened > longest
        opened = max(opened, end - longest)
        fold = kept["fold"][opened:end]
        if seated or end - opened < p.shortest * p.rate or not self._deep(opened, end) or kept["lean"][end] < -p.lying:
            return None
        # Begun out of sight, or held too long to be one movement: it counts from its bottom.
        from_bottom = cut or opened == 0 or not np.isfinite(kept["fold"][opened - 1])
        start = opened + int(np.nanargmax(fold)) if from_bottom else features.onset(kept["fold"], opened, self.BEFORE)
        t0, t1 = float(kept["t"][start]), float(kept["t"][end])
        if any(t0 < b and t1 > a for a, b in self.movements):
            return None
        columns = {name: x[start : end + 1] for name, x in kept.items()}
        return features.measure(columns, from_bottom, p.kinds, self.rounded, self.own_range)

    def _deep(self, opened: int, end: int) -> bool:
        """Deep enough for a repetition, and no stride."""
        p = self.params
        fold, lumbar, lean = (
            float(np.fmax.reduce(self._kept[n][opened:end], initial=-np.inf)) for n in ("fold", "lumbar", "lean")
        )
        if fold >= p.shallow:
            return True
        around = self._kept["elevation"][max(opened - self._after, 0) : end + self._after]
        stride = np.fmin.reduce(around, initial=np.inf) < p.stride_back
        takes_part = lumbar >= p.shallow_lumbar if np.isfinite(lumbar) else lean >= p.start
        return fold >= p.least and takes_part and not stride

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
        drop = max((self._at if self._opened is None else self._opened) - self.BEFORE, 0)
        self._kept = {name: x[drop:] for name, x in self._kept.items()}
        self._at -= drop
        self._opened = None if self._opened is None else self._opened - drop


def settled(rep: Repetition) -> Repetition:
    """To a billionth: further digits depend on how the inputs were grouped, a repetition must not. NaN is one NaN."""
    values = {f.name: getattr(rep, f.name) for f in fields(rep)}
    numbers: dict[str, Any] = {
        name: math.nan if math.isnan(x) else round(x, 9) for name, x in values.items() if isinstance(x, float)
    }
    return replace(rep, **numbers)
