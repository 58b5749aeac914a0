"""``hiphinge calibrate`` guided, over a virtual wearer and a recording: what is told, kept and recorded."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from hiphinge import monitor, settings, simulate
from hiphinge.apps.calibrate import command
from hiphinge.apps.guided.screen import DOTS, Screen, large
from hiphinge.apps.guided.virtual import Obliging, oblige
from hiphinge.apps.simulate import header, write_recording
from hiphinge.blocks import Control
from hiphinge.errors import CalibrationRefused, InputError
from hiphinge.recording import open_recording
from hiphinge.settings.safety import WORDING, Safety
from hiphinge.sources.inbox import Inbox
from hiphinge.wizard.guide import Guide
from tests.apps.terminal import read, rest

SIMULATED = ["--source", "simulated", "--speed", "1e6"]


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, str]]]:
    """One guided calibration of a virtual wearer: its recording, and its JSON lines."""
    folder = tmp_path_factory.mktemp("guided")
    before = os.environ.get("HIPHINGE_HOME")
    os.environ["HIPHINGE_HOME"] = str(folder)
    try:
        done = CliRunner().invoke(command, [*SIMULATED, "--json", "-o", str(folder / "cal.mcap")])
    finally:
        os.environ.pop("HIPHINGE_HOME") if before is None else os.environ.update(HIPHINGE_HOME=before)
    assert done.exception is None, done.output
    return folder / "cal.mcap", [json.loads(line) for line in done.output.splitlines()]


def test_json_has_a_line_an_event(calibrated: tuple[Path, list[dict[str, str]]]) -> None:
    lines = calibrated[1]
    steps = ["twist", "place", "tap", "tap", "knee", "stand", "sit", "bend", "sit_tall", "slump"]
    assert [line["step"] for line in lines if line["event"] == "step"] == steps
    assert [line["step"] for line in lines if line["event"] == "verdict" and line["passed"]] == steps
    assert lines[-1]["event"] == "done"
    assert "Own lumbar flexion" in lines[-1]["message"]


def test_it_is_kept_for_the_wearer(calibrated: tuple[Path, list[dict[str, str]]]) -> None:
    path = Path(calibrated[1][-1]["path"])
    found = settings.read_calibration(path)
    assert (found.wearer, found.id) == ("virtual", calibrated[1][-1]["id"])
    assert path.stat().st_mode & 0o077 == 0


def test_its_recording_gives_the_same_calibration(calibrated: tuple[Path, list[dict[str, str]]]) -> None:
    """Through the guide again, and by its markers."""
    file, lines = calibrated
    again = CliRunner().invoke(command, ["--source", str(file), "--speed", "1e6", "--json"])
    assert json.loads(again.output.splitlines()[-1])["id"] == lines[-1]["id"]
    marked = CliRunner().invoke(command, ["recording", str(file), "--json"])
    assert json.loads(marked.output)["id"] == lines[-1]["id"]
    assert [c.value for c in open_recording(file).controls() if c.action == "wizard"] == ["stand"]


def test_the_check_of_the_next_start(calibrated: tuple[Path, list[dict[str, str]]]) -> None:
    file = str(calibrated[0])
    none = CliRunner().invoke(command, ["--check", "--source", file, "--speed", "1e6"])
    assert isinstance(none.exception, InputError)
    assert "No calibration is kept for virtual" in str(none.exception)
    CliRunner().invoke(command, ["recording", file])
    held = CliRunner().invoke(command, ["--check", "--source", file, "--speed", "1e6"])
    assert held.exception is None
    assert "Your calibration holds" in held.output
    virtual = CliRunner().invoke(command, [*SIMULATED, "--check"])
    assert virtual.exception is None
    assert "Your calibration holds" in virtual.output


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A recording of somebody who only walks."""
    played = simulate.wear([simulate.Walk(20.0)], seed=1)
    write_recording(played, header(played, "walk"), tmp_path / "walk.mcap")
    return tmp_path / "walk.mcap"


def test_a_recording_without_the_movements_is_refused_and_nothing_kept(other: Path, hiphinge_home: Path) -> None:
    done = CliRunner().invoke(
        command, ["--source", str(other), "--speed", "1e6", "-o", str(other.with_name("out.mcap"))]
    )
    assert isinstance(done.exception, CalibrationRefused)
    assert "it ended at the step 'Stand tall'" in str(done.exception)
    assert "Nothing is heard" not in str(done.exception)
    assert not (hiphinge_home / "calibration").exists()
    assert [p.name for p in other.parent.iterdir()] == ["walk.mcap"]


def test_a_folder_that_is_not_there_is_told_before_anybody_stands(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, [*SIMULATED, "-o", str(tmp_path / "no" / "cal.mcap")])
    assert isinstance(done.exception, InputError)
    assert done.output == ""


def test_without_sensors_it_says_what_to_do() -> None:
    done = CliRunner().invoke(command, [])
    assert isinstance(done.exception, InputError)
    assert "hiphinge wear" in str(done.exception)


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminal on Windows")
@pytest.mark.parametrize(("sent", "code"), [("SIGINT", 130), ("SIGTERM", 1), ("SIGHUP", 1)])
def test_keys_and_signals_on_a_real_terminal(hiphinge_home: Path, tmp_path: Path, sent: str, code: int) -> None:
    """A key is heard without Enter; what ends it leaves the terminal as it was, and nothing kept."""
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    settings.save(Safety(WORDING))
    out = tmp_path / "cal.mcap"
    arguments = [sys.executable, "-m", "hiphinge", "calibrate", "--source", "simulated", "-o", str(out)]
    running = subprocess.Popen(arguments, stdin=slave, stdout=slave, stderr=slave, close_fds=True)
    os.close(slave)
    try:
        assert b"Put them on" in until(master, b"Put them on", press=b"s")
        running.send_signal(getattr(signal, sent))
        shown = rest(master)  # until it has ended: what nobody reads soon fills the terminal, and drawing waits
        assert running.wait(20) == code
        assert termios.tcgetattr(master) == before
    finally:
        running.kill()
        running.wait()
        os.close(master)
    assert b"\x1b[?1049l" in shown
    assert not (hiphinge_home / "calibration").exists()
    assert list(tmp_path.iterdir()) == []


def test_keys_are_lines_of_a_pipe(hiphinge_home: Path) -> None:
    """By letter or name; what is none is told."""
    arguments = [sys.executable, "-m", "hiphinge", "calibrate", "--source", "simulated", "--json"]
    done = subprocess.run(
        arguments, input="jump\nS\nskip\nquit", capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 1
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["message"] for line in found if line["event"] == "unknown"] == [
        "'jump', expected one of next, redo, skip, back, hurts, quit."
    ]
    assert [line["step"] for line in found if line["event"] == "step"] == ["twist", "place"]
    assert done.stderr.startswith("calibrate: it ended at the step 'Put them on', expected all of them. ")
    assert done.stderr.endswith("Nothing was kept.\n")
    assert not (hiphinge_home / "calibration").exists()


def until(terminal: int, words: bytes, press: bytes) -> bytes:
    """What a terminal shows until these words, with a key pressed once it shows anything."""
    seen, end = b"", time.monotonic() + 30
    while words not in seen and time.monotonic() < end and (piece := read(terminal)):
        before, seen = seen, seen + piece
        if b"All together" in seen and b"All together" not in before:
            os.write(terminal, press)
    return seen


# --- The screen ------------------------------------------------------------------------------


def painted(width: int, height: int, *keys: str, wearer: str = "Ada") -> str:
    console = Console(width=width, height=height, file=StringIO(), force_terminal=True, legacy_windows=False)
    guide = Guide(monitor.Params(), simulate.Responsive().sensors)
    told = guide.feed([Control(i, "wizard", key) for i, key in enumerate(keys)])
    with console.capture() as captured:
        console.print(Screen(wearer, console).panel(told))
    return captured.get()


def test_a_name_is_no_markup() -> None:
    assert "[/b] [red]<b> · step 1 of 10" in painted(80, 24, wearer="[/b] [red]<b>")


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (200, 60)])
@pytest.mark.parametrize("key", ["twist", "place", "tap", "knee", "stand"])
def test_every_step_fits_the_terminal(size: tuple[int, int], key: str) -> None:
    lines = painted(*size, key).rstrip("\n").split("\n")
    assert len(lines) <= size[1] - 1
    assert "q quit" in lines[-1]
    assert "No sensor is heard yet" in "".join(lines)


def test_a_terminal_that_is_too_small_has_what_counts() -> None:
    shown = painted(40, 10, "place")
    assert len(shown.rstrip("\n").split("\n")) <= 9
    for words in ("Put the sensors on", "press n when all are on", "No sensor is heard yet", "Too small: 50 x 18"):
        assert words in shown


def test_in_lines_a_count_is_said_once_and_a_problem_is_said() -> None:
    """As a screen reader wants it: what changes, not every second of it."""
    paper = StringIO()
    console = Console(width=80, height=24, file=paper, force_terminal=True, legacy_windows=False, color_system=None)
    wearer = simulate.Responsive(seed=2)
    guide = Guide(monitor.Params(), wearer.sensors)
    told = guide.feed([Control(0, "wizard", "stand")])
    with Screen("Ada", console, plain=True) as screen:
        while told.step == "stand":
            screen.show(told)
            told = guide.feed(wearer.inputs(0.2))
            wearer.follow(told.step, told.site, told.attempt)
        screen.show(told)
    said = paper.getvalue()
    assert said.startswith("Keys: n next")
    assert "! No sensor is heard yet" in said
    assert said.count("stand still: ") == 1
    assert "  ok: Stood still for 10 s." in said
    assert "\x1b" not in said


def test_placing_shows_where_and_what_to_press() -> None:
    shown = painted(80, 24, "place")
    assert "UPPER LUMBAR" in shown
    assert "press n when all are on" in shown


def test_digits_are_five_lines_or_ten() -> None:
    assert len(large("10", roomy=False).split("\n")) == 5
    assert len(large("2/3", roomy=True).split("\n")) == 10
    assert large("", roomy=False).strip() == ""
    assert all(len(row) == 3 for glyph in DOTS.values() for row in glyph.split("|"))


def test_the_virtual_wearer_waits_to_be_told() -> None:
    """It goes on only once the guide has seen what it sent: the same at any speed."""

    async def waits_and_goes_on() -> tuple[float, float]:
        source, inbox = Obliging(1, 1e9), Inbox()
        running = asyncio.create_task(source.run(inbox))
        await inbox.drain()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(inbox.drain(), 0.1)
        before = source.now_ns()
        oblige(source, Guide(monitor.Params(), source.sensors).feed(()))
        await inbox.drain()
        running.cancel()
        return before, source.now_ns()

    before, after = asyncio.run(waits_and_goes_on())
    assert after > before > 0
