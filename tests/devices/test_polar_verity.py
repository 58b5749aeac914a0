"""Polar Verity Sense: the frames of the maker's tests, its conversation, two streams by time, and nonsense."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.blocks import Link, Packet
from hiphinge.devices.driver import CONFIGURED, CONNECTED, DEVICE, Advertisement, Ask, Configuration, Read, Step, Wanted
from hiphinge.devices.polar_verity import Decoder, PolarVerity, Scale, chosen, measured, settings
from hiphinge.devices.registry import DRIVERS, recognised
from hiphinge.errors import SensorRefused
from tests.devices.notes import SENSOR, converse, examples, note, packet, plain, same_in_any_grouping, set_up

NOTE = note("polar_verity")
G, DPS, MS = 9.80665, np.pi / 180, 1_000_000
FRAMES = examples(NOTE, "frame")
FACTOR, MEANT = examples(NOTE, "response")[0]
OFFERS = {2: "00 05 1a00 3400 6800 d000 a001 01 01 1000 02 04 0200 0400 0800 1000 04 01 03",
          5: "00 05 1a00 3400 6800 d000 a001 01 01 1000 02 04 fa00 f401 e803 d007 04 01 03"}  # fmt: skip
CONFIGURED_AS = Configuration(100, 8 * G, 2000 * DPS, {"acc_factor": 0.000244, "gyr_factor": 2000 / 32768})


def ready() -> Decoder:
    """A decoder that was told; 100 Hz, so that numbers are round."""
    decoder = Decoder(SENSOR)
    set_up(decoder, CONFIGURED_AS)
    return decoder


def frame(kind: int, first: int, n: int, at_ms: int | None = None) -> bytes:
    """Samples at 10 ms each from ``first`` on, at rest; the gyroscope's x says which it is."""
    last = (10 * (first + n - 1) if at_ms is None else at_ms) * MS
    rows = [(first + i if kind == 5 else 0, 0, 0 if kind == 5 else 4098) for i in range(n)]
    deltas = [tuple(b - a for a, b in zip(*pair, strict=True)) for pair in itertools.pairwise(rows)]
    packed = sum((d % 16) << (4 * i) for i, d in enumerate(x for row in deltas for x in row))
    body = struct.pack("<3h", *rows[0]) + bytes([4, n - 1]) + packed.to_bytes(-(-12 * (n - 1) // 8), "little")
    return struct.pack("<BQB", kind, last, 0x80) + body


def sensor(
    features: str = "0f 7e 02", sdk: bool = True, status: dict[bytes, int] | None = None, factor: bytes = FACTOR[5:]
) -> tuple[list[bytes], Callable[[Step], bytes | None]]:
    """What was written, and its responses; ``status``: other than done, by the first two bytes."""
    written: list[bytes] = []

    def answer(step: Step) -> bytes | None:
        if isinstance(step, Read):
            return bytes.fromhex(features)
        if not isinstance(step, Ask):
            return None
        written.append(step.payload)
        command, kind = step.payload[:2]
        said = (status or {}).get(step.payload[:2], 0)
        if said < 0:
            return None
        content = b""
        if command == 1:
            slow = examples(NOTE, "settings")[0][0]
            content = bytes.fromhex(OFFERS[kind]) if sdk and b"\2\t" in written else slow
        elif command == 2 and kind != 9:
            content = factor if kind == 2 else struct.pack("<BBf", 5, 1, 2000 / 32768)
        return bytes([0xF0, command, kind, said, 0]) + content

    return written, answer


def test_the_note_has_examples() -> None:
    assert [len(examples(NOTE, fence)) for fence in ("settings", "start", "response", "frame")] == [1, 2, 1, 5]
    assert len(plain(NOTE, "refused")) == 7


@pytest.mark.parametrize(("raw", "meaning"), FRAMES)
def test_frames_of_the_makers_tests(raw: bytes, meaning: dict[str, Any]) -> None:
    """Every count, and what else the test says of all samples."""
    unit = {"g": G, "mg": G / 1000, "dps": DPS}[meaning["unit"]]
    found = measured(raw, Scale(1e7, meaning["factor"], meaning["factor"], 8 * G, 2000 * DPS)) / unit
    np.testing.assert_allclose(found[:2] / meaning["factor"], meaning["counts"], rtol=1e-7)
    assert len(found) == meaning["n"]
    assert np.abs(found).max() <= meaning["range"] * (1000 if meaning["unit"] == "mg" else 1)


@pytest.mark.parametrize("raw", plain(NOTE, "refused"))
def test_refused_examples(raw: bytes) -> None:
    """Told; the streams go on."""
    decoder = ready()
    block, errors, _ = decoder.decode([packet(frame(2, 0, 10)), packet(raw), packet(frame(5, 0, 10))])
    assert [e.payload for e in errors] == [raw]
    assert len(block) == 10


def test_settings_and_starts_as_published() -> None:
    """And what is cut short is left out."""
    raw, meaning = examples(NOTE, "settings")[0]
    assert settings(raw)[0] == tuple(meaning["rates"])
    assert settings(raw)[2] == tuple(meaning["ranges"])
    assert set(settings(raw[:-1])) == {0, 1, 2}
    for raw, meaning in examples(NOTE, "start"):
        assert bytes([2, meaning["kind"]]) + chosen(meaning["rate_hz"], meaning["range"]) == raw


def test_it_is_set_up_in_sdk_mode() -> None:
    """All is stopped first; 104 Hz, 8 g, 1000 °/s."""
    written, answer = sensor()
    _, got = converse(PolarVerity().start(Wanted(100, 8 * G, 17.45)), answer)
    assert [w[:2].hex() for w in written] == [
        "0301",
        "0302",
        "0303",
        "0305",
        "0306",
        "0209",
        "0102",
        "0105",
        "0202",
        "0205",
    ]
    assert written[-2][2:] == chosen(104, 8)
    assert written[-1][2:] == chosen(104, 1000)
    assert (got.rate_hz, got.acc_range, got.gyr_range) == (104, 8 * G, 1000 * DPS)
    assert got.more["acc_factor"] == pytest.approx(MEANT["factor"])
    assert Configuration.from_text(got.to_text()) == got


def test_without_sdk_mode_it_is_slow() -> None:
    """Firmware before 1.1.5."""
    written, answer = sensor(features="0f 7e 00", sdk=False)
    _, got = converse(PolarVerity().start(Wanted(100, 8 * G, 17.45)), answer)
    assert b"\2\t" not in written
    assert got.rate_hz == 52


@pytest.mark.parametrize(
    ("features", "status", "factor", "words"),
    [
        ("", {}, FACTOR[5:], "offers 00 00 00"),
        ("0f 04 02", {}, FACTOR[5:], "expected accelerometer and gyroscope"),
        ("0f 7e 02", {b"\2\t": 12}, FACTOR[5:], "not in this state"),
        ("0f 7e 02", {b"\2\5": 13}, FACTOR[5:], "in its charger"),
        ("0f 7e 02", {b"\2\2": 10}, FACTOR[5:], "an MTU"),
        ("0f 7e 02", {b"\1\2": -1}, FACTOR[5:], "brought nothing"),
        ("0f 7e 02", {}, struct.pack("<BBf", 5, 1, np.nan), "is nan"),
    ],
)
def test_what_it_refuses_is_told(features: str, status: dict[bytes, int], factor: bytes, words: str) -> None:
    """In the sensor's own words where it has some."""
    with pytest.raises(SensorRefused, match=words):
        converse(PolarVerity().start(Wanted()), sensor(features, status=status, factor=factor)[1])


def test_it_leaves_sdk_mode() -> None:
    """After both streams; whatever the responses."""
    written, answer = sensor(status={b"\3\5": 6})
    converse(PolarVerity().stop(), answer)
    assert written == [b"\3\5", b"\3\2", b"\3\t"]
    assert converse(PolarVerity().battery(), lambda step: b"\x3c")[1] == 60


# --- Time --------------------------------------------------------------------------------


def test_samples_lie_between_the_ends_of_their_frames() -> None:
    """As fast as the sensor really is: here 0.5 % slow. A lost frame stretches nothing."""
    ends = [round(1000 + 100.5 * i) for i in range(1, 9)]
    heard = [packet(frame(kind, 0, 10, at_ms=end), end * MS) for end in ends if end != ends[4] for kind in (2, 5)]
    block = ready().decode(heard).block
    assert block.t_ns[9::10].tolist() == [end * MS for end in ends if end != ends[4]]
    steps = np.diff(block.t_ns[10:]) / MS
    assert np.sort(steps)[-1] == pytest.approx(111.0, abs=0.6)
    np.testing.assert_allclose(np.sort(steps)[:-1], 10.05, atol=0.06)


def test_the_arrival_is_the_gyroscopes_own() -> None:
    """Waiting for accelerations is no delay of the radio's."""
    heard = [packet(frame(5, 0, 10), 7), packet(frame(2, 0, 20), 99)]
    block = ready().decode(heard).block
    assert set(block.arrival_ns.tolist()) == {7}
    np.testing.assert_allclose(block.acc[:, 2], 4098 * 0.000244 * G)


def test_late_frames_and_a_clock_that_was_set() -> None:
    """Doubled: refused. An hour back: begun anew."""
    decoder = ready()
    first = [packet(frame(kind, 0, 10, at_ms=4_000_000)) for kind in (2, 5)]
    assert len(decoder.decode(first).errors) == 0
    assert len(decoder.decode(first).errors) == 2
    anew = [packet(frame(kind, 10, 10)) for kind in (2, 5)]
    block, errors, _ = decoder.decode(anew)
    assert (block.t_ns[-1], errors) == (190 * MS, ())


def test_another_connection_begins_anew() -> None:
    """Frames of one stream do not wait for those of another session."""
    decoder = ready()
    decoder.decode([packet(frame(5, 0, 10))])
    decoder.follow(Link(0, SENSOR, CONNECTED))
    assert decoder.decode([packet(b"left behind")]).errors == ()
    decoder.follow(Link(0, SENSOR, CONFIGURED, CONFIGURED_AS.to_text()))
    block = decoder.decode([packet(frame(2, 100, 10)), packet(frame(5, 100, 10))]).block
    assert (len(block), decoder.lost, decoder.time) == (10, 0, DEVICE)


# --- Bad input ---------------------------------------------------------------------------


@pytest.mark.parametrize("more", [{}, {"acc_factor": 0.1}, {"acc_factor": 0.1, "gyr_factor": "x"}])
@pytest.mark.parametrize("rate", [100.0, 1e-9])
def test_a_configuration_of_nonsense(more: dict[str, object], rate: float) -> None:
    """Is told; without one no sample has a meaning."""
    decoder = Decoder(SENSOR)
    set_up(decoder, Configuration(rate, 1, 1, more))
    block, errors, _ = decoder.decode([packet(frame(2, 0, 9)), packet(frame(5, 0, 9))])
    assert (len(block), len(errors)) == (0, 3)
    assert "cannot be read" in str(errors[0])


WHOLE = st.builds(frame, st.sampled_from([2, 5]), st.integers(0, 3000), st.integers(1, 20))
BYTES = st.one_of(
    st.binary(max_size=60), WHOLE, WHOLE.map(lambda f: f[:-1]), st.sampled_from([raw for raw, _ in FRAMES]),
    st.builds(lambda kind, t, rest: struct.pack("<BQB", kind, t, 0x81) + rest,
              st.sampled_from([2, 5]), st.integers(0, 2**64 - 1), st.binary(max_size=40)),
)  # fmt: skip


@given(
    st.lists(st.tuples(BYTES, st.sampled_from(["data", "data", "control"])), max_size=15),
    st.lists(st.integers(0, 15), max_size=4),
)
def test_any_bytes_in_any_grouping(heard: list[tuple[bytes, str]], cuts: list[int]) -> None:
    """No exception; what is left out is told."""
    packets = [Packet(SENSOR, name, 10**7 * i, some) for i, (some, name) in enumerate(heard)]
    block = same_in_any_grouping(ready, packets, cuts)
    assert np.isfinite(block.acc).all()
    assert np.isfinite(block.gyr).all()


@pytest.mark.parametrize(("name", "known"), [("Polar Sense B36B5B21", True), ("Polar H10 12345678", False)])
def test_recognised(name: str, known: bool) -> None:
    """Belts have no gyroscope."""
    assert (recognised(Advertisement(name)) is DRIVERS["polar_verity"]) is known
