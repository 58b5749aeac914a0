"""Thingy:52: its table, its setting, a count for a clock, and nonsense."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.blocks import Link, Packet
from hiphinge.devices.driver import (
    CONFIGURED,
    CONNECTED,
    COUNTED,
    Advertisement,
    Configuration,
    Read,
    Step,
    Wanted,
    Write,
)
from hiphinge.devices.registry import DRIVERS, recognised
from hiphinge.devices.thingy52 import BASE, Decoder, Thingy
from hiphinge.errors import SensorRefused
from tests.devices.notes import SENSOR, converse, examples, note, packet, plain, same_in_any_grouping, set_up

NOTE = note("thingy52")
G, DPS = 9.80665, np.pi / 180
(DELIVERED, _), (AT_100, _) = examples(NOTE, "setting")


def ready(rate: float = 100.0) -> Decoder:
    """A decoder that was told."""
    decoder = Decoder(SENSOR)
    set_up(decoder, Configuration(rate, 2 * G, 1023 * DPS))
    return decoder


def raw(i: int) -> bytes:
    """A sample."""
    return struct.pack("<9h", i % 2000, 0, -1024, 0, 0, 0, 1, 2, 3)


def sensor(setting: bytes, deaf: bool = False) -> tuple[list[Step], Callable[[Step], bytes | None]]:
    """What was done; it holds this setting, and takes another unless it is ``deaf``."""
    done, held = list[Step](), [setting]

    def answer(step: Step) -> bytes | None:
        done.append(step)
        if isinstance(step, Write) and step.characteristic == "setting" and not deaf:
            held[0] = step.payload
        return held[0] if isinstance(step, Read) else None

    return done, answer


def test_the_note_has_examples() -> None:
    assert [len(examples(NOTE, fence)) for fence in ("setting", "raw")] == [2, 3]
    assert len(plain(NOTE, "refused")) == 2


@pytest.mark.parametrize(("payload", "meaning"), examples(NOTE, "raw"))
def test_as_the_note_says(payload: bytes, meaning: dict[str, Any]) -> None:
    """Up is positive here."""
    block, errors, _ = ready().decode([packet(payload)])
    assert errors == ()
    np.testing.assert_allclose(block.acc / G, [meaning["acc_g"]], atol=6e-7)
    np.testing.assert_allclose(block.gyr / DPS, [meaning["gyr_dps"]], atol=6e-7)
    assert block.clipped.tolist() == [meaning["clipped"]]


@pytest.mark.parametrize("payload", plain(NOTE, "refused"))
def test_refused_examples(payload: bytes) -> None:
    """Told, and not counted."""
    block, errors, _ = ready().decode([packet(raw(0)), packet(payload), packet(raw(1))])
    assert (block.t_ns.tolist(), [e.payload for e in errors]) == ([0, 10_000_000], [payload])


def test_only_another_rate_is_written() -> None:
    """To flash: once; the rest is left as it was."""
    for setting, written in ((DELIVERED, [AT_100]), (AT_100, [])):
        done, answer = sensor(setting)
        _, got = converse(Thingy().start(Wanted(100)), answer)
        assert [step.payload for step in done if isinstance(step, Write)] == written
        assert (got.rate_hz, got.acc_range) == (100, 2 * G)
        assert Configuration.from_text(got.to_text()) == got


@pytest.mark.parametrize(
    ("setting", "words"),
    [(DELIVERED, "it says 10"), (b"", "0 bytes of motion"), (DELIVERED + b"\0", "10 bytes of motion")],
)
def test_what_did_not_take_is_told(setting: bytes, words: str) -> None:
    """Or was none."""
    with pytest.raises(SensorRefused, match=words):
        converse(Thingy().start(Wanted(100)), sensor(setting, deaf=True)[1])


def test_blink_stop_and_battery() -> None:
    """Its lamp is as before in the end."""
    breathing = bytes.fromhex("02 06 14 ac 0d")
    done, seen = converse(Thingy().blink(), lambda step: breathing)
    lamp = [step.payload.hex() for step in done if isinstance(step, Write)]
    assert (seen, lamp) == (True, [*["01ffffff", "01000000"] * 3, breathing.hex()])
    assert converse(Thingy().stop(), lambda step: None)[0] == []
    assert converse(Thingy().battery(), lambda step: b"\x2a")[1] == 42


def test_counting_starts_with_each_connection() -> None:
    """A gap has no number; what comes while it is set up has none either."""
    decoder = ready(50)
    assert decoder.decode([packet(raw(i)) for i in range(3)]).block.t_ns.tolist() == [0, 20_000_000, 40_000_000]
    decoder.follow(Link(0, SENSOR, CONNECTED))
    assert decoder.decode([packet(b"other")]).errors == ()
    decoder.follow(Link(0, SENSOR, CONFIGURED, Configuration(100, 1, 1).to_text()))
    block = decoder.decode([packet(raw(0)), packet(raw(1))]).block
    assert (block.t_ns.tolist(), decoder.time) == ([0, 10_000_000], COUNTED)


@pytest.mark.parametrize("text", ["", "[" * 9999, Configuration(1e-9, 1, 1).to_text()])
def test_a_configuration_of_nonsense(text: str) -> None:
    """Is told; without one no sample has a time."""
    decoder = Decoder(SENSOR)
    set_up(decoder, text)
    block, errors, _ = decoder.decode([packet(raw(0))])
    assert (len(block), len(errors)) == (0, 2)


BYTES = st.one_of(st.binary(max_size=24), st.binary(min_size=18, max_size=18), st.integers(0, 9999).map(raw))


@given(
    st.lists(st.tuples(BYTES, st.sampled_from(["data", "data", "lamp"])), max_size=15),
    st.lists(st.integers(0, 15), max_size=4),
)
def test_any_bytes_in_any_grouping(heard: list[tuple[bytes, str]], cuts: list[int]) -> None:
    """A sample or one error."""
    packets = [Packet(SENSOR, name, 10**7 * i, some) for i, (some, name) in enumerate(heard)]
    same_in_any_grouping(ready, packets, cuts)


def test_recognised() -> None:
    """By its service, whatever it is called."""
    for seen in (Advertisement("Thingy"), Advertisement("my back", (BASE.format("0100"),))):
        assert recognised(seen) is DRIVERS["thingy52"]
