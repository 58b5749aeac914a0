"""Markers in a log -> named stretches."""

from __future__ import annotations

import numpy as np

from hiphinge.blocks import Control, Tick
from hiphinge.wizard.spans import Span, labels, marked, within


def marker(label: str, start: float, end: float) -> Control:
    return Control(round(end * 1e9), "marker", f'{{"label": "{label}", "start_s": {start}, "end_s": {end}}}')


def test_markers_are_read_in_order_of_time_and_nothing_else_is_a_marker() -> None:
    inputs = [marker("sit", 20, 30), Tick(4), Control(5, "mute", "5"), marker("stand", 0, 12.5), Control(6, "wrong")]
    assert marked(inputs) == (Span("stand", 0.0, 12.5), Span("sit", 20.0, 30.0))


def test_a_span_holds_its_start_and_not_its_end() -> None:
    t = np.arange(6.0)
    spans = (Span("stand", 1.0, 3.0), Span("sit", 4.0, 5.0), Span("bend", 0.0, 9.0))
    assert within(t, spans, "stand", "sit").tolist() == [False, True, True, False, True, False]
    assert not within(t, spans, "slump").any()


def test_labels_are_what_occurs() -> None:
    assert labels([Span("sit", 0, 1), Span("sit", 2, 3), Span("bend", 4, 5)]) == {"sit", "bend"}
    assert labels([]) == set()
