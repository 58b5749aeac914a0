"""Sentences about sessions that need one: undated, misdated, too long, too short, unheard, told twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd

from hiphinge.apps.history.tables import Period, Tables
from hiphinge.apps.history.typed import TYPED
from hiphinge.apps.words import plural, span
from hiphinge.history import UNDATED

LONG_S, SHORT_S, OVERLAP_S = 24 * 3600.0, 10.0, 60.0
"""s from which a session was probably left running; under which nothing can be said; of overlap worth a word [D]."""
UNHEARD_S, UNHEARD_SHARE = 1800.0, 0.25
"""s and share of a session that were unknown before it is said [D]."""


def remarks(tables: Tables, wearer: str, period: Period) -> list[str]:
    """All sentences about a wearer's sessions in the period."""
    theirs = tables.sessions[tables.sessions["wearer"] == wearer].set_index("id")
    days = tables.presence[tables.presence["wearer"] == wearer]
    shown = days[period.holds(days["day"]) & ~days["day"].isin(tables.wrong)]
    here = theirs[theirs.index.isin(shown["session"])]
    overlaps = tables.overlaps[tables.overlaps["session"].isin(here.index)]
    return [
        *_misdated(days[period.holds(days["day"]) & days["day"].isin(tables.wrong)]),
        *_undated(days[period.holds(days["day"])]),
        *_twice(overlaps, theirs["file"]),
        *_lengths(here),
        *_unheard(here, tables.bouts[tables.bouts["session"].isin(here.index)]),
    ]


def _misdated(days: pd.DataFrame) -> Iterator[str]:
    for day, there in days.groupby("day"):
        count = there["session"].nunique()
        yield (
            f"{plural(count, 'session')} dated {in_words(str(day))}: the computer's clock was wrong, so "
            f"{'it counts' if count == 1 else 'they count'} in no day and no trend. Nothing is lost; "
            f"hiphinge history --delete {day} takes {'it' if count == 1 else 'them'} out."
        )


def _undated(days: pd.DataFrame) -> Iterator[str]:
    count = days["session"][days["day"] == UNDATED].nunique()
    if count:
        yield (
            f"{plural(count, 'session')} without a date: recorded or imported without a wall clock, so "
            f"{'it counts' if count == 1 else 'they count'} in no day. Import with --start to date one."
        )


def _twice(overlaps: pd.DataFrame, files: pd.Series) -> Iterator[str]:
    for one in overlaps.itertuples():
        length = one.end_s - one.start_s
        if length >= OVERLAP_S:
            yield (
                f"{_name(files.get(one.session))} and {_name(files.get(one.other))} overlap by {span(length)} on "
                f"{in_words(one.day)}: the time counts once. If one of them is of somebody else, it needs that "
                f"person's name: record or import it with --wearer."
            )


def _lengths(sessions: pd.DataFrame) -> Iterator[str]:
    for one in sessions.itertuples():
        length = one.duration_s or 0.0
        if one.source == TYPED:
            continue
        if length > LONG_S:
            yield f"{_name(one.file)} lasts {span(length)}: left running? It counts on each of its days."
        elif length < SHORT_S:
            yield f"{_name(one.file)} lasts {span(length)}: too short to say anything of it."
        elif isinstance(one.refused, str):
            yield f"{_name(one.file)}: nothing could be said of it. {one.refused}"


def _unheard(sessions: pd.DataFrame, bouts: pd.DataFrame) -> Iterator[str]:
    unknown = bouts[bouts["posture"] == "unknown"]
    lengths = (unknown["end_s"] - unknown["start_s"]).groupby(unknown["session"]).sum()
    for one in sessions.itertuples():
        missing: Any = lengths.get(one.Index, 0.0)
        if missing > max(UNHEARD_S, UNHEARD_SHARE * (one.duration_s or 0.0)):
            yield (
                f"{_name(one.file)}: {span(missing)} of {span(one.duration_s)} are unknown (gaps, or sensors that "
                f"cannot tell); they count as neither sitting nor up."
            )


def in_words(day: str) -> str:
    """``1 January 1970``."""
    try:
        found = date.fromisoformat(day)
    except ValueError:
        return day
    return f"{found.day} {found:%B %Y}"


def _name(file: Any) -> str:
    return file if isinstance(file, str) and file else "a session"
