"""What Home Assistant would read over MQTT."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone

import pytest

from hiphinge.formats import home_assistant as ha

SINCE = datetime(2026, 11, 20, 9, 30, 15, 400_000, timezone(timedelta(hours=1)))
SEAT = ha.Seat(SINCE, 4, 6125.0, "sitting")


def test_entities_find_their_state() -> None:
    """Each template names a key of the state; ids differ; times are what the class wants."""
    found = [json.loads(message.text) for message in ha.discovery("ada", "1.2")]
    state = ha.state("ada", SEAT)
    content = json.loads(state.text)
    counts = {"breaks_today": 4, "sitting_today": 102}
    assert content == {"sitting_since": "2026-11-20T09:30:15+01:00", "posture": "sitting", **counts}
    for entity in found:
        assert entity["state_topic"] == state.topic
        assert re.fullmatch(r"\{\{ value_json\.(\w+) \}\}", entity["value_template"])[1] in content
        assert entity["availability_topic"] == ha.availability("ada", True).topic
        assert entity["device"]["identifiers"] == ["hiphinge_ada"]
    assert len({entity["unique_id"] for entity in found}) == len(found) == 4
    assert {e["name"]: e.get("device_class") for e in found} == {
        "Sitting since": "timestamp",
        "Posture": None,
        "Breaks today": None,
        "Sitting today": "duration",
    }


@pytest.mark.parametrize("wearer", ["", "Ada Lovelace", "#/+", "ä" * 90, 'a"b'])
def test_no_name_breaks_a_topic(wearer: str) -> None:
    """Topics of discovery know letters, digits, - and _; wildcards above all are none."""
    topics = [m.topic for m in (*ha.discovery(wearer, "1"), ha.state(wearer, SEAT), *ha.forgotten(wearer))]
    assert all(re.fullmatch(r"[\w/-]+", topic, re.ASCII) for topic in topics)
    assert all(json.loads(m.text) for m in ha.discovery(wearer, "1"))


def test_people_are_kept_apart() -> None:
    """Another name, another topic."""
    assert ha.state("ada", SEAT).topic != ha.state("Ada", SEAT).topic


def test_up_is_unknown_since_when() -> None:
    """Null."""
    assert json.loads(ha.state("ada", ha.Seat(None, 0, 0.0)).text)["sitting_since"] is None


def test_forgotten_leaves_nothing_retained() -> None:
    """An empty text for every topic that was ever sent."""
    sent = {m.topic for m in (*ha.discovery("ada", "1"), ha.state("ada", SEAT), ha.availability("ada", False))}
    forgotten = list(ha.forgotten("ada"))
    assert {m.topic for m in forgotten} == sent
    assert {m.text for m in forgotten} == {""}
