"""Sitting, alerts, data quality and the honest limits, in tables and words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from hiphinge.apps.report.clock import Clock
from hiphinge.apps.report.page import Column, Row, Section, Table
from hiphinge.apps.words import NOT_OBSERVABLE, UNKNOWN, degrees, listed, number, span
from hiphinge.settings import safety

Summary = Mapping[str, Any]
LONGEST_BOUTS = 12
"""Spells of sitting in the table; a day has dozens, bouts.csv has them all."""

SELDOM_PCT = 10
"""Per cent of the time unknown from which a column is called seldom known."""
SPARE = ("lumbar_plus_hip_deg", "lumbar_flexion_low_deg", "lumbar_flexion_high_deg")
"""Columns that only a set-up without the sacrum needs: elsewhere nobody misses them."""


def sitting(bouts: pd.DataFrame, summary: Summary, clock: Clock) -> Section:
    """Time in each posture, and the longest spells of sitting."""
    title, found = "Postures and sitting", summary["sitting"]
    times = sorted(found["by_posture_s"].items(), key=lambda item: -item[1])
    facts = tuple((posture.replace("_", " "), span(seconds)) for posture, seconds in times)
    if found["total_s"] is None:
        return Section(title, (f"Sitting: {NOT_OBSERVABLE}; a thigh sensor tells it for certain.",), facts=facts)
    seated = bouts[bouts["posture"] == "sitting"]
    if seated.empty:
        return Section(title, ("No sitting was seen in this recording.",), facts=facts)
    longest = seated.assign(length=seated["end_s"] - seated["start_s"]).nlargest(LONGEST_BOUTS, "length")
    rows = tuple(
        Row((clock.words(b.start_s), clock.words(b.end_s), span(b.length), number(b.slouch_pct, 0, " %")))
        for b in longest.itertuples()
    )
    table = Table((Column("from"), Column("to"), Column("how long"), Column("slouch")), rows)
    notes = ["Slouch: 0 % is your own tall sitting, 100 % your own slumped sitting; neither is good or bad by itself."]
    if seated["slouch_pct"].isna().all():
        notes = ["Slouch is not known: the calibration has no tall and no slumped sitting."]
    if len(seated) > len(longest):
        notes.append(f"The {len(longest)} longest of {len(seated)} spells; bouts.csv has them all.")
    return Section(title, facts=facts, table=table, notes=tuple(notes))


def alerts(table: pd.DataFrame, clock: Clock) -> Section:
    """Each alert with its reason in numbers."""
    if table.empty:
        return Section("Alerts", ("There was no alert.",))
    columns = (
        Column("at"),
        Column("kind", numeric=False, minor=True),
        Column("what was said", numeric=False),
        Column("measured"),
        Column("limit"),
        Column("rule", numeric=False, minor=True),
    )
    rows = tuple(
        Row((clock.words(a.t_s), a.kind.replace("_", " "), a.message, figure(a.value), figure(a.threshold), a.rule))
        for a in table.itertuples()
    )
    return Section("Alerts", table=Table(columns, rows))


def figure(value: float) -> str:
    """A number of an alert, short: its unit is its rule's."""
    return f"{value:.4g}" if pd.notna(value) else UNKNOWN


def quality(summary: Summary, clock: Clock) -> Section:
    """Loss, gaps, clocks, share of unknown time, damage."""
    q = summary["quality"]
    lost = [f"{site.replace('_', ' ')} {number(pct, 2)} %" for site, pct in q["loss_pct"].items()]
    gaps = q["gaps"]
    longest = max((g["end_s"] - g["start_s"] for g in gaps), default=0.0)
    error = q["sync_error_s"]
    sync = q["sync_error_reason"] if error is None else f"±{1000 * error:.1f} ms, {q['sync_error_reason']}"
    facts = (
        ("samples lost", listed(lost) or UNKNOWN),
        ("silences over 0.5 s", f"{len(gaps)}, the longest {span(longest)}" if gaps else "none"),
        ("clocks of the sensors", sync),
        ("not known, or seldom", _unknown(q["nan_pct"])),
        ("damage in the file", listed(q["damage"]) or "none"),
    )
    return Section("Data quality", facts=facts, table=_gaps(gaps, clock) if gaps else None)


def _gaps(gaps: list[Mapping[str, Any]], clock: Clock) -> Table:
    longest = sorted(gaps, key=lambda g: g["start_s"] - g["end_s"])[:LONGEST_BOUTS]
    rows = (
        Row((g["site"].replace("_", " "), clock.words(g["start_s"]), span(g["end_s"] - g["start_s"])))
        for g in sorted(longest, key=lambda g: g["start_s"])
    )
    return Table((Column("silent sensor", numeric=False), Column("from"), Column("how long")), tuple(rows))


def _unknown(nan_pct: Mapping[str, float | None]) -> str:
    known = {name.removesuffix("_deg").replace("_", " "): pct for name, pct in nan_pct.items() if name not in SPARE}
    seldom = [f"{name} ({pct:.0f} % of the time)" for name, pct in known.items() if pct and SELDOM_PCT < pct < 100]
    never = [name for name, pct in known.items() if pct == 100]
    return "; ".join(filter(None, (listed(seldom), f"never: {listed(never)}" if never else ""))) or "nothing"


def limits(summary: Summary) -> Section:
    """Which sensors, which calibration, and what that cannot say."""
    c, setup = summary["calibration"], summary["setup"]
    axes = [f"{site.replace('_', ' ')} from {a['from']}" for site, a in c["axes"].items()]
    own = c.get("max_lumbar_flexion_deg")
    facts = (
        ("sensors worn", f"{listed([s.replace('_', ' ') for s in setup['sites']])}: {setup['words']}"),
        ("not observable", "; ".join(setup["not_observable"]) or "nothing: this set-up sees all angles"),
        ("calibration", f"{c['verdict']} ({c['source']})" if c["id"] else c["verdict"]),
        ("axes", listed(axes) or UNKNOWN),
        ("own largest bend", degrees(own) if own is not None else "not known: no bends in the calibration"),
        ("missing in it", listed(c["missing"]) or "nothing"),
        ("skin and soft tissue", summary["skin"]),
        ("computed with", listed([f"{name} {version}" for name, version in summary["versions"].items()])),
    )
    return Section("What this rests on, and what it cannot know", words=LIMITS, facts=facts)


LIMITS = (
    "The angles come from sensors on the skin. In comparisons with optical systems, low-back flexion from such "
    "sensors is off by 5 to 10° at times; changes within one recording are surer than single values.",
    "Bending the low back is normal: picking up a pen takes most people close to their limit, and research does not "
    "show that a bent back in lifting causes pain by itself. The figures show how you move, not whether it is good.",
)

SAFETY = Section(safety.TITLE, safety.WORDS)
