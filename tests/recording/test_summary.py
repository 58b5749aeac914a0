from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st
from mcap.opcode import Opcode

from hiphinge.recording.summary import chunks_with, read_summary


def test_the_index_names_the_chunks_of_a_channel(recorded: bytes) -> None:
    file = io.BytesIO(recorded)
    every, some = chunks_with("packets/sacrum", file, len(recorded)), chunks_with("control", file, len(recorded))
    assert every is not None
    assert some is not None
    assert (len(every), len(some)) == (13, 4)
    assert set(some) < set(every)
    assert all(recorded[offset] == Opcode.CHUNK for offset in every)
    assert chunks_with("nothing", file, len(recorded)) == []


@given(st.data())
def test_a_damaged_index_is_not_believed(recorded: bytes, draw: st.DataObject) -> None:
    summary = read_summary(io.BytesIO(recorded), len(recorded))
    assert summary is not None
    start = len(recorded) - sum(9 + len(r) for records in summary.values() for r in records) - 37
    at = draw.draw(st.integers(start, len(recorded) - 1))
    damaged = bytearray(recorded)
    damaged[at] ^= 1 << draw.draw(st.integers(0, 7))
    assert chunks_with("control", io.BytesIO(damaged), len(damaged)) is None


@given(st.integers(0, 200))
def test_a_file_that_was_cut_has_none(recorded: bytes, cut: int) -> None:
    assert read_summary(io.BytesIO(recorded[:cut]), cut) is None
