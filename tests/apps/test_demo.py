"""``hiphinge demo``: the whole path without hardware, and what it leaves behind."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from hiphinge import session, simulate
from hiphinge.apps import demo
from hiphinge.apps.live.core import TICK_S, Live
from hiphinge.apps.live.keeping import recorded
from hiphinge.apps.live.opening import Opened
from hiphinge.apps.live.run import Totals
from hiphinge.blocks import Tick

LEFT_BEHIND = {
    "workout.mcap",
    "angles.parquet",
    "reps.csv",
    "bouts.csv",
    "alerts.csv",
    "summary.json",
    "report.html",
}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "made"


@pytest.fixture(scope="module")
def done(out: Path) -> Result:
    """The demo of seed 3, as fast as it can."""
    return CliRunner().invoke(demo.command, ["--fast", "--seed", "3", "-o", str(out)])


def test_it_shows_every_lift_and_alert_and_where_the_report_is(done: Result, out: Path) -> None:
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    lifts = simulate.scenario("workout", seed=3).lifts
    assert lines[0].startswith("A virtual wearer works out for")
    assert lines[1].startswith("Calibration: Stood still for")
    assert len([line for line in lines if " rep " in line]) == len(lifts)
    assert any("Rounded to" in line for line in lines)
    assert str(out / "report.html") in done.stdout
    assert lines[-1] == "It shows how a virtual person moves. It is not a medical device."


def test_it_leaves_recording_tables_and_report_behind(done: Result, out: Path) -> None:
    assert done.exit_code == 0
    assert {p.name for p in out.iterdir()} == LEFT_BEHIND
    assert "Demo: a virtual workout" in (out / "report.html").read_text("utf-8")
    assert json.loads((out / "summary.json").read_text("utf-8"))["start_utc"]


def test_what_was_shown_is_what_the_tables_hold(done: Result, out: Path) -> None:
    """The recording replayed live and the analysis are one path."""
    shown = [line.split() for line in done.stdout.splitlines() if " rep " in line]
    reps = pd.read_csv(out / "reps.csv")
    assert [(int(words[3]), words[4]) for words in shown] == list(zip(reps["rep"], reps["kind"], strict=True))
    assert len(pd.read_csv(out / "alerts.csv")) == len([x for x in done.stdout.splitlines() if "Rounded to" in x])


def test_the_recording_can_be_opened_again(done: Result, out: Path) -> None:
    assert done.exit_code == 0
    opened = session.open(out / "workout.mcap")
    assert opened.sites == ("upper_lumbar", "sacrum", "thigh_right")
    assert opened.recording.damage == []


def test_without_a_folder_it_stays_in_the_home(hiphinge_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Readable by the owner only."""
    scenario = simulate.scenario
    monkeypatch.setattr(demo.simulate, "scenario", lambda name, seed: scenario("calibration-only", seed=seed))
    assert CliRunner().invoke(demo.command, ["--fast"]).exit_code == 0
    assert {p.name for p in (hiphinge_home / "demo").iterdir()} == LEFT_BEHIND
    assert (hiphinge_home / "demo").stat().st_mode & 0o077 == 0


def test_it_runs_live_over_virtual_sensors_of_three_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole live path, as long as two lifts take: connected, set up, heard, recorded, reported."""

    def until_two_lifts(opened: Opened, file: Path) -> Live:
        running, totals = recorded(opened, file), Totals()
        running.listeners += [totals, lambda *_: running.stop() if totals.reps >= 2 else None]
        return running

    monkeypatch.setattr(demo, "recorded", until_two_lifts)
    done = CliRunner().invoke(demo.command, ["--seed", "3", "-o", str(tmp_path / "made")])
    assert done.exit_code == 0, done.output
    assert "hiphinge open layout, WitMotion, Movella DOT" in done.stdout
    opened = session.open(tmp_path / "made" / "workout.mcap")
    assert opened.metadata["source"] == "ble"
    assert {s.device for s in opened.header.sensors} == {"hiphinge_ble", "witmotion", "movella_dot"}
    summary = json.loads((tmp_path / "made" / "summary.json").read_text("utf-8"))
    ticks = [one.arrival_ns for batch in opened.recording.batches() for one in batch if isinstance(one, Tick)]
    held_up = max(b - a for a, b in pairwise(ticks)) / 1e9 - TICK_S  # packets wait as long as the clock's ticks do
    assert 0 < summary["quality"]["sync_error_s"] < 0.02 + max(held_up, 0.0)
    assert summary["counts"]["repetitions"] >= 2
