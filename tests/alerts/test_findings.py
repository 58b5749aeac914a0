"""What detectors saw -> what a wearer might be told: the units of the messages, and which belong together."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from hiphinge import monitor
from hiphinge.alerts import rules
from hiphinge.alerts.findings import from_event
from hiphinge.alerts.messages import words
from hiphinge.blocks import Event

PARAMS = rules.Params()
EVENTS: dict[str, Mapping[str, object]] = {
    "rounded": {"flexion": 0.72, "limit": 0.64, "share": 0.9, "sd": 0.01},
    "data_poor": {"since": 70.0, "share": 0.4, "limit": 0.25},
    "sensor_lost": {"site": "sacrum", "since": 97.0},
    "sensor_slipped": {"site": "sacrum", "moved_deg": 11.2, "limit_deg": 8.0},
    "sensor_swapped": {"sites": ("thigh_left", "thigh_right"), "value": 0.9, "limit": 0.5},
}
MEANT = {
    "rounded": (rules.ROUNDED, "Rounded to 90 % of your range (limit 80 %)"),
    "data_poor": (rules.POOR, "Poor signal: 40 % of it missing (limit 25 %). Angles pause"),
    "sensor_lost": (rules.LOST, "Nothing from the pelvis sensor for 8 s. Check its battery and the distance"),
    "sensor_slipped": (rules.SLIPPED, "The pelvis sensor seems to have moved by 11° (limit 8°). Calibrate again"),
    "sensor_swapped": (
        rules.SWAPPED,
        "The left thigh sensor and the right thigh sensor seem to be on each other's place. "
        "Exchange them, or set them up anew",
    ),
}


def finding(kind: str, t: float = 100.0) -> rules.Finding:
    found = from_event(Event(t, kind, EVENTS[kind]), PARAMS)
    assert found is not None
    return found


@pytest.mark.parametrize("kind", EVENTS)
def test_each_becomes_a_message_in_the_units_of_the_wearer(kind: str) -> None:
    found = finding(kind)
    assert (found.kind, words(found.kind, found.value, found.threshold, found.detail)) == MEANT[kind]
    assert found.t == 100.0
    assert found.rule.count(".") >= 1


@pytest.mark.parametrize("kind", ["phase", "undecoded", "stood_up", ""])
def test_other_events_are_no_ones_business(kind: str) -> None:
    assert from_event(Event(1.0, kind), PARAMS) is None


def test_every_kind_of_alert_has_its_event() -> None:
    assert {kind for kind, _ in MEANT.values()} == {rules.ROUNDED, *rules.SLOW}


@pytest.mark.parametrize(
    ("begins", "ends", "data"),
    [("sensor_lost", "sensor_back", EVENTS["sensor_lost"]), ("data_poor", "data_fair", EVENTS["data_poor"])],
)
def test_what_is_over_takes_back_its_own_bout_alone(begins: str, ends: str, data: Mapping[str, object]) -> None:
    began = finding(begins)
    over = from_event(Event(103.0, ends, data), PARAMS)
    other = from_event(Event(103.0, ends, {**data, "since": 12.0}), PARAMS)
    assert over is not None
    assert other is not None
    assert over.over
    assert not began.over
    assert over.key == began.key != other.key


def test_a_loss_is_told_by_how_long_it_will_have_lasted() -> None:
    """Silent since 97 s, noticed at 100: told after five more seconds, as 8."""
    found = finding("sensor_lost")
    assert found.value == pytest.approx(3.0 + PARAMS.dwell_lost)
    assert found.threshold == pytest.approx(3.0)


def test_two_lifts_that_round_are_two_findings_and_one_slip_is_one() -> None:
    assert finding("rounded", 100.0).key != finding("rounded", 104.0).key
    assert finding("sensor_slipped", 100.0).key == finding("sensor_slipped", 160.0).key


def test_the_limit_of_a_small_range_is_told_as_a_share_of_it() -> None:
    """Own range 12°, limit 15°: 125 %."""
    found = from_event(Event(1.0, "rounded", {"flexion": 16.0, "limit": 15.0, "share": 16 / 12, "sd": 0.0}), PARAMS)
    assert found is not None
    assert found.threshold == pytest.approx(1.25)


@pytest.mark.parametrize("kind", EVENTS)
def test_the_rule_is_the_name_of_a_setting(kind: str) -> None:
    """So that the wearer can change what decided."""
    setting: object = monitor.Params()
    for name in finding(kind).rule.split("."):
        setting = getattr(setting, name)
