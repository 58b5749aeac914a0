"""A session of a quiet day and its broker: a real line, a real session; the sensors stay silent."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import numpy as np
import pytest

from hiphinge.apps.live.core import Live
from hiphinge.apps.live.day import Day
from hiphinge.apps.live.house import House
from hiphinge.blocks import AngleBlock, Outcome, Sensor, Tick
from hiphinge.errors import SettingsError
from hiphinge.monitor import Monitor, Params
from hiphinge.sources.inbox import Inbox, host_ns
from hiphinge.sources.replayed import Replayed
from tests.sinks.broker import Broker, broker, connect_house
from tests.sinks.cues import Told
from tests.sources.virtual.playing import run

STATE, AVAILABILITY = "hiphinge/ada/state", "hiphinge/ada/availability"


class Silent:
    """A source from which nothing comes."""

    name, live = "ble", True
    sensors: tuple[Sensor, ...] = ()

    def now_ns(self) -> int:
        return host_ns()

    async def vibrate(self, site: str, pulse_s: float, pulses: int) -> bool:
        return False

    async def run(self, inbox: Inbox) -> None:
        await asyncio.Event().wait()


def test_sessions_come_and_go_on_one_line(hiphinge_home: Path) -> None:
    told = Told()

    async def session(house: House, there: Broker) -> None:
        live = Live(Silent(), Monitor(Params()))
        with house.following(live, Day()):
            running = asyncio.create_task(live.run())
            await asyncio.to_thread(there.until, AVAILABILITY, "online")
            live.stop()
            await running
        await asyncio.to_thread(there.until, AVAILABILITY, "offline")

    async def story(there: Broker) -> None:
        house = House("ada", told)
        for _ in range(2):
            await session(house, there)
        house.close()

    with broker() as there:
        connect_house(hiphinge_home, there.address())
        run(story(there))
        assert there.clients.qsize() == 1
        assert json.loads(there.retained[STATE]) == {
            "sitting_since": None,
            "posture": "unknown",
            "breaks_today": 0,
            "sitting_today": 0,
        }
        assert sum(topic.startswith("homeassistant/sensor/hiphinge_ada/") for topic in there.retained) == 4
    assert told.all() == []


def test_a_replay_is_nobodys_day(hiphinge_home: Path) -> None:
    with broker() as there:
        connect_house(hiphinge_home, there.address())
        house = House("ada", Told())
        live = Live(Replayed("replay", [], [], 1.0), Monitor(Params()))
        with house.following(live, Day()):
            assert live.listeners == []
        house.close()
        assert there.heard.empty()


def test_without_a_broker_the_day_is_told_alone_and_an_unreadable_file_is_said(hiphinge_home: Path) -> None:
    live, house, day = Live(Silent(), Monitor(Params())), House("", Told()), Day()
    with house.following(live, day):
        (today,) = live.listeners
        today([Tick(0, 1_795_000_000_000_000_000, 0)], Outcome(AngleBlock(np.empty(0), {}, np.empty(0, np.uint8))))
        assert day.told(0.0)["breaks_today"] == day.told(0.0)["sitting_today_s"] == 0
    assert day.told(0.0)["breaks_today"] is None
    house.close()
    path = hiphinge_home / "secrets.toml"
    path.write_text("[home_assistant]\nhost = 1\n")
    path.chmod(0o600)
    with pytest.raises(SettingsError, match="other names"), house.following(live, Day()):
        pass
