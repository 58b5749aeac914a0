"""A session as a FIT activity: strength training with its sets, for sport diaries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from hiphinge.errors import InputError
from hiphinge.formats import fit_messages as fit
from hiphinge.formats.registry import Found, Replacing
from hiphinge.formats.wall_clock import utc_start

EARLIEST = datetime(1998, 7, 3)
"""UTC; FIT takes smaller counts of seconds for the age of a device (below 0x10000000)."""
LATEST = datetime(2126, 1, 1)
"""UTC; 32 bits of seconds end in February."""
ACTIVITY_FILE, DEVELOPMENT = 4, 255
TIMER, SESSION, LAP, ACTIVITY = 0, 8, 9, 26
START, STOP, STOP_ALL = 0, 1, 4
GENERIC, TRAINING, STRENGTH = 0, 10, 20
REST, ACTIVE = 0, 1
CATEGORIES = {"hinge": 8, "squat": 28}
"""Kinds of lift -> FIT's exercise categories: deadlift, squat. A stoop or a mixture is none of them."""
UNKNOWN_CATEGORY = 65534
NOT_GIVEN = 0xFFFF


def write(found: Found, path: Path, replacing: Replacing) -> list[str]:
    """Write the session; returns what the format cannot hold. InputError without a usable wall clock."""
    start = utc_start(found.summary, path.name)
    if not EARLIEST < start < LATEST:
        raise InputError(
            f"{path.name}: a session of {start:%Y-%m-%d}, expected one from July 1998 to 2125. FIT cannot date it."
        )
    content = fit.file_bytes(_messages(found, start))
    with replacing(path) as temporary:
        temporary.write_bytes(content)
    return ["Angles, rounding and postures have no place in FIT; it holds times, sets and repetitions."]


def _messages(found: Found, start: datetime) -> Iterator[fit.Message]:
    summary = found.summary
    zero, duration = float(summary["start_s"] or 0.0), float(summary["duration_s"])
    begin, end = fit.timestamp(start), fit.timestamp(start + timedelta(seconds=duration))
    sport, sub_sport = (TRAINING, STRENGTH) if len(found.reps) else (GENERIC, GENERIC)
    length = round(1000 * duration)
    whole = {
        **{"message_index": 0, "timestamp": end, "event_type": STOP, "start_time": begin},
        **{"total_elapsed_time": length, "total_timer_time": length, "sport": sport, "sub_sport": sub_sport},
    }
    names = {"type": ACTIVITY_FILE, "manufacturer": DEVELOPMENT, "product": 0, "serial_number": 0}
    yield fit.FILE_ID, {**names, "time_created": begin}
    yield fit.EVENT, {"timestamp": begin, "event": TIMER, "event_type": START}
    yield fit.RECORD, {"timestamp": begin}
    yield from _sets(found.reps, start, zero)
    yield fit.RECORD, {"timestamp": end}
    yield fit.EVENT, {"timestamp": end, "event": TIMER, "event_type": STOP_ALL}
    yield fit.LAP, {**whole, "event": LAP}
    yield fit.SESSION, {**whole, "event": SESSION, "first_lap_index": 0, "num_laps": 1}
    closing = {"total_timer_time": length, "num_sessions": 1, "type": 0, "event": ACTIVITY, "event_type": STOP}
    yield fit.ACTIVITY, {**closing, "timestamp": end, "local_timestamp": end + (summary["utc_offset_s"] or 0)}


def _sets(reps: pd.DataFrame, start: datetime, zero: float) -> Iterator[fit.Message]:
    """Each set of lifts, and the rest between two."""
    index, before = 0, None
    for _, lifts in reps.groupby("set"):
        begin, end = float(lifts["start_s"].min()), float(lifts["end_s"].max())
        kinds = set(lifts["kind"])
        category = CATEGORIES.get(kinds.pop(), UNKNOWN_CATEGORY) if len(kinds) == 1 else UNKNOWN_CATEGORY
        parts = [(begin, end, ACTIVE, len(lifts), category)]
        if before is not None:
            parts.insert(0, (before, begin, REST, NOT_GIVEN, UNKNOWN_CATEGORY))
        for first, last, kind, count, exercise in parts:
            yield (
                fit.SET,
                {
                    "timestamp": fit.timestamp(start + timedelta(seconds=last - zero)),
                    "start_time": fit.timestamp(start + timedelta(seconds=first - zero)),
                    "duration": round(1000 * (last - first)),
                    **{"repetitions": count, "set_type": kind, "category": exercise, "message_index": index},
                },
            )
            index += 1
        before = end
