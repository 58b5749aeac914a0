"""A changed output is a diff: replays of simulated sessions against the committed tables."""

from __future__ import annotations

import pytest

from tests.golden import replays

ACCEPT = "See it with `python -m tests.golden.write` and `git diff tests/golden`; commit it if it is meant."


@pytest.mark.parametrize("name", replays.SESSIONS)
def test_replay_gives_what_is_committed(name: str) -> None:
    changed = replays.changed(name, replays.replay(name))
    assert changed == {}, f"{name} has changed. {ACCEPT}"


def test_a_difference_is_seen_and_rounding_is_none() -> None:
    table = replays.committed("workout")["angles"]
    first = table.splitlines()[5].split(",")[3]
    assert replays.difference(table, table.replace(first, f"{float(first) + 1e-6:.6f}")) == ""
    assert "hip" in replays.difference(table, table.replace("hip_flexion", "hip"))
    assert "different" in replays.difference(table, table.replace(first, f"{float(first) + 4e-6:.6f}"))
    assert replays.difference(table, table.rsplit("\n", 3)[0]) != ""


def test_the_sessions_have_something_to_show() -> None:
    """Every kind of lift, posture and rounding stands in some table."""
    tables = [replays.committed(name) for name in replays.SESSIONS]
    reps, bouts, alerts, events = ("".join(t[name] for t in tables) for name in ("reps", "bouts", "alerts", "events"))
    assert [kind for kind in ("hinge", "squat", "stoop") if f",{kind}," not in reps] == []
    assert [posture for posture in ("sitting", "standing", "walking", "lying") if f",{posture}," not in bouts] == []
    assert "rounded_back" in alerts
    assert "sensor_lost" in events


def test_the_files_are_small() -> None:
    size = sum(path.stat().st_size for path in replays.HERE.rglob("*.csv"))
    assert size < 300_000
