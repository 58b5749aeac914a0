"""What is in doubt is said; a recording as it should be gets no sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hiphinge import recording, session, settings
from hiphinge.apps.doubts import doubts
from hiphinge.blocks import Alert, Bout, Calibration
from hiphinge.session import Found, tables
from tests.apps.made_up_outcomes import workout

TABLES = {"reps": tables.reps, "alerts": tables.alerts, "bouts": tables.bouts}
NOW = datetime(2026, 3, 1, tzinfo=UTC)
GOOD: dict[str, Any] = {
    **{"start_utc": "2026-02-28T09:00:00.000+00:00", "start_s": 0.0, "source": "ble", "clock": []},
    "quality": {"gaps": [{"site": "sacrum", "start_s": 1.0, "end_s": 3.0}]},
}


def told(
    summary: dict[str, Any],
    *,
    shares: tuple[float, ...] = (),
    alerts: tuple[float, ...] = (),
    bouts: tuple[Bout, ...] = (),
) -> list[str]:
    rep = workout().outcomes[-1].repetitions[0]
    rows = [replace(rep, peak_lumbar_share=share) for share in shares]
    given = [Alert(1.0, "rounded_back", "warning", "", value, 0.8, "", "") for value in alerts]
    made = {"reps": tables.reps(rows), "alerts": tables.alerts(given), "bouts": tables.bouts(bouts)}
    found = Found(made, {**GOOD, **summary})
    return list(doubts(opened(""), found, NOW))


def opened(calibration: str) -> session.Session:
    header = recording.Header("r", "", "Ana", "ble", "", (), calibration=calibration)
    return session.Session(recording.Recording(Path("monday.mcap"), header))


def clock(t_s: float, utc: str) -> dict[str, Any]:
    return {"t_s": t_s, "utc": f"2026-02-28T{utc}+00:00", "utc_offset_s": 0}


def test_a_good_recording_is_not_doubted() -> None:
    assert told({}, shares=(0.3, 1.2, float("nan")), alerts=(1.1,)) == []
    assert told({"start_utc": None}) == []


@pytest.mark.parametrize(
    ("summary", "words"),
    [
        ({"start_utc": "1970-01-01T00:00:00.000+00:00"}, "Dated 1970-01-01: the computer's clock was wrong"),
        ({"start_utc": "2199-01-01T00:00:00.000+00:00", "source": "import csv"}, "Dated 2199-01-01"),
        ({"clock": [clock(600.0, "08:10:00")]}, "set back by 1 h 00 min (at 600 s)"),
        ({"clock": [clock(600.0, "09:00:00"), clock(700.0, "08:00:00")]}, "2 times, by up to 1 h 02 min (at 600 s)"),
        ({"quality": {"gaps": [{"site": "sacrum", "start_s": 0.0, "end_s": 7200.0}]}}, "sacrum: silent for 2 h 00 min"),
    ],
)
def test_what_cannot_be_so_is_said_once(summary: dict[str, Any], words: str) -> None:
    (said,) = told(summary)
    assert words in said


@pytest.mark.parametrize("source", ["import csv", "simulated"])
def test_what_was_made_elsewhere_may_be_old(source: str) -> None:
    assert told({"start_utc": "1999-01-01T00:00:00.000+00:00", "source": source}) == []


def test_a_clock_that_went_ahead_may_have_slept() -> None:
    assert told({"clock": [clock(600.0, "12:10:00"), clock(660.0, "12:10:50")]}) == []


@pytest.mark.parametrize("found", [{"shares": (0.9, 2.05)}, {"alerts": (2.05,)}])
def test_more_than_the_own_range_is_doubted(found: dict[str, tuple[float, ...]]) -> None:
    (said,) = told({}, **found)
    assert "205 % of its own range" in said
    assert "Calibrate again" in said


def test_sensors_that_are_put_away_go_anywhere() -> None:
    assert told({}, alerts=(2.05,), bouts=(Bout(0.5, 9.0, "not_worn"),)) == []
    assert len(told({}, alerts=(2.05,), bouts=(Bout(2.0, 9.0, "not_worn"),))) == 1


def test_another_persons_calibration_is_named() -> None:
    bens = settings.calibration_to_json(Calibration("c", "", "Ben", {}, {}))
    found = Found({name: make(()) for name, make in TABLES.items()}, GOOD)
    (said,) = doubts(opened(bens), found, NOW)
    assert said.startswith("Recorded of Ana with the calibration of Ben")
