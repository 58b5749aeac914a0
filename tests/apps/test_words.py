"""Figures as a reader says them."""

from __future__ import annotations

import pytest

from hiphinge.apps.words import degrees, listed, plural, span


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (9.46, "9.5 s"), (59, "59 s"), (250, "4 min 10 s"), (3540, "59 min"), (7500, "2 h 05 min")],
)
def test_spans_of_time_in_words(seconds: float, said: str) -> None:
    """As short as a reader wants them."""
    assert span(seconds) == said


def test_words() -> None:
    """Small phrases."""
    assert degrees(33.6, 1.4) == "34° ± 3"
    assert degrees(float("nan")) == "–"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed([]) == ""
    assert plural(1, "alert") == "1 alert"
