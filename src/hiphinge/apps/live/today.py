"""What a day has brought so far, as a house may want to know it: sitting since, breaks and minutes today."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from pathlib import Path

from hiphinge.blocks import Bout, Event, Input, Outcome, Tick
from hiphinge.detect.bouts import SITTING, UNKNOWN
from hiphinge.formats.home_assistant import Seat
from hiphinge.settings import home, write_private

UP = "up"
KEPT = "today.json"
Show = Callable[[Seat | None], None]


@dataclass(frozen=True)
class Counts:
    """What is kept of a day (ISO) for a program that begins later on it."""

    wearer: str
    day: str
    breaks: int
    sitting_min: int


def kept() -> tuple[Path, Counts | None]:
    """The file in the home, and what is in it; None where there is none, or another's."""
    path = home() / KEPT
    with suppress(OSError, ValueError, TypeError, OverflowError):
        found = Counts(**json.loads(path.read_text("utf-8")))
        return path, Counts(str(found.wearer), str(found.day), int(found.breaks), int(found.sitting_min))
    return path, None


class Today:
    """A listener that outlives sessions: a computer that slept at noon begins another, and the day goes on.

    Days are cut on the wearer's own clock, as the clock pairs among the inputs tell it. Counts are kept in the
    home, for a program that begins anew on the same day.
    """

    def __init__(self, show: Show, wearer: str) -> None:
        self._show, self._wearer = show, wearer
        self._kept: Counts | None = None
        self._day: date | None = None
        self._breaks, self._sat, self._most = 0, 0.0, 0.0
        self.end()

    def end(self) -> None:
        """A session is over: nobody measures; the next has a clock of its own."""
        self._ahead: float | None = None  # s of the wall clock against the inputs'
        self._zone: tzinfo = UTC
        self._since, self._known, self._posture = math.nan, -math.inf, UNKNOWN
        self._since_at: datetime | None = None
        self._show(None)

    def __call__(self, inputs: Sequence[Input], outcome: Outcome) -> None:
        """What one feed brought."""
        now = math.nan
        for one in inputs:
            now = one.arrival_ns / 1e9
            if type(one) is Tick and one.utc_ns is not None:
                self._ahead = one.utc_ns / 1e9 - now
                self._zone = timezone(timedelta(seconds=one.utc_offset_s or 0))
        if self._ahead is None:
            return
        for event in outcome.events:
            self._follow(event)
        if not math.isnan(now):
            self._turn(self._at(now).date())
        self._add(outcome.bouts)
        if not math.isnan(now):
            seat = self._seat(now)
            self._keep(seat)
            self._show(seat)

    def _follow(self, event: Event) -> None:
        if event.kind == "seat_taken":
            self._since, self._posture = event.number("since"), SITTING
            self._since_at = self._at(self._since).replace(microsecond=0)
        elif event.kind in ("seat_left", "seat_forgotten"):
            self._since, self._since_at = math.nan, None
            self._posture = UP if event.kind == "seat_left" else UNKNOWN
        elif event.kind == "sensor_taken_off" and self._posture == UP:
            self._posture = UNKNOWN
        elif event.kind == "break_taken":
            self._turn(self._at(event.t).date())
            self._breaks += 1

    def _add(self, bouts: Sequence[Bout]) -> None:
        for bout in bouts:
            if bout.posture == SITTING:
                self._sat += max(bout.end - max(bout.start, self._midnight()), 0.0)
            self._known = bout.end

    def _turn(self, day: date) -> None:
        """Another day: counts begin anew; a clock that is set back a little does not bring the last one back."""
        if self._day is None:
            _, found = kept()
            if found and (found.wearer, found.day) == (self._wearer, day.isoformat()):
                self._day, self._breaks = day, found.breaks
                self._sat = self._most = 60.0 * found.sitting_min
        if self._day is None or not timedelta() <= self._day - day <= timedelta(days=1):
            self._day, self._breaks, self._sat, self._most = day, 0, 0.0, 0.0

    def _keep(self, seat: Seat) -> None:
        """Once a minute at most; a full disk has no room for it, and then it is not known later."""
        now = Counts(self._wearer, str(self._day), seat.breaks_today, round(seat.sitting_today / 60.0))
        if now != self._kept:
            self._kept = now
            with suppress(OSError):
                write_private(home() / KEPT, json.dumps(asdict(now)))

    def _seat(self, now: float) -> Seat:
        """Sitting today never falls within a day: the last minutes count before their bout is known."""
        going_on = now - max(self._since, self._known, self._midnight()) if self._since_at else 0.0
        self._most = max(self._most, self._sat + going_on)
        return Seat(self._since_at, self._breaks, 60.0 * (self._most // 60.0), self._posture)

    def _at(self, t: float) -> datetime:
        return datetime.fromtimestamp(t + (self._ahead or 0.0), self._zone)

    def _midnight(self) -> float:
        """The beginning of the day, s on the inputs' clock."""
        if self._day is None:
            return -math.inf
        begun = datetime(self._day.year, self._day.month, self._day.day, tzinfo=self._zone)
        return begun.timestamp() - (self._ahead or 0.0)
