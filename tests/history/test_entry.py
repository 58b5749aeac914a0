"""The summary file: everything the journal needs, whole or refused."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.errors import JournalError
from hiphinge.history import entry, keep, read, summary_path
from tests.history import made_up_sessions as made


def test_text_and_back_is_the_same() -> None:
    """Every number, every row; the same bytes again."""
    day = made.desk_day("2026-11-20")
    again = entry.from_json(day.to_json(), "x")
    assert again == day
    assert again.to_json() == day.to_json()
    assert again.reps
    assert again.shifts


def test_what_is_not_known_stays_unknown() -> None:
    """None, not NaN, not 0."""
    one = made.entry("a", None, made.bouts_of(("standing", 3)), reps=[made.repetition(1, 5.0, rounded=None)])
    again = entry.from_json(one.to_json(), "x")
    assert again.bouts[0]["slouch_pct"] is None
    assert again.reps[0]["rounded"] is None
    assert again.reps[0]["butt_wink_deg"] is None


def test_it_is_the_owners_alone(hiphinge_home: Path) -> None:
    """As is everything in the home."""
    path = keep(hiphinge_home, made.desk_day("2026-11-20"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert read(path) == made.desk_day("2026-11-20")


@pytest.mark.parametrize("session", ["../../evil", "a/b", "", "con", "x" * 300, "ä\n"])
def test_an_id_cannot_leave_the_folder(hiphinge_home: Path, session: str) -> None:
    """Ids come from files."""
    path = keep(hiphinge_home, made.entry(session, None, []))
    assert path == summary_path(hiphinge_home, session)
    assert path.resolve().parent == (hiphinge_home / "recordings").resolve()


def test_a_newer_one_is_refused_by_name() -> None:
    """With both versions."""
    content = json.loads(made.desk_day("2026-11-20").to_json()) | {"format_version": 7}
    with pytest.raises(JournalError, match=r"a\.summary\.json: summary format 7, expected at most 1"):
        entry.from_json(json.dumps(content), "a.summary.json")


@given(st.text(max_size=50) | st.binary(max_size=50).map(lambda b: b.decode("latin1")))
def test_any_other_text_is_refused(text: str) -> None:
    """In one sentence."""
    with pytest.raises(JournalError, match="no summary of a session"):
        entry.from_json(text, "x")


@pytest.mark.parametrize("part", ["format", "summary", "bouts", "reps", "alerts", "shifts_s", "recording_bytes"])
def test_a_part_that_is_missing_or_wrong_is_refused(part: str) -> None:
    """Each of them."""
    content = json.loads(made.desk_day("2026-11-20").to_json())
    for wrong in ({k: v for k, v in content.items() if k != part}, content | {part: [["x"]]}):
        with pytest.raises(JournalError, match="no summary of a session"):
            entry.from_json(json.dumps(wrong), "x")
