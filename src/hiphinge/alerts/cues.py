"""What a wearer is told at once: all alerts but those of lifts, which are told in sets that the wearer began.

An alert is for the record; a cue is for the ear. In a set a rounded back is
cued at the instant of crossing, once a repetition, and less often as the weeks
go by (``share``); a good repetition is told too; words wait for the next still
moment. Outside a set lifts are recorded and never cued. What comes out depends
on the instants of what went in, not on how it was handed over.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hiphinge.alerts.rules import ROUNDED
from hiphinge.blocks import Alert, Control, Event, Repetition
from hiphinge.errors import SettingsError

SET, START, STOP = "set", "start", "stop"
GOOD, NOTE = "good", "set_note"
LESS, MORE, MEASURE = "less", "more", "measure"
GOALS = (LESS, MORE, MEASURE)
FIRST = 2
"""Repetitions that the others of a set are compared with (biomechanics 0.2, set_creep_warn)."""


@dataclass(frozen=True)
class Params:
    """How a set is cued (biomechanics 7.2, 0.2; all [D]).

    goal : "less" bending of the low back is cued, "more" (told as good from ``more_share``
        of own range on), or "measure": nothing is cued.
    share : of the rounded and of the good repetitions that are told; 1 is all. Fading it over
        weeks is contested (7.1): it is the wearer's to choose.
    more_share : of own range.
    still : s in standing before words are said.
    creep : rad above the mean of the first two repetitions; 8°.
    least_confidence : of a repetition, below which nothing good is said of it.
    """

    goal: str = LESS
    share: float = 1.0
    more_share: float = 0.5
    still: float = 1.0
    creep: float = field(default=float(np.deg2rad(8)), metadata={"unit": "rad"})
    least_confidence: float = 0.5


class Cues:
    """Alerts, repetitions, phases and the wearer's keys in; cues (as Alerts) out."""

    def __init__(self, params: Params, calibration_id: str = "") -> None:
        if params.goal not in GOALS:
            raise SettingsError(
                f"cues.goal: {params.goal!r}, expected one of {', '.join(GOALS)}. Correct the name.", name="cues.goal"
            )
        self.params, self.calibration_id = params, calibration_id
        self._sets: list[tuple[float, float]] = []  # from, to s; the last may be open
        self._earned = {ROUNDED: 0.0, GOOD: 0.0}
        self._of_set: list[Repetition] = []
        self._words: str = ""
        self._since = math.inf  # standing since, s
        self._crept = False

    def update(
        self,
        alerts: Sequence[Alert],
        reps: Sequence[Repetition],
        phases: Sequence[Event],
        controls: Sequence[Control],
        now: float,
    ) -> tuple[Alert, ...]:
        """The cues that became due up to ``now`` s."""
        for control in controls:
            if control.action == SET:
                self._turn(control.arrival_ns / 1e9, control.said)
        told = [a for a in alerts if a.kind != ROUNDED or self._is_cued(a)]
        steps: list[tuple[float, int, Event | Repetition]] = [(r.end, 0, r) for r in reps]
        steps += [(e.t, 1, e) for e in phases]
        for t, _, step in sorted(steps, key=lambda s: s[:2]):
            told += self._say(t)
            if isinstance(step, Repetition):
                told += self._count(step)
            else:
                self._since = t if step.data["phase"] == "standing" else math.inf
        return tuple(sorted((*told, *self._say(now)), key=lambda a: a.t))

    def _turn(self, t: float, turned: object) -> None:
        if turned == STOP:
            if self._sets and self._sets[-1][1] > t:
                self._sets[-1] = (self._sets[-1][0], t)
        elif not self._sets or self._sets[-1][1] <= t:
            self._sets.append((t, math.inf))

    def _inside(self, t: float) -> bool:
        return any(start <= t < end for start, end in self._sets)

    def _is_cued(self, alert: Alert) -> bool:
        return self.params.goal == LESS and self._inside(alert.t) and self._is_due(ROUNDED)

    def _is_due(self, kind: str) -> bool:
        """Every so manieth, as ``share`` says."""
        self._earned[kind] += self.params.share
        if self._earned[kind] < 1.0 - 1e-9:
            return False
        self._earned[kind] -= 1.0
        return True

    def _count(self, rep: Repetition) -> list[Alert]:
        """A repetition of a set is over."""
        if not self._inside(rep.start) or self.params.goal == MEASURE:
            return []
        if self._of_set and rep.set != self._of_set[-1].set:
            self._of_set, self._crept = [], False
        first_rounded = bool(rep.rounded) and not any(r.rounded for r in self._of_set)
        self._of_set.append(rep)
        if first_rounded and self.params.goal == LESS:
            share = f", at {100 * rep.peak_lumbar_share:.0f} % of your range" if rep.peak_lumbar_share > 0 else ""
            self._words = f"Rounding began at repetition {len(self._of_set)}{share}"
        elif (crept := self._creep()) and not self._crept and self.params.goal == LESS:
            self._crept = True
            self._words = f"Your low back bends {np.rad2deg(crept):.0f}° more than in the first {FIRST}"
        if not self._is_good(rep) or not self._is_due(GOOD):
            return []
        return [self._cue(rep.end, GOOD, f"Good: {_peak(rep)}", rep.peak_lumbar_share, self._limit())]

    def _is_good(self, rep: Repetition) -> bool:
        if rep.confidence < self.params.least_confidence:
            return False
        if self.params.goal == MORE:
            return rep.peak_lumbar_share >= self.params.more_share
        return rep.rounded is False

    def _creep(self) -> float:
        """Rad by which the latest repetition bends more than the first ones; 0: not beyond ``creep``."""
        peaks = [r.peak_lumbar_flexion for r in self._of_set]
        more = peaks[-1] - float(np.mean(peaks[:FIRST])) if len(peaks) > FIRST else 0.0
        return more if more > self.params.creep else 0.0

    def _limit(self) -> float:
        return self.params.more_share if self.params.goal == MORE else math.nan

    def _say(self, now: float) -> list[Alert]:
        """The words that wait, once the wearer has stood for a moment."""
        due = self._since + self.params.still
        if not self._words or due > now:
            return []
        words, self._words = self._words, ""
        return [self._cue(due, NOTE, words, float(len(self._of_set)), math.nan)]

    def _cue(self, t: float, kind: str, message: str, value: float, threshold: float) -> Alert:
        # To a billionth, as alerts: further digits depend on how the inputs were grouped.
        value = round(value, 9)
        return Alert(t, kind, "notice", message, value, threshold, f"cues.{self.params.goal}", self.calibration_id)


def _peak(rep: Repetition) -> str:
    return f"{100 * rep.peak_lumbar_share:.0f} % of your range"
