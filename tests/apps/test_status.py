"""What ``hiphinge status`` says, and that a pause reaches the session and has an end."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import numpy as np
import pytest

from hiphinge.apps import owner
from hiphinge.apps.cli import main
from hiphinge.apps.live.core import Live
from hiphinge.apps.live.run import Totals, answer
from hiphinge.apps.status import lines
from hiphinge.blocks import AngleBlock, Control, Event, Outcome
from hiphinge.formats.home_assistant import Seat
from hiphinge.monitor import Monitor, Params
from hiphinge.sources.inbox import Inbox, host_ns

NOTHING = AngleBlock(np.empty(0), {}, np.empty(0, np.uint8))


class Silent:
    """A source from which nothing comes."""

    name, live, sensors = "ble", False, ()

    def now_ns(self) -> int:
        return host_ns()

    async def run(self, inbox: Inbox) -> None:
        await asyncio.Event().wait()


def during_a_session(*commands: list[str]) -> list[Control]:
    """These command lines while a session runs; what it heard of them."""

    async def story() -> list[Control]:
        live, totals = Live(Silent(), Monitor(Params())), Totals()
        heard: list[Control] = []
        live.listeners += [totals, lambda inputs, _: heard.extend(one for one in inputs if isinstance(one, Control))]
        with owner.owning("desk"):
            async with owner.answering(lambda question: answer(question, live, totals, Path("monday.mcap"))):
                running = asyncio.create_task(live.run())
                for command in commands:
                    before = len(heard)
                    await asyncio.to_thread(main, command)
                    while len(heard) == before and command != ["status"]:
                        await asyncio.sleep(0.01)
                live.stop()
                await running
        return heard

    return asyncio.run(story())


def test_a_pause_reaches_the_session_and_status_shows_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    heard = during_a_session(["status", "--pause", "30"], ["status"])
    assert [(one.action, one.value) for one in heard] == [("pause", "30")]
    said = capsys.readouterr().out
    assert re.search(r"No cue of any kind until \d\d:\d\d\. End it before: hiphinge status --resume", said)
    assert re.search(r"Paused until \d\d:\d\d: no cue of any kind\.", said)


def test_snooze_and_resume(capsys: pytest.CaptureFixture[str]) -> None:
    heard = during_a_session(["status", "--snooze", "7.5"], ["status", "--resume"], ["status"])
    assert [(one.action, one.value) for one in heard] == [("snooze", "7.5"), ("resume", "")]
    said = capsys.readouterr().out
    assert 'No "time to move" until' in said
    assert "Cues and reminders again." in said
    assert "Snoozed until" not in said


@pytest.mark.parametrize("wish", [["--pause", "5"], ["--snooze", "5"], ["--resume"]])
def test_without_a_session_there_is_nobody_to_ask(wish: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["status", *wish])
    assert ended.value.code == 1
    assert f"status {wish[0]}: nothing is being recorded" in capsys.readouterr().err


@pytest.mark.parametrize("wish", [["--pause", "5", "--resume"], ["--pause", "0"], ["--snooze", "soon"]])
def test_what_makes_no_sense_is_refused(wish: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["status", *wish])
    assert ended.value.code == 2


def test_who_only_calibrates_is_named_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    async def story() -> None:
        await owner.unless_taken("calibrate", asyncio.to_thread(main, ["status"]))

    with owner.owning("calibrate", "calibrating"):
        asyncio.run(story())
    assert re.fullmatch(r"calibrate is calibrating since \d\d:\d\d\n", capsys.readouterr().out)


def test_the_day_in_words() -> None:
    totals, live = Totals(), Live(Silent(), Monitor(Params()))
    live.health.recording_failed("a.mcap: no space left on device.")
    since = host_ns() / 1e9 - 1800
    totals.day.today = Seat(None, 1, 7800.0)
    seated = Event(since, "seat_taken", {"since": since, "at": since})
    totals((Control(host_ns(), "do-not-disturb", "on"),), Outcome(NOTHING, (seated,)))
    told = answer({"ask": "status"}, live, totals, Path("a.mcap"))
    words = "\n".join(lines(json.loads(json.dumps({**told, "notes": ["1 raw recording may go."]}))))
    assert "no space left on device" in words
    assert re.search(r"Sitting for 30 min, since \d\d:\d\d\.", words)
    assert "Today: 2 h 10 min sitting, 1 break." in words
    assert 'The desktop says "do not disturb": no reminders.' in words
    assert "1 raw recording may go." in words
