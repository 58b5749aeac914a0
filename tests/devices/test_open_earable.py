"""OpenEarable 2: the maker's vectors, its conversation, its four time stamps, and nonsense."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.blocks import Exchange, Link, Packet
from hiphinge.devices.driver import (
    CONFIGURED,
    CONNECTED,
    DEVICE,
    Advertisement,
    Ask,
    Configuration,
    Read,
    Step,
    Wait,
    Wanted,
    Write,
)
from hiphinge.devices.open_earable import Decoder, OpenEarable, Record, Scheme
from hiphinge.devices.registry import DRIVERS, recognised
from hiphinge.errors import SensorRefused
from tests.devices.notes import SENSOR, converse, examples, note, packet, plain, same_in_any_grouping, set_up

NOTE = note("open_earable")
G, DPS = 9.80665, np.pi / 180
QUESTION, ASKED = examples(NOTE, "question")[0]
ANSWER, TIMES = examples(NOTE, "answer")[0]


def ready(width: object = 36, acc_unit: object = 1.0, rate: float = 100.0) -> Decoder:
    """A decoder that was told."""
    decoder = Decoder(SENSOR)
    set_up(decoder, Configuration(rate, 2 * G, 2000 * DPS, {"width": width, "acc_unit": acc_unit}))
    return decoder


def record(t_us: int, n: int, width: int = 36, period: int = 10_000, unit: float = G) -> bytes:
    """At rest with z up."""
    one = struct.pack("<9f", 0, 0, unit, 0, 0, 0, 1, 2, 3)
    if width == 24:
        one = struct.pack("<6h3f", 0, 0, 16384, 0, 0, 0, 1, 2, 3)
    body = one * n + (struct.pack("<H", period) if n > 1 else b"")
    return struct.pack("<BBQ", 0, len(body), t_us) + body


def scheme(
    unit: str = "m/s^2", rates: tuple[float, ...] = (25, 50, 100, 200), fastest: int = 2, numbers: int = 9
) -> bytes:
    """Of the IMU."""
    text = lambda s: bytes([len(s)]) + s.encode()  # noqa: E731  # as short as it is
    units = [unit] * 3 + ["dps"] * 3 + ["uT"] * 3
    components = b"".join(b"\x06" + text("G") + text("X") + text(u) for u in units[:numbers])
    head = b"\0" + text("9-Axis IMU") + bytes([numbers]) + components
    return head + bytes([0x13, len(rates), 1, fastest]) + struct.pack(f"<{len(rates)}f", *rates)


def sensor(
    told: bytes, left: bytes = b"", deaf: bool = False, width: int = 36, n: int = 6
) -> tuple[list[tuple[str, bytes]], Callable[[Step], bytes | None]]:
    """What was written; it says ``told`` of its IMU and has ``left`` configured, ``deaf``: it takes nothing."""
    written: list[tuple[str, bytes]] = []
    configs = {left[at]: left[at : at + 3] for at in range(0, len(left), 3)}

    def answer(step: Step) -> bytes | None:
        if isinstance(step, Read):
            return told if step.characteristic == "scheme" else b"".join(configs.values())
        if isinstance(step, Write | Ask):
            written.append((step.characteristic, step.payload))
            if step.characteristic == "config" and not deaf:
                configs[step.payload[0]] = step.payload
        if isinstance(step, Ask):
            heard = [b"\x07\x06" + bytes(14), record(5, n, width), record(5 + 10_000 * n, n, width)]
            return next((one for one in heard if step.accepts(one)), None)
        return None

    return written, answer


def test_the_note_has_examples() -> None:
    fences = ("config", "status", "scheme", "record", "imu", "question", "answer")
    assert [len(examples(NOTE, fence)) for fence in fences] == [1, 1, 1, 2, 2, 1, 1]
    assert len(plain(NOTE, "refused")) == 7


@pytest.mark.parametrize(("raw", "meaning"), examples(NOTE, "record"))
def test_records_of_the_makers_vectors(raw: bytes, meaning: dict[str, Any]) -> None:
    """Head, samples, period."""
    found = Record.parse(raw, meaning["width"])
    assert (found.sensor, found.first_us, found.period_us) == tuple(meaning[k] for k in ("sensor", "t_us", "period_us"))
    assert np.frombuffer(found.samples, "<f4").tolist() == meaning["samples"]
    with pytest.raises(ValueError, match=r"not .*"):
        Record.parse(raw[:-1], meaning["width"])


@pytest.mark.parametrize(("raw", "meaning"), examples(NOTE, "imu"))
def test_the_imu_of_the_makers_app(raw: bytes, meaning: dict[str, Any]) -> None:
    """In floats and in counts."""
    block, errors, _ = ready(meaning["width"]).decode([packet(raw)])
    assert (errors, block.t_ns.tolist()) == ((), [1000 * meaning["t_us"]])
    np.testing.assert_allclose(block.acc, [meaning["acc"]], atol=1e-5)
    np.testing.assert_allclose(block.gyr / DPS, [meaning["gyr_dps"]], atol=1e-5)
    assert block.clipped.tolist() == [meaning["clipped"]]


@pytest.mark.parametrize("raw", plain(NOTE, "refused"))
def test_refused_examples(raw: bytes) -> None:
    """Told; what comes before and after is heard."""
    block, errors, _ = ready().decode([packet(record(5, 1)), packet(raw), packet(record(9, 2))])
    assert (len(block), [e.payload for e in errors]) == (3, [raw])


@pytest.mark.parametrize(("unit", "factor"), [("m/s^2", 1.0), ("g", G)])
@pytest.mark.parametrize(("width", "n"), [(36, 6), (36, 2), (24, 3), (24, 9), (24, 1)])
def test_it_is_set_up(unit: str, factor: float, width: int, n: int) -> None:
    """What another app streams is stopped, its card goes on; equal lengths do not confuse."""
    written, answer = sensor(scheme(unit), bytes.fromhex("040103 070001 000002"), width=width, n=n)
    _, got = converse(OpenEarable().start(Wanted(100)), answer)
    config = [payload.hex() for name, payload in written if name == "config"]
    assert config == ["040102", "070000", "000201"]
    assert (got.rate_hz, got.more) == (100, {"width": width, "acc_unit": factor})
    assert Configuration.from_text(got.to_text()) == got


@pytest.mark.parametrize(
    ("told", "kind", "words"),
    [
        (b"", {}, "0 bytes that break off"),
        (scheme()[:50], {}, "break off"),
        (scheme(numbers=3), {}, "3 numbers"),
        (scheme(rates=(np.nan, 50)), {}, "expected 9 at some"),
        (scheme(), {"deaf": True}, "it says nothing"),
        (scheme(), {"deaf": True, "left": b"\0\0\1"}, "it says 00 00 01"),
        (scheme(), {"n": 0}, "no samples of 36 or 24"),
    ],
)
def test_what_it_cannot_is_told(told: bytes, kind: dict[str, Any], words: str) -> None:
    """In words."""
    with pytest.raises(SensorRefused, match=words):
        converse(OpenEarable().start(Wanted(100)), sensor(told, **kind)[1])


def test_a_scheme_of_the_makers_vectors() -> None:
    """And one without rates."""
    raw, meaning = examples(NOTE, "scheme")[0]
    assert Scheme.parse(raw) == (tuple(meaning["units"]), tuple(meaning["rates_hz"]), meaning["fastest"])
    assert Scheme.parse(raw[:11] + b"\x03") == (("C",), (), 0)


def test_blink_stop_and_battery() -> None:
    """Its lamp is its own again at the end."""
    done, seen = converse(OpenEarable().blink(), lambda step: None)
    lamp = [step.payload.hex() for step in done if isinstance(step, Write)]
    assert (seen, lamp) == (True, ["01", *["00ff00", "000000"] * 3, "00"])
    assert sum(step.seconds for step in done if isinstance(step, Wait)) < 3
    assert converse(OpenEarable().stop(), lambda step: None)[0] == [Write("config", b"\0\0\0", response=True)]
    assert converse(OpenEarable().battery(), lambda step: b"\x2a")[1] == 42


# --- Time --------------------------------------------------------------------------------


def test_the_question_for_the_time() -> None:
    """As the maker's vector but for its own number."""
    done, _ = converse(OpenEarable().exchange(ASKED["t1_us"] * 1000 + 7), lambda step: None)
    (step,) = done
    assert isinstance(step, Write)
    assert (step.payload[:2], step.payload[4:]) == (QUESTION[:2], QUESTION[4:])


def test_the_answer() -> None:
    """Heard 30 ms after it was asked; later than 10 s or before: of another question."""
    asked = TIMES["t1_us"] * 1000
    good = packet(ANSWER, asked + 30_000_000, "time")
    assert ready().decode([good]).exchanges == (Exchange(asked, 200_000, 300_000, asked + 30_000_000),)
    for late_ns in (-2_000_000, 11_000_000_000):
        _, errors, exchanges = ready().decode([packet(ANSWER, asked + late_ns, "time")])
        assert (len(errors), exchanges) == (1, ())
    _, errors, _ = ready().decode([packet(QUESTION, asked + 5, "time"), packet(ANSWER[:-1], asked + 5, "time")])
    assert len(errors) == 2


def test_samples_of_a_notification() -> None:
    """From its stamp on, as its period says."""
    block = ready().decode([packet(record(1000, 6, period=9_950))]).block
    assert block.t_ns.tolist() == [1000 * (1000 + 9_950 * i) for i in range(6)]
    old = ready(acc_unit=G).decode([packet(record(1000, 1, unit=1.0))]).block
    np.testing.assert_allclose(old.acc, [[0, 0, G]], atol=1e-6)


# --- Bad input ---------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "unit", "rate"), [(35, 1.0, 100), ("36", 1.0, 100), (36, 0, 100), (36, 1.0, 1e-9)])
def test_a_configuration_of_nonsense(width: object, unit: object, rate: float) -> None:
    """Is told; without one no sample has a meaning."""
    block, errors, _ = ready(width, unit, rate).decode([packet(record(0, 1))])
    assert (len(block), len(errors)) == (0, 2)
    assert "cannot be read" in str(errors[0])


def test_not_while_it_is_set_up() -> None:
    """Another app may have left it streaming; an error only where nobody sets it up."""
    decoder = Decoder(SENSOR)
    assert len(decoder.decode([packet(record(0, 1))]).errors) == 1
    decoder.follow(Link(0, SENSOR, CONNECTED))
    assert decoder.decode([packet(record(0, 1))]).errors == ()
    decoder.follow(Link(0, SENSOR, CONFIGURED, Configuration(100, 1, 1, {"width": 36, "acc_unit": 1.0}).to_text()))
    assert (len(decoder.decode([packet(record(0, 2))]).block), decoder.time) == (2, DEVICE)


BYTES = st.one_of(
    st.binary(max_size=60),
    st.builds(record, st.integers(0, 2**64 - 1), st.integers(1, 6), st.sampled_from([24, 36]), st.integers(0, 65535)),
    st.binary(min_size=36, max_size=36).map(lambda b: bytes([0, 36]) + bytes(8) + b),
    st.binary(min_size=16, max_size=16).map(lambda b: b"\1\1\0\0" + bytes(8) + b),
)


@given(
    st.lists(st.tuples(BYTES, st.sampled_from(["data", "data", "time", "status"])), max_size=15),
    st.lists(st.integers(0, 15), max_size=4),
    st.sampled_from([24, 36]),
)
def test_any_bytes_in_any_grouping(heard: list[tuple[bytes, str]], cuts: list[int], width: int) -> None:
    """No exception; what is left out is told."""
    packets = [Packet(SENSOR, name, 10**7 * i, some) for i, (some, name) in enumerate(heard)]
    block = same_in_any_grouping(lambda: ready(width), packets, cuts)
    assert np.isfinite(block.acc).all()
    assert np.isfinite(block.gyr).all()


@given(st.binary(max_size=80))
def test_any_scheme(payload: bytes) -> None:
    """Read, or refused in words."""
    try:
        Scheme.parse(payload)
    except SensorRefused:
        return


def test_recognised() -> None:
    """By its name."""
    assert recognised(Advertisement("OpenEarable-5E01")) is DRIVERS["open_earable"]
