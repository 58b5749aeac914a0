"""What a live view shows, kept up to date: the same for terminal and browser."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hiphinge.alerts.cues import SET, START
from hiphinge.blocks import THIGH_LEFT, Alert, Control, Input, Outcome, Repetition
from hiphinge.monitor import Monitor

HIPS = ("hip_flexion", "hip_flexion_left", "hip_flexion_right", "pelvis_tilt")
"""The first that is there stands for the hip; the pelvis where no thigh is worn."""


class Glance:
    """A listener. Angles in rad, NaN where they cannot be known; times in s on the inputs' clock.

    ``lumbar``, ``hip`` now; ``lumbar_peak``, ``hip_peak`` of the repetition that
    is under way, or of the last; ``cue`` the last one.
    """

    def __init__(self, monitor: Monitor) -> None:
        self.own_range = monitor.calibration.max_lumbar_flexion
        self.limit_share = monitor.params.rounding.on_share
        self.is_calibrated = bool(monitor.calibration.mountings)
        self.begun = self.now = math.nan
        self.lumbar = self.hip = self.lumbar_peak = self.hip_peak = math.nan
        self.hip_name = ""
        self.phase = "standing"
        self.posture = ""
        self.in_set = False
        self.reps: list[Repetition] = []
        self.of_set: list[Repetition] = []
        self.alerts = 0
        self.cue: Alert | None = None
        self.muted_until = -math.inf

    @property
    def seconds(self) -> float:
        """How long the session goes on."""
        return max(self.now - self.begun, 0.0) if math.isfinite(self.begun) else 0.0

    @property
    def is_muted(self) -> bool:
        """Whether the wearer wants to hear nothing now."""
        return self.now < self.muted_until

    def __call__(self, inputs: Sequence[Input], outcome: Outcome) -> None:
        """What one feed brought."""
        for one in inputs:
            if isinstance(one, Control):
                self._obey(one)
        if inputs:
            self.now = inputs[-1].arrival_ns / 1e9
            self.begun = self.now if math.isnan(self.begun) else self.begun
        self._measure(outcome)
        self.reps += outcome.repetitions
        if self.in_set:
            self.of_set += outcome.repetitions
        self.alerts += len(outcome.alerts)
        if outcome.cues:
            self.cue = outcome.cues[-1]
        if outcome.bouts:
            self.posture = outcome.bouts[-1].posture

    def _obey(self, control: Control) -> None:
        t = control.arrival_ns / 1e9
        if control.action == SET:
            self.in_set = control.value == START
            self.of_set = [] if self.in_set else self.of_set
        elif control.action in ("mute", "pause"):
            self.muted_until = t + 60.0 * float(control.value or 30)
        elif control.action in ("unmute", "resume"):
            self.muted_until = t

    def _measure(self, outcome: Outcome) -> None:
        for event in outcome.events:
            if event.kind == "phase":
                if event.data["phase"] == "descent":
                    self.lumbar_peak = self.hip_peak = -math.inf
                self.phase = str(event.data["phase"])
        if not len(outcome.angles):
            return
        angles = outcome.angles.angles
        self.hip_name = next((name for name in HIPS if name in angles), "")
        self.lumbar = float(angles["lumbar_flexion"][-1]) if "lumbar_flexion" in angles else math.nan
        self.hip = float(angles[self.hip_name][-1]) if self.hip_name else math.nan
        if self.phase != "standing":
            self.lumbar_peak = _most(self.lumbar_peak, self.lumbar)
            self.hip_peak = _most(self.hip_peak, self.hip)


def _most(a: float, b: float) -> float:
    return b if math.isnan(a) or b > a else a


def hip_words(name: str) -> str:
    """What the hip bar shows, in words."""
    if name == "pelvis_tilt":
        return "pelvis tilt"
    side = " left" if name.endswith(THIGH_LEFT.removeprefix("thigh")) else ""
    return f"hip{side}"
