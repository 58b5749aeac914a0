"""A recording as pandas sees it: the tables, units and summary of the outer contract."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hiphinge as hh
from hiphinge import session, simulate
from hiphinge.blocks import AngleBlock, Tick
from hiphinge.recording import Header, Writer
from hiphinge.session import setups, summary, tables
from hiphinge.session.angles import ANGLES, AngleStream, angle_names
from tests.apps.made_up_outcomes import FULL, NAN, in_pieces, open_made_up, repetition, wearing, workout

REPS = (
    "rep,set,start_s,bottom_s,end_s,kind,peak_lumbar_flexion_deg,peak_lumbar_flexion_pct,peak_hip_flexion_deg,"
    "lumbar_hip_ratio,peak_lumbar_velocity_deg_s,depth_deg,butt_wink_deg,pelvis_lag_s,lowering_s,lifting_s,duration_s,"
    "rounded,rounded_from_s,confidence"
).split(",")


def test_the_package_offers_it() -> None:
    """``hh.open`` is the session's."""
    assert hh.open is session.open


def test_a_session_tells_of_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Metadata, sites, markers, calibration and gaps."""
    opened = open_made_up(workout(60), tmp_path, monkeypatch)
    assert opened.sites == FULL
    assert opened.metadata["wearer"] == "Ada"
    assert [(m.label, m.start_s, m.end_s) for m in opened.markers] == [("stand", 0.0, 0.9)]
    assert opened.gaps == ()
    assert opened.calibration is not None
    assert opened.calibration.id == "c4"


def test_result_has_the_columns_of_the_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames in degrees and seconds, as in the files."""
    result = open_made_up(workout(), tmp_path, monkeypatch).analyze()
    assert list(result.angles) == ["t_s", *(f"{a}_deg" for a in ANGLES)]
    assert result.angles["t_s"].dtype == np.float64
    assert result.angles["hip_flexion_deg"].dtype == np.float32
    assert list(result.reps) == REPS
    assert result.reps["rounded"].sum() == 6
    assert result.reps["depth_deg"].max() == pytest.approx(95)
    assert result.reps["peak_lumbar_flexion_pct"].max() > 90
    assert list(result.bouts) == ["start_s", "end_s", "posture", "slouch_pct"]
    assert result.bouts["slouch_pct"].tolist()[1] == 40.0
    assert list(result.alerts) == "t_s kind severity message value threshold rule calibration_id".split()
    assert result.angles["lumbar_plus_hip_deg"].isna().all()


def test_no_finding_is_an_empty_table_with_its_columns() -> None:
    """Types too, so that tables of many recordings can be joined."""
    assert list(tables.reps([]).frame()) == REPS
    assert tables.reps([]).frame().dtypes.equals(tables.reps([repetition(1, 0, 1, 1, "hinge")]).frame().dtypes)
    assert list(tables.bouts([]).frame()) == ["start_s", "end_s", "posture", "slouch_pct"]
    assert len(tables.alerts([]).frame()) == 0


def test_rounded_stays_open_where_it_cannot_be_seen() -> None:
    """None is neither true nor false."""
    rep = replace(repetition(1, 0.0, 0.5, 1.0, "hinge"), rounded=None, peak_lumbar_flexion=NAN)
    frame = tables.reps([rep]).frame()
    assert frame["rounded"].isna().all()
    assert frame["peak_lumbar_flexion_deg"].isna().all()


def test_with_both_thighs_columns_name_the_side() -> None:
    """Hip and thigh columns, before the unit."""
    names = angle_names(("sacrum", "thigh_left", "thigh_right"))
    assert "hip_flexion_left" in names
    assert "thigh_elevation_right" in names
    assert "hip_flexion_sd_left" in names
    assert "hip_flexion" not in names
    assert "lumbar_flexion" in names
    assert angle_names(("thigh_left",)) == ANGLES


@given(st.integers(1, 700), st.integers(1, 2000))
def test_any_pieces_give_the_same_angles(size: int, rows: int) -> None:
    """However blocks come and tables are cut."""
    rng = np.random.default_rng(1)
    columns = wearing(15.0, [], [], rng)

    def joined(size: int, rows: int) -> pa.Table:
        kept: list[pa.Table] = []
        stream = AngleStream(FULL, kept.append, rows)
        for block in in_pieces(columns, size):
            stream.add(block)
        stream.close()
        assert stream.instants == 1500
        return pa.concat_tables(kept)

    one, other = joined(size, rows).to_pandas(), joined(1500, 10_000).to_pandas()
    pd.testing.assert_frame_equal(one, other)
    assert np.degrees(columns["hip_flexion"]) == pytest.approx(one["hip_flexion_deg"], rel=1e-6, abs=1e-6)


def test_a_stream_without_instants_still_has_columns() -> None:
    """One empty table."""
    kept: list[pa.Table] = []
    stream = AngleStream(FULL, kept.append)
    stream.add(AngleBlock(np.empty(0), {}, np.empty(0, np.uint8)))
    stream.close()
    assert [t.num_rows for t in kept] == [0]
    assert kept[0].column_names[0] == "t_s"


def test_the_summary_is_plain_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the contract names is there; NaN is null."""
    words = open_made_up(workout(), tmp_path, monkeypatch).analyze().summary
    assert json.loads(json.dumps(words, allow_nan=False)) == words
    assert words["start_utc"] == "2025-11-10T08:00:00.000+00:00"
    assert words["utc_offset_s"] == 3600
    assert words["setup"]["name"] == "full"
    assert words["calibration"]["verdict"].startswith("good")
    assert words["calibration"]["sit_tall_deg"] is None
    assert words["rounding"] == {"limit_deg": 44.0, "share_pct": 80.0}
    assert words["quality"]["nan_pct"]["lumbar_flexion_deg"] == pytest.approx(100 * 2 / 300, abs=0.01)
    assert words["quality"]["sync_error_s"] is None
    assert words["quality"]["sync_error_reason"]
    assert words["counts"]["by_kind"] == {"hinge": 7, "squat": 6, "stoop": 6}
    assert words["sitting"]["longest_s"] == 60.0
    assert words["skin_sd_deg"] > 0
    assert words["versions"]["numpy"] == np.__version__


def test_an_unknown_wall_clock_is_null(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An import without a start."""
    words = open_made_up(replace(workout(60), utc_ns=None), tmp_path, monkeypatch).analyze().summary
    assert words["start_utc"] is None
    assert words["utc_offset_s"] is None


def test_start_utc_belongs_to_start_s() -> None:
    """The wall clock of the first instant, whenever the pair was noted."""
    words = summary.clock_words(Tick(5_000_000_000, 1_000_000_000_000_000_000, 0), 3.0)
    assert words["start_utc"] == "2001-09-09T01:46:38.000+00:00"


def test_sitting_without_a_thigh_is_unknown() -> None:
    """None, not nought."""
    assert summary.sitting([], ("upper_lumbar", "sacrum"))["total_s"] is None
    assert summary.sitting([], ("thigh_left",))["total_s"] == 0.0


@pytest.mark.parametrize(
    ("sites", "name"),
    [
        (("upper_lumbar", "sacrum", "thigh_left", "thigh_right"), "full"),
        (("upper_lumbar", "sacrum"), "back"),
        (("sacrum", "thigh_left"), "hip"),
        (("upper_lumbar", "thigh_right"), "interval"),
        (("thigh_left", "thigh_right"), "thighs"),
        (("sacrum",), "one"),
    ],
)
def test_every_set_of_sensors_says_what_it_cannot(sites: tuple[str, ...], name: str) -> None:
    """The rows of the contract's table."""
    setup = setups.setup_of(sites)
    assert setup.name == name
    assert bool(setup.cannot) == (name != "full")


def test_the_summary_says_where_the_wall_clock_was_stepped_and_the_zone_changed(tmp_path: Path) -> None:
    """At 5 s the clock is set an hour ahead; at 8 s summer time begins."""
    played = simulate.wear([*simulate.calibration()], seed=2)
    begun = 1_767_603_600 * 10**9

    def pair(t: int) -> Tick:
        return Tick(t * 10**9, begun + (t + 3600 * (t >= 5)) * 10**9, 3600 * (1 + (t >= 8)), "")

    log = [one for batch in played.batches() for one in batch if not isinstance(one, Tick)]
    log = sorted([*log, *map(pair, range(12))], key=lambda one: one.arrival_ns)
    head = Header("x", "2026-01-05T09:00:00+00:00", "", "simulated", "test", played.sensors)
    with Writer(tmp_path / "a.mcap", head) as writer:
        writer.write(log)
    steps = hh.open(tmp_path / "a.mcap").analyze().summary["clock"]
    assert [(s["t_s"], s["utc_offset_s"]) for s in steps] == [(5.0, 3600), (8.0, 7200)]
    assert steps[0]["utc"] == "2026-01-05T10:00:05.000+00:00"
