"""Live is the same path: what was recorded gives the same again, keys and all."""

from __future__ import annotations

import asyncio
import gc
import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hiphinge import session, settings, simulate, wizard
from hiphinge.apps.live import keeping
from hiphinge.apps.live.core import Live, clock_pair
from hiphinge.apps.live.opening import Opened
from hiphinge.blocks import Control, Input, Link, Outcome
from hiphinge.errors import RadioError, RecordingError
from hiphinge.monitor import Monitor, Params
from hiphinge.recording import Writer, is_closed, open_recording
from hiphinge.session import course
from hiphinge.sources.inbox import GATHER_S, Inbox
from hiphinge.sources.replayed import Replayed


@pytest.fixture(scope="module")
def opened() -> Opened:
    movements = [*simulate.calibration(), *[simulate.hinge(1.1) for _ in range(4)], simulate.Stand(3.0)]
    played = simulate.wear(movements, seed=5)
    log = list(played.batches())
    params = Params(sensors=played.sensors)
    spans = wizard.marked(one for batch in log for one in batch)
    found = wizard.calibrate_recording(params, log, spans)
    return Opened(Replayed("replay", played.sensors, log, math.inf), params, found, "anna")


def live(opened: Opened, path: Path, gather_s: float = GATHER_S) -> Live:
    monitor = Monitor(opened.params, opened.calibration)
    return Live(opened.source, monitor, Writer(path, keeping.header(opened), threaded=True), gather_s)


def fresh(opened: Opened) -> Opened:
    source = opened.source
    return replace(opened, source=Replayed("replay", source.sensors, source._batches, math.inf))


def test_what_was_heard_live_with_keys_is_what_a_replay_of_its_recording_gives(opened: Opened, tmp_path: Path) -> None:
    """The key comes in mid-log, feed by feed, however fast the machine is: the source has no pace."""
    log, path = [one for batch in opened.source._batches for one in batch], tmp_path / "live.mcap"

    def pressed() -> Iterator[list[Input]]:
        yield log[: len(log) // 2]
        running.ask("mute", "1")
        yield log[len(log) // 2 :]

    source = Replayed("replay", opened.source.sensors, pressed(), math.inf)
    running = live(replace(opened, source=source), path, gather_s=0.0)
    seen: list[Outcome] = []
    fed: list[Input] = []

    def listen(inputs: list[Input], outcome: Outcome) -> None:
        fed.extend(inputs)
        seen.append(outcome)

    running.listeners.append(listen)
    asyncio.run(running.run())
    reps = [r for o in seen for r in o.repetitions]
    alerts = [a for o in seen for a in o.alerts]
    assert len(reps) == 4
    assert len(seen) > 100
    recorded = session.open(path)
    assert [one for batch in recorded.recording.batches() for one in batch] == fed
    [at] = [n for n, one in enumerate(fed) if isinstance(one, Control) and one.action == "mute"]
    assert 0.2 < at / len(fed) < 0.8
    again = list(course.Course(recorded.recording, course.plan(recorded.recording, {})).outcomes())
    assert [r for o in again for r in o.repetitions] == reps
    assert [a for o in again for a in o.alerts] == alerts


def test_it_ends_when_asked_and_leaves_a_whole_recording(opened: Opened, tmp_path: Path) -> None:
    source = Replayed("replay", opened.source.sensors, opened.source._batches, 1.0)
    running = live(replace(opened, source=source), tmp_path / "a.mcap")
    running.listeners.append(lambda *_: running.stop())
    asyncio.run(running.run())
    assert is_closed(tmp_path / "a.mcap")
    assert not open_recording(tmp_path / "a.mcap").damage


def test_a_sources_error_comes_out_after_the_recording_is_closed(opened: Opened, tmp_path: Path) -> None:
    class Failing(Replayed):
        async def run(self, inbox: Inbox) -> None:
            inbox.put(Link(1, "", "radio", "off"))
            raise RadioError("Bluetooth: switched off, expected on. Switch it on, then try again.")

    running = live(replace(opened, source=Failing("ble", opened.source.sensors, [], 1.0)), tmp_path / "a.mcap")
    with pytest.raises(RadioError, match="switched off"):
        asyncio.run(running.run())
    assert [one for b in open_recording(tmp_path / "a.mcap").batches() for one in b] == [Link(1, "", "radio", "off")]
    assert running.health.trouble == "off"


def test_whoever_listens_may_go_away_and_the_recording_is_closed(
    opened: Opened, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A pipe that is read no more; that the source fails as well is no second traceback."""
    gc.collect()  # what other tests left is none of this one's
    caplog.clear()
    heard = asyncio.Event()

    class Failing(Replayed):
        async def run(self, inbox: Inbox) -> None:
            inbox.put(Link(1, "", "radio", "off"))
            await heard.wait()
            raise RadioError("Bluetooth: switched off.")

    def closed(*_: object) -> None:
        heard.set()
        raise BrokenPipeError

    running = live(replace(opened, source=Failing("ble", opened.source.sensors, [], 1.0)), tmp_path / "a.mcap")
    running.listeners.append(closed)
    with pytest.raises(BrokenPipeError):
        asyncio.run(running.run())
    assert is_closed(tmp_path / "a.mcap")
    gc.collect()
    assert caplog.records == []


def test_a_full_disk_is_told_at_once_and_the_session_goes_on(opened: Opened, tmp_path: Path) -> None:
    class Full(Writer):
        def write(self, inputs: object) -> None:
            raise RecordingError(f"{self.path}: no space left on device.")

    opened = fresh(opened)
    writer = Full(tmp_path / "a.mcap", keeping.header(opened), threaded=True)
    running = Live(opened.source, Monitor(opened.params, opened.calibration), writer)
    reps: list[object] = []
    running.listeners.append(lambda _, outcome: reps.extend(outcome.repetitions))
    asyncio.run(running.run())
    assert len(reps) == 4
    assert "no space left" in running.health.recording


def test_a_clock_pair_names_zone_and_boot() -> None:
    pair = clock_pair()
    assert pair.utc_ns
    assert pair.utc_offset_s is not None
    assert clock_pair().boot_id == pair.boot_id


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows tells a process of another zone by itself")
def test_a_zone_that_changes_meanwhile_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC0")
    assert clock_pair().utc_offset_s == 0
    monkeypatch.setenv("TZ", "JST-9")
    assert clock_pair().utc_offset_s == 9 * 3600
    monkeypatch.undo()
    time.tzset()


def test_what_a_killed_session_left_is_repaired_at_the_next_start(opened: Opened) -> None:
    path = keeping.new_name("lift")
    script = """
import asyncio, os, signal, sys
from hiphinge.apps.live.run import Wish, run
run(Wish("lift", sys.argv[1], "workout", None, None, "", True))
"""
    source = path.parent.parent / "source.mcap"
    with Writer(source, keeping.header(opened)) as writer:
        for batch in opened.source._batches:
            writer.write(batch)
    process = subprocess.Popen([sys.executable, "-c", script, str(source)], stdout=subprocess.PIPE, env=os.environ)
    assert process.stdout
    while b'"sensors"' not in (line := process.stdout.readline()):
        assert line, "it ended before it told of its sensors"
    process.kill()
    process.wait()
    process.stdout.close()
    [cut] = keeping.recordings().glob("*.mcap")
    assert not is_closed(cut)
    [told] = keeping.mend()
    assert "cut off; repaired" in told
    assert is_closed(cut)
    assert cut.with_stem(f"{cut.stem}.damaged").exists()
    assert keeping.mend() == []
    assert settings.home() in cut.parents


def cut_off(opened: Opened) -> Path:
    """A recording without its end."""
    whole = keeping.new_name("lift")
    with Writer(whole, keeping.header(opened)) as writer:
        for batch in opened.source._batches:
            writer.write(batch)
    os.truncate(whole, whole.stat().st_size * 2 // 3)
    assert not is_closed(whole)
    return whole


def test_a_repair_that_is_itself_cut_off_leaves_the_recording_under_its_name(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = cut_off(opened)
    found = cut.read_bytes()
    damaged = cut.with_stem(f"{cut.stem}.damaged")

    def linked_and_ended(path: Path, old: Path) -> None:
        old.write_bytes(path.read_bytes())
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", linked_and_ended)
        with pytest.raises(KeyboardInterrupt):
            keeping.mend()
    assert cut.read_bytes() == found
    [told] = keeping.mend()
    assert "cut off; repaired" in told
    assert is_closed(cut)
    assert damaged.read_bytes() == found


def test_a_disk_without_hard_links(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    cut = cut_off(opened)
    found = cut.read_bytes()

    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    [told] = keeping.mend()
    assert "cut off; repaired" in told
    assert is_closed(cut)
    assert cut.with_stem(f"{cut.stem}.damaged").read_bytes() == found
