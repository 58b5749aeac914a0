"""MetaMotion: the maker's test vectors, two streams that lose packets of their own, two chips."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.blocks import ImuBlock, Link
from hiphinge.devices.driver import (
    CONFIGURED,
    CONNECTED,
    COUNTED,
    MOTOR,
    Advertisement,
    Ask,
    Configuration,
    Step,
    Wait,
    Wanted,
    Write,
)
from hiphinge.devices.metamotion import SERVICE, Decoder, MetaMotion
from hiphinge.devices.registry import DRIVERS, recognised
from hiphinge.errors import SensorRefused
from tests.devices.notes import SENSOR, converse, examples, note, packet, plain, same_in_any_grouping, set_up

NOTE = note("metamotion")
G, DPS = 9.80665, np.pi / 180
VECTORS = [(chip, examples(NOTE, f"{chip}_acc")[0], examples(NOTE, f"{chip}_gyr")[0]) for chip in ("bmi160", "bmi270")]
INFOS = {meaning["chip"]: (raw[:4], raw[4:]) for raw, meaning in examples(NOTE, "info")}
EIGHT_G, DPS_1000 = 8 * G, 1000 * DPS


def board(chip: str, said: dict[bytes, bytes] | None = None) -> tuple[list[bytes], Callable[[Step], bytes | None]]:
    """What was written to it, and its answers; ``said``: other answers by their first two bytes."""
    written: list[bytes] = []
    configs = {3: bytes(2), 0x13: bytes(2)}

    def answer(step: Step) -> bytes | None:
        payload = getattr(step, "payload", b"")
        written.append(payload)
        if payload[1:2] == b"\3":
            configs[payload[0]] = payload[2:]
        if not isinstance(step, Ask):
            return None
        known = {raw[:2]: raw for raw in INFOS[chip]} | {
            bytes([m, 0x83]): bytes([m, 0x83]) + c for m, c in configs.items()
        }
        return (known | (said or {})).get(payload)

    return written, answer


def configuration(chip: str, acc_g: int = 8, gyr_dps: int = 1000, rate: float = 100.0) -> Configuration:
    """As the driver reads it back."""
    wanted = Wanted(rate, acc_g * G, gyr_dps * DPS)
    return converse(MetaMotion().start(wanted), board(chip)[1])[1]


def ready(chip: str = "bmi160") -> Decoder:
    """A decoder that was told."""
    decoder = Decoder(SENSOR)
    set_up(decoder, configuration(chip))
    return decoder


def acc(i: int) -> bytes:
    """Samples 3i to 3i + 2, each says which it is."""
    return b"\x03\x1c" + struct.pack("<9h", *(x for j in range(3 * i, 3 * i + 3) for x in (j, 0, 0)))


def gyr(i: int) -> bytes:
    """The same of the gyroscope."""
    return b"\x13\x07" + acc(i)[2:]


def numbers(block: ImuBlock) -> tuple[list[int], list[int]]:
    """Which samples of either sensor these are."""
    of_acc = np.rint(block.acc[:, 0] / (EIGHT_G / 32768)).astype(int).tolist()
    return of_acc, np.rint(block.gyr[:, 0] / (DPS / 32.8)).astype(int).tolist()


def test_the_note_has_examples() -> None:
    assert [len(examples(NOTE, fence)) for fence in ("command", "info", "battery")] == [8, 2, 1]
    assert (len(plain(NOTE, "refused")), len(plain(NOTE, "pattern"))) == (4, 1)


@pytest.mark.parametrize(("chip", "of_acc", "of_gyr"), VECTORS)
def test_the_makers_vectors(chip: str, of_acc: tuple[bytes, Any], of_gyr: tuple[bytes, Any]) -> None:
    """To the last digit that its tests give."""
    decoder = Decoder(SENSOR)
    set_up(decoder, configuration(chip, of_acc[1]["range_g"], of_gyr[1]["range_dps"]))
    block, errors, _ = decoder.decode([packet(of_acc[0], 5), packet(of_gyr[0], 9)])
    assert errors == ()
    np.testing.assert_allclose(block.acc / G, of_acc[1]["g"], atol=6e-4)
    np.testing.assert_allclose(block.gyr / DPS, of_gyr[1]["dps"], atol=6e-4)
    assert block.clipped.tolist() == of_gyr[1]["clipped"]
    assert (block.t_ns.tolist(), block.arrival_ns.tolist()) == ([0, 10_000_000, 20_000_000], [9, 9, 9])


@pytest.mark.parametrize("raw", plain(NOTE, "refused"))
def test_refused_examples(raw: bytes) -> None:
    """Told, and the pair around them stays a pair."""
    block, errors, _ = ready().decode([packet(acc(0)), packet(raw), packet(gyr(0))])
    assert [e.payload for e in errors] == [raw]
    assert numbers(block) == ([0, 1, 2], [0, 1, 2])


@pytest.mark.parametrize("chip", ["bmi160", "bmi270"])
def test_it_is_set_up(chip: str) -> None:
    """With the maker's own bytes; whatever ran is stopped first."""
    written, answer = board(chip)
    _, got = converse(MetaMotion().start(Wanted(100, EIGHT_G, DPS_1000)), answer)
    for raw, meaning in examples(NOTE, "command"):
        assert (raw in written) or meaning["chip"] != chip
    assert (got.rate_hz, got.acc_range, got.more["chip"]) == (100, EIGHT_G, chip)
    assert Configuration.from_text(got.to_text()) == got
    stops, starts = ([written.index(bytes([m, 1, on])) for m in (3, 0x13)] for on in (0, 1))
    assert max(stops) < written.index(b"\x03\x83") < min(starts)
    assert b"\x19\x01\x00" in written


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({b"\x03\x80": b"\x03\x80"}, "expected both"),
        ({b"\x13\x80": b""}, "expected both"),
        ({b"\x03\x80": b"\x03\x80\x03\x01"}, "has sensors 3 and 0"),
        ({b"\x13\x80": b"\x13\x80\x00\x00"}, "packs no samples"),
        ({b"\x03\x83": b"\x03\x83\x28\x03"}, "it says 28 03"),
        ({b"\x13\x83": b""}, "it says nothing"),
    ],
)
def test_what_it_cannot_is_told(said: dict[bytes, bytes], words: str) -> None:
    """Another board of this maker, old firmware, a setting that did not take."""
    with pytest.raises(SensorRefused, match=words):
        converse(MetaMotion().start(Wanted(100, EIGHT_G, DPS_1000)), board("bmi160", said)[1])


def test_blink_stop_and_battery() -> None:
    """The pattern is the maker's but for two times."""
    done, seen = converse(MetaMotion().blink(), lambda step: None)
    pattern = bytearray(plain(NOTE, "pattern")[0])
    pattern[8:10], pattern[12:14] = struct.pack("<H", 500), struct.pack("<H", 1000)
    assert seen
    assert [step.payload for step in done] == [b"\x02\x02\x01", bytes(pattern), b"\x02\x01\x01"]  # type: ignore[union-attr]  # they are writes
    written, answer = board("bmi160")
    converse(MetaMotion().stop(), answer)
    assert written == [b"\x03\x01\x00", b"\x03\x02\x00\x01", b"\x13\x01\x00", b"\x13\x02\x00\x01"]
    ((raw, meaning),) = examples(NOTE, "battery")
    assert converse(MetaMotion().battery(), board("bmi160", {raw[:2]: raw})[1])[1] == meaning["per_cent"]
    assert converse(MetaMotion().battery(), lambda step: None)[1] is None


def test_its_motor() -> None:
    """The maker's own pulse; whether there is a driver, a module of its own says, and the configuration keeps."""
    motor, _ = examples(NOTE, "pulse")
    done, _ = converse(MetaMotion().vibrate(motor[1]["seconds"], 1), lambda step: None)
    assert done == [Write("command", motor[0]), Wait(5.0)]
    done, _ = converse(MetaMotion().vibrate(0.15, 2), lambda step: None)
    pulse = Write("command", bytes.fromhex("08 01 f8 96 00 00"))
    assert done == [pulse, Wait(pytest.approx(0.3)), pulse, Wait(0.15)]
    for said, there in ((b"\x08\x80\x00\x00", True), (b"\x08\x80", False), (b"", False)):
        _, answer = board("bmi160", {b"\x08\x80": said})
        assert converse(MetaMotion().has_motor(), answer)[1] is there
        assert converse(MetaMotion().start(Wanted()), answer)[1].more.get(MOTOR, False) is there


# --- Two streams -------------------------------------------------------------------------


@given(st.lists(st.integers(0, 79), max_size=12, unique=True))
def test_lost_notifications_never_shift_the_pairing(lost: list[int]) -> None:
    """A wrong pair only where a gyroscope's and the accelerometer's after it were lost at once; the next is right."""
    stream = [one for i in range(40) for one in (packet(acc(i), 10**7 * i), packet(gyr(i), 10**7 * i))]
    decoder = ready()
    block = decoder.decode([one for i, one in enumerate(stream) if i not in lost]).block
    of_acc, of_gyr = numbers(block)
    both_lost = sum(i % 2 and i + 1 in lost for i in lost)
    assert sum(a != g for a, g in zip(of_acc[::3], of_gyr[::3], strict=True)) <= both_lost
    assert len(block) >= 3 * (40 - len(lost))
    assert (np.diff(block.t_ns) >= 10_000_000).all()


@pytest.mark.parametrize("lost", [10, 11, 12, 13])
def test_one_lost_notification_costs_one_pair_and_no_time(lost: int) -> None:
    """Of either stream: the times after it are those that would have been."""
    stream = [one for i in range(20) for one in (packet(acc(i), 10**7 * i), packet(gyr(i), 10**7 * i))]
    del stream[lost]
    decoder = ready()
    block = decoder.decode(stream).block
    kept = [j for j in range(60) if j // 3 != lost // 2]
    assert numbers(block) == (kept, kept)
    assert (block.t_ns.tolist(), decoder.lost) == ([10_000_000 * j for j in kept], 1)


def test_the_accelerometer_starts_sooner() -> None:
    """Its first notifications have no partner: not lost, not counted."""
    decoder = ready()
    block = decoder.decode([packet(p) for p in (acc(0), acc(1), acc(2), gyr(2), acc(3), gyr(3))]).block
    assert numbers(block) == (list(range(6, 12)),) * 2
    assert (block.t_ns[0], decoder.lost) == (0, 0)


def test_answers_between_samples() -> None:
    """A battery is asked for while it streams."""
    ((battery, _),) = examples(NOTE, "battery")
    block, errors, _ = ready().decode([packet(acc(0)), packet(battery), packet(gyr(0))])
    assert (len(block), errors) == (3, ())


# --- Bad input ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more", [{}, {"chip": "bmi160"}, {"chip": [1], "acc_lsb": 1}, {"chip": "bmi270", "acc_lsb": 0}]
)
def test_a_configuration_of_nonsense(more: dict[str, object]) -> None:
    """Is told; without one no sample has a meaning."""
    decoder = Decoder(SENSOR)
    set_up(decoder, Configuration(100, 1, 1, more))
    block, errors, _ = decoder.decode([packet(acc(0)), packet(gyr(0))])
    assert (len(block), len(errors)) == (0, 3)
    assert "cannot be read" in str(errors[0])


def test_not_while_it_is_set_up() -> None:
    """Another program may have left it streaming. Nobody set it up: an error."""
    decoder = Decoder(SENSOR)
    assert len(decoder.decode([packet(acc(0))]).errors) == 1
    decoder.follow(Link(0, SENSOR, CONNECTED))
    assert decoder.decode([packet(acc(0))]).errors == ()
    decoder.follow(Link(0, SENSOR, CONFIGURED, configuration("bmi160").to_text()))
    assert len(decoder.decode([packet(gyr(0)), packet(acc(1)), packet(gyr(1))]).block) == 3
    assert decoder.time == COUNTED


BYTES = st.one_of(
    st.binary(max_size=24), st.integers(0, 1000).map(acc), st.integers(0, 1000).map(gyr), st.just(b"\x11\x8c\x63")
)


@given(st.lists(BYTES, max_size=15), st.lists(st.integers(0, 15), max_size=4), st.sampled_from(["bmi160", "bmi270"]))
def test_any_bytes_in_any_grouping(heard: list[bytes], cuts: list[int], chip: str) -> None:
    """No exception; what is left out is told."""
    configured = configuration(chip)

    def made() -> Decoder:
        decoder = Decoder(SENSOR)
        set_up(decoder, configured)
        return decoder

    same_in_any_grouping(made, [packet(p, 10**7 * i) for i, p in enumerate(heard)], cuts)


def test_recognised() -> None:
    """By its service, whatever its owner calls it."""
    for seen in (Advertisement("MetaWear"), Advertisement("my back", (SERVICE,))):
        assert recognised(seen) is DRIVERS["metamotion"]
