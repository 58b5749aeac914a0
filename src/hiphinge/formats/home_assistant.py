"""What Home Assistant reads over MQTT: how the wearer's entities are called, and their state. Texts only.

Topics and keys: www.home-assistant.io/integrations/mqtt (discovery) and sensor.mqtt.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from hiphinge.settings.places import file_name

PREFIX = "homeassistant"
"""Where Home Assistant looks for discovery unless told otherwise."""
ENTITIES = {
    "sitting_since": {"name": "Sitting since", "device_class": "timestamp", "icon": "mdi:seat"},
    "posture": {"name": "Posture", "icon": "mdi:human"},
    "breaks_today": {"name": "Breaks today", "state_class": "total_increasing", "icon": "mdi:walk"},
    "sitting_today": {
        **{"name": "Sitting today", "device_class": "duration", "unit_of_measurement": "min"},
        **{"state_class": "total_increasing", "icon": "mdi:seat-outline"},
    },
}
"""Key of the state -> what it is; both counts begin anew each day."""


@dataclass(frozen=True)
class Message:
    """A text for a topic; all of them are to be retained by the broker."""

    topic: str
    text: str


@dataclass(frozen=True)
class Seat:
    """What is known now. ``sitting_since``: with its zone, or None when up; ``sitting_today`` s.

    ``posture``: sitting, up or unknown, which is what is known at once; standing and walking are told apart later.
    """

    sitting_since: datetime | None
    breaks_today: int
    sitting_today: float
    posture: str = "unknown"


def discovery(wearer: str, version: str) -> Iterator[Message]:
    """The entities of one wearer, each with its topic; send them once a connection."""
    node = _node(wearer)
    device = {
        **{"identifiers": [f"hiphinge_{node}"], "name": f"hiphinge {wearer}".strip()},
        **{"manufacturer": "hiphinge", "sw_version": version},
    }
    for key, what in ENTITIES.items():
        content = {
            **what,
            **{"unique_id": f"hiphinge_{node}_{key}", "state_topic": _state_topic(node)},
            **{"value_template": f"{{{{ value_json.{key} }}}}", "availability_topic": _availability_topic(node)},
            "device": device,
        }
        yield Message(f"{PREFIX}/sensor/hiphinge_{node}/{key}/config", _json(content))


def state(wearer: str, seat: Seat) -> Message:
    """The state of all of them; unknown is null, which Home Assistant shows as unknown."""
    since = None if seat.sitting_since is None else seat.sitting_since.isoformat(timespec="seconds")
    minutes = round(seat.sitting_today / 60)
    counts = {"breaks_today": seat.breaks_today, "sitting_today": minutes}
    content = {"sitting_since": since, "posture": seat.posture, **counts}
    return Message(_state_topic(_node(wearer)), _json(content))


def availability(wearer: str, online: bool) -> Message:
    """Whether somebody measures; "offline" is the last will of a connection."""
    return Message(_availability_topic(_node(wearer)), "online" if online else "offline")


def forgotten(wearer: str) -> Iterator[Message]:
    """Empty texts that make Home Assistant and the broker forget the wearer."""
    node = _node(wearer)
    topics = [f"{PREFIX}/sensor/hiphinge_{node}/{key}/config" for key in ENTITIES]
    yield from (Message(topic, "") for topic in (*topics, _state_topic(node), _availability_topic(node)))


def _node(wearer: str) -> str:
    """A part of a topic: letters, digits, - and _ only, another for another name."""
    return file_name(wearer) if wearer else "wearer"


def _state_topic(node: str) -> str:
    return f"hiphinge/{node}/state"


def _availability_topic(node: str) -> str:
    return f"hiphinge/{node}/availability"


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False)
