"""The report from the tables and the summary of an analysis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.model import Model

from hiphinge.apps.report import facts, headline, sections
from hiphinge.apps.report.clock import Clock
from hiphinge.apps.report.loops import loops
from hiphinge.apps.report.page import Page, html
from hiphinge.apps.report.series import Angles, Lines, known, lines, while_worn
from hiphinge.apps.report.timeline import timeline
from hiphinge.session import Found


def render(angles: Angles, found: Found, title: str = "") -> str:
    """The report as HTML; ``angles`` holds the columns (n,) of angles.parquet."""
    reps, summary = found.reps, found.summary
    clock, drawn = Clock.of(summary), while_worn(lines(angles), found.bouts)
    drawings: dict[str, Model] = {}
    if len(drawn.t):
        drawings["timeline"] = timeline(drawn, found, clock)
    back, hip = known(angles, "lumbar_flexion"), _hip(drawn)
    if back is not None and hip is not None and len(reps):
        drawings["loops"] = loops(drawn.t, hip, back, reps, summary["rounding"]["limit_deg"])
    sd = known(angles, "lumbar_flexion_sd")
    parts = (
        sections.timeline(drawn, found, clock),
        sections.repetitions(found, drawn.t, sd, clock),
        sections.back_against_hip(found, "loops" in drawings),
        facts.sitting(found.bouts, summary, clock),
        facts.alerts(found.alerts, clock),
        facts.quality(summary, clock),
        facts.limits(summary),
    )
    head = title or f"Low back and hips: {summary['wearer'] or summary['recording']}"
    lead, cards = headline.lead(summary, reps), headline.cards(summary)
    return html(Page(head, _subtitle(summary, clock), lead, cards, parts, facts.SAFETY, drawings))


def _hip(drawn: Lines) -> np.ndarray | None:
    return drawn.hip if drawn.hip_label.startswith("hip") else None


def _subtitle(summary: Mapping[str, Any], clock: Clock) -> str:
    when = f"{clock.day()}, from {clock.words(clock.start)}" if clock.wall else "date and time of day not recorded"
    return f"{summary['recording']} · {when} · {summary['setup']['words']}"
