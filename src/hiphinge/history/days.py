"""One row a day and wearer: what the sessions of that day come to together."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from hiphinge.blocks import Bout
from hiphinge.history.journal import Journal
from hiphinge.history.local_days import EPOCH, UNDATED, utc
from hiphinge.history.sitting_figures import SittingFigures, sitting_figures

POSTURES = ("sitting", "standing", "walking", "cycling", "lying", "unknown", "not_worn")
WORN = ("sitting", "standing", "walking", "cycling", "lying")
BIN_NAMES = ("under_15_min_s", "from_15_min_s", "from_30_min_s", "from_60_min_s")

Rows = list[Any]
"""Rows of a table of the journal, as ``itertuples`` gives them."""


def day_table(journal: Journal) -> pd.DataFrame:
    """A row a wearer and day, in order; what is not known is NaN.

    Columns: ``wearer``, ``day`` (ISO), ``sessions``, ``worn_s``, ``<posture>_s``, the figures of
    sitting (:class:`SittingFigures`), ``repetitions``, ``judged``, ``rounded``, ``lumbar_share_pct``
    (median of lumbar / (lumbar + hip) at the deepest), ``peak_lumbar_flexion_deg`` (median),
    ``alerts``, and the last value of each test by its name. Where two sessions of a wearer
    overlap, the time counts once: to the one that began first.
    """
    parts = {name: journal.table(name) for name in ("presence", "bout", "shift", "repetition", "alert", "test")}
    parts = {name: table[table["day"] != UNDATED] for name, table in parts.items()}
    starts = session_starts(journal)
    hidden = overlaps(parts["presence"], starts)
    sessions = journal.table("session")
    known = set(sessions["id"][sessions["shifts"].notna()])
    seen = {name: table if name == "test" else uncovered(table, hidden) for name, table in parts.items()}
    by_day = {name: _by_day(table) for name, table in seen.items()}
    rows = [
        {"wearer": key[0], "day": key[1], **_day({name: by_day[name].get(key, []) for name in by_day}, starts, known)}
        for key in sorted(by_day["presence"])
    ]
    nothing: dict[str, Rows] = {name: [] for name in parts}
    return pd.DataFrame(rows, columns=None if rows else ["wearer", "day", *_day(nothing, {}, set())])


def _by_day(table: pd.DataFrame) -> dict[tuple[str, str], Rows]:
    """Wearer and day -> rows: one pass, where pandas would make a table a day."""
    found: dict[tuple[str, str], Rows] = {}
    for row in table.itertuples(index=False):
        found.setdefault((row.wearer, row.day), []).append(row)
    return found


def session_starts(journal: Journal) -> dict[str, float]:
    """Session -> s since 1970 (UTC) of the zero of its clock; without a wall clock it is missing."""
    table = journal.table("session").dropna(subset=["start_utc", "start_s"])
    starts = {}
    for one in table.itertuples():
        with suppress(ValueError):  # no time: the session is undated
            starts[one.id] = (utc(one.start_utc) - EPOCH).total_seconds() - one.start_s
    return starts


def overlaps(presence: pd.DataFrame, starts: dict[str, float]) -> pd.DataFrame:
    """Spans that another session of the same wearer has begun to cover before.

    Columns ``wearer``, ``session``, ``other``, ``day``, ``start_s``, ``end_s`` (on the session's own clock).
    """
    found = []
    whole = presence.groupby("session").agg(
        wearer=("wearer", "first"), day=("day", "first"), start=("start_s", "min"), end=("end_s", "max")
    )
    zero = pd.Series(starts, dtype=float).reindex(whole.index)
    whole = whole.assign(start=whole["start"] + zero, end=whole["end"] + zero).sort_values("start", kind="stable")
    for wearer, theirs in whole.groupby("wearer"):
        other, covered = "", -math.inf
        for one in theirs.itertuples():
            if one.start < covered:
                until = min(one.end, covered)
                span = {"start_s": one.start - zero[one.Index], "end_s": until - zero[one.Index]}
                found.append({"wearer": wearer, "session": one.Index, "other": other, "day": one.day, **span})
            if one.end > covered:
                other, covered = str(one.Index), one.end
    return pd.DataFrame(found, columns=["wearer", "session", "other", "day", "start_s", "end_s"])


def uncovered(table: pd.DataFrame, hidden: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table that lie, or begin, outside the ``hidden`` spans of :func:`overlaps`.

    Those that reach out of one keep that part.
    """
    ends = hidden.set_index("session")["end_s"]
    until = table["session"].map(ends).fillna(-math.inf)
    if "end_s" not in table or table.empty:
        return table[table["start_s"] >= until] if len(hidden) else table
    kept = table[table["end_s"] > until]
    start = np.maximum(kept["start_s"], until[kept.index])
    return kept.assign(start_s=start, at_s=kept["at_s"] + (start - kept["start_s"]))


def _day(parts: dict[str, Rows], starts: dict[str, float], known: set[str]) -> dict[str, Any]:
    """The columns of one day; ``known`` are the sessions whose posture shifts are."""
    sessions = sorted({row.session for row in parts["presence"]}, key=lambda s: (starts[s], s))
    # On the clock of the first session: with seconds since 1970 lengths would be off by 0.2 µs.
    zero = {session: starts[session] - starts[sessions[0]] for session in sessions}
    spells = _spells(parts["bout"], zero)
    moved = [zero[row.session] + row.start_s for row in parts["shift"] if row.session in zero]
    lengths = {posture: sum(b.end - b.start for b in spells if b.posture == posture) for posture in POSTURES}
    return {
        "sessions": len(sessions),
        "worn_s": sum(lengths[posture] for posture in WORN),
        **{f"{posture}_s": length for posture, length in lengths.items()},
        **_sitting(sitting_figures(spells, moved if known.issuperset(sessions) else None)),
        **_lifts(parts["repetition"]),
        "alerts": len(parts["alert"]),
        **{row.name: row.value for row in parts["test"]},
    }


def _spells(bouts: Rows, zero: dict[str, float]) -> list[Bout]:
    """Bouts of all sessions in turn, on one clock; what a step of the wall clock cut is one again."""
    by_session: dict[str, Rows] = {session: [] for session in zero}
    for row in bouts:
        by_session.get(row.session, []).append(row)
    spells: list[Bout] = []
    for session, those in by_session.items():
        for b in those:
            start, end = zero[session] + b.start_s, zero[session] + b.end_s
            before = spells[-1] if spells else None
            if before and before.posture == b.posture and before.end == start:
                spells[-1] = replace(before, end=end)
            else:
                spells.append(Bout(start, end, b.posture, _number(b.slouch_pct) / 100.0))
    return spells


def _sitting(f: SittingFigures) -> dict[str, Any]:
    return {
        **{"sitting_bouts": f.bouts, "longest_sitting_s": f.longest},
        **dict(zip(BIN_NAMES, f.in_bins, strict=True)),
        **{"breaks": f.breaks, "breaks_per_hour": f.breaks_per_hour, "sit_to_stands": f.sit_to_stands},
        **{"w50_s": f.w50, "usual_bout_s": f.usual_bout, "alpha": f.alpha, "alpha_sd": f.alpha_sd, "gini": f.gini},
        **{"slouch_pct": 100.0 * f.slouch, "shifts_per_15_min": f.shifts, "longest_motionless_s": f.motionless},
    }


def _lifts(reps: Rows) -> dict[str, Any]:
    judged = [row.rounded for row in reps if not math.isnan(_number(row.rounded))]
    ratios = [_number(row.lumbar_hip_ratio) for row in reps]
    return {
        "repetitions": len(reps),
        "judged": len(judged),
        "rounded": int(sum(judged)),
        "lumbar_share_pct": 100.0 * _middle([ratio / (1.0 + ratio) for ratio in ratios if ratio != -1.0]),
        "peak_lumbar_flexion_deg": _middle([_number(row.peak_lumbar_flexion_deg) for row in reps]),
    }


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def _middle(values: list[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return median(known) if known else math.nan
