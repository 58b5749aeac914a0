"""What of an analysis is in doubt, in sentences: the computer's clock, long silences, another person's range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hiphinge import settings
from hiphinge.alerts.rules import ROUNDED
from hiphinge.apps.words import span
from hiphinge.detect.bouts import NOT_WORN
from hiphinge.session import Found, Session

EARLIEST = datetime(2025, 1, 1, tzinfo=UTC)
"""No live session is older than the program. As history.trends has it, which would import pandas here."""
MADE_ELSEWHERE = ("simulated", "import")
"""How the sources begin whose recordings may be as old as they like."""
BACK_S = 60.0
"""s; a wall clock that is set right goes back by less [D]."""
SILENT_S = 60.0
"""s of a sensor's silence in all that are worth a sentence [D]."""
FARTHEST_PCT = 150.0
"""Of own range: more than anybody bends past a calibration with full bends (their spread: up to 20 %) [D]."""


def doubts(opened: Session, found: Found, now: datetime) -> Iterator[str]:
    """Each with what can be done; none about a recording as it should be."""
    yield from _wearers(opened)
    yield from _range(found)
    yield from _date(found, now)
    yield from _set_back(found)
    yield from _silences(found)


def _wearers(opened: Session) -> Iterator[str]:
    recorded, attached = opened.header.wearer, opened.header.calibration
    known = settings.calibration_from_json(attached).wearer if attached else ""
    if recorded and known and recorded != known:
        yield (
            f"Recorded of {recorded} with the calibration of {known}, expected one person: the angles are from "
            f"{known}'s zero. Record again after hiphinge calibrate."
        )


def _range(found: Found) -> Iterator[str]:
    """The largest share of own range in lifts and in alerts; sensors that are put away go anywhere."""
    shares = [row["peak_lumbar_flexion_pct"] or 0.0 for row in found.tables["reps"].records()]
    bouts = (row for row in found.tables["bouts"].records() if row["posture"] == NOT_WORN)
    away = [(float(row["start_s"] or 0.0), float(row["end_s"] or 0.0)) for row in bouts]
    rounded = (row for row in found.tables["alerts"].records() if row["kind"] == ROUNDED)
    alerts = (row for row in rounded if not any(a <= float(row["t_s"] or 0.0) <= b for a, b in away))
    largest = max([*map(float, shares), *(100.0 * float(row["value"] or 0.0) for row in alerts)], default=0.0)
    if largest > FARTHEST_PCT:
        yield (
            f"The low back went to {largest:.0f} % of its own range, expected little more than 100 %: another person "
            f"than the calibration's, a sensor that moved, or bends that were not full. Calibrate again."
        )


def _date(found: Found, now: datetime) -> Iterator[str]:
    summary = found.summary
    if summary["start_utc"] is None:
        return
    start = datetime.fromisoformat(summary["start_utc"])
    too_early = start < EARLIEST and not str(summary["source"]).startswith(MADE_ELSEWHERE)
    if too_early or start > now + timedelta(days=1):
        yield f"Dated {start:%Y-%m-%d}: the computer's clock was wrong. Times since the start are right."


def _set_back(found: Found) -> Iterator[str]:
    """Where the wall clock went back; ahead, the host may have slept."""
    summary = found.summary
    if summary["start_utc"] is None:
        return
    rows = [{"t_s": summary["start_s"], "utc": summary["start_utc"]}, *summary["clock"]]
    steps = [(_back(before, after), float(after["t_s"])) for before, after in pairwise(rows)]
    backward = [(back, t) for back, t in steps if back > BACK_S]
    if backward:
        times = f"{len(backward)} times, by up to" if len(backward) > 1 else "by"
        yield (
            f"The computer's clock was set back {times} {span(max(backward)[0])} (at {backward[0][1]:.0f} s): times of "
            f"day before are another clock's. Times since the start are right."
        )


def _back(before: Mapping[str, Any], after: Mapping[str, Any]) -> float:
    """Seconds that the wall clock lost against the recording's between two of its readings."""
    went = datetime.fromisoformat(after["utc"]) - datetime.fromisoformat(before["utc"])
    return float(after["t_s"] - before["t_s"] - went.total_seconds())


def _silences(found: Found) -> Iterator[str]:
    """The sensor that was silent for longest."""
    lengths: dict[str, list[float]] = {}
    for gap in found.summary["quality"]["gaps"]:
        lengths.setdefault(gap["site"], []).append(gap["end_s"] - gap["start_s"])
    site = max(lengths, key=lambda name: sum(lengths[name]), default="")
    if site and sum(lengths[site]) >= SILENT_S:
        yield (
            f"{site}: silent for {span(sum(lengths[site]))} in all, {span(max(lengths[site]))} at most; nothing that "
            f"needs it is known there."
        )
