"""One row a day and wearer: what the sessions of that day come to together."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
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
    seen = {name: _uncovered(table, hidden) for name, table in parts.items() if name != "test"}
    by_day = {name: dict(iter(table.groupby(["wearer", "day"]))) for name, table in seen.items()}
    tests = dict(iter(parts["test"].groupby(["wearer", "day"])))
    rows = [
        {"wearer": key[0], "day": key[1], **_day({name: by_day[name].get(key) for name in by_day}, starts, known)}
        | _tests(tests.get(key))
        for key in by_day["presence"]
    ]
    none = dict.fromkeys(("presence", "bout", "shift", "repetition", "alert"))
    return pd.DataFrame(rows, columns=None if rows else ["wearer", "day", *_day(none, {}, set())])


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


def _uncovered(table: pd.DataFrame, hidden: pd.DataFrame) -> pd.DataFrame:
    """Rows that lie, or begin, outside the hidden spans; those that reach out of one keep that part."""
    ends = hidden.set_index("session")["end_s"]
    until = table["session"].map(ends).fillna(-math.inf)
    if "end_s" not in table or table.empty:
        return table[table["start_s"] >= until] if len(hidden) else table
    kept = table[table["end_s"] > until]
    return kept.assign(start_s=np.maximum(kept["start_s"], until[kept.index]))


def _day(parts: dict[str, pd.DataFrame | None], starts: dict[str, float], known: set[str]) -> dict[str, Any]:
    """The columns of one day; ``known`` are the sessions whose posture shifts are."""
    presence, shifts = parts["presence"], parts["shift"]
    sessions = [] if presence is None else sorted(set(presence["session"]), key=lambda s: (starts[s], s))
    spells = list(_spells(parts["bout"], sessions, starts))
    moved = [] if shifts is None else [starts[s.session] + s.start_s for s in shifts.itertuples()]
    lengths = {posture: sum(b.end - b.start for b in spells if b.posture == posture) for posture in POSTURES}
    return {
        "sessions": len(sessions),
        "worn_s": sum(lengths[posture] for posture in WORN),
        **{f"{posture}_s": length for posture, length in lengths.items()},
        **_sitting(sitting_figures(spells, moved if known.issuperset(sessions) else None)),
        **_lifts(parts["repetition"]),
        "alerts": 0 if parts["alert"] is None else len(parts["alert"]),
    }


def _spells(bouts: pd.DataFrame | None, sessions: list[str], starts: dict[str, float]) -> list[Bout]:
    """Bouts of all sessions in turn, on one clock; what a step of the wall clock cut is one again."""
    by_session = {} if bouts is None else dict(iter(bouts.groupby("session")))
    spells: list[Bout] = []
    for session in sessions:
        for b in by_session[session].itertuples() if session in by_session else ():
            start, end = starts[session] + b.start_s, starts[session] + b.end_s
            slouch = math.nan if b.slouch_pct is None else b.slouch_pct / 100.0
            before = spells[-1] if spells else None
            if before and before.posture == b.posture and before.end == start:
                spells[-1] = replace(before, end=end)
            else:
                spells.append(Bout(start, end, b.posture, slouch))
    return spells


def _sitting(f: SittingFigures) -> dict[str, Any]:
    return {
        **{"sitting_bouts": f.bouts, "longest_sitting_s": f.longest},
        **dict(zip(BIN_NAMES, f.in_bins, strict=True)),
        **{"breaks": f.breaks, "breaks_per_hour": f.breaks_per_hour, "sit_to_stands": f.sit_to_stands},
        **{"w50_s": f.w50, "usual_bout_s": f.usual_bout, "alpha": f.alpha, "alpha_sd": f.alpha_sd, "gini": f.gini},
        **{"slouch_pct": 100.0 * f.slouch, "shifts_per_15_min": f.shifts, "longest_motionless_s": f.motionless},
    }


def _lifts(reps: pd.DataFrame | None) -> dict[str, Any]:
    if reps is None:
        return {
            **{"repetitions": 0, "judged": 0, "rounded": 0},
            **{"lumbar_share_pct": math.nan, "peak_lumbar_flexion_deg": math.nan},
        }
    ratio = pd.to_numeric(reps["lumbar_hip_ratio"])
    return {
        "repetitions": len(reps),
        "judged": int(reps["rounded"].notna().sum()),
        "rounded": int(pd.to_numeric(reps["rounded"]).sum()),
        "lumbar_share_pct": 100.0 * _median(ratio / (1.0 + ratio)),
        "peak_lumbar_flexion_deg": _median(pd.to_numeric(reps["peak_lumbar_flexion_deg"])),
    }


def _median(values: pd.Series) -> float:
    known = values.dropna()
    return float(known.median()) if len(known) else math.nan


def _tests(table: pd.DataFrame | None) -> dict[str, float]:
    return {} if table is None else dict(zip(table["name"], table["value"], strict=True))
