"""WitMotion: captures of real sensors, its registers, its clock, and a stream without checksums."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.blocks import ImuBlock, Link, Packet
from hiphinge.devices.driver import (
    CONFIGURED,
    CONNECTED,
    COUNTED,
    DEVICE,
    Advertisement,
    Ask,
    Configuration,
    Step,
    Wanted,
    Write,
)
from hiphinge.devices.registry import DRIVERS, recognised
from hiphinge.devices.witmotion import Decoder, Frames, WitMotion, command, level
from hiphinge.errors import SensorRefused
from tests.devices.notes import SENSOR, converse, examples, note, packet, plain, same_in_any_grouping, set_up

NOTE = note("witmotion")
G, DPS = 9.80665, np.pi / 180


def configuration(clock: str, rate_hz: float = 100.0) -> Configuration:
    """As the driver reads it back."""
    return Configuration(rate_hz, 16 * G, 2000 * DPS, {"clock": clock})


def ready(clock: str = COUNTED) -> Decoder:
    """A decoder that was told."""
    decoder = Decoder(SENSOR)
    set_up(decoder, configuration(clock))
    return decoder


def frame(i: int, stamp: int | None = None, head: bytes = b"\x55\x61") -> bytes:
    """The i-th sample, with a stamp of 10 ms each."""
    return head + struct.pack("<6hIh", i % 30000, 0, 2048, 0, 0, i % 999, 10 * i if stamp is None else stamp, 0)


def acc_x(block: ImuBlock) -> list[int]:
    """Which samples these are."""
    found: list[int] = np.rint(block.acc[:, 0] / (16 * G / 32768)).astype(int).tolist()
    return found


def test_the_note_has_examples() -> None:
    """Were a fence renamed, the tests below would hold for nothing."""
    assert [len(examples(NOTE, fence)) for fence in ("capture", "stamped", "command")] == [3, 1, 3]
    assert len(plain(NOTE, "refused")) == 3


@pytest.mark.parametrize(("raw", "meaning"), [*examples(NOTE, "capture"), *examples(NOTE, "stamped")])
def test_what_real_sensors_sent(raw: bytes, meaning: dict[str, Any]) -> None:
    """Values to the six decimals that stand there; stamped or counted."""
    clock = DEVICE if "t_ms" in meaning else COUNTED
    block, errors, _ = ready(clock).decode([packet(raw)])
    assert errors == ()
    np.testing.assert_allclose(block.acc / G, meaning["acc_g"], atol=6e-7)
    np.testing.assert_allclose(block.gyr / DPS, meaning["gyr_dps"], atol=6e-7)
    assert block.clipped.tolist() == meaning["clipped"]
    t_ms = meaning.get("t_ms", [10 * i for i in range(len(block))])
    assert block.t_ns.tolist() == [1_000_000 * t for t in t_ms]


@pytest.mark.parametrize(("raw", "meaning"), examples(NOTE, "command"))
def test_commands_of_the_maker(raw: bytes, meaning: dict[str, Any]) -> None:
    """Byte for byte."""
    assert command(meaning["register"], meaning["value"]) == raw


@pytest.mark.parametrize("raw", plain(NOTE, "refused"))
def test_refused_examples(raw: bytes) -> None:
    """No sample of them, however often they come; then a real sensor is heard again."""
    decoder = ready()
    block, errors, _ = decoder.decode([packet(raw)] * 5)
    assert len(block) == 0
    assert len(errors) == 5
    assert "expected frames" in str(errors[0])
    assert acc_x(decoder.decode([packet(frame(i)) for i in range(4)])[0])[-3:] == [1, 2, 3]


@given(st.lists(st.integers(1, 60), max_size=40), st.lists(st.integers(0, 40), max_size=3))
def test_split_anywhere_and_joined(lengths: list[int], cuts: list[int]) -> None:
    """The same samples, and nothing but them."""
    stream = b"".join(frame(i) for i in range(30))
    pieces, at = [], 0
    for length in lengths:
        pieces.append(stream[at : at + length])
        at += length
    pieces += [stream[at:], frame(30)]
    packets = [packet(piece, 10**6 * i) for i, piece in enumerate(pieces)]
    block = same_in_any_grouping(lambda: ready(DEVICE), packets, cuts)
    assert acc_x(block) == list(range(31))
    assert ready().decode(packets).errors == ()


def test_measurements_that_look_like_heads() -> None:
    """55 61 and 55 71 in the data of every frame, cut at every place."""
    tricky = [
        b"\x55\x61" + bytes.fromhex("5561 5571 5561 5571 5561 5571") + struct.pack("<IH", i, 0x6155) for i in range(9)
    ]
    stream = b"".join(tricky)
    for cut in range(1, 40):
        pieces = [stream[i : i + cut] for i in range(0, len(stream), cut)]
        found = [f for frames in Frames_of([*pieces, frame(0)]) for f in frames]
        assert found[:9] == tricky, cut


def Frames_of(pieces: list[bytes]) -> list[list[bytes]]:  # reads as the class it uses
    frames = Frames()
    return [frames.cut(piece)[0] for piece in pieces]


@pytest.mark.parametrize("size", [13, 20, 33])
@pytest.mark.parametrize("lost", [3, 4])
def test_a_lost_notification_mixes_no_frames(size: int, lost: int) -> None:
    """Half of one sample and half of another would be a jolt that nobody made."""
    stream = b"".join(frame(i, stamp=0x01010101 * i) for i in range(60))
    pieces = [stream[i : i + size] for i in range(0, len(stream), size)]
    del pieces[lost]
    real = {stream[i : i + 20] for i in range(0, len(stream), 20)}
    found = [f for frames in Frames_of(pieces) for f in frames]
    assert set(found) <= real
    assert len(found) >= 56 - size // 20


@given(st.lists(st.one_of(st.binary(max_size=50), st.integers(0, 99).map(frame)), max_size=15),
       st.lists(st.integers(0, 15), max_size=3), st.sampled_from([DEVICE, COUNTED]))  # fmt: skip
def test_any_bytes_in_any_grouping(payloads: list[bytes], cuts: list[int], clock: str) -> None:
    """No exception; what is left out is told."""
    same_in_any_grouping(lambda: ready(clock), [packet(p, 10**7 * i) for i, p in enumerate(payloads)], cuts)


def test_not_before_its_configuration() -> None:
    """Quiet while it is set up: it streams all the while. An error where nobody set it up."""
    decoder = Decoder(SENSOR)
    assert len(decoder.decode([packet(frame(0))]).errors) == 1
    decoder.follow(Link(0, SENSOR, CONNECTED))
    block, errors, _ = decoder.decode([packet(frame(0) + frame(1)[:7])])
    assert (len(block), errors) == (0, ())
    decoder.follow(Link(0, SENSOR, CONFIGURED, configuration(COUNTED).to_text()))
    block, errors, _ = decoder.decode([packet(frame(1)[7:]), packet(frame(2))])
    assert (acc_x(block), errors) == ([1, 2], ())


@pytest.mark.parametrize("text", ["", "[" * 9999, Configuration(100, 1, 1, {"clock": "sundial"}).to_text()])
def test_a_configuration_of_nonsense(text: str) -> None:
    """Is told; what held before holds on."""
    decoder = ready(DEVICE)
    decoder.follow(Link(5, SENSOR, CONFIGURED, text))
    block, errors, _ = decoder.decode([packet(frame(1))])
    assert (decoder.time, len(block), len(errors)) == (DEVICE, 1, 1)


def test_counting_starts_with_each_connection() -> None:
    """A gap has no number."""
    decoder = ready(COUNTED)
    decoder.decode([packet(frame(0) + frame(1))])
    set_up(decoder, configuration(COUNTED, 200.0))
    assert decoder.decode([packet(frame(0) + frame(1))]).block.t_ns.tolist() == [0, 5_000_000]


# --- The conversation --------------------------------------------------------------------


def sensor(
    stamps: Callable[[int], int], holds: dict[int, int] | None = None, deaf: frozenset[int] = frozenset()
) -> tuple[dict[int, int], Callable[[Step], bytes | None]]:
    """Registers that can be written, except those in ``holds``; ``deaf``: those it does not answer for."""
    registers: dict[int, int] = dict(holds or {})
    heard = itertools.count()

    def answer(step: Step) -> bytes | None:
        if not isinstance(step, (Write, Ask)):
            return None
        register, value = struct.unpack("<xxBH", step.payload)
        if register != 0x27:
            registers.setdefault(register, value)
            return None
        if value in deaf:
            return None
        told = frame(0, head=b"\x55\x71")[:2] + struct.pack("<9h", value, registers.get(value, 0), *[0] * 7)
        for i in itertools.islice(heard, 60):
            if isinstance(step, Ask) and step.accepts(frame(i, stamps(i) % 2**32)):
                return told
        return told

    return registers, answer


def test_it_is_set_up_and_its_clock_trusted() -> None:
    """Every register that matters, read back."""
    registers, answer = sensor(lambda i: 10 * i + 2**32 - 100)
    done, got = converse(WitMotion().start(Wanted(100)), answer)
    assert registers == {0x69: 0xB588, 0x03: 9, 0x1F: 3, 0x24: 1, 0x96: 2}
    assert (got.rate_hz, got.more["clock"]) == (100, DEVICE)
    assert b"\xff\xaa\x00\x00\x00" not in [getattr(s, "payload", b"") for s in done]
    assert Configuration.from_text(got.to_text()) == got


@pytest.mark.parametrize(
    "stamps",
    [lambda i: 10 * i - 25 * (i % 7 == 3), lambda i: 7 * i, lambda i: 1234, lambda i: 10 * i + 5000 * (i // 25)],
    ids=["falling", "another rate", "standing", "jumping"],
)
def test_an_unsteady_clock_is_not_trusted(stamps: Callable[[int], int]) -> None:
    """Then samples are counted."""
    _, got = converse(WitMotion().start(Wanted(100)), sensor(stamps)[1])
    assert got.more["clock"] == COUNTED


def test_firmware_without_the_clock() -> None:
    """It does not know register 0x96, or does not take it."""
    for registers, deaf in (({0x96: 0}, frozenset[int]()), ({}, frozenset({0x96}))):
        _, got = converse(WitMotion().start(Wanted(200)), sensor(lambda i: 5 * i, registers, deaf)[1])
        assert (got.rate_hz, got.more["clock"]) == (200, COUNTED)


@pytest.mark.parametrize(
    ("holds", "deaf", "words"),
    [
        ({0x03: 6}, frozenset[int](), "says 0x6"),
        ({}, frozenset({0x03}), "nothing"),
        ({0x96: 1}, frozenset(), "displac"),
    ],
)
def test_what_did_not_take_is_told(holds: dict[int, int], deaf: frozenset[int], words: str) -> None:
    """Rate and layout must be as set: nothing else tells."""
    with pytest.raises(SensorRefused, match=words):
        converse(WitMotion().start(Wanted()), sensor(lambda i: 10 * i, holds, deaf)[1])


@pytest.mark.parametrize(
    ("centivolts", "per_cent"), [(420, 100), (396, 100), (395, 90), (380, 50), (368, 15), (340, 5), (339, 0)]
)
def test_battery(centivolts: int, per_cent: float) -> None:
    """By the maker's table."""
    assert level(centivolts) == per_cent
    _, told = converse(WitMotion().battery(), sensor(lambda i: 0, {0x64: centivolts})[1])
    assert told == per_cent


def test_a_battery_that_says_nothing_yet() -> None:
    """0 V right after switching on."""
    assert converse(WitMotion().battery(), sensor(lambda i: 0)[1])[1] is None


@pytest.mark.parametrize(
    ("name", "known"), [("WT901BLE67", True), ("BWT901BLE5.0", True), ("WT9011DCL-BT50", True), ("WTVB01-BT50", False)]
)
def test_names(name: str, known: bool) -> None:
    """The vibration sensor of the same maker is another device."""
    assert (recognised(Advertisement(name)) is DRIVERS["witmotion"]) is known


def test_both_bases_of_uuids() -> None:
    """The maker's own and the adopted one."""
    assert WitMotion.characteristics["data"] == (
        "0000ffe4-0000-1000-8000-00805f9a34fb",
        "0000ffe4-0000-1000-8000-00805f9b34fb",
    )


def test_packets_of_other_characteristics_are_ignored() -> None:
    """Whatever they hold."""
    block, errors, _ = ready().decode([Packet(SENSOR, "other", 1, b"junk")])
    assert (len(block), errors) == (0, ())
