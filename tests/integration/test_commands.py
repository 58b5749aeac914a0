"""The commands one after the other, as in the README: from a simulated or imported session to the tables."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from hiphinge import session, settings, simulate
from hiphinge.blocks import Tick
from hiphinge.recording import Writer, open_recording
from tests.integration.conftest import Run, written

FILES = {"angles.parquet", "reps.csv", "bouts.csv", "alerts.csv", "summary.json", "report.html"}
REPS = (
    "rep,set,start_s,bottom_s,end_s,kind,peak_lumbar_flexion_deg,peak_lumbar_flexion_pct,peak_hip_flexion_deg,"
    "lumbar_hip_ratio,peak_lumbar_velocity_deg_s,depth_deg,butt_wink_deg,pelvis_lag_s,lowering_s,lifting_s,"
    "duration_s,rounded,rounded_from_s,confidence"
)
BOUTS = "start_s,end_s,posture,slouch_pct"
ALERTS = "t_s,kind,severity,message,value,threshold,rule,calibration_id"
ANGLES = [
    "t_s",
    *("lumbar_flexion_deg", "lumbar_side_bend_deg", "lumbar_rotation_deg"),
    *("hip_flexion_deg", "hip_abduction_deg", "hip_rotation_deg"),
    *("trunk_inclination_deg", "pelvis_tilt_deg", "thigh_elevation_deg"),
    *("lumbar_flexion_sd_deg", "hip_flexion_sd_deg"),
    *("lumbar_plus_hip_deg", "lumbar_flexion_low_deg", "lumbar_flexion_high_deg"),
]
SUMMARY = {"start_utc", "utc_offset_s", "setup", "calibration", "quality", "skin_sd_deg", "versions"}
QUALITY = {"loss_pct", "gaps", "sync_error_s", "nan_pct"}


def test_simulate_then_info_then_analyze(hiphinge: Run, warm: Run, tmp_path: Path) -> None:
    """A stranger's first three commands."""
    file, out = tmp_path / "monday.mcap", tmp_path / "deep" / "monday"
    made = hiphinge("simulate", "calibration-only", "--seed", 4, "-o", file)
    assert (made.code, made.err) == (0, "")
    truth = pd.read_parquet(tmp_path / "monday.truth.parquet")
    assert {"t_s", "lumbar_flexion_deg", "hip_flexion_deg", "posture"} <= set(truth.columns)
    told = json.loads(warm("info", file, "--json").out)
    assert [s["site"] for s in told["sensors"]] == ["upper_lumbar", "sacrum", "thigh_right"]
    assert told["damage"] == []
    done = hiphinge("analyze", file, "-o", out)
    assert (done.code, done.err) == (0, "")
    assert str(out / "report.html") in done.out
    assert {path.name for path in out.iterdir()} == FILES
    assert {path.stat().st_mode & 0o077 for path in (*out.iterdir(), file)} == {0}
    written = pd.read_parquet(out / "angles.parquet")
    both = written.merge(truth.assign(t_s=truth["t_s"].round(2)), on="t_s", suffixes=("", "_true"))
    assert len(both) > 0.98 * len(truth)
    error = both["lumbar_flexion_deg"] - both["lumbar_flexion_deg_true"]
    assert np.sqrt(np.nanmean(error**2)) < 3.0


@pytest.fixture(scope="module")
def analyzed(recording: Path, warm: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the recording with lifts."""
    out = tmp_path_factory.mktemp("analyzed") / "out"
    done = warm("analyze", recording, "-o", out)
    assert (done.code, done.err) == (0, "")
    return out


def test_tables_have_exactly_the_columns_of_the_contract(analyzed: Path) -> None:
    assert pq.read_schema(analyzed / "angles.parquet").names == ANGLES
    headers = [(analyzed / name).read_text().splitlines()[0] for name in ("reps.csv", "bouts.csv", "alerts.csv")]
    assert headers == [REPS, BOUTS, ALERTS]
    summary = json.loads((analyzed / "summary.json").read_text())
    assert summary.keys() >= SUMMARY
    assert summary["quality"].keys() >= QUALITY
    assert summary["calibration"]["verdict"]


def test_tables_say_what_happened(analyzed: Path) -> None:
    """Three lifts, the second rounded, one alert about it; times on the recording's clock."""
    reps, bouts, alerts = (pd.read_csv(analyzed / name) for name in ("reps.csv", "bouts.csv", "alerts.csv"))
    assert reps["rounded"].tolist() == [False, True, False]
    assert alerts["kind"].tolist() == ["rounded_back"]
    assert reps["start_s"][1] < alerts["t_s"][0] < reps["end_s"][1]
    assert (bouts["start_s"][1:].to_numpy() == bouts["end_s"][:-1].to_numpy()).all()
    assert "sitting" in set(bouts["posture"])


def test_import_of_what_was_exported_gives_the_same_tables(
    recording: Path, analyzed: Path, warm: Run, tmp_path: Path
) -> None:
    """On the input's own clock, never re-based; a start without a zone is told."""
    folder, file, out = tmp_path / "csv", tmp_path / "back.mcap", tmp_path / "back"
    assert warm("export", "csv", recording, "-o", folder).code == 0
    for path in folder.glob("*.csv"):
        table = pd.read_csv(path)
        for name in table.columns.intersection(["t_s", "start_s", "end_s"]):
            table[name] = (table[name] + 5000.0).round(6)
        table.to_csv(path, index=False)
    assert warm("import", "csv", folder, "-o", file, "--start", "2026-03-01T09:00:00+01:00").err == ""
    done = warm("analyze", file, "-o", out, "--json", "--no-report")
    assert (done.code, done.err) == (0, "")
    summary = json.loads(done.out)
    assert summary["utc_offset_s"] == 3600
    assert summary["start_utc"].startswith("2026-03-01T08:00:0")
    before, after = (pd.read_csv(f / "reps.csv") for f in (analyzed, out))
    np.testing.assert_allclose(after["start_s"] - 5000.0, before["start_s"], atol=0.02)
    np.testing.assert_allclose(after["peak_lumbar_flexion_deg"], before["peak_lumbar_flexion_deg"], atol=0.2)
    assert after["rounded"].tolist() == before["rounded"].tolist()


def test_replay_tells_what_analyze_found(recording: Path, analyzed: Path, warm: Run) -> None:
    done = warm("replay", recording, "--speed", "max", "--json")
    assert (done.code, done.err) == (0, "")
    events = [json.loads(line) for line in done.out.splitlines()]
    for kind, table, time in (("repetition", "reps", "start_s"), ("alert", "alerts", "t_s")):
        found = [e[time] for e in events if e["event"] == kind]
        assert found == pytest.approx(pd.read_csv(analyzed / f"{table}.csv")[time].tolist())
    words = warm("replay", recording).out
    assert "3 repetitions, 1 alert." in words


def test_replay_with_other_settings_says_what_changes(recording: Path, warm: Run) -> None:
    done = warm("replay", recording, "--set", "rounding.on_share=1.5")
    assert (done.code, done.err) == (0, "")
    assert "rounded -> not rounded" in done.out
    assert "no longer told" in done.out
    same = warm("replay", recording, "--set", "rounding.on_share=0.8", "--json")
    assert json.loads(same.out)["changes"] == []


@pytest.fixture
def lift_at_once(recording: Path, tmp_path: Path) -> Path:
    """The same person with the calibration attached; the recording begins with the first lift."""
    whole = open_recording(recording)
    calibration = session.open(recording).calibration
    assert calibration is not None
    path = tmp_path / "lift.mcap"
    with Writer(path, replace(whole.header, calibration=settings.calibration_to_json(calibration))) as writer:
        for batch in whole.batches():
            writer.write([one for one in batch if one.arrival_ns > 97 * 10**9])
        writer.write([Tick(batch[-1].arrival_ns + 60 * 10**9)])  # a minute in which nothing happens
    return path


def test_ctrl_c_ends_a_replay_with_130(lift_at_once: Path, home: Path) -> None:
    """At real pace events come as they happen; then the wearer has seen enough."""
    command = [sys.executable, "-m", "hiphinge", "replay", str(lift_at_once), "--speed", "1", "--json"]
    environment = {**os.environ, "HIPHINGE_HOME": str(home)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert json.loads(run.stdout.readline())["event"] == "repetition"
        run.send_signal(signal.SIGINT)
        rest, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert err.strip() == "Stopped."
    assert "Traceback" not in rest


def test_a_session_whose_reader_has_gone_ends_without_a_traceback(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "lift.mcap"
    command = [sys.executable, "-m", "hiphinge", "lift", "--source", "simulated", "--for", "60", "--json"]
    environment = {**os.environ, "HIPHINGE_HOME": str(home)}
    with subprocess.Popen(
        [*command, "-o", str(out)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert json.loads(run.stdout.readline())["event"] == "begun"
        run.stdout.close()
        assert run.stderr.read() == ""
    assert run.returncode == 1
    assert open_recording(out).header.source == "simulated"


@pytest.mark.skipif(sys.platform == "win32", reason="no shell to close a stream with")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&-"])
def test_with_a_standard_stream_closed_it_works_as_ever(home: Path, closed: str) -> None:
    arguments = ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-m", "hiphinge", "status"]
    run = subprocess.run(arguments, env=os.environ | {"HIPHINGE_HOME": str(home)}, stderr=subprocess.PIPE, check=False)
    assert (run.returncode, run.stderr) == (0, b"")


def test_a_session_of_a_recording_without_bends_can_be_read(warm: Run, tmp_path: Path) -> None:
    """Nobody knows the axis of the trunk: that goes into the new recording as it is."""
    file = written(tmp_path / "walk.mcap", [simulate.Stand(12.0), simulate.Walk(12.0)])
    live = warm("lift", "--source", file, "--for", "0.2", "-o", tmp_path / "live.mcap", "--json")
    assert (live.code, live.err) == (0, "")
    replayed = warm("replay", tmp_path / "live.mcap")
    assert (replayed.code, replayed.err) == (0, "")
