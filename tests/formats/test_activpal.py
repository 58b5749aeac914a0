"""Postures as an activPAL events file."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hiphinge.blocks import Bout
from hiphinge.errors import InputError
from hiphinge.formats import activpal
from hiphinge.recording import replacing
from hiphinge.session import tables


@dataclass(frozen=True)
class Found:
    """What an analysis found, as far as exports look."""

    bouts: pd.DataFrame
    summary: dict[str, Any]
    reps: pd.DataFrame = field(default_factory=lambda: tables.reps([]).frame())


START = {"start_utc": "2026-11-20T23:00:00.000+00:00", "utc_offset_s": 3600, "start_s": 7.0, "duration_s": 5400.0}
BOUTS = [
    Bout(7.0, 1207.64, "sitting", 0.3),
    Bout(1207.64, 1210.0, "standing"),
    Bout(1210.0, 1300.0, "walking"),
    Bout(1300.0, 1900.0, "cycling"),
    Bout(1900.0, 2500.0, "lying"),
    Bout(2500.0, 3000.0, "not_worn"),
    Bout(3000.0, 5407.0, "unknown"),
]


def written(path: Path, bouts: list[Bout], summary: dict[str, Any] | None = None) -> tuple[pd.DataFrame, list[str]]:
    notes = activpal.write(Found(tables.bouts(bouts).frame(), summary or START), path, replacing)
    return pd.read_csv(path), notes


def test_events_as_their_readers_expect_them(tmp_path: Path) -> None:
    """Serial days of the wearer's clock, tenths of seconds, codes, MET hours."""
    events, notes = written(tmp_path / "events.csv", BOUTS)
    assert tuple(events.columns) == activpal.HEADER
    assert list(events[activpal.HEADER[3]]) == [0, 1, 2, 2.1, 3.2, 4, 4]
    begun = [datetime(1899, 12, 30) + timedelta(days=day) for day in events["Time"]]
    assert abs(begun[0] - datetime(2026, 11, 21)) < timedelta(milliseconds=1)
    assert abs(begun[2] - datetime(2026, 11, 21, 0, 20, 3)) < timedelta(milliseconds=1)
    assert list(events["DataCount (samples)"]) == [0, 12006, 12030, 12930, 18930, 24930, 29930]
    assert list(events["Interval (s)"])[:3] == [1200.6, 2.4, 90.0]
    assert events["Interval (s)"].sum() == pytest.approx(5400.0)
    assert list(events["Activity Score (MET.h)"])[:2] == pytest.approx(
        [1.25 * 1200.6 / 3600, 1.4 * 2.4 / 3600], rel=1e-5
    )
    assert [note.split()[0] for note in notes] == ["Steps", "Unknown"]


def test_events_join_without_gap(tmp_path: Path) -> None:
    """Rounded each by itself, lengths would drift from the times."""
    bouts = [Bout(k * 1.0499, (k + 1) * 1.0499, ("sitting", "standing")[k % 2]) for k in range(500)]
    events, _ = written(tmp_path / "events.csv", bouts, START | {"start_s": 0.0})
    ends = events["DataCount (samples)"] / 10 + events["Interval (s)"]
    assert ends[:-1].to_numpy() == pytest.approx(events["DataCount (samples)"][1:].to_numpy() / 10)


def test_without_a_date_it_is_refused(tmp_path: Path) -> None:
    """And no file is left."""
    with pytest.raises(InputError, match=r"events\.csv: the recording has no wall clock.*--start"):
        written(tmp_path / "events.csv", BOUTS, START | {"start_utc": None})
    assert not list(tmp_path.iterdir())


def test_nothing_found_is_a_header(tmp_path: Path) -> None:
    """No bout, no event."""
    events, notes = written(tmp_path / "events.csv", [])
    assert events.empty
    assert notes == []
