"""Movesense: a capture of a real sensor, its conversation, messages in two parts, its clock, and nonsense."""

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
    DEVICE,
    Advertisement,
    Ask,
    Configuration,
    Step,
    Wanted,
    Write,
)
from hiphinge.devices.movesense import Decoder, Movesense
from hiphinge.devices.registry import DRIVERS, recognised
from hiphinge.errors import SensorRefused
from tests.devices.notes import SENSOR, converse, examples, note, packet, plain, same_in_any_grouping, set_up

NOTE = note("movesense")
G, DPS, MS = 9.80665, np.pi / 180, 1_000_000
COMMAND, _ = examples(NOTE, "command")[0]
CAPTURES = [(kind, *examples(NOTE, kind)[0]) for kind in ("imu6", "imu9")]
IMU6 = CAPTURES[0][1]


def ready(kind: str = "IMU6", samples: object = 4, rate: float = 52.0) -> Decoder:
    """A decoder that was told."""
    decoder = Decoder(SENSOR)
    set_up(decoder, Configuration(rate, 8 * G, 2000 * DPS, {"kind": kind, "samples": samples}))
    return decoder


def message(t_ms: int, n: int = 4) -> bytes:
    """At rest."""
    rows = [0, 0, G] * n + [1, 0, 0] * n
    return b"\x02\x63" + struct.pack(f"<I{6 * n}f", t_ms & 0xFFFFFFFF, *rows)


def parts(whole: bytes, mtu: int) -> list[bytes]:
    """As it goes over a link of this MTU."""
    first = mtu - 3
    return [whole] if len(whole) <= first else [whole[:first], b"\x03" + whole[1:2] + whole[first:]]


def sensor(
    values: dict[str, bytes] | None = None, status: dict[str, int | None] | None = None, n: int = 8, mtu: int = 161
) -> tuple[list[bytes], Callable[[Step], bytes | None]]:
    """What was written, and what it says; ``values`` by path, ``status`` of a subscription, None: old firmware."""
    written: list[bytes] = []
    streaming: list[str] = []

    def answer(step: Step) -> bytes | None:
        if not isinstance(step, Ask | Write):
            return None
        written.append(step.payload)
        command, reference, path = step.payload[0], step.payload[1], step.payload[2:].rstrip(b"\0").decode()
        if command == 4:
            value = (values or {}).get(path)
            return None if value is None else bytes([1, reference]) + struct.pack("<H", 200) + value
        if command == 1:
            said = (status or {}).get(path, 200)
            streaming[:] = [] if said is not None and said >= 300 else [path]
            return message(5, n) if said is None else bytes([1, reference]) + struct.pack("<H", said)
        if command == 0 and isinstance(step, Ask) and streaming:
            long = message(77, n) + b"\0" * 12 * n * ("IMU9" in streaming[0])
            heard = [b"\x03\x63\0\0", b"\x01\x62Hello", *parts(long, mtu), *parts(long, mtu)]
            return next((one for one in heard if step.accepts(one)), None)
        return None

    return written, answer


def test_the_note_has_examples() -> None:
    assert [len(examples(NOTE, fence)) for fence in ("command", "imu6", "imu9")] == [1, 1, 1]
    assert len(plain(NOTE, "refused")) == 5


@pytest.mark.parametrize(("kind", "raw", "meaning"), CAPTURES)
@pytest.mark.parametrize("mtu", [247, 100])
def test_what_a_real_sensor_sent(kind: str, raw: bytes, meaning: dict[str, Any], mtu: int) -> None:
    """As the maker's own tool reads the same samples; whole or in two parts."""
    heard = [packet(part, 7 + i) for i, part in enumerate(parts(raw, mtu))]
    block, errors, _ = ready(kind.upper()).decode(heard)
    assert errors == ()
    np.testing.assert_allclose(block.acc, meaning["acc"], atol=6e-7)
    np.testing.assert_allclose(block.gyr / DPS, meaning["gyr_dps"], atol=6e-7)
    assert block.t_ns.tolist() == [meaning["t_ms"] * MS + round(i * 1e9 / 52) for i in range(4)]
    assert set(block.arrival_ns.tolist()) == {heard[-1].arrival_ns}
    assert not block.clipped.any()


@pytest.mark.parametrize("raw", plain(NOTE, "refused"))
def test_refused_examples(raw: bytes) -> None:
    """One error, at the latest with what follows; the next message is heard."""
    decoder = ready()
    block, errors, _ = decoder.decode([packet(message(1)), packet(raw), packet(b"\x03\x63" + bytes(200))])
    assert len(block) == 4
    assert len(errors) == 1 + (raw[:2] != b"\x02\x63" or len(raw) > 20)
    assert len(decoder.decode([packet(message(78))]).block) == 4


@pytest.mark.parametrize("mtu", [161, 247])
def test_it_is_set_up(mtu: int) -> None:
    """An older subscription ended, ranges asked for, the length of a message heard."""
    values = {"/Meas/Acc/Config": b"\x08", "/Meas/Gyro/Config": struct.pack("<H", 1000)}
    written, answer = sensor(values, mtu=mtu)
    _, got = converse(Movesense().start(Wanted(100)), answer)
    assert written[0] == b"\x02\x63"
    assert COMMAND in written
    assert (got.rate_hz, got.acc_range, got.gyr_range) == (104, 8 * G, 1000 * DPS)
    assert got.more == {"kind": "IMU6", "samples": 8}
    assert Configuration.from_text(got.to_text()) == got


def test_old_firmware_says_little() -> None:
    """No response to a subscription, no GET: the widest ranges."""
    _, got = converse(Movesense().start(Wanted(50)), sensor(status={"/Meas/IMU6/52": None}, n=4)[1])
    assert (got.rate_hz, got.acc_range, got.gyr_range) == (52, 16 * G, 2000 * DPS)


def test_imu9_where_imu6_is_not_known() -> None:
    """Its magnetometer is left out."""
    _, got = converse(Movesense().start(Wanted(100)), sensor(status={"/Meas/IMU6/104": 404})[1])
    assert got.more == {"kind": "IMU9", "samples": 8}


@pytest.mark.parametrize(
    ("status", "n", "words"),
    [
        ({"/Meas/IMU6/104": 404, "/Meas/IMU9/104": 507}, 8, "too many subscriptions"),
        ({"/Meas/IMU6/104": 404, "/Meas/IMU9/104": 0xFB01}, 8, "too many subscriptions"),
        ({"/Meas/IMU6/104": 429, "/Meas/IMU9/104": 429}, 8, "needs a reset"),
        ({}, 65, "messages of 1566 bytes"),
        ({}, 0, "messages of 6 bytes"),
    ],
)
def test_what_it_refuses_is_told(status: dict[str, int | None], n: int, words: str) -> None:
    """In words."""
    with pytest.raises(SensorRefused, match=words):
        converse(Movesense().start(Wanted(100)), sensor(status=status, n=n, mtu=2000)[1])
    with pytest.raises(SensorRefused, match="says nothing"):
        converse(Movesense().start(Wanted(100)), lambda step: None)


def test_battery_and_stop() -> None:
    """Newer firmware tells, older does not."""
    _, answer = sensor({"/System/Energy/Level": b"\x5b"})
    assert converse(Movesense().battery(), answer)[1] == 91
    assert converse(Movesense().battery(), lambda step: None)[1] is None
    assert converse(Movesense().stop(), answer)[0] == [Write("command", b"\x02\x63", response=True)]


# --- Time --------------------------------------------------------------------------------


def test_samples_lie_evenly_from_stamp_to_stamp() -> None:
    """A sensor 1 % fast; a lost message stretches nothing; the clock wraps."""
    stamps = [round(2**32 - 200 + 76.16 * i) for i in range(8)]
    heard = [packet(message(t), (t + 30) * MS) for t in stamps if t != stamps[4]]
    block = ready().decode(heard).block
    assert block.t_ns[::4].tolist() == [t * MS for t in stamps if t != stamps[4]]
    steps = np.diff(block.t_ns) / MS
    np.testing.assert_allclose(np.sort(steps)[:-1], 19.04, atol=1.2)
    assert steps.max() == pytest.approx(76.16 + 19.04, abs=2.0)


def test_after_a_reset_it_begins_anew() -> None:
    """Connected again meanwhile; its first notification may be the rest of a message."""
    decoder = ready()
    decoder.decode([packet(message(4_000_000), 0)])
    decoder.follow(Link(0, SENSOR, CONNECTED))
    assert decoder.decode([packet(message(1), 0)]).errors == ()
    decoder.follow(Link(0, SENSOR, CONFIGURED, Configuration(52, 1, 1, {"kind": "IMU6", "samples": 4}).to_text()))
    late = b"\x03\x63" + bytes(8)
    tame = message(5)[:6] + bytes(96)
    block, errors, _ = decoder.decode([packet(late, 10**10), packet(tame, 10**10)])
    assert (block.t_ns[0], errors, decoder.time) == (5 * MS, (), DEVICE)


# --- Bad input ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "samples", "rate"),
    [("IMU7", 4, 52), (None, 4, 52), ("IMU6", 0, 52), ("IMU6", True, 52), ("IMU6", 4, 1e-9)],
)
def test_a_configuration_of_nonsense(kind: str, samples: object, rate: float) -> None:
    """Is told; without one no sample has a meaning."""
    block, errors, _ = ready(kind, samples, rate).decode([packet(message(0))])
    assert (len(block), len(errors)) == (0, 2)
    assert "cannot be read" in str(errors[0])


WHOLE = st.builds(message, st.integers(0, 2**32), st.just(4))
BYTES = st.one_of(
    st.binary(max_size=60), WHOLE, WHOLE.map(lambda m: m[:50]), WHOLE.map(lambda m: b"\x03\x63" + m[50:]),
    st.binary(min_size=96, max_size=96).map(lambda b: b"\x02\x63\0\0\0\0" + b),
)  # fmt: skip


@given(
    st.lists(st.tuples(BYTES, st.sampled_from(["data", "data", "command"])), max_size=15),
    st.lists(st.integers(0, 15), max_size=4),
    st.sampled_from(["IMU6", "IMU9"]),
)
def test_any_bytes_in_any_grouping(heard: list[tuple[bytes, str]], cuts: list[int], kind: str) -> None:
    """No exception; what is left out is told."""
    packets = [Packet(SENSOR, name, 10**7 * i, some) for i, (some, name) in enumerate(heard)]
    block = same_in_any_grouping(lambda: ready(kind), packets, cuts)
    assert np.isfinite(block.acc).all()
    assert np.isfinite(block.gyr).all()


def test_recognised() -> None:
    """By its name."""
    assert recognised(Advertisement("Movesense 174630000192")) is DRIVERS["movesense"]
