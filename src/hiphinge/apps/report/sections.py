"""What stands under the headline: one function a section, each in words where nothing can be shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from hiphinge.apps.report import colours
from hiphinge.apps.report.clock import Clock
from hiphinge.apps.report.drawing import LOOKS
from hiphinge.apps.report.headline import no_lifts
from hiphinge.apps.report.page import Column, Key, Row, Section, Table
from hiphinge.apps.report.series import Column as SeriesColumn
from hiphinge.apps.report.series import Lines
from hiphinge.apps.words import NOT_OBSERVABLE, UNKNOWN, degrees, number, verdict
from hiphinge.blocks import Floats
from hiphinge.session import Found


def timeline(lines: Lines, found: Found, clock: Clock) -> Section:
    """How to read the timeline."""
    limit = found.summary["rounding"]["limit_deg"]
    key = [Key("line", colours.BACK, lines.back_label)] if lines.back is not None else []
    if lines.low is not None:
        key.append(Key("area", colours.BACK, "its uncertainty, ± 2 sd" if lines.back is not None else lines.back_label))
    if lines.hip is not None:
        key.append(Key("line", colours.HIP, lines.hip_label))
    if limit is not None and lines.low is not None:
        key.append(Key("dashes", colours.LIMIT, f"rounded from here: {limit:.0f}°"))
    if found.summary["calibration"]["movements"]:
        key.append(Key("area", colours.INK, "calibration, not counted"))
    key += [replace(k, label=f"lift, {k.label}") for k in _looks(found.reps)]
    key += [Key(*LOOKS["alert"], "alert")] if len(found.alerts) else []
    seen = [p for p in colours.POSTURES if p in set(found.bouts["posture"])]
    key += [Key("bar", colours.POSTURES[p], p.replace("_", " ")) for p in seen]
    words = f"0° is your own quiet standing; up is bending forward. Time: {clock.zone}."
    gaps = "Where a line is missing, nothing is known."
    return Section("Over time", (f"{words} {gaps}",), tuple(key), plot="timeline")


REPS = (
    Column("lift"),
    Column("set", minor=True),
    Column("at"),
    Column("kind", numeric=False),
    Column("low back"),
    Column("of own range"),
    Column("hip"),
    Column("back : hip", minor=True),
    Column("butt wink", minor=True),
    Column("down, s", minor=True),
    Column("up, s", minor=True),
    Column("sure", minor=True),
    Column("rounded", numeric=False),
)


REPS_NOTE = (
    "Low back and hip: the deepest angle, ± 2 sd of what sensors and calibration can know; skin comes on top. "
    "Sure: the share of the lift that was seen without gaps. A dash: not observable here. "
    "On a narrow screen some columns are left out; reps.csv has them all."
)


def repetitions(found: Found, t: Floats, sd: SeriesColumn | None, clock: Clock) -> Section:
    """A row a lift, with the deepest angles; ``t`` (n,) s and ``sd`` (n,) deg of the low back."""
    if found.reps.empty:
        nothing = "No lift was seen in this recording."
        return Section("Lifts", (NOT_OBSERVABLE.capitalize() + "." if no_lifts(found.summary) else nothing,))
    rows = tuple(_rep(r, _sd_at(t, sd, r.bottom_s), clock) for r in found.reps.itertuples())
    return Section("Lifts", table=Table(REPS, rows), notes=(REPS_NOTE,))


def _rep(r: Any, sd: float, clock: Clock) -> Row:
    cells = (
        *(str(r.rep), str(r.set), clock.words(r.bottom_s), r.kind),
        *(degrees(r.peak_lumbar_flexion_deg, sd), number(r.peak_lumbar_flexion_pct, 0, " %")),
        *(degrees(r.peak_hip_flexion_deg), number(r.lumbar_hip_ratio, 2), degrees(r.butt_wink_deg)),
        *(number(r.lowering_s, 1), number(r.lifting_s, 1), number(100 * r.confidence, 0, " %")),
        {"rounded": "yes", "not rounded": "no"}.get(verdict(r.rounded), UNKNOWN),
    )
    return Row(cells, mark=verdict(r.rounded) == "rounded")


def _sd_at(t: Floats, sd: SeriesColumn | None, at: float) -> float:
    return float("nan") if sd is None else float(sd[min(int(np.searchsorted(t, at)), len(t) - 1)])


def back_against_hip(found: Found, drawn: bool) -> Section:
    """The share of the bend that comes from the low back; ``drawn``: both angles are known in a lift."""
    title = "Low back against hip"
    if not drawn:
        return Section(
            title, ("Nothing to draw: " + ("no lift was seen." if found.reps.empty else f"{NOT_OBSERVABLE}."),)
        )
    ratio = found.reps["lumbar_hip_ratio"].dropna()
    share = f" Here the low back bends {ratio.median():.2f}° for each degree of the hip." if len(ratio) else ""
    words = f"Each loop is one lift. Flat loops hinge at the hip, steep ones bend the low back.{share}"
    return Section(title, (words,), _looks(found.reps), plot="loops")


def _looks(reps: pd.DataFrame) -> tuple[Key, ...]:
    """A legend of what lifts there are."""
    seen = set(map(verdict, reps["rounded"]))
    return tuple(Key(*LOOKS[k], k) for k in ("not rounded", "rounded", "not judged") if k in seen)
