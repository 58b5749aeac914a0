"""A marker as a Control of the log: there and back, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.blocks import Control
from hiphinge.markers import Marker, from_control, to_control

times = st.floats(-9e9, 9e9)


@given(st.builds(Marker, st.text(), times, times))
def test_there_and_back(marker: Marker) -> None:
    assert from_control(to_control(marker)) == marker


def test_it_is_told_when_it_ends() -> None:
    told = Control(12_000_000_000, "marker", '{"label": "stand", "start_s": 0.0, "end_s": 12.0}')
    assert to_control(Marker("stand", 0.0, 12.0)) == told


@pytest.mark.parametrize(
    "value",
    ["", "[]", "{}", "3", "stand", '{"label": "sit", "end_s": 1}', '{"label": "sit", "start_s": 0, "end_s": NaN}',
     '{"label": "sit", "start_s": 0, "end_s": 1e300}',
     '{"label": "sit", "start_s": null, "end_s": 1}', '{"label": "sit", "start_s": "x", "end_s": 1}',
     f'{{"label": "sit", "start_s": 0, "end_s": 1{"0" * 400}}}', "[" * 100_000],
)  # fmt: skip
def test_what_is_no_marker(value: str) -> None:
    assert from_control(Control(0, "marker", value)) is None


def test_another_wish_is_no_marker() -> None:
    assert from_control(Control(0, "mute", '{"label": "sit", "start_s": 0, "end_s": 1}')) is None
