"""The gym screen, driven by textual's pilot: what is seen, what the keys do, in small and large terminals."""

from __future__ import annotations

import asyncio
import math
import signal
from collections.abc import Awaitable, Callable

import numpy as np
import pytest
from textual.widgets import Static

from hiphinge.apps.gym.bar import Bar
from hiphinge.apps.gym.number import BigNumber
from hiphinge.apps.gym.screen import Gym, cue_words, sensor_words, watched
from hiphinge.apps.gym.terminal import OF_A_SCREEN
from hiphinge.apps.live.core import Live
from hiphinge.apps.live.glance import Glance
from hiphinge.apps.live.health import SensorHealth
from hiphinge.blocks import Alert, AngleBlock, Control, Event, Outcome, Sensor, Tick
from hiphinge.monitor import UNCALIBRATED, Monitor, Params
from hiphinge.sources.replayed import Replayed

SENSORS = tuple(Sensor(site, "hiphinge_imu", site) for site in ("upper_lumbar", "sacrum", "thigh_right"))


def live(sensors: tuple[Sensor, ...] = SENSORS) -> Live:
    calibration = UNCALIBRATED.__class__(**{**_fields(UNCALIBRATED), "max_lumbar_flexion": math.radians(50)})
    return Live(Replayed("replay", sensors, [], math.inf), Monitor(Params(sensors=sensors), calibration))


def _fields(calibration: object) -> dict[str, object]:
    return {name: getattr(calibration, name) for name in calibration.__dataclass_fields__}  # type: ignore[attr-defined]  # a dataclass


def outcome(lumbar_deg: float, hip_deg: float, *events: Event, cues: tuple[Alert, ...] = ()) -> Outcome:
    columns = {"lumbar_flexion": np.deg2rad([lumbar_deg]), "hip_flexion": np.deg2rad([hip_deg])}
    return Outcome(AngleBlock(np.array([1.0]), columns, np.zeros(1, np.uint8)), events, cues=cues)


def on_screen(story: Callable[[Gym, object], Awaitable[None]], size: tuple[int, int] = (80, 24)) -> None:
    async def told() -> None:
        screen = Gym(live(), "lift")
        async with screen.run_test(size=size) as pilot:
            await story(screen, pilot)

    asyncio.run(told())


def words(screen: Gym, name: str) -> str:
    return str(screen.query_one(f"#{name}", Static).content)


@pytest.mark.parametrize("size", [(80, 24), (200, 60), (40, 12)])
def test_a_repetition_under_way_is_seen_at_any_size(size: tuple[int, int]) -> None:
    async def story(screen: Gym, pilot: object) -> None:
        screen.glance([Tick(10**9)], outcome(10, 20, Event(1.0, "phase", {"phase": "descent"})))
        screen.glance([Tick(62 * 10**9)], outcome(42, 80))
        screen.glance([], outcome(30, 60))
        screen.show()
        lumbar, hip = screen.query(Bar)
        assert (round(lumbar.value), round(lumbar.peak), round(lumbar.limit)) == (30, 42, 40)
        assert (round(hip.value), round(hip.peak)) == (60, 80)
        assert "OVER: 84 % of own range (limit 80 %)" in screen._lumbar_note() or "not calibrated" in lumbar.note
        assert "1:01" in words(screen, "top")
        assert "sensors 0/3" in words(screen, "top")
        assert ("too small: --plain" in words(screen, "top")) == (size == (40, 12))

    on_screen(story, size)


def test_the_keys_become_inputs() -> None:
    async def story(screen: Gym, pilot: object) -> None:
        asked: list[tuple[str, str]] = []
        async with asyncio.timeout(20):
            await pilot.press(*"smzupwt")  # type: ignore[attr-defined]  # textual's pilot
            while len(asked) < 7:  # the pilot goes on once the machine looks idle, perhaps before the last is heard
                asked += [(one.action, one.value) for one in screen.live.inbox.take() if isinstance(one, Control)]
                await asyncio.sleep(0)
        assert [action for action, _ in asked] == ["set", "mark", "re-zero", "mute", "pause", "wrong", "marker"]
        assert dict(asked)["set"] == "start"
        assert dict(asked)["wrong"] == "rounded_back"
        assert '"twist"' in dict(asked)["marker"]

    on_screen(story)


def test_q_ends_the_session_and_so_the_screen() -> None:
    async def told() -> None:
        running = live()
        await asyncio.wait_for(watched(running, Gym(running, "lift"), None), 20)

    before = [signal.getsignal(one) for one in OF_A_SCREEN]
    asyncio.run(told())  # the source has nothing: the session ends by itself, and the screen with it
    assert [signal.getsignal(one) for one in OF_A_SCREEN] == before  # what comes then is continued without a screen


def test_a_set_and_a_pause_are_said() -> None:
    async def story(screen: Gym, pilot: object) -> None:
        screen.glance(
            [Tick(10**9), Control(2 * 10**9, "set", "start"), Control(3 * 10**9, "pause", "10")], outcome(0, 0)
        )
        screen.show()
        assert "set runs" in words(screen, "set")
        assert "muted, 10 min left" in words(screen, "top")
        screen.glance([Control(4 * 10**9, "set", "stop"), Control(5 * 10**9, "resume")], outcome(0, 0))
        screen.show()
        assert "no set: no cues" in words(screen, "set")
        assert "muted" not in words(screen, "top")

    on_screen(story)


def test_what_is_not_known_is_called_so() -> None:
    async def story(screen: Gym, pilot: object) -> None:
        screen.glance([Tick(1)], outcome(math.nan, math.nan))
        screen.show()
        lumbar, _ = screen.query(Bar)
        assert "not known now" in str(lumbar.render())
        assert "not calibrated" in str(lumbar.render())
        assert screen.query_one(BigNumber).value == 0

    on_screen(story)


def test_the_last_cue_says_why_and_when() -> None:
    cue = Alert(10.0, "rounded_back", "warning", "Rounded to 86 % of your range (limit 80 %)", 0.86, 0.8, "", "")
    assert cue_words(cue, 14.0).plain.strip() == "Rounded to 86 % of your range (limit 80 %)    4 s ago"
    assert cue_words(None, 0.0).plain == "No cue yet."


def test_a_lost_sensor_stands_out_with_the_reason() -> None:
    lost = SensorHealth("sacrum", "x", "witmotion", state="lost", why="silent for 1.2 s")
    fine = SensorHealth("thigh_left", "y", "witmotion", state="streaming", battery_pct=61.0, loss_pct=0.25)
    assert sensor_words((lost, fine), 80).plain == "✗ sacrum · lost: silent for 1.2 s   ✓ thigh left 61 % · 0.2 % lost"


def test_without_a_thigh_the_pelvis_stands_for_the_hip() -> None:
    glance = Glance(live(SENSORS[:2]).monitor)
    columns = {"lumbar_flexion": np.zeros(1), "pelvis_tilt": np.ones(1)}
    glance([], Outcome(AngleBlock(np.array([1.0]), columns, np.zeros(1, np.uint8))))
    assert (glance.shown.hip_label, glance.hip) == ("Pelvis tilt (no sensor on a thigh)", 1.0)
