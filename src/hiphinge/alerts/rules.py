"""Which findings become alerts: one a bout, not too many, and not when the wearer wants none.

Decisions depend on the findings' own times and on when the wearer spoke, never
on when they were handed over. Detectors of slow things hand over late, up to
``settle`` s: their findings wait as long before they are weighed against each
other. A rounded back is told at once and weighed against its own kind alone.
Reminders (reminders.py) are asked every whole second and wait for a good moment.
Alerts come in the order in which they are told, which is nearly that of ``t``.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from hiphinge.alerts import messages, quiet, reminders
from hiphinge.alerts.reminders import SHIFT, SITTING
from hiphinge.blocks import TRUNK, Alert, Control, Event, Tick

ROUNDED, POOR, LOST, SLIPPED, SWAPPED = (
    "rounded_back",
    "data_poor",
    "sensor_lost",
    "sensor_slipped",
    "sensor_swapped",
)
SLOW = (POOR, LOST, SLIPPED, SWAPPED)
SEVERITY = {POOR: "notice"}
"""The others are a "warning"; a reminder says itself."""

MUTE, UNMUTE, WRONG, CALIBRATED = ("mute", "pause"), ("unmute", "resume"), ("wrong",), ("re-zero", "calibrated")
DISTURB = "do-not-disturb"
"""Actions of a Control that matter here; value of the first: minutes, of "wrong": a kind or nothing;
of the last: on or off."""


HEARD = ("seat_taken", "seat_left", "break_taken", "seat_forgotten", "posture_shift", "host_slept")
"""Kinds of events that reminders hear."""


@dataclass(frozen=True)
class Params:
    """How much a wearer is told (biomechanics 0.5, 7.2; [D] where it says so).

    off : kinds that are never told.
    per_hour : alerts an hour, rounded_back not counted; 4, from complaints
        about products that buzz.
    pause_rounded, pause_other : s between two of a kind: less than the shortest
        repetition, which is its bout; ten minutes [D].
    dwell_poor, dwell_lost : s that poor data or a lost sensor must last [D].
    settle : s; longer than any detector of slow things is late [D].
    quiet : times of day on the wearer's clock, like "22:00-07:00".
    quiet_kinds : the kinds that keep to them and to "do not disturb"; a rounded
        back is told in a set that the wearer began [D].
    mute : s that "mute" and "pause" last when they do not say how long [D].
    wrong, wrong_mute : so many times "wrong" about a kind within so many s mute
        it for as long; 3 (7.2), an hour [D].
    reaction : s; "wrong" is about an alert at least so old [D].
    """

    off: tuple[str, ...] = ()
    per_hour: int = 4
    pause_rounded: float = 0.5
    pause_other: float = 600.0
    dwell_poor: float = 10.0
    dwell_lost: float = 5.0
    settle: float = 5.0
    quiet: tuple[str, ...] = ()
    quiet_kinds: tuple[str, ...] = (SITTING, SHIFT, *SLOW)
    mute: float = 1800.0
    wrong: int = 3
    wrong_mute: float = 3600.0
    reaction: float = 1.0

    def pause(self, kind: str) -> float:
        """Least time between two alerts of a kind, s."""
        return {ROUNDED: self.pause_rounded, SITTING: 0.0, SHIFT: 0.0}.get(kind, self.pause_other)

    def dwell(self, kind: str) -> float:
        """How long what is found must last, s."""
        return {POOR: self.dwell_poor, LOST: self.dwell_lost}.get(kind, 0.0)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a detector would tell the wearer: true from ``t`` s on, in units that messages.py knows.

    ``rule`` names the setting that decided. ``bout`` makes several findings
    one; without it each stands alone. ``over`` takes back what has not lasted:
    the state of that ``bout`` ended at ``t``.
    """

    t: float
    kind: str
    value: float
    threshold: float
    rule: str
    bout: Hashable = None
    detail: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    over: bool = False

    @property
    def key(self) -> tuple[str, Hashable]:
        """The bout it belongs to."""
        return self.kind, self.t if self.bout is None else self.bout


@dataclass(frozen=True, slots=True)
class _Silence:
    """No alerts of ``kinds`` (none named: of any) from ``start`` to ``end`` s; begun at ``origin`` s for ``reason``."""

    origin: float
    start: float
    end: float
    kinds: tuple[str, ...]
    reason: str

    def covers(self, kind: str, t: float) -> bool:
        return self.start <= t < self.end and (not self.kinds or kind in self.kinds)


class Admission:
    """Findings, events and the wearer's wishes in, alerts out, those of kind "shift" among them."""

    def __init__(self, params: Params, calibration_id: str = "", remind: reminders.Params | None = None) -> None:
        self.params, self.calibration_id = params, calibration_id
        self._reminders = reminders.Reminders(remind or reminders.Params())
        self._events: list[Event] = []  # that the reminders have not heard yet, by time
        self._controls: list[Control] = []  # of a time that the grid has not reached
        self._beat: int | None = None  # the next whole second at which the reminders are asked
        self._now = -float("inf")
        self._quiet = quiet.parse(params.quiet)
        self._clock = quiet.WallClock()
        self._silences: list[_Silence] = []
        self._waiting: list[tuple[float, Finding]] = []  # when it may be told, and what
        self._over: dict[tuple[str, Hashable], list[float]] = {}
        self._told: set[tuple[str, Hashable]] = set()
        self._given: list[tuple[float, Alert]] = []  # when it was told, and what
        self._wrong: list[tuple[float, str]] = []
        self._calibrated = -float("inf")

    def update(
        self,
        findings: Sequence[Finding],
        now: float,
        controls: Sequence[Control] = (),
        ticks: Sequence[Tick] = (),
        events: Sequence[Event] = (),
    ) -> tuple[Alert, ...]:
        """Take what came up to ``now`` s, in the order of its time within each kind; ``events`` for the reminders."""
        events = [*events, *(Event(t, "host_slept") for t in self._clock.set(ticks))]
        self._now = max(self._now, now)
        self._events = sorted((*self._events, *(e for e in events if e.kind in HEARD)), key=lambda e: e.t)
        self._controls = sorted((*self._controls, *controls), key=lambda c: c.arrival_ns)
        alerts = self._until(now, findings)
        self._clock.forget(self._now - self.params.settle - quiet.KEPT_S)
        return alerts

    def _until(self, now: float, findings: Sequence[Finding]) -> tuple[Alert, ...]:
        at_once = [f for f in findings if f.kind not in SLOW]
        for finding in findings:
            if finding.kind in SLOW:
                self._wait(finding)
        due = [c for c in self._controls if c.arrival_ns / 1e9 <= now]
        self._controls = self._controls[len(due) :]
        steps: list[tuple[float, Finding | Control]] = [(f.t, f) for f in at_once]
        steps += [(c.arrival_ns / 1e9, c) for c in due]
        alerts: list[Alert] = []
        for t, step in sorted(steps, key=lambda s: s[0]):
            alerts += self._release(t)
            if isinstance(step, Control):
                self._listen(t, step)
            else:
                alerts += self._admit(step, t)
        return (*alerts, *self._release(now))

    def hears(self, kind: str, t: float) -> bool:
        """Whether the wearer wants to hear of ``kind`` at ``t`` s: nothing is muted or paused."""
        return kind not in self.params.off and not any(s.covers(kind, t) for s in self._silences)

    def finish(self) -> tuple[Alert, ...]:
        """What still waited, once nothing more will come."""
        return self._until(float("inf"), ())

    def _wait(self, finding: Finding) -> None:
        if finding.over:
            self._over.setdefault(finding.key, []).append(finding.t)
            return
        told = replace(finding, t=finding.t + self.params.dwell(finding.kind), bout=finding.key[1])
        self._waiting.append((told.t + self.params.settle, told))
        site = finding.detail.get("site")
        unreliable = finding.kind == SWAPPED or (finding.kind == SLIPPED and site in TRUNK)
        if unreliable and finding.t > self._calibrated:
            start = finding.t + self.params.settle
            self._silences.append(_Silence(finding.t, start, float("inf"), (ROUNDED,), "slip"))

    def _release(self, until: float) -> list[Alert]:
        due = sorted((w for w in self._waiting if w[0] <= until), key=lambda w: (w[0], w[1].kind))
        self._waiting = [w for w in self._waiting if w[0] > until]
        alerts: list[Alert] = []
        for shown, finding in due:
            alerts += self._remind(shown)
            began = finding.t - self.params.dwell(finding.kind)
            if not any(began <= over < finding.t for over in self._over.get(finding.key, ())):
                alerts += self._admit(finding, shown)
        return alerts + self._remind(until)

    def _remind(self, until: float) -> list[Alert]:
        """What the reminders say at the whole seconds up to ``until`` that the grid has reached."""
        last = min(until, self._now)
        if self._beat is None:
            if not self._events:
                return []
            self._beat = math.floor(self._events[0].t)
        alerts = []
        while self._beat <= last:
            t, self._beat = float(self._beat), self._beat + 1
            while self._events and self._events[0].t <= t:
                self._reminders.hear(self._events.pop(0))
            request = self._reminders.ask(t)
            if request is not None and self._welcome(request.kind, t):
                self._reminders.said(request, t)
                alerts.append(self._say(request, t))
        return alerts

    def _say(self, request: reminders.Request, t: float) -> Alert:
        kind, value = request.kind, request.value
        if kind == SHIFT:
            message = messages.shift(value)
        else:
            message = messages.words(kind, value, request.threshold, request.detail)
        alert = Alert(t, kind, request.severity, message, value, request.threshold, request.rule, self.calibration_id)
        self._given.append((t, alert))
        return alert

    def _admit(self, finding: Finding, shown: float) -> list[Alert]:
        kind = finding.kind
        if finding.key in self._told or not self._welcome(kind, finding.t):
            return []
        self._told.add(finding.key)
        message = messages.words(kind, finding.value, finding.threshold, finding.detail)
        alert = Alert(
            finding.t,
            kind,
            SEVERITY.get(kind, "warning"),
            message,
            finding.value,
            finding.threshold,
            finding.rule,
            self.calibration_id,
        )
        self._given.append((shown, alert))
        return [alert]

    def _welcome(self, kind: str, t: float) -> bool:
        p = self.params
        if kind in p.off or any(s.covers(kind, t) for s in self._silences):
            return False
        if kind in p.quiet_kinds and quiet.inside(self._quiet, self._clock.time_of_day(t)):
            return False
        same = [a.t for _, a in self._given if a.kind == kind]
        if same and t - same[-1] < p.pause(kind):
            return False
        return kind == ROUNDED or self._in_hour(t) < p.per_hour

    def _in_hour(self, t: float) -> int:
        return sum(a.kind != ROUNDED and t - a.t < 3600.0 for _, a in self._given)

    def _listen(self, t: float, control: Control) -> None:
        self._reminders.listen(control)
        if control.action in MUTE:
            self._silences.append(_Silence(t, t, t + control.minutes(self.params.mute), (), "mute"))
        elif control.action in UNMUTE:
            self._end(t, ("mute", "wrong"))
        elif control.action in CALIBRATED:
            self._calibrated = t
            self._end(t, ("slip",))
        elif control.action == DISTURB:
            self._end(t, (DISTURB,))
            if control.said not in ("off", False):
                self._silences.append(_Silence(t, t, float("inf"), self.params.quiet_kinds, DISTURB))
        elif control.action in WRONG:
            self._doubt(t, control.said)

    def _end(self, t: float, reasons: Iterable[str]) -> None:
        self._silences = [
            replace(s, end=min(s.end, t)) if s.reason in reasons and s.origin <= t else s for s in self._silences
        ]

    def _doubt(self, t: float, named: object) -> None:
        """The wearer says that the last alert, or the last of a kind, was wrong."""
        p = self.params
        kinds = [a.kind for shown, a in self._given if shown <= t - p.reaction]
        kind = named if isinstance(named, str) and named else (kinds[-1] if kinds else "")
        if not kind:
            return
        self._wrong = [(at, k) for at, k in self._wrong if t - at < p.wrong_mute] + [(t, kind)]
        if sum(k == kind for _, k in self._wrong) >= p.wrong:
            self._wrong = [(at, k) for at, k in self._wrong if k != kind]
            self._silences.append(_Silence(t, t, t + p.wrong_mute, (kind,), "wrong"))
