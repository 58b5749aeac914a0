"""Days as the wearer's wall had them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.history.local_days import UNDATED, Part, Wall, cut, part

HOUR = 3600.0


def summary(start_utc: str | None, offset_s: int | None, start_s: float = 0.0, **more: Any) -> dict[str, Any]:
    return {"start_s": start_s, "start_utc": start_utc, "utc_offset_s": offset_s, **more}


def wall(*arguments: Any, **more: Any) -> Wall:
    found = Wall.of(summary(*arguments, **more))
    assert found is not None
    return found


def test_a_night_is_cut_in_the_recorded_zone() -> None:
    """22:30 UTC is 23:30 in Berlin: half an hour is left of the day."""
    pieces = list(wall("2026-03-01T22:30:00+00:00", 3600, 100.0).cut(100.0, 100.0 + HOUR))
    assert pieces == [
        Part("2026-03-01", 23.5 * HOUR, 100.0, 1900.0),
        Part("2026-03-02", 0.0, 1900.0, 3700.0),
    ]


def test_thirty_hours_lie_on_two_days_or_three() -> None:
    """Whatever the start."""
    assert [p.day for p in wall("2026-03-01T10:00:00+00:00", 0).cut(0, 30 * HOUR)] == ["2026-03-01", "2026-03-02"]
    assert len(list(wall("2026-03-01T20:00:00+00:00", 0).cut(0, 30 * HOUR))) == 3


def test_summer_time_moves_midnight_but_no_minute_is_lost() -> None:
    """From 2 to 3 o'clock on 29 March 2026 in Berlin: the next midnight comes an hour earlier."""
    step = {"t_s": 2 * HOUR, "utc": "2026-03-29T01:00:00+00:00", "utc_offset_s": 7200}
    clock = wall("2026-03-28T23:00:00+00:00", 3600, clock=[step])
    assert clock.local(2 * HOUR - 1) == datetime(2026, 3, 29, 1, 59, 59)
    assert clock.local(2 * HOUR) == datetime(2026, 3, 29, 3, 0, 0)
    pieces = list(clock.cut(0, 24 * HOUR))
    assert sum(p.end - p.start for p in pieces) == 24 * HOUR
    assert sum(p.end - p.start for p in pieces if p.day == "2026-03-29") == 23 * HOUR


def test_without_a_clock_there_is_no_day() -> None:
    """One piece, whatever its length; so for a date that is none."""
    assert Wall.of(summary(None, None)) is None
    assert Wall.of(summary("yesterday", 0)) is None
    assert list(cut(None, 5.0, 1e6)) == [Part(UNDATED, None, 5.0, 1e6)]
    assert part(None, 5.0) == Part(UNDATED, None, 5.0, 5.0)


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)),
    st.integers(-14 * 3600, 14 * 3600),
    st.floats(-1e6, 1e6),
    st.floats(0.0, 3e5),
)
def test_pieces_are_the_whole(start: datetime, offset: int, at: float, length: float) -> None:
    """Contiguous, each within its day, in order."""
    clock = wall(start.isoformat() + "+00:00", offset, at)
    pieces = list(clock.cut(at, at + length))
    assert sum(p.end - p.start for p in pieces) == pytest.approx(length, abs=1e-6)
    ends = [at, *(p.end for p in pieces)]
    assert [p.start for p in pieces] == ends[:-1]
    for p in pieces:
        assert p.at is not None
        assert p.at >= 0.0
        assert p.at + p.end - p.start <= 86_400.0 + 2e-3
    assert sorted(p.day for p in pieces) == [p.day for p in pieces]
    assert len(pieces) <= length / 86_400.0 + 2


@given(st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)), st.floats(0, 1e5))
def test_an_instant_lies_on_its_day(start: datetime, t: float) -> None:
    """As counting by hand has it."""
    found = wall(start.isoformat() + "+00:00", 0).part(t)
    assert found.at is not None
    said = datetime.fromisoformat(found.day) + timedelta(seconds=found.at)
    assert abs((said - (start + timedelta(seconds=t))).total_seconds()) < 2e-3
