"""``hiphinge replay``: what happened, as it happened; and what other settings would have changed."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from hiphinge import recording, session, simulate
from hiphinge.apps import replay
from hiphinge.apps.cli import main
from hiphinge.blocks import Tick
from hiphinge.errors import RecordingError
from hiphinge.session import course
from hiphinge.sources import pace
from tests.wizard.wearings import CALIBRATION

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A calibration, a hinge, a rounded lift and a squat."""
    lifts = [simulate.hinge(0.3), simulate.Stand(3.0), simulate.hinge(1.15), simulate.Stand(3.0), simulate.squat()]
    played = simulate.wear([*CALIBRATION, *lifts, simulate.Stand(4.0)], seed=1)
    path = tmp_path_factory.mktemp("replay") / "monday.mcap"
    header = recording.Header("r1", "2026-01-05T09:00:00Z", "Ada", "test", "test", played.sensors)
    with recording.Writer(path, header) as out:
        for batch in played.batches():
            out.write(batch)
    return path


@pytest.fixture
def run(file: Path) -> Run:
    return lambda *options: CliRunner().invoke(replay.command, [str(file), *options])


def test_it_tells_repetitions_and_alerts_as_they_were(run: Run) -> None:
    done = run()
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert [line.split()[4] for line in lines if " rep " in line] == ["hinge", "stoop", "squat"]
    assert len([line for line in lines if "Rounded to" in line]) == 1
    assert lines[-1] == "3 repetitions, 1 alert."
    assert done.stderr == ""


def test_it_tells_what_analysis_finds(run: Run, file: Path) -> None:
    result = session.open(file).analyze()
    events = [json.loads(line) for line in run("--json").stdout.splitlines()]
    for kind, frame in (("repetition", result.reps), ("alert", result.alerts)):
        told = [{k: v for k, v in e.items() if k != "event"} for e in events if e["event"] == kind]
        assert told == json.loads(frame.to_json(orient="records"))
    assert {e["event"] for e in events} == {"repetition", "alert"}


def test_a_paced_replay_tells_the_same(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand times as fast; in one step, repetitions come before alerts."""
    monkeypatch.setattr(pace, "STEP_S", 0.7)
    paced, at_once = (run("--speed", speed, "--json").stdout.splitlines() for speed in ("1000", "max"))
    assert sorted(paced) == sorted(at_once)


def test_what_if_tells_what_changes_and_why(run: Run) -> None:
    done = run("--set", "rounding.on_share=1.2", "--set", "rounding.off_share=1.1")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert any("rounded -> not rounded (peak lumbar " in line for line in lines)
    assert any("no longer told: Rounded to" in line and "rounding.on_share: " in line for line in lines)
    assert lines[-1] == ("With rounding.on_share=1.2, rounding.off_share=1.1: 2 changes in 3 repetitions and 1 alert.")


def test_what_if_nothing_changes_says_so(run: Run) -> None:
    assert run("--set", "rounding.on_share=0.8").stdout == (
        "With rounding.on_share=0.8: 0 changes in 3 repetitions and 1 alert.\n"
    )


def test_what_if_can_be_read_by_a_script(run: Run) -> None:
    told = json.loads(run("--json", "--set", "lifts.least_deg=100", "--set", "lifts.shallow_deg=100").stdout)
    assert told["settings"] == {"lifts.least_deg": "100", "lifts.shallow_deg": "100"}
    assert len([line for line in told["changes"] if line.startswith("no longer a repetition")]) >= 2


@pytest.mark.parametrize("setting", ["rounding.on_sahre=0.7", "rounding.on_share=much", "rounding.on_share"])
def test_an_unknown_setting_or_value_is_a_wrong_option(run: Run, setting: str) -> None:
    done = run("--set", setting)
    assert done.exit_code == 2
    assert "--set" in done.stderr


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "quick", ""])
def test_a_speed_is_a_number_above_zero_or_max(run: Run, speed: str) -> None:
    done = run("--speed", speed)
    assert done.exit_code == 2
    assert "expected a number above 0, or max" in done.stderr


def test_speeds_are_read() -> None:
    convert = replay.Speed().convert
    assert convert("max", None, None) == math.inf
    assert convert("10", None, None) == 10.0
    assert convert("0.5", None, None) == 0.5
    with pytest.raises(click.BadParameter):
        convert("-0.0", None, None)


def test_a_file_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "notes.mcap"
    path.write_text("no recording")
    with pytest.raises(RecordingError):
        replay.command.main([str(path)], standalone_mode=False)


def test_damage_is_told_on_stderr_and_the_rest_is_replayed(file: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(file.read_bytes()[: int(0.9 * file.stat().st_size)])
    done = CliRunner().invoke(replay.command, [str(cut)])
    assert done.exit_code == 0, done.output
    assert "cut.mcap: " in done.stderr
    assert " rep 1 " in done.stdout


def test_hours_of_silence_come_in_pieces(file: Path, tmp_path: Path) -> None:
    """So that a gap of days takes no memory for days."""
    heard = session.open(file).recording
    inputs = [one for batch in heard.batches() for one in batch]
    late = Tick(inputs[-1].arrival_ns + 2 * 3600 * 10**9)
    with recording.Writer(tmp_path / "late.mcap", heard.header) as out:
        out.write([*inputs, late])
    opened = session.open(tmp_path / "late.mcap")
    plan = course.plan(opened.recording, {})
    lengths = [len(outcome.angles) for outcome in replay.outcomes(opened, plan, math.inf)]
    assert max(lengths) <= plan.params.align.largest
    assert sum(lengths) > 2 * 3600 * 100


def test_one_second_says_why_nothing_can_be_said_of_it(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = tmp_path / "short.mcap"
    opened = session.open(file)
    with recording.Writer(short, opened.header) as out:
        out.write([one for batch in opened.recording.batches() for one in batch if one.arrival_ns < 10**9])
    done = CliRunner().invoke(replay.command, [str(short)])
    assert (done.exit_code, done.stdout) == (0, "0 repetitions, 0 alerts.\n")
    assert done.stderr.startswith("short.mcap: standing: no quiet, upright spell")
    with pytest.raises(SystemExit):
        main(["analyze", str(short), "-o", str(tmp_path / "out")])
    assert capsys.readouterr().err.startswith("short.mcap: 0.9 s recorded. standing: no quiet, upright spell")
    assert not (tmp_path / "out").exists()
