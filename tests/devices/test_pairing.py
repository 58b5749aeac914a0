"""Two streams put together by time, and Polar's compression."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.devices import delta_frames
from hiphinge.devices.pairing import Frame, Pair, Pairing

PERIOD = 10_000_000


def frame(first: int, n: int, offset: int = 0) -> Frame:
    """Samples first … first + n − 1, which say when they were taken."""
    t = PERIOD * np.arange(first, first + n) + offset
    return Frame(t, np.repeat(t[:, None] / 1e9, 3, axis=1), int(t[-1]))


def paired(pairs: list[Pair]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, accelerations and rates of turn, as s."""
    return tuple(np.concatenate([p[i] if i == 0 else p[i][:, 0] for p in pairs]) for i in range(3))  # type: ignore[return-value]  # three of them


@given(
    st.lists(st.integers(0, 19), max_size=6, unique=True),
    st.lists(st.integers(0, 29), max_size=6, unique=True),
    st.integers(-9_000_000, 9_000_000),
)
def test_whatever_is_lost_each_pair_is_of_one_instant(lost_acc: list[int], lost_gyr: list[int], offset: int) -> None:
    """Frames of 15 and of 10, half out of step: accelerations of the gyroscope's own instants."""
    acc = [frame(15 * i, 15) for i in range(20) if i not in lost_acc]
    gyr = [frame(10 * i, 10, offset) for i in range(30) if i not in lost_gyr]
    heard = sorted([(f.arrival_ns, 0, f) for f in acc] + [(f.arrival_ns, 1, f) for f in gyr], key=lambda x: x[:2])
    pairing = Pairing(PERIOD)
    pairs = [p for _, is_gyr, f in heard for p in (pairing.gyr(f) if is_gyr else pairing.acc(f))]
    t, of_acc, of_gyr = paired([*pairs, Pair(*(np.empty((0, 3)),) * 3, 0)._replace(t_ns=np.empty(0, np.int64))])
    np.testing.assert_allclose(of_gyr, t / 1e9, atol=1e-12)
    np.testing.assert_allclose(of_acc, t / 1e9, atol=1e-9)
    assert (np.diff(t) > 0).all()
    if not lost_acc and not lost_gyr:
        assert len(t) >= 290 - 10
    for pair in pairs:
        assert pair.arrival_ns in {f.arrival_ns for f in gyr}


def test_accelerations_are_never_made_up() -> None:
    """Beside a lost frame there are none; without any the gyroscope's are given up."""
    pairing = Pairing(PERIOD)
    pairing.acc(frame(0, 10))
    pairing.gyr(frame(0, 30))
    (pair,) = pairing.acc(frame(20, 10))
    assert (pair.t_ns // PERIOD).tolist() == [*range(10), *range(20, 30)]
    assert pairing.lost == 10
    alone = Pairing(PERIOD)
    assert [alone.gyr(frame(10 * i, 10)) for i in range(40)] == [[]] * 40
    assert alone.lost == 80


@pytest.mark.parametrize("width", [2, 4])
@given(st.data())
def test_compression_there_and_back(width: int, data: st.DataObject) -> None:
    """Any samples, in blocks of any length."""
    most = 1 << (8 * width - 1)
    value = st.integers(-most, most - 1)
    rows = data.draw(st.lists(st.tuples(value, value, value), min_size=1, max_size=30))
    out = b"".join(v.to_bytes(width, "little", signed=True) for v in rows[0])
    at = 1
    while at < len(rows):
        n = data.draw(st.integers(1, len(rows) - at))
        steps = [
            (b - a + most) % (2 * most) - most
            for one, other in zip(rows[at - 1 : at + n - 1], rows[at : at + n], strict=True)
            for a, b in zip(one, other, strict=True)
        ]
        bits = max(max((s if s >= 0 else ~s).bit_length() for s in steps) + 1, 1)
        packed = sum((s % (1 << bits)) << (bits * i) for i, s in enumerate(steps))
        out += bytes([bits, n]) + packed.to_bytes(-(-bits * len(steps) // 8), "little")
        at += n
    assert delta_frames.samples(out, width).tolist() == [list(row) for row in rows]


@given(st.binary(max_size=300), st.sampled_from([2, 4]))
def test_any_bytes(content: bytes, width: int) -> None:
    """Samples within the width, or a reason."""
    try:
        found = delta_frames.samples(content, width)
    except ValueError:
        return
    else:
        assert 1 <= len(found) <= 1000
        assert (np.abs(found) <= 1 << (8 * width - 1)).all()
