"""Named stretches of a recording: what the wearer was asked to do, and when."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from hiphinge.blocks import Bools, Control, Floats

LABELS = ("stand", "bend", "sit", "sit_tall", "slump")
GUIDED = "calibration"
"""Label of the whole of a guided calibration: what is marked within it is all of it."""


@dataclass(frozen=True, slots=True)
class Span:
    """``label`` from ``start`` to ``end``, s on the recording's clock."""

    label: str
    start: float
    end: float


def from_controls(controls: Iterable[Control]) -> tuple[Span, ...]:
    """The markers in a log, in order of time; what says no label and no times is none."""
    spans = [_span(control.value) for control in controls if control.action == "marker"]
    return tuple(sorted((span for span in spans if span), key=lambda s: s.start))


def _span(value: str) -> Span | None:
    try:
        marked = json.loads(value)
        return Span(str(marked["label"]), float(marked["start_s"]), float(marked["end_s"]))
    except (ValueError, KeyError, TypeError):
        return None


def to_control(span: Span) -> Control:
    """The marker of a span, told at its end; read back as the same."""
    value = {"label": span.label, "start_s": span.start, "end_s": span.end}
    return Control(round(span.end * 1e9), "marker", json.dumps(value))


def guided(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The whole of the last guided calibration and the spans inside it, in order of time; none where none was."""
    known = tuple(spans)
    whole = max((s for s in known if s.label == GUIDED), key=lambda s: s.end, default=None)
    if whole is None:
        return ()
    return (whole, *(s for s in known if s.label in LABELS and whole.start <= s.start and s.end <= whole.end))


def within(t: Floats, spans: Iterable[Span], *labels: str) -> Bools:
    """Which instants t (n,) lie in spans of these labels."""
    inside = np.zeros(len(t), bool)
    for span in spans:
        if span.label in labels:
            inside |= (t >= span.start) & (t < span.end)
    return inside


def labels(spans: Iterable[Span]) -> set[str]:
    """Which labels occur."""
    return {s.label for s in spans}
