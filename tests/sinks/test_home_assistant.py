"""Home Assistant's side of the line: entities once, state when it changes, availability whatever happens."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hiphinge.formats import home_assistant as texts
from hiphinge.settings import Secret
from hiphinge.sinks import Backoff, HomeAssistant
from hiphinge.sinks.home_assistant import checked
from tests.sinks.broker import Broker, broker
from tests.sinks.cues import Told

SEAT = texts.Seat(datetime(2026, 11, 20, 9, 30, tzinfo=UTC), 2, 1800.0, "sitting")
STATE = texts.state("ada", SEAT)
ONLINE, OFFLINE = texts.availability("ada", True), texts.availability("ada", False)
ENTITIES = {message.topic: message.text for message in texts.discovery("ada", "1.0")}
QUICK = Backoff(0.01, 0.05)


@contextmanager
def house(address: Secret, told: Told) -> Iterator[HomeAssistant]:
    line = HomeAssistant(address, "ada", "1.0", told, QUICK)
    try:
        yield line
    finally:
        line.close()


def heard(there: Broker) -> list[tuple[str, str]]:
    return [there.heard.get_nowait() for _ in range(there.heard.qsize())]


def test_entities_once_state_when_it_changes_availability_at_both_ends() -> None:
    told = Told()
    with broker() as there:
        with house(there.address(), told) as line:
            there.until(OFFLINE.topic, OFFLINE.text)
            assert there.retained == ENTITIES | {OFFLINE.topic: "offline"}
            line.show(SEAT)
            there.until(ONLINE.topic, ONLINE.text)
            for _ in range(50):
                line.show(SEAT)
            up = replace(SEAT, sitting_since=None, posture="up")
            line.show(up)
            assert there.next() == (STATE.topic, texts.state("ada", up).text)  # nothing in between
        assert heard(there) == [(OFFLINE.topic, "offline")]
        assert json.loads(there.retained[STATE.topic])["breaks_today"] == 2
    assert told.all() == []


def test_nobody_measures_and_somebody_again() -> None:
    with broker() as there, house(there.address(), Told()) as line:
        line.show(SEAT)
        there.until(ONLINE.topic, "online")
        line.show(None)
        there.until(OFFLINE.topic, "offline")
        assert there.retained[STATE.topic] == STATE.text
        line.show(SEAT)
        assert there.next() == (ONLINE.topic, "online")


def test_a_broker_that_is_away_is_told_once_and_gets_the_newest_when_it_is_back() -> None:
    """A break is noticed at once. Its port is kept meanwhile: nobody else takes it."""
    away, told = Broker(), Told()
    with house(away.address(), told) as line:
        assert "does not answer as one" in told.next()
        began = time.monotonic()
        for breaks in range(1000):
            line.show(replace(SEAT, breaks_today=breaks))
        assert time.monotonic() - began < 60.0  # a thousand of them: it never waits for a connection
        with broker(away) as there:
            there.until(ONLINE.topic, "online")
            assert json.loads(there.retained[STATE.topic])["breaks_today"] == 999
            there.cut()  # and away in mid-session: its will is done, then all of it again
            there.until(OFFLINE.topic, "offline")
            there.until(ONLINE.topic, "online")
            assert there.retained == ENTITIES | {STATE.topic: there.retained[STATE.topic], ONLINE.topic: "online"}
    assert told.all() == []


def test_a_broker_that_notices_a_break_late_is_not_left_with_offline() -> None:
    """It ends the old line of a name before it takes the new: the old will is done before, and not after "online"."""
    with broker() as there, house(there.address(), Told()) as line:
        line.show(SEAT)
        there.until(ONLINE.topic, "online")
        there.notices.clear()
        there.cut()
        assert there.next() == (OFFLINE.topic, "offline")
        there.until(ONLINE.topic, "online")
        there.notices.set()
        assert there.clients.get_nowait().name == there.clients.get_nowait().name
        assert there.retained[ONLINE.topic] == "online"


def test_a_program_begun_again_comes_under_the_name_that_it_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a power cut the broker may wait a while for the old line; another home's is another."""
    with broker() as there:
        for name in ("mine", "mine", "another"):
            monkeypatch.setenv("HIPHINGE_HOME", str(tmp_path / name))
            with house(there.address(), Told()):
                there.until(OFFLINE.topic, "offline")
        first, second, other = (there.clients.get_nowait().name for _ in range(3))
    assert first == second != other


def test_a_broker_that_takes_and_never_answers_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hiphinge.sinks.mqtt.PATIENCE_S", 0.2)
    told = Told()
    with broker() as there:
        there.answers = False
        line = HomeAssistant(there.address(), "ada", "1.0", told, Backoff(60.0))
        assert "does not answer as one" in told.next()
        began = time.monotonic()
        line.close()
        assert time.monotonic() - began < 50.0  # the next try would be in sixty
        assert not [t for t in threading.enumerate() if t.name == "hiphinge home assistant"]


def test_without_the_extra_it_is_told_once_and_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "paho.mqtt.client", None)
    told = Told()
    with broker() as there:
        with house(there.address(), told) as line:
            assert "pip install 'hiphinge[push]'" in told.next()
            line.show(SEAT)
        assert "pip install 'hiphinge[push]'" in checked(there.address())
        assert there.lines == []
    assert told.all() == []


def test_what_the_doctor_says_of_it() -> None:
    with broker() as there:
        assert checked(there.address()).startswith("home assistant: ready, the broker took the connection in ")
        assert there.heard.empty()
        there.refuse = 5
        assert "refuses the connection (not authorized)" in checked(there.address())
    assert "cannot be read" in checked(Secret("ntfy://hunter2"))
