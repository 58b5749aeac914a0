"""What the live page shows: a listener that follows a session and can be asked for a snapshot at any time.

Pages ask; nothing is sent to them. A slow browser misses snapshots, and the
stream never knows of it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np

from hiphinge.alerts import cues, rules
from hiphinge.apps.dashboard.angles import Shown
from hiphinge.apps.live.core import Live
from hiphinge.apps.live.opening import Opened
from hiphinge.apps.live.telling import sensor_row
from hiphinge.blocks import Alert, Control, Input, Outcome, Repetition
from hiphinge.detect import rounding

RATE_HZ = 25.0
"""Of the figure and the traces [D]: as smooth as a film."""
KEPT_S = 22.0
CUES, REPS = 4, 12
"""How many of the last ones are shown."""
STANDING = "standing"


class View:
    """Follows one session; ``speed`` at which its source plays, ``file`` the name of its recording."""

    def __init__(self, live: Live, opened: Opened, file: str, speed: float = 1.0) -> None:
        self.file, self.wearer, self.speed = file, opened.wearer, speed
        self.calibrated = bool(opened.calibration.mountings)
        self.own_range = math.degrees(opened.calibration.max_lumbar_flexion)
        self.own_hip = math.degrees(opened.calibration.max_hip_flexion)
        self.limit = math.degrees(rounding.limit(opened.params.rounding, opened.calibration.max_lumbar_flexion))
        self.shown = Shown(live.monitor.sites)
        self._live, self._mute = live, opened.params.alerts.mute
        self._points: deque[list[float | None]] = deque(maxlen=round(KEPT_S * RATE_HZ))
        self._cues: deque[Alert] = deque(maxlen=CUES)
        self._reps: list[Repetition] = []
        self.total = self.alerts = self.marks = self.seq = 0
        self.now, self.begun, self._silent_until = math.nan, math.nan, -math.inf
        self._set_from: float | None = None
        self.peak, self.hip_peak = math.nan, math.nan
        self._phase = STANDING

    def __call__(self, inputs: Sequence[Input], outcome: Outcome) -> None:
        """What one feed brought."""
        self.seq += 1
        for one in inputs:
            if isinstance(one, Control):
                self._hear(one)
        if inputs:
            t = inputs[-1].arrival_ns / 1e9
            self.begun = t if math.isnan(self.begun) else self.begun
            self.now = t
        if len(outcome.angles):
            self._follow(outcome)
        for rep in outcome.repetitions:
            self._count(rep)
        self.alerts += len(outcome.alerts)
        self._cues.extend(outcome.cues)

    def _hear(self, control: Control) -> None:
        t = control.arrival_ns / 1e9
        if control.action == cues.SET:
            if control.value.strip('"') == cues.STOP:
                self._set_from = None
            elif self._set_from is None:
                self._set_from, self._reps = t, []
        elif control.action in rules.MUTE:
            self._silent_until = t + (_minutes(control.value) or self._mute / 60.0) * 60.0
        elif control.action in rules.UNMUTE:
            self._silent_until = -math.inf
        elif control.action == "mark":
            self.marks += 1

    def _follow(self, outcome: Outcome) -> None:
        angles = outcome.angles
        rows = self.shown.rows(angles.t, {name: np.rad2deg(x) for name, x in angles.angles.items()})
        phase = self._live.monitor.phase
        if phase != STANDING:
            if self._phase == STANDING:
                self.peak = self.hip_peak = math.nan
            self.peak = float(np.fmax(self.peak, np.fmax.reduce(rows[:, 1])))
            self.hip_peak = float(np.fmax(self.hip_peak, np.fmax.reduce(rows[:, 2])))
        self._phase = phase
        tick = np.floor(rows[:, 0] * RATE_HZ)
        last = math.floor((self._points[-1][0] or 0.0) * RATE_HZ) if self._points else -math.inf
        for row in rows[np.diff(tick, prepend=last) > 0]:
            self._points.append(known(row))

    def _count(self, rep: Repetition) -> None:
        """One repetition more; without sets of the wearer's own, those of the latest that was found."""
        if self._set_from is None and self._reps and rep.set != self._reps[-1].set:
            self._reps = []
        self.total += 1
        if self._set_from is None or rep.start >= self._set_from:
            self._reps.append(rep)
        if math.isfinite(rep.peak_lumbar_flexion):
            self.peak = math.degrees(rep.peak_lumbar_flexion)
        if math.isfinite(rep.peak_hip_flexion):
            self.hip_peak = math.degrees(rep.peak_hip_flexion)

    def snapshot(self, after: float) -> dict[str, Any]:
        """All that the page shows; of the points those later than ``after`` s."""
        health = self._live.health
        return {
            "seq": self.seq,
            "t": number(self.now, 3),
            "seconds": number(self.now - self.begun, 1),
            "speed": self.speed,
            "file": self.file,
            "wearer": self.wearer,
            "calibrated": self.calibrated,
            "trouble": [words for words in (health.trouble, health.recording) if words],
            "phase": self._phase,
            "reps": len(self._reps),
            "total": self.total,
            "in_set": self._set_from is not None,
            "silent_s": number(max(self._silent_until - self.now, 0.0), 0),
            "marks": self.marks,
            "back": {
                "label": self.shown.back_label,
                "peak": number(self.peak, 0),
                "share": number(100 * self.peak / self.own_range, 0),
                "over": self.peak >= self.limit,
                "range": number(self.own_range, 0),
                "limit": number(self.limit, 1),
            },
            "hip": {"label": self.shown.hip_label, "peak": number(self.hip_peak, 0), "range": number(self.own_hip, 1)},
            "cues": [told(one, self.now) for one in reversed(self._cues)],
            "set": [rep_row(rep, n) for n, rep in list(enumerate(self._reps, 1))[-REPS:]],
            "sensors": [sensor_row(one) for one in health.sensors],
            "points": self._later(after),
        }

    def _later(self, after: float) -> list[list[float | None]]:
        found: list[list[float | None]] = []
        for row in reversed(self._points):
            if (row[0] or 0.0) <= after:
                break
            found.append(row)
        return found[::-1]


def told(alert: Alert, now: float) -> dict[str, Any]:
    """A cue as it is shown."""
    return {"kind": alert.kind, "message": alert.message, "ago": number(now - alert.t, 0), "t": number(alert.t, 2)}


def rep_row(rep: Repetition, n: int) -> dict[str, Any]:
    """A repetition as it is shown; ``rounded`` null: not observable."""
    return {
        "n": n,
        "kind": rep.kind,
        "back": number(math.degrees(rep.peak_lumbar_flexion), 0),
        "share": number(100 * rep.peak_lumbar_share, 0),
        "hip": number(math.degrees(rep.peak_hip_flexion), 0),
        "rounded": rep.rounded,
        "start": number(rep.start, 2),
        "end": number(rep.end, 2),
    }


def known(row: Sequence[float]) -> list[float | None]:
    """Time to a hundredth, angles to a tenth, None where not known."""
    return [number(row[0], 2), *(number(x, 1) for x in row[1:])]


def number(value: float, digits: int) -> float | None:
    """For JSON: None where it is not known."""
    return round(float(value), digits) if math.isfinite(value) else None


def _minutes(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None
