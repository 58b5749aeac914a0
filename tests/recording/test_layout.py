from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.blocks import Control, Input, Link, Packet, Tick
from hiphinge.recording import layout

NS = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
"""Lone surrogates too: whatever Python holds comes back."""
INPUTS = {
    layout.PACKETS: st.builds(Packet, st.just("s1"), TEXT, NS, st.binary(max_size=20)),
    layout.CONTROLS: st.builds(Control, NS, TEXT, TEXT),
    layout.LINKS: st.builds(Link, NS, TEXT, TEXT, TEXT),
    layout.TICKS: st.builds(Tick, NS, st.none() | NS, st.none() | st.integers(-(2**31), 2**31 - 1), TEXT),
}
TAG = 0xCAFE


@pytest.mark.parametrize("kind", INPUTS)
@given(draw=st.data())
def test_a_message_comes_back_as_it_was(kind: int, draw: st.DataObject) -> None:
    inputs: list[Input] = draw.draw(st.lists(INPUTS[kind], max_size=8))
    numbers = range(2**40, 2**40 + len(inputs))
    message = layout.encode(TAG, kind, "s1" if kind == layout.PACKETS else "", numbers, inputs)
    assert layout.decode(message, TAG) == (tuple(numbers), inputs)


def test_the_bytes_are_those_of_the_documentation() -> None:
    message = layout.encode(TAG, layout.PACKETS, "s1", [258], [Packet("s1", "data", 5, b"\xaa\xbb")])
    assert message.hex(" ", 4) == (
        "01010000 feca0000 01000000 02000000 "  # head
        "02010000 00000000 05000000 00000000 01000000 02000000 "  # columns
        "02000000 04000000 73316461 7461aabb"  # names s1, data; payload
    ).replace("  ", " ")


@given(st.binary(max_size=80))
def test_other_bytes_are_refused_by_name(message: bytes) -> None:
    with pytest.raises(layout.LayoutError):
        layout.decode(b"\x01\x01" + message, TAG)


@given(st.integers(0, 200), st.integers(0, 255))
def test_a_changed_byte_never_ends_in_another_error(at: int, value: int) -> None:
    tick = Tick(1, 2, 3, "b")
    message = bytearray(layout.encode(TAG, layout.TICKS, "", [1, 2], [tick, tick]))
    message[at % len(message)] = value
    with suppress(layout.LayoutError):
        layout.decode(bytes(message), TAG)


def test_a_message_of_another_recording_is_refused() -> None:
    message = layout.encode(TAG, layout.CONTROLS, "", [0], [Control(0, "mute")])
    with pytest.raises(layout.LayoutError, match="another recording"):
        layout.decode(message, TAG + 1)


def test_a_number_that_does_not_fit_is_noticed_with_its_size() -> None:
    with pytest.raises(struct.error):
        layout.size_of(Tick(0, 2**63))
