"""The packet layout: the note's own examples, whole, in pieces and damaged."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.blocks import Packet, PacketRun
from hiphinge.devices import hiphinge_imu
from hiphinge.devices.registry import DECODERS

NOTE = (Path(__file__).resolve().parents[2] / "firmware_notes" / "hiphinge_imu.md").read_text("utf-8")
EXAMPLES = re.findall(r"```hex\n(.*?)```\n```json\n(.*?)```", NOTE, re.DOTALL)
REFUSED = re.findall(r"```refused\n(.*?)```", NOTE, re.DOTALL)


def packet(payload: bytes, arrival_ns: int = 7) -> Packet:
    """A packet of the sacrum's sensor."""
    return Packet("sacrum", hiphinge_imu.CHARACTERISTIC, arrival_ns, payload)


def samples(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times and 32-bit values of n samples; some gyroscope values absent."""
    rng = np.random.default_rng(seed)
    acc = rng.normal(0, 10, (n, 3)).astype(np.float32)
    gyr = rng.normal(0, 2, (n, 3)).astype(np.float32)
    gyr[::5] = np.nan
    return np.cumsum(rng.integers(1, 10**7, n)), acc, gyr


def floats(rows: list[list[float | None]]) -> np.ndarray:
    """JSON rows as 32-bit floats, null as NaN."""
    return np.array([[np.nan if v is None else v for v in row] for row in rows], np.float32)


def test_the_note_has_examples() -> None:
    """Were a fence renamed, the tests below would hold for nothing."""
    assert len(EXAMPLES) == NOTE.count("```hex") == 3
    assert len(REFUSED) == 4


@pytest.mark.parametrize(("text", "meaning"), EXAMPLES)
def test_examples_of_the_note_decode(text: str, meaning: str) -> None:
    """What the note says is what the decoder reads."""
    wanted: dict[str, Any] = json.loads(meaning)
    block, errors, _ = hiphinge_imu.Decoder("sacrum").decode([packet(bytes.fromhex(text))])
    assert errors == ()
    assert block.sensor == "sacrum"
    assert block.t_ns.tolist() == wanted["t_ns"]
    np.testing.assert_array_equal(block.acc, floats(wanted["acc"]).astype(float))
    np.testing.assert_array_equal(block.gyr, floats(wanted["gyr"]).astype(float))
    assert block.clipped.tolist() == wanted["clipped"]
    assert block.arrival_ns.tolist() == [7] * len(wanted["t_ns"])


@pytest.mark.parametrize(("text", "meaning"), EXAMPLES)
def test_examples_of_the_note_encode(text: str, meaning: str) -> None:
    """And what the encoder writes, byte for byte."""
    m: dict[str, Any] = json.loads(meaning)
    made = hiphinge_imu.encode(m["seq"], m["t_ns"], floats(m["acc"]), floats(m["gyr"]))
    assert made.hex() == bytes.fromhex(text).hex()


@pytest.mark.parametrize("text", REFUSED)
def test_refused_examples_leave_their_neighbours_alone(text: str) -> None:
    """One error with the bytes; the good packets before and after it count."""
    good = [packet(hiphinge_imu.encode(0, [t], [[0, 9.81, 0]], [[0, 0, 0]])) for t in (1, 2)]
    bad = packet(bytes.fromhex(text))
    block, errors, _ = hiphinge_imu.Decoder("sacrum").decode([good[0], bad, good[1]])
    assert block.t_ns.tolist() == [1, 2]
    assert [e.payload for e in errors] == [bad.payload]
    assert str(errors[0]).startswith("sacrum: ")
    assert "expected" in str(errors[0])


@given(st.integers(1, 255), st.integers(0, 10**6), st.integers(0, 9))
def test_round_trip(n: int, seq: int, seed: int) -> None:
    """Times exactly, values to 32-bit float, NaN as NaN."""
    t_ns, acc, gyr = samples(n, seed)
    payload = hiphinge_imu.encode(seq, t_ns, acc, gyr)
    assert len(payload) == 8 + 32 * n
    assert int.from_bytes(payload[2:4], "little") == seq % 65536
    block, errors, _ = hiphinge_imu.Decoder("s").decode([packet(payload)])
    assert errors == ()
    np.testing.assert_array_equal(block.t_ns, t_ns)
    np.testing.assert_array_equal(block.acc.astype(np.float32), acc)
    np.testing.assert_array_equal(block.gyr.astype(np.float32), gyr)


@given(st.integers(1, 60), st.integers(1, 20), st.integers(0, 70_000))
def test_many_at_once_are_the_same_bytes(n: int, per_packet: int, seq0: int) -> None:
    """``encode_many`` is ``encode``, packet by packet."""
    t_ns, acc, gyr = samples(n)
    cuts = [slice(i, i + per_packet) for i in range(0, n, per_packet)]
    one_by_one = [hiphinge_imu.encode(seq0 + i, t_ns[c], acc[c], gyr[c]) for i, c in enumerate(cuts)]
    assert hiphinge_imu.encode_many(seq0, t_ns, acc, gyr, per_packet) == one_by_one


@given(st.lists(st.integers(1, 5), min_size=1, max_size=8), st.data())
def test_any_grouping_decodes_the_same(sizes: list[int], draw: st.DataObject) -> None:
    """Whole or cut anywhere between packets."""
    packets = [packet(hiphinge_imu.encode(i, *samples(n, seed=i)), arrival_ns=i) for i, n in enumerate(sizes)]
    cut = draw.draw(st.integers(0, len(packets)))
    whole, *_ = hiphinge_imu.Decoder("s").decode(packets)
    decoder = hiphinge_imu.Decoder("s")
    parts = [decoder.decode(some)[0] for some in (packets[:cut], packets[cut:])]
    for name in ("t_ns", "acc", "gyr", "arrival_ns", "clipped"):
        np.testing.assert_array_equal(np.concatenate([getattr(p, name) for p in parts]), getattr(whole, name))


@given(st.binary(max_size=120))
def test_any_bytes_are_samples_or_one_error(payload: bytes) -> None:
    """Nothing that a radio may deliver raises."""
    block, errors, _ = hiphinge_imu.Decoder("s").decode([packet(payload)])
    assert bool(len(block)) != bool(errors)


def test_nothing_heard_is_an_empty_block() -> None:
    """Shapes hold with no packet at all."""
    block, errors, _ = hiphinge_imu.Decoder("s").decode([])
    assert (block.t_ns.shape, block.acc.shape, block.gyr.shape, errors) == ((0,), (0, 3), (0, 3), ())


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("sign", [1, -1])
def test_clipping_on_each_axis_and_side(axis: int, sign: int) -> None:
    """At the end of the range, either way; just inside it is a reading like any other."""
    acc, gyr = np.zeros((4, 3)), np.zeros((4, 3))
    acc[0, axis], acc[1, axis] = sign * hiphinge_imu.ACC_RANGE, sign * 0.99 * hiphinge_imu.ACC_RANGE
    gyr[2, axis], gyr[3, axis] = sign * hiphinge_imu.GYR_RANGE, sign * 0.99 * hiphinge_imu.GYR_RANGE
    block, *_ = hiphinge_imu.Decoder("s").decode([packet(hiphinge_imu.encode(0, range(4), acc, gyr))])
    assert block.clipped.tolist() == [True, False, True, False]


@pytest.mark.parametrize("n", [0, 256])
def test_a_packet_holds_1_to_255_samples(n: int) -> None:
    """The count is one byte."""
    with pytest.raises(ValueError, match=f"hiphinge_imu: {n} samples, expected 1 to 255"):
        hiphinge_imu.encode(0, np.arange(n), np.zeros((n, 3)), np.zeros((n, 3)))
    with pytest.raises(ValueError, match=f"hiphinge_imu: {n} samples, expected 1 to 255"):
        hiphinge_imu.encode_many(0, np.arange(9), np.zeros((9, 3)), np.zeros((9, 3)), per_packet=n)


@given(st.integers(0, 2 * 10**9 * 10**6))
def test_seconds_to_nanoseconds_within_a_microsecond(microseconds: int) -> None:
    """Also for clocks that count from 1970."""
    assert abs(int(hiphinge_imu.times_ns([microseconds / 1e6])[0]) - microseconds * 1000) < 1000


def test_registry_knows_the_layout() -> None:
    """By the name that headers of recordings carry."""
    assert DECODERS["hiphinge_imu"] is hiphinge_imu.Decoder


def in_runs(packets: list[Packet], cuts: list[int]) -> list[PacketRun]:
    """The same packets, cut before these."""
    edges = sorted({0, len(packets), *(cut for cut in cuts if cut < len(packets))})
    parts = [packets[a:b] for a, b in pairwise(edges)]
    return [
        PacketRun(
            "sacrum",
            hiphinge_imu.CHARACTERISTIC,
            tuple(p.arrival_ns for p in part),
            tuple(len(p.payload) for p in part),
            b"".join(p.payload for p in part),
        )
        for part in parts
    ]


GOOD = st.integers(1, 12).map(lambda n: hiphinge_imu.encode(n, *samples(n, seed=n)))
CLIPPED = st.just(hiphinge_imu.encode(1, [5], [[0.0, 160.0, 0.0]], [[np.nan] * 3]))
BAD = st.one_of(st.binary(max_size=90), st.just(b"\x11\x02" + bytes(38)), st.just(b"\x10\x01" + bytes(38)))


@given(
    st.lists(GOOD | CLIPPED, max_size=8) | st.lists(GOOD | CLIPPED | BAD, max_size=8),
    st.lists(st.integers(0, 8), max_size=3),
)
def test_runs_say_what_their_packets_say(payloads: list[bytes], cuts: list[int]) -> None:
    """Exactly, good packets and bad."""
    packets = [packet(payload, k) for k, payload in enumerate(payloads)]
    runs = in_runs(packets, cuts)
    assert [p for run in runs for p in run.packets()] == packets
    decoder = hiphinge_imu.Decoder("sacrum")
    (one, errors, _), (other, more, _) = decoder.decode(packets), decoder.decode_runs(runs)
    np.testing.assert_equal(asdict(other), asdict(one))
    assert [(str(e), e.arrival_ns) for e in more] == [(str(e), e.arrival_ns) for e in errors]
