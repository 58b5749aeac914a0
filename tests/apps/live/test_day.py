"""What status tells of the day follows events and wishes."""

from __future__ import annotations

import numpy as np
import pytest

from hiphinge.apps.live.day import Day
from hiphinge.blocks import AngleBlock, Control, Event, Outcome

NOTHING = AngleBlock(np.empty(0), {}, np.empty(0, np.uint8))


def feed(day: Day, *what: Control | Event) -> None:
    controls = [one for one in what if isinstance(one, Control)]
    day(controls, Outcome(NOTHING, tuple(one for one in what if isinstance(one, Event))))


def test_sitting_comes_from_the_body() -> None:
    day = Day()
    assert not day.is_seated
    feed(day, Event(105.0, "seat_taken", {"since": 100.0, "at": 105.0}))
    assert day.is_seated
    assert day.told(400.0)["sitting_s"] == 300
    feed(day, Event(500.0, "seat_left", {"at": 498.0}), Event(560.0, "break_taken", {"left": 498.0, "at": 558.0}))
    assert day.told(600.0)["sitting_s"] is None


def test_what_nobody_knows_any_more_is_no_sitting() -> None:
    day = Day()
    feed(day, Event(105.0, "seat_taken", {"since": 100.0, "at": 105.0}), Event(900.0, "seat_forgotten", {"at": 900.0}))
    assert not day.is_seated


@pytest.mark.parametrize(("action", "field"), [("pause", "paused_s"), ("mute", "paused_s"), ("snooze", "snoozed_s")])
def test_a_pause_has_an_end_and_can_be_ended(action: str, field: str) -> None:
    day = Day()
    feed(day, Control(10 * 10**9, action, "30"))
    assert day.told(70.0)[field] == 1740
    assert day.told(1810.0)[field] is None
    feed(day, Control(80 * 10**9, "resume"))
    assert day.told(80.0)[field] is None


def test_without_minutes_it_lasts_as_long_as_the_rules_say() -> None:
    day = Day()
    feed(day, Control(0, "pause"), Control(0, "snooze", "soon"))
    assert (day.told(0.0)["paused_s"], day.told(0.0)["snoozed_s"]) == (1800, 600)


def test_do_not_disturb_as_the_desktop_said_it_last() -> None:
    day = Day()
    feed(day, Control(0, "do-not-disturb", "on"))
    assert day.told(1.0)["do_not_disturb"] is True
    feed(day, Control(10**9, "do-not-disturb", "off"))
    assert day.told(1.0)["do_not_disturb"] is False
