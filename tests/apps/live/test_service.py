"""The service over the virtual air: it waits, gives way, begins a recording a day, and lives through a full disk."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from hiphinge import settings
from hiphinge.apps import owner
from hiphinge.apps.cli import main
from hiphinge.apps.live import keeping, pieces, standby
from hiphinge.apps.live.core import Live
from hiphinge.apps.live.day import Day
from hiphinge.apps.live.run import Wish
from hiphinge.apps.live.service import UNASSIGNED, Service
from hiphinge.blocks import Packet
from hiphinge.errors import HeldError
from hiphinge.monitor import Params
from hiphinge.recording import is_closed, open_recording
from tests.benchmarks.worn_home import assigned

WISH = Wish("desk", "ble", "desk-day", None, None, "", False)
MAKES = {"thigh_right": "hiphinge_ble"}
EVE = date(2026, 3, 1)
PATIENCE_S = 150.0
"""For a machine that does much else."""


@pytest.fixture(autouse=True)
def virtual_air(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIPHINGE_BLE_BACKEND", "hiphinge.sources.virtual:air")
    monkeypatch.setenv("HIPHINGE_VIRTUAL", json.dumps({"hours": 0.1, "sensors": MAKES}))
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/none")


def assign() -> None:
    settings.save(replace(Params(), sensors=assigned(MAKES)), settings.home())


class Log:
    """What a service says; ``heard`` waits for the next line that matches."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._loop, self._news = asyncio.get_running_loop(), asyncio.Event()
        self._at = 0

    def __call__(self, words: str) -> None:
        """From any thread, as sinks do."""
        self.lines.append(words)
        with suppress(RuntimeError):  # the loop is closed: a sink that hangs may outlive its session
            self._loop.call_soon_threadsafe(self._news.set)

    async def heard(self, pattern: str) -> str:
        async with asyncio.timeout(PATIENCE_S):
            while (found := self._next(pattern)) is None:
                self._news.clear()
                await self._news.wait()
        self._at = found + 1
        return self.lines[found]

    def _next(self, pattern: str) -> int | None:
        return next((n for n in range(self._at, len(self.lines)) if re.search(pattern, self.lines[n])), None)


@asynccontextmanager
async def serving(params: pieces.Params | None = None) -> AsyncIterator[tuple[Service, Log]]:
    """A service that looks often, ended in order; without the books, which are another process."""
    log = Log()
    service = Service(WISH, log, lambda words: None, params)
    service.look_s = service.yield_s = service.retry_s = 0.1
    service._open_books = lambda: None  # type: ignore[method-assign]  # seconds of an analysis
    running = asyncio.create_task(service.run())
    try:
        yield service, log
    finally:
        service.stop()
        await asyncio.wait_for(running, PATIENCE_S)


async def streaming() -> dict[str, object]:
    """What the owner tells once samples come."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            told = await asyncio.to_thread(owner.ask, {"ask": "status"})
            if told and any(one["state"] == "streaming" for one in told["sensors"]):
                return told
            await asyncio.sleep(0.05)


def test_it_waits_for_sensors_to_be_assigned_then_records() -> None:
    async def story() -> dict[str, object]:
        async with serving() as (_, log):
            assert await log.heard("no sensor is assigned") == UNASSIGNED
            assert owner.owner() is None  # so that `hiphinge wear` can have the sensors
            assign()
            await log.heard("Recording to.*Sensors on thigh right")
            return await streaming()

    told = asyncio.run(story())
    [file] = keeping.recordings().glob("*-desk.mcap")
    assert told["recording"] == str(file)
    assert is_closed(file)
    assert any(isinstance(one, Packet) for batch in open_recording(file).batches() for one in batch)


def test_it_gives_way_and_comes_back() -> None:
    assign()

    async def story() -> None:
        async with serving() as (service, log):
            service.yield_s = 3.0  # a machine that does much else may take a second to own it below
            await log.heard("Recording to")
            await streaming()
            await asyncio.to_thread(owner.take_over)
            with owner.owning("lift"):
                await log.heard("takes over")
                await log.heard("Waiting for lift to end")
            await log.heard("Recording to")
            await streaming()

    asyncio.run(story())
    files = sorted(keeping.recordings().glob("*-desk*.mcap"))
    assert len(files) == 2
    assert all(is_closed(file) for file in files)


def test_after_midnight_another_recording_begins() -> None:
    assign()

    async def story() -> None:
        async with serving(pieces.Params(shortest=0.0)) as (service, log):
            service.today = lambda: EVE  # the real day might turn meanwhile
            await log.heard("Recording to")
            await streaming()
            service.today = lambda: EVE + timedelta(days=1)
            await log.heard("A new recording begins: a new day")
            await log.heard("Recording to")
            await streaming()

    asyncio.run(story())
    files = sorted(keeping.recordings().glob("*-desk*.mcap"))
    assert len({open_recording(file).header.recording_id for file in files}) == 2


def test_after_an_hour_asleep_another_recording_begins_and_says_when() -> None:
    assign()

    async def story() -> None:
        async with serving() as (service, log):
            await log.heard("Recording to")
            await streaming()
            service.wall = lambda: time.time() + 3600.0
            await log.heard("A new recording begins: the computer slept")
            await log.heard("Recording to")
            await streaming()

    asyncio.run(story())


def test_stopped_before_it_records_it_leaves_nothing() -> None:
    """Neither a recording that the next start would call cut off, nor one of nothing."""
    assign()

    async def story() -> None:
        async with serving() as (service, log):
            following = service._house.following

            def stopped(live: Live, day: Day) -> AbstractContextManager[None]:
                assert list(keeping.recordings().glob("*.mcap"))  # it has been begun
                service.stop()
                return following(live, day)

            service._house.following = stopped  # type: ignore[method-assign]  # a stop in mid-opening
            await log.heard("^0 s, ")

    asyncio.run(story())
    assert list(keeping.recordings().iterdir()) == []


def test_settings_that_cannot_be_read_leave_no_recordings(hiphinge_home: Path) -> None:
    assign()
    (hiphinge_home / "secrets.toml").write_text("push = 1")
    (hiphinge_home / "secrets.toml").chmod(0o600)

    async def story() -> None:
        async with serving() as (_, log):
            await log.heard("Waiting: .*secrets.toml")

    asyncio.run(story())
    assert list(keeping.recordings().iterdir()) == []


def test_bluetooth_that_is_off_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assign()
    monkeypatch.setenv("HIPHINGE_BLE_BACKEND", "hiphinge.nowhere:air")

    async def story() -> None:
        async with serving() as (_, log):
            await log.heard("Waiting: HIPHINGE_BLE_BACKEND")
            monkeypatch.setenv("HIPHINGE_BLE_BACKEND", "hiphinge.sources.virtual:air")
            await log.heard("Recording to")
            await streaming()

    asyncio.run(story())


SMALL_DISK = """
import asyncio, sys
from hiphinge.apps.live import pieces
from hiphinge.apps.live.run import Wish
from hiphinge.apps.live.service import Service

def say(words):
    print(words, flush=True)

service = Service(Wish("desk", "ble", "desk-day", None, None, "", False), say, lambda words: None,
                  pieces.Params(patience=0.1, longest_patience=0.1))
service.look_s = 0.1
service._open_books = lambda: None
asyncio.run(service.run())
print("ended", flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process are set on Linux alone")
def test_a_full_disk_is_told_at_once_and_recording_begins_again() -> None:
    """A limit on the size of files stands for it: the same writes fail, with the same kind of error."""
    resource = pytest.importorskip("resource")
    assign()
    process = subprocess.Popen([sys.executable, "-c", SMALL_DISK], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    lines: list[str] = []

    def heard(pattern: str) -> None:
        for line in process.stdout:  # type: ignore[union-attr]  # it is a pipe
            lines.append(line)
            if re.search(pattern, line):
                return
        raise AssertionError(f"not said: {pattern}\n{''.join(lines)}")

    try:
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        heard("Recording to")
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (4096, most))
        heard("file too large.*what was written before is kept")
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most, most))
        heard("A new recording begins: there is room")
        heard("Recording to")
        process.send_signal(signal.SIGTERM)
        heard("ended")
        assert process.wait(PATIENCE_S) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    keeping.mend()  # as the next start does: room may have come just after the service looked for what was cut off
    files = [file for file in keeping.recordings().glob("*-desk*.mcap") if not file.stem.endswith(".damaged")]
    assert len(files) >= 2
    assert all(is_closed(file) for file in files)  # the first by a repair, or by itself where the room came in time


def test_a_disk_without_room_for_its_card_does_not_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of the calls that a full disk refuses: what it does now, and who owns the home."""

    def full(path: Path, text: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(standby, "write_private", full)
    monkeypatch.setattr(owner, "write_private", full)
    assign()

    async def story() -> None:
        with standby.standing_by() as tell:
            tell("Recording.")
            async with serving() as (_, log):
                assert "no space left on device" in await log.heard("^Waiting")

    asyncio.run(story())


def test_one_service_a_home_and_status_says_what_it_waits_for(capsys: pytest.CaptureFixture[str]) -> None:
    script = [sys.executable, "-m", "hiphinge", "desk", "--service"]
    process = subprocess.Popen(script, stderr=subprocess.PIPE, text=True, env=os.environ)
    try:
        assert process.stderr
        assert process.stderr.readline().strip() == UNASSIGNED
        main(["status"])
        assert capsys.readouterr().out == f"Service: {UNASSIGNED}\n"
        with pytest.raises(HeldError, match="runs already"), standby.standing_by():
            pass
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
    assert standby.service() is None
    with suppress(SystemExit):
        main(["status"])
    assert "Nothing is being recorded" in capsys.readouterr().out
