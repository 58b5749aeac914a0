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

from hiphinge.apps.live.core import Live
from hiphinge.apps.live.glance import Glance
from hiphinge.apps.live.opening import Opened
from hiphinge.apps.live.telling import sensor_row
from hiphinge.blocks import Alert, Floats, Input, Outcome, Repetition

RATE_HZ = 25.0
"""Of the figure and the traces [D]: as smooth as a film."""
KEPT_S = 22.0
CUES, REPS = 4, 12
"""How many of the last ones are shown."""


class View:
    """Follows one session; ``speed`` at which its source plays, ``file`` the name of its recording."""

    def __init__(self, live: Live, opened: Opened, file: str, speed: float = 1.0) -> None:
        self.file, self.wearer, self.speed = file, opened.wearer, speed
        self.glance = Glance(live.monitor)
        self._live = live
        self._points: deque[list[float | None]] = deque(maxlen=round(KEPT_S * RATE_HZ))
        self._cues: deque[Alert] = deque(maxlen=CUES)
        self.seq = 0

    def __call__(self, inputs: Sequence[Input], outcome: Outcome) -> None:
        """What one feed brought."""
        self.seq += 1
        self.glance(inputs, outcome)
        self._draw(self.glance.rows)
        self._cues.extend(outcome.cues)

    def _draw(self, rows: Floats) -> None:
        """RATE_HZ of them become points, in degrees."""
        tick = np.floor(rows[:, 0] * RATE_HZ)
        last = math.floor((self._points[-1][0] or 0.0) * RATE_HZ) if self._points else -math.inf
        for row in rows[np.diff(tick, prepend=last) > 0]:
            self._points.append(known([row[0], *np.rad2deg(row[1:])]))

    def snapshot(self, after: float) -> dict[str, Any]:
        """All that the page shows; of the points those later than ``after`` s."""
        look, health = self.glance, self._live.health
        return {
            "seq": self.seq,
            "t": number(look.now, 3),
            "seconds": number(look.seconds, 1),
            "speed": self.speed,
            "file": self.file,
            "wearer": self.wearer,
            "calibrated": look.is_calibrated,
            "trouble": [words for words in (health.trouble, health.recording) if words],
            "phase": look.phase,
            "reps": len(look.of_set),
            "total": look.reps,
            "in_set": look.in_set,
            "silent_s": number(look.muted_s, 0),
            "marks": look.marks,
            "back": self._back(),
            "hip": {
                "label": look.shown.hip_label,
                "peak": degrees(look.hip_peak),
                "range": degrees(look.own_hip, 1),
            },
            "cues": [told(one, look.now) for one in reversed(self._cues)],
            "set": [rep_row(rep, n) for n, rep in list(enumerate(look.of_set, 1))[-REPS:]],
            "sensors": [sensor_row(one) for one in health.sensors],
            "points": self._later(after),
        }

    def _back(self) -> dict[str, Any]:
        look = self.glance
        return {
            "label": look.shown.back_label,
            "peak": degrees(look.back_peak),
            "share": number(100 * look.back_peak / look.own_range, 0),
            "over": look.is_over,
            "range": degrees(look.own_range),
            "limit": degrees(look.limit, 1),
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
        "back": degrees(rep.peak_lumbar_flexion),
        "share": number(100 * rep.peak_lumbar_share, 0),
        "hip": degrees(rep.peak_hip_flexion),
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


def degrees(angle: float, digits: int = 0) -> float | None:
    """Of rad, for JSON."""
    return number(math.degrees(angle), digits)
