"""When somebody who sits is to be told: time to move, once more if need be, and the softer "shift a little".

Fed with what the body did ("seat_taken", "seat_left", "break_taken", "posture_shift"),
that the host had slept ("host_slept": what was before counts for nothing)
and what the wearer asked for; asked at every whole second what it would say. Whoever
asks decides whether it is a good moment: nothing is lost by waiting, and a break
taken meanwhile counts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from hiphinge.blocks import Control, Event

SITTING, SHIFT = "sitting_too_long", "shift"
SNOOZE, AWAKE = "snooze", ("unsnooze", "resume", "unmute")
NOTICE, WARNING = "notice", "warning"


@dataclass(frozen=True)
class Params:
    """How long is long (biomechanics 0.4, 4.4; [D] where it says so).

    after : s of sitting, short stands included, until "time to move": 1800;
        Dunstan 20 min, Duran 30 min.
    again : s from the first word to the second and last, while nobody rose [D].
    shift : s in one seat without another posture until "shift a little": 900 [D].
    apart : s that "shift a little" keeps from any other reminder [D].
    snooze : s that "snooze" lasts when it does not say how long [D].
    settled : s on the seat before anything is said [D].
    """

    after: float = 1800.0
    again: float = 300.0
    shift: float = 900.0
    apart: float = 300.0
    snooze: float = 600.0
    settled: float = 10.0


@dataclass(frozen=True, slots=True)
class Request:
    """What would be said: ``value`` and ``threshold`` s; ``detail`` for the words."""

    kind: str
    severity: str
    value: float
    threshold: float
    rule: str
    detail: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


class Reminders:
    """Events and controls in, in the order of their time; a request or nothing out, second by second."""

    def __init__(self, params: Params) -> None:
        self.params = params
        self._since: float | None = None  # of this time of sitting, short stands included
        self._seated = math.inf  # on the seat since, s; infinite: off it
        self._left = -math.inf
        self._moved = -math.inf
        self._told: float | None = None
        self._told_again = False
        self._reminded = -math.inf  # of anything
        self._asleep = -math.inf  # until
        self._floor = -math.inf  # before it nobody knows what the wearer did

    def hear(self, event: Event) -> None:
        """What the body did."""
        if event.kind == "seat_taken":
            self._sit(event.number("since"), event.number("at"))
        elif event.kind == "seat_left":
            self._left = max(self._left, event.number("at"))
            self._seated = math.inf
        elif event.kind in ("break_taken", "seat_forgotten"):
            self._since, self._seated, self._told, self._told_again = None, math.inf, None, False
        elif event.kind == "host_slept":
            self._floor = event.t
            if self._since is not None:
                self._since, self._told, self._told_again = event.t, None, False
        elif event.kind == "posture_shift":
            self._moved = event.t

    def _sit(self, since: float, at: float) -> None:
        since = max(since, self._floor)
        if since != self._since:
            self._since, self._told, self._told_again = since, None, False
        if at > self._left:  # else the thigh has said since that the seat was left
            self._seated = at
            self._moved = max(self._moved, at)

    def listen(self, control: Control) -> None:
        """What the wearer asked for: "snooze" with its minutes, or to end that."""
        t = control.arrival_ns / 1e9
        if control.action == SNOOZE:
            self._asleep = t + control.minutes(self.params.snooze)
            self._told = None  # the word is said anew when it ends
        elif control.action in AWAKE:
            self._asleep = min(self._asleep, t)

    def ask(self, t: float) -> Request | None:
        """What is to be said at ``t`` s if it is a good moment."""
        p, since = self.params, self._since
        if since is None or t < self._seated + p.settled or t < self._asleep:
            return None
        sitting = t - since
        if sitting >= p.after and self._told is None and not self._told_again:
            return Request(SITTING, NOTICE, sitting, p.after, "reminders.after")
        if self._told is not None and t - self._told >= p.again and not self._told_again:
            return Request(SITTING, WARNING, sitting, p.after, "reminders.again", {"again": True})
        soon = not self._told_again and sitting >= p.after - p.apart  # time to move itself, or said already
        if t - self._moved >= p.shift and t - self._reminded >= p.apart and not soon:
            return Request(SHIFT, NOTICE, t - self._moved, p.shift, "reminders.shift")
        return None

    def said(self, request: Request, t: float) -> None:
        """It was said at ``t`` s."""
        self._reminded = t
        if request.kind == SHIFT:
            self._moved = t
        elif request.severity == NOTICE:
            self._told = t
        else:
            self._told_again = True
