"""The day as the house hears of it, from events and clock pairs; over midnight, over sessions."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from hiphinge.apps.live.today import Today
from hiphinge.blocks import AngleBlock, Bout, Event, Outcome, Tick
from hiphinge.formats.home_assistant import Seat

ZONE = timezone(timedelta(hours=1))
MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=ZONE)
KEPT_WITH = '{"wearer": "ada", "day": "2026-11-20", "breaks": 2, "sitting_min": %s}'
NOTHING = AngleBlock(np.empty(0), {}, np.empty(0, np.uint8))


class Shown:
    """The newest state, and every one that came."""

    def __init__(self, wearer: str = "ada") -> None:
        self.all: list[Seat | None] = []
        self.today = Today(self.all.append, wearer)
        self.began = MORNING

    @property
    def now(self) -> Seat:
        found = self.all[-1]
        assert found is not None
        return found

    def feed(self, t: float, *events: Event, bouts: tuple[Bout, ...] = (), wall: datetime | None = None) -> Seat:
        """At ``t`` s of a session that began in the morning."""
        utc = wall or self.began + timedelta(seconds=t)
        tick = Tick(round(t * 1e9), round(utc.timestamp() * 1e9), 3600, "boot")
        self.today([tick], Outcome(NOTHING, events, bouts=bouts))
        return self.now


def seat(kind: str, t: float, since: float = 0.0) -> Event:
    return Event(t, kind, {"since": since, "at": t})


def test_sitting_down_and_a_break() -> None:
    shown = Shown()
    assert shown.all == [None]
    assert shown.feed(0) == Seat(None, 0, 0.0, "unknown")
    assert shown.feed(10, seat("seat_taken", 10, 5.0)) == Seat(MORNING + timedelta(seconds=5), 0, 0.0, "sitting")
    assert shown.feed(1900).sitting_today == 1860.0
    assert shown.feed(1910, seat("seat_left", 1905)) == Seat(None, 0, 1860.0, "up")
    shown.feed(1940, bouts=(Bout(5.0, 1905.0, "sitting"),))
    assert shown.feed(1970, seat("break_taken", 1965)) == Seat(None, 1, 1860.0, "up")
    shown.feed(2000, seat("seat_taken", 2000, 1995.0))
    assert (shown.feed(2100).sitting_today, shown.now.breaks_today) == (1980.0, 1)


def test_minutes_never_fall_within_a_day() -> None:
    """Between leaving the seat and the bout that is known, and where the bout turns out shorter."""
    shown = Shown()
    shown.feed(0, seat("seat_taken", 0, 0.0))
    minutes = [shown.feed(float(t)).sitting_today for t in range(0, 700, 7)]
    minutes.append(shown.feed(700, seat("seat_left", 700)).sitting_today)
    minutes.append(shown.feed(730, bouts=(Bout(0.0, 560.0, "sitting"), Bout(560.0, 700.0, "lying"))).sitting_today)
    assert minutes == sorted(minutes)
    assert minutes[-1] == 660.0


def test_a_state_changes_once_a_minute_at_most() -> None:
    """The clocks' jitter moves nothing."""
    shown = Shown()
    shown.feed(0, seat("seat_taken", 0, 0.0))
    for i in range(1, 600):
        t = i / 10
        shown.feed(t, wall=MORNING + timedelta(seconds=t, microseconds=(-1) ** i * 900))
    assert len(set(shown.all[1:])) == 1


def test_midnight_on_the_wearers_own_clock_begins_anew() -> None:
    """Half past eleven in the evening at home, half past ten in UTC: sat over midnight, counted from there."""
    shown = Shown()
    shown.began = datetime(2026, 11, 20, 23, 30, tzinfo=ZONE)
    shown.feed(0, seat("break_taken", 0), seat("seat_taken", 0, 0.0))
    assert (shown.feed(1740).sitting_today, shown.now.breaks_today) == (1740.0, 1)
    late = shown.feed(1860)
    assert (late.sitting_today, late.breaks_today) == (60.0, 0)
    assert late.sitting_since == shown.began
    shown.feed(2400, seat("seat_left", 2400))
    assert shown.feed(2430, bouts=(Bout(0.0, 2400.0, "sitting"),)).sitting_today == 600.0


def test_another_session_goes_on_with_the_day() -> None:
    """A computer that slept at noon: other clock, same day. Nobody measures in between."""
    shown = Shown()
    shown.feed(0, seat("seat_taken", 0, 0.0))
    shown.feed(600, seat("seat_left", 600), seat("break_taken", 600), bouts=(Bout(0.0, 600.0, "sitting"),))
    shown.today.end()
    assert shown.all[-1] is None
    shown.began = MORNING + timedelta(hours=4)
    assert shown.feed(0) == Seat(None, 1, 600.0, "unknown")
    shown.feed(10, seat("seat_taken", 10, 0.0))
    assert shown.feed(300).sitting_today == 900.0


def test_a_program_that_begins_anew_goes_on_with_its_wearers_day(hiphinge_home: Path) -> None:
    before = Shown()
    before.feed(0, seat("seat_taken", 0, 0.0))
    before.feed(600, seat("seat_left", 600), seat("break_taken", 600), bouts=(Bout(0.0, 600.0, "sitting"),))
    assert (hiphinge_home / "today.json").stat().st_mode & 0o777 == 0o600
    later, bob, tomorrow = Shown(), Shown("bob"), Shown()
    later.began = bob.began = MORNING + timedelta(hours=4)
    tomorrow.began = MORNING + timedelta(hours=24)
    assert later.feed(0) == Seat(None, 1, 600.0, "unknown")
    assert tomorrow.feed(0) == bob.feed(0) == Seat(None, 0, 0.0, "unknown")


@pytest.mark.parametrize("text", ["", "[]", '{"day": 1}', "null", *(KEPT_WITH % n for n in ("NaN", "Infinity", '"x"'))])
def test_a_file_that_is_none_is_no_day(hiphinge_home: Path, text: str) -> None:
    (hiphinge_home / "today.json").write_text(text)
    assert Shown().feed(0) == Seat(None, 0, 0.0, "unknown")


def test_a_clock_that_was_years_ahead_does_not_hold_the_counts(hiphinge_home: Path) -> None:
    """Set right, its day is over; set back by an hour over midnight, it is not."""
    shown = Shown()
    shown.feed(0, seat("break_taken", 0), wall=MORNING + timedelta(days=1000))
    assert shown.feed(10, seat("break_taken", 10)).breaks_today == 1
    shown.feed(20, wall=MORNING.replace(hour=0, minute=30))
    assert shown.feed(30, wall=MORNING.replace(hour=0) - timedelta(minutes=30)).breaks_today == 1


def test_what_is_not_known_is_said() -> None:
    shown = Shown()
    shown.feed(0, seat("seat_taken", 0, 0.0))
    assert shown.feed(900, seat("seat_forgotten", 900)).posture == "unknown"
    shown.feed(910, seat("seat_left", 910))
    assert shown.feed(920, Event(920, "sensor_taken_off", {"site": "thigh_left", "since": 300.0})).posture == "unknown"


def test_without_a_clock_nothing_is_said() -> None:
    shown = Shown()
    shown.today([Tick(10**9)], Outcome(NOTHING, (seat("seat_taken", 1),)))
    assert shown.all == [None]
