"""The hamstring test: deepest pelvis over straight legs in marked bends, however the angles are grouped."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.blocks import MISSING, AngleBlock, Flags, Floats
from hiphinge.session.hamstrings import HELD_S, Hamstrings
from hiphinge.wizard import Span

T = np.arange(0.0, 20.0, 0.01)
BENDS = (Span("stand", 0.0, 4.0), Span("bend", 5.0, 15.0))
TILT = np.deg2rad(60.0) * np.sin(np.pi * np.clip((T - 6.0) / 8.0, 0.0, 1.0)) ** 2


def block(tilt: Floats = TILT, thigh_deg: float = -10.0, flags: Flags | None = None, **more: Floats) -> AngleBlock:
    """All of T."""
    angles = {"pelvis_tilt": tilt, "thigh_elevation": np.full(len(T), np.deg2rad(thigh_deg)), **more}
    return AngleBlock(T, angles, np.zeros(len(T), np.uint8) if flags is None else flags)


def part(whole: AngleBlock, a: int, b: int) -> AngleBlock:
    """Some of its instants."""
    return AngleBlock(whole.t[a:b], {n: x[a:b] for n, x in whole.angles.items()}, whole.flags[a:b])


def found(*blocks: AngleBlock, spans: tuple[Span, ...] = BENDS) -> float | None:
    """The test after these."""
    heard = Hamstrings(spans, 100.0)
    for one in blocks:
        heard.add(one)
    return heard.tests().get("hamstring_deg")


def test_the_depth_that_was_held() -> None:
    """Exceeded for 0.3 s in sum, by hand."""
    assert found(block()) == pytest.approx(np.rad2deg(np.sort(TILT)[-round(HELD_S * 100)]))


@given(cuts=st.lists(st.integers(1, len(T) - 1), max_size=6))
def test_any_grouping(cuts: list[int]) -> None:
    edges = [0, *sorted(set(cuts)), len(T)]
    assert found(*(part(block(), a, b) for a, b in pairwise(edges))) == pytest.approx(found(block()))


def test_one_wild_sample_counts_as_little_as_one_outside_the_bends() -> None:
    wild = TILT.copy()
    wild[1000] = wild[100] = np.deg2rad(170.0)
    assert found(block(wild)) == pytest.approx(found(block()), abs=0.2)


@pytest.mark.parametrize(
    "angles",
    [
        block(thigh_deg=40.0),
        block(flags=np.full(len(T), MISSING)),
        block(np.full(len(T), np.nan)),
        block(thigh_elevation_left=np.full(len(T), np.nan)),
        AngleBlock(T, {"pelvis_tilt": TILT}, np.zeros(len(T), np.uint8)),
        part(block(), 0, 0),
    ],
    ids=["knees bent", "not heard", "no sacrum", "a thigh not known", "no thigh", "nothing"],
)
def test_not_known(angles: AngleBlock) -> None:
    assert found(angles) is None


def test_without_marked_bends_nothing_is_said() -> None:
    assert found(block(), spans=BENDS[:1]) is None
    assert found(part(block(), 0, 1)) is None
