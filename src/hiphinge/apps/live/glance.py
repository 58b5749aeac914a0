"""What a live view shows, kept up to date: the same for terminal and browser."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from hiphinge.alerts import rules
from hiphinge.alerts.cues import SET, STOP
from hiphinge.apps.live.angles import COLUMNS, Shown
from hiphinge.blocks import Alert, Control, Floats, Input, Outcome, Repetition
from hiphinge.detect import rounding
from hiphinge.monitor import Monitor

STANDING, DESCENT = "standing", "descent"


class Glance:
    """A listener. Angles in rad, NaN where they cannot be known; times in s on the inputs' clock.

    ``back``, ``hip`` now, as ``shown`` names them; ``back_peak``, ``hip_peak`` of the
    movement that is under way, else of the last repetition. ``rows``: what the last feed brought,
    as in :data:`angles.COLUMNS`. ``of_set``: repetitions of the set, which is the
    wearer's own or else the latest that was found; ``reps`` counts all.
    """

    def __init__(self, monitor: Monitor) -> None:
        calibration, params = monitor.calibration, monitor.params
        self.own_range, self.own_hip = calibration.max_lumbar_flexion, calibration.max_hip_flexion
        self.limit = rounding.limit(params.rounding, self.own_range)
        self.is_calibrated = bool(calibration.mountings)
        self.shown = Shown(monitor.sites)
        self._mute = params.alerts.mute
        self.begun = self.now = math.nan
        self.back = self.hip = self.back_peak = self.hip_peak = math.nan
        self._last = (math.nan, math.nan)
        self.rows: Floats = np.empty((0, len(COLUMNS)))
        self.phase = STANDING
        self.set_from: float | None = None
        self.of_set: list[Repetition] = []
        self.reps = self.alerts = self.marks = 0
        self.cue: Alert | None = None
        self.muted_until = -math.inf

    @property
    def seconds(self) -> float:
        """How long the session goes on."""
        return max(self.now - self.begun, 0.0) if math.isfinite(self.begun) else 0.0

    @property
    def in_set(self) -> bool:
        """Whether the wearer has begun a set."""
        return self.set_from is not None

    @property
    def muted_s(self) -> float:
        """How long the wearer still wants to hear nothing, s; 0: he may be told."""
        return max(self.muted_until - self.now, 0.0) if math.isfinite(self.now) else 0.0

    @property
    def is_over(self) -> bool:
        """Whether the low back went beyond its limit."""
        return self.back_peak >= self.limit

    def __call__(self, inputs: Sequence[Input], outcome: Outcome) -> None:
        """What one feed brought."""
        for one in inputs:
            if isinstance(one, Control):
                self._obey(one)
        if inputs:
            self.now = inputs[-1].arrival_ns / 1e9
            self.begun = self.now if math.isnan(self.begun) else self.begun
        self._measure(outcome)
        for rep in outcome.repetitions:
            self._count(rep)
        self.alerts += len(outcome.alerts)
        if outcome.cues:
            self.cue = outcome.cues[-1]

    def _obey(self, control: Control) -> None:
        t = control.arrival_ns / 1e9
        if control.action == SET:
            if control.said == STOP:
                self.set_from = None
            elif self.set_from is None:
                self.set_from, self.of_set = t, []
        elif control.action in rules.MUTE:
            self.muted_until = t + control.minutes(self._mute)
        elif control.action in rules.UNMUTE:
            self.muted_until = -math.inf
        elif control.action == "mark":
            self.marks += 1

    def _measure(self, outcome: Outcome) -> None:
        for event in outcome.events:
            if event.kind == "phase":
                self.phase = str(event.data["phase"])
                if self.phase == DESCENT:
                    self.back_peak = self.hip_peak = math.nan
                elif self.phase == STANDING and not outcome.counted:  # sitting down, a calibration's bend
                    self.back_peak, self.hip_peak = self._last
        self.rows = self.shown.rows(outcome.angles.t, outcome.angles.angles)
        if not len(self.rows):
            return
        self.back, self.hip = (float(x) for x in self.rows[-1, 1:3])
        if self.phase != STANDING:
            self.back_peak = float(np.fmax(self.back_peak, np.fmax.reduce(self.rows[:, 1])))
            self.hip_peak = float(np.fmax(self.hip_peak, np.fmax.reduce(self.rows[:, 2])))

    def _count(self, rep: Repetition) -> None:
        """One more; what is known of it in the end replaces what was seen of it, unless the next is under way."""
        self.reps += 1
        if self.set_from is None and self.of_set and rep.set != self.of_set[-1].set:
            self.of_set = []
        if self.set_from is None or rep.start >= self.set_from:
            self.of_set.append(rep)
        self._last = (rep.peak_lumbar_flexion, rep.peak_hip_flexion)
        if self.phase == STANDING:
            self.back_peak, self.hip_peak = self._last
