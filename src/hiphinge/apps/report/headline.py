"""The top of the page: one sentence and six figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from hiphinge.apps.report.page import Card
from hiphinge.apps.words import NOT_OBSERVABLE, degrees, listed, number, plural, span

Summary = Mapping[str, Any]
SAGITTAL = ("lumbar_flexion", "hip_flexion", "trunk_inclination", "pelvis_tilt", "thigh_elevation")
"""How their columns begin."""
GOOD_PCT, FAIR_PCT = 2.0, 10.0
"""Per cent lost or unknown up to which the recording is called good, or fair; 2 % NaN is this project's own aim."""


def cards(summary: Summary) -> tuple[Card, ...]:
    """Lifts, rounded, sitting, longest spell, alerts, data quality."""
    return (_lifts(summary), _rounded(summary), *_sitting(summary), _alerts(summary), _quality(summary))


def lead(summary: Summary, reps: pd.DataFrame) -> str:
    """What a reader should know if they read one sentence."""
    counts, sitting = summary["counts"], summary["sitting"]
    said = [f"{span(summary['duration_s'])} recorded"]
    if len(reps):
        peaks = reps["peak_lumbar_flexion_deg"].dropna()
        usual = f", the low back usually bending to {degrees(float(np.median(peaks)))}" if len(peaks) else ""
        said.append(f"{plural(len(reps), 'lift')}{usual}")
    if counts["rounded"]:
        said.append(f"{counts['rounded']} of {counts['judged']} with a rounded back")
    if sitting["total_s"]:
        said.append(f"{span(sitting['total_s'])} sitting")
    said.append(plural(summary["counts"]["alerts"], "alert") if summary["counts"]["alerts"] else "no alert")
    return "; ".join(said) + "."


def _lifts(summary: Summary) -> Card:
    counts = summary["counts"]
    kinds = [f"{n} {kind}" for kind, n in sorted(counts["by_kind"].items(), key=lambda item: -item[1])]
    if no_lifts(summary):
        return Card("Lifts", "–", NOT_OBSERVABLE)
    return Card("Lifts", str(counts["repetitions"]), listed(kinds) or "none seen")


def _rounded(summary: Summary) -> Card:
    counts, limit = summary["counts"], summary["rounding"]["limit_deg"]
    if limit is None:
        why = NOT_OBSERVABLE if summary["setup"]["name"] not in ("full", "back") else "own range not calibrated"
        return Card("Rounded back", "–", why)
    if counts["rounded"] is None:
        return Card("Rounded back", "–", "no lift could be judged")
    share = summary["rounding"]["share_pct"]
    words = f"low back past {limit:.0f}°, which is {share:.0f} % of own range"
    return Card("Rounded back", f"{counts['rounded']} of {counts['judged']}", words)


def _sitting(summary: Summary) -> tuple[Card, Card]:
    sitting = summary["sitting"]
    if sitting["total_s"] is None:
        return Card("Sitting", "–", NOT_OBSERVABLE), Card("Longest spell", "–", NOT_OBSERVABLE)
    share = 100 * sitting["total_s"] / max(summary["duration_s"], 1.0)
    slouch = sitting["slouch_pct"]
    slouched = f"slouched {slouch:.0f} % on average" if slouch is not None else "without standing up"
    total = Card("Sitting", span(sitting["total_s"]), f"{share:.0f} % of the time, {plural(sitting['bouts'], 'spell')}")
    return total, Card("Longest spell", span(sitting["longest_s"]), slouched)


def _alerts(summary: Summary) -> Card:
    counts = summary["counts"]
    kinds = [f"{n} × {kind.replace('_', ' ')}" for kind, n in counts["alerts_by_kind"].items()]
    return Card("Alerts", str(counts["alerts"]), listed(kinds) or "none")


def _quality(summary: Summary) -> Card:
    lost = max(summary["quality"]["loss_pct"].values(), default=0.0) or 0.0
    unknown = unknown_pct(summary)
    worst = max(lost, unknown)
    word = "good" if worst <= GOOD_PCT else "fair" if worst <= FAIR_PCT else "poor"
    return Card("Data quality", word, f"{number(lost, 1)} % lost, {number(unknown, 1)} % of the time unknown")


def unknown_pct(summary: Summary) -> float:
    """The time without an angle, of the worst angle in the sagittal plane that these sensors can see at all.

    The others need a common heading, which hours on a seat do not give: a day at a desk is no poor recording for that.
    """
    told = ((name, pct) for name, pct in summary["quality"]["nan_pct"].items() if name.startswith(SAGITTAL))
    return max((pct for _, pct in told if pct is not None and pct < 100.0), default=100.0)


def no_lifts(summary: Summary) -> bool:
    """Whether the worn sensors cannot show a lift."""
    return summary["setup"]["name"] in ("thighs", "one")
