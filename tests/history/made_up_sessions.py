"""Sessions that no sensor measured, as the journal takes them: desk days, workouts, what a bad clock makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from hiphinge.blocks import Bout, Repetition
from hiphinge.history import Entry
from hiphinge.session import tables

NAN = float("nan")


def bouts_of(*spells: tuple[str, float], start: float = 0.0) -> list[Bout]:
    """Contiguous bouts of these postures and minutes."""
    made, at = [], start
    for posture, minutes in spells:
        made.append(Bout(at, at + 60 * minutes, posture, 0.4 if posture == "sitting" else NAN))
        at += 60 * minutes
    return made


def entry(
    session: str,
    start: str | None,
    bouts: Sequence[Bout],
    *,
    wearer: str = "ada",
    offset_h: float = 1.0,
    source: str = "ble",
    reps: Sequence[Repetition] = (),
    **more: Any,
) -> Entry:
    """A session that began at ``start`` (local ISO time); ``more`` goes into the summary."""
    zero = bouts[0].start if bouts else 0.0
    end = bouts[-1].end if bouts else zero
    utc = None if start is None else datetime.fromisoformat(start).replace(tzinfo=UTC) - timedelta(hours=offset_h)
    summary = {
        **{"recording": f"{session}.mcap", "recording_id": session, "wearer": wearer, "source": source},
        **{"start_utc": utc and utc.isoformat(timespec="milliseconds")},
        "utc_offset_s": None if start is None else round(3600 * offset_h),
        **{"start_s": zero, "end_s": end, "duration_s": end - zero},
        "setup": {"name": "full"},
        "calibration": {"id": "c4", "verdict": "good: 5 bends within 4°"},
        "quality": {"loss_pct": {"sacrum": 0.1, "thigh_right": 0.4}},
        **more,
    }
    found = Entry.of(summary, tables.reps(reps).frame(), tables.bouts(bouts).frame(), tables.alerts([]).frame())
    return Entry(found.summary, found.reps, found.bouts, found.alerts, shifts=tuple(_shifts(bouts)))


def _shifts(bouts: Sequence[Bout]) -> list[float]:
    """Every four minutes of sitting."""
    return [t for b in bouts if b.posture == "sitting" for t in np.arange(b.start + 240, b.end, 240).tolist()]


def repetition(number: int, start: float, ratio: float = 0.5, rounded: bool | None = False) -> Repetition:
    """One of 3.5 s."""
    angles = (0.5, 0.6, 0.5 / ratio, ratio, 0.7, 0.3, NAN)
    times = (0.12, 1.8, 1.7, 3.5)
    return Repetition(number, 1, start, start + 1.8, start + 3.5, "hinge", *angles, *times, rounded, NAN, 0.9)


def desk_day(day: str, seed: int = 0, *, wearer: str = "ada", hours: float = 8.0, keen: float = 1.0) -> Entry:
    """From 9 in the morning; ``keen`` shortens the sitting."""
    rng = np.random.default_rng([seed, *day.encode()])
    spells: list[tuple[str, float]] = []
    while sum(minutes for _, minutes in spells) < 60 * hours:
        spells += [("sitting", rng.gamma(2.0, 16.0 / keen) + 1), ("standing", rng.uniform(0.5, 9))]
        spells += [("walking", rng.uniform(0.5, 6)), ("standing", rng.uniform(0.4, 3))]
        if rng.random() < 0.04:
            spells.append(("lying", rng.uniform(5, 20)))
    bouts = bouts_of(*spells, start=12.0)
    standing = [b for b in bouts if b.posture == "standing" and b.end - b.start > 300][:2]
    starts = [b.start + 10 + 12 * i for b in standing for i in range(5)]
    reps = [repetition(i + 1, t, rng.uniform(0.5, 1.1) / keen, bool(rng.random() < 0.3)) for i, t in enumerate(starts)]
    tests = {"hamstring_deg": float(52 + 8 * keen + rng.normal(0, 2))} if rng.random() < 0.3 else {}
    return entry(f"{wearer or 'nobody'}-{day}", f"{day}T09:00:00", bouts, wearer=wearer, reps=reps, tests=tests)
