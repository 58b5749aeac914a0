"""``hiphinge analyze``: the folder of the outer contract."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from hiphinge import session
from hiphinge.apps import analyze
from hiphinge.apps.cli import main
from hiphinge.errors import CalibrationRefused, SettingsError
from hiphinge.session import course
from tests.apps.made_up_outcomes import MadeUp, open_made_up, workout

FILES = {"angles.parquet", "reps.csv", "bouts.csv", "alerts.csv", "summary.json", "report.html"}
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command over a made-up recording; results go to ``tmp_path/out``."""

    def of(*options: str, made: MadeUp | None = None) -> Result:
        path = tmp_path / "squats.mcap"
        path.unlink(missing_ok=True)
        open_made_up(made or workout(), tmp_path, monkeypatch)
        return CliRunner().invoke(analyze.command, [str(path), "-o", str(tmp_path / "out"), *options])

    return of


def test_everything_of_the_contract_is_written(run: Run, tmp_path: Path) -> None:
    """And other files are left alone."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    done = run()
    assert done.exit_code == 0, done.output
    assert {p.name for p in (tmp_path / "out").iterdir()} == FILES | {"notes.txt"}
    assert "19 repetitions, 6 of 19 rounded; sitting 1 min 00 s; 6 alerts" in done.output
    assert done.stderr == ""


def test_files_hold_what_the_session_gives(run: Run, tmp_path: Path) -> None:
    """The same numbers as in pandas, in the contract's spelling."""
    run()
    out, result = tmp_path / "out", session.open(tmp_path / "squats.mcap").analyze()
    pd.testing.assert_frame_equal(pd.read_parquet(out / "angles.parquet"), result.angles)
    assert json.loads((out / "summary.json").read_text()) == result.summary
    reps = pd.read_csv(out / "reps.csv", dtype={"rounded": str})
    assert reps["rounded"].tolist() == [str(r).lower() for r in result.reps["rounded"]]
    pd.testing.assert_frame_equal(reps.drop(columns="rounded"), result.reps.drop(columns="rounded"), check_dtype=False)
    pd.testing.assert_frame_equal(pd.read_csv(out / "bouts.csv"), result.bouts, check_dtype=False)
    pd.testing.assert_frame_equal(pd.read_csv(out / "alerts.csv"), result.alerts, check_dtype=False)


def test_headers_are_always_written_and_unknown_is_empty(run: Run, tmp_path: Path) -> None:
    """Nothing found; a repetition that nobody can judge."""
    made = workout()
    rep = replace(made.outcomes[-1].repetitions[0], rounded=None)
    made.outcomes[-1] = replace(made.outcomes[-1], repetitions=(rep,), bouts=(), alerts=())
    run(made=made)
    assert (tmp_path / "out" / "bouts.csv").read_text() == "start_s,end_s,posture,slouch_pct\n"
    header = "t_s,kind,severity,message,value,threshold,rule,calibration_id\n"
    assert (tmp_path / "out" / "alerts.csv").read_text() == header
    names, values = (tmp_path / "out" / "reps.csv").read_text().splitlines()
    assert dict(zip(names.split(","), values.split(","), strict=True))["rounded"] == ""


def test_a_second_run_replaces_the_first(run: Run, tmp_path: Path) -> None:
    """Nothing is left of it, nor of temporary files."""
    run()
    made = workout()
    made.outcomes[-1] = replace(made.outcomes[-1], repetitions=())
    assert run("--title", "Second", made=made).exit_code == 0
    assert len(pd.read_csv(tmp_path / "out" / "reps.csv")) == 0
    assert "<h1>Second</h1>" in (tmp_path / "out" / "report.html").read_text()
    assert {p.name for p in (tmp_path / "out").iterdir()} == FILES


def test_json_is_the_summary_alone(run: Run, tmp_path: Path) -> None:
    """For a script; without a report when none is wanted."""
    done = run("--json", "--no-report")
    assert json.loads(done.stdout)["counts"]["repetitions"] == 19
    assert {p.name for p in (tmp_path / "out").iterdir()} == FILES - {"report.html"}


def test_settings_reach_the_plan(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Given as rule.name=value; what is none is exit 2."""
    seen: list[dict[str, str]] = []
    run()

    def refuse(recording: object, chosen: dict[str, str]) -> course.Plan:
        seen.append(chosen)
        raise SettingsError("rounding.on_shar: no such setting.", name="rounding.on_shar")

    monkeypatch.setattr(course, "plan", refuse)
    args = [str(tmp_path / "squats.mcap"), "-o", str(tmp_path / "new"), "--set"]
    assert CliRunner().invoke(analyze.command, [*args, "rounding.on_shar=0.7"]).exit_code == 2
    assert seen == [{"rounding.on_shar": "0.7"}]
    assert CliRunner().invoke(analyze.command, [*args, "rounding.on_share"]).exit_code == 2
    assert not (tmp_path / "new").exists()


def fails(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one sentence of a run that exits with 1."""
    with pytest.raises(SystemExit) as exit_:
        main(["analyze", *arguments])
    assert exit_.value.code == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    assert said.err.count("\n") == 1
    return said.err


def test_failures_are_one_sentence(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file, a foreign file, a file where the folder should be, no calibration."""
    run()
    good, out = str(tmp_path / "squats.mcap"), str(tmp_path / "other")
    assert "no such file" in fails([str(tmp_path / "none.mcap"), "-o", out], capsys)
    (tmp_path / "foreign.mcap").write_text("t_s,acc_x")
    assert "foreign.mcap" in fails([str(tmp_path / "foreign.mcap"), "-o", out], capsys)
    assert "expected a folder" in fails([good, "-o", str(tmp_path / "foreign.mcap")], capsys)

    def refuse(recording: object, chosen: object) -> course.Plan:
        raise CalibrationRefused("standing: none was found. Stand still.", part="stand")

    monkeypatch.setattr(course, "plan", refuse)
    assert "standing" in fails([good, "-o", out], capsys)
    assert not Path(out).exists()


def test_a_failure_on_the_way_leaves_the_old_results(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing half-written under a final name."""
    run()
    before = {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()}
    made = workout()

    def broken(*_: object) -> object:
        yield made.outcomes[0]
        raise CalibrationRefused("lost on the way")

    monkeypatch.setattr(course.Course, "outcomes", broken)
    arguments = [str(tmp_path / "squats.mcap"), "-o", str(tmp_path / "out")]
    assert CliRunner().invoke(analyze.command, arguments).exit_code == 1
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()} == before


def test_a_day_is_many_row_groups(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Angles are written as they come, not at the end."""
    monkeypatch.setattr("hiphinge.session.angles.AngleStream.__init__.__defaults__", (10_000,))
    assert run("--no-report").exit_code == 0
    assert pq.ParquetFile(tmp_path / "out" / "angles.parquet").num_row_groups == 3
