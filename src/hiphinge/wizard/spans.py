"""Named stretches of a recording: what the wearer was asked to do, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from hiphinge import markers
from hiphinge.blocks import Bools, Control, Fed, Floats
from hiphinge.markers import GUIDED, MOVEMENTS, Marker


@dataclass(frozen=True, slots=True)
class Span:
    """``label`` from ``start`` to ``end``, s on the recording's clock."""

    label: str
    start: float
    end: float


def marked(inputs: Iterable[Fed]) -> tuple[Span, ...]:
    """The markers in a log, in order of time."""
    told = (markers.from_control(one) for one in inputs if isinstance(one, Control))
    return tuple(sorted((Span(m.label, m.start_s, m.end_s) for m in told if m), key=lambda s: s.start))


def to_control(span: Span) -> Control:
    """The marker of a span, told at its end; read back as the same."""
    return markers.to_control(Marker(span.label, span.start, span.end))


def guided(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The whole of the last guided calibration and the spans inside it, in order of time; none where none was."""
    known = tuple(spans)
    whole = max((s for s in known if s.label == GUIDED), key=lambda s: s.end, default=None)
    if whole is None:
        return ()
    return (whole, *(s for s in known if s.label in MOVEMENTS and whole.start <= s.start and s.end <= whole.end))


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
