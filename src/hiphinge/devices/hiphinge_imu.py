"""hiphinge's own open packet layout: see firmware_notes/hiphinge_imu.md.

This is its 32-bit float variant, one u64 of nanoseconds a sample, on the
host's clock already: the layout of simulated and of imported samples.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hiphinge.blocks import GRAVITY, Bools, Floats, ImuBlock, Link, Packet, PacketRun, Times
from hiphinge.devices.driver import HOST, Decoded, undecoded
from hiphinge.errors import DecodeError

NAME = "hiphinge_imu"
CHARACTERISTIC = "data"
FLOAT_V1 = 0x11
"""First byte: version 1 in the low half, bit 4 for the float variant."""
MAX_SAMPLES = 255

Words = NDArray[np.uint64]
_HEADER = np.dtype([("kind", "u1"), ("n", "u1"), ("seq", "<u2"), ("tick_us", "<u4")])
_SAMPLE = np.dtype([("t_ns", "<i8"), ("acc", "<f4", 3), ("gyr", "<f4", 3)])

EXPECTED = "expected a packet of hiphinge_imu version 1 with floats"
ACC_RANGE = 16 * GRAVITY
"""m/s²: ±16 g, the widest range of the sensors in firmware_notes."""
GYR_RANGE = np.deg2rad(2000.0)
"""rad/s: ±2000 °/s, the same."""


def encode(seq: int, t_ns: ArrayLike, acc: ArrayLike, gyr: ArrayLike) -> bytes:
    """One notification of n ≤ 255 samples: t_ns (n,), acc and gyr (n, 3), NaN allowed."""
    t_ns = np.asarray(t_ns, np.int64)
    if not 1 <= len(t_ns) <= MAX_SAMPLES:
        raise ValueError(f"hiphinge_imu: {len(t_ns)} samples, expected 1 to {MAX_SAMPLES} in a packet.")
    samples = np.empty(len(t_ns), _SAMPLE)
    samples["t_ns"], samples["acc"], samples["gyr"] = t_ns, acc, gyr
    tick_us = int(t_ns[0]) // 1000 & 0xFFFFFFFF
    return struct.pack("<BBHI", FLOAT_V1, len(t_ns), seq & 0xFFFF, tick_us) + samples.tobytes()


def encode_many(seq0: int, t_ns: ArrayLike, acc: ArrayLike, gyr: ArrayLike, per_packet: int) -> list[bytes]:
    """Notifications of ``per_packet`` samples each, the last may be shorter; t_ns (n,), acc and gyr (n, 3).

    The same bytes as :func:`encode` packet by packet, made at once.
    """
    if not 1 <= per_packet <= MAX_SAMPLES:
        raise ValueError(f"hiphinge_imu: {per_packet} samples, expected 1 to {MAX_SAMPLES} in a packet.")
    t_ns = np.asarray(t_ns, np.int64)
    samples = np.empty(len(t_ns), _SAMPLE)
    samples["t_ns"], samples["acc"], samples["gyr"] = t_ns, acc, gyr
    body = samples.tobytes()
    packets = []
    for seq, first in enumerate(range(0, len(t_ns), per_packet), seq0):
        n = min(per_packet, len(t_ns) - first)
        head = struct.pack("<BBHI", FLOAT_V1, n, seq & 0xFFFF, int(t_ns[first]) // 1000 & 0xFFFFFFFF)
        packets.append(head + body[first * _SAMPLE.itemsize : (first + n) * _SAMPLE.itemsize])
    return packets


class Decoder:
    """Bytes of one sensor -> samples. Keeps nothing: each packet says all of itself."""

    time = HOST

    def __init__(self, sensor: str) -> None:
        self.sensor = sensor

    def follow(self, link: Link) -> None:
        """Nothing to follow."""

    def decode(self, packets: Sequence[Packet]) -> Decoded:
        """The samples of all good packets, in order, and an error for each bad one."""
        payloads = [p.payload for p in packets]
        errors: tuple[DecodeError, ...] = ()
        # 8 and 32: the sizes of header and sample, written out where a day passes a million times.
        whole = [len(p) > 8 and p[0] == FLOAT_V1 and len(p) == 8 + 32 * p[1] for p in payloads]
        if not all(whole):
            errors = tuple(
                undecoded(p, EXPECTED, "check the sensor's firmware")
                for p, good in zip(packets, whole, strict=True)
                if not good
            )
            packets = [p for p, good in zip(packets, whole, strict=True) if good]
            payloads = [p.payload for p in packets]
        lengths = np.array([*map(len, payloads)], np.int64)
        bodies = b"".join([payload[_HEADER.itemsize :] for payload in payloads])
        return Decoded(self._block([p.arrival_ns for p in packets], lengths, bodies), errors)

    def decode_runs(self, runs: Sequence[PacketRun]) -> Decoded:
        """The same of packets in runs, looked at all at once; one by one where one of them is bad."""
        lengths = np.array([*chain.from_iterable(run.lengths for run in runs)], np.int64)
        bodies = _bodies(lengths, b"".join([run.payloads for run in runs]))
        if bodies is None:
            return self.decode([packet for run in runs for packet in run.packets()])
        arrivals = [*chain.from_iterable(run.arrivals_ns for run in runs)]
        return Decoded(self._block(arrivals, lengths, bodies))

    def _block(self, arrivals_ns: Sequence[int], lengths: Times, bodies: bytes | Words) -> ImuBlock:
        """The samples of good packets: when heard (m,), bytes of each (m,), bytes without headers."""
        arrival = np.repeat(np.array(arrivals_ns, np.int64), (lengths - _HEADER.itemsize) // _SAMPLE.itemsize)
        raw = np.frombuffer(bodies, _SAMPLE)
        six = raw.view("<f4").reshape(-1, _SAMPLE.itemsize // 4)[:, 2:].astype(float)  # both at once
        t_ns = raw["t_ns"].astype(np.int64)
        return ImuBlock(self.sensor, t_ns, six[:, :3], six[:, 3:], arrival, _clipped(six))


def _bodies(lengths: Times, payloads: bytes) -> Words | None:
    """Packets without their headers, in words of 8 bytes: one a header, four a sample; None if one packet is bad."""
    if not ((lengths > _HEADER.itemsize) & (lengths % _SAMPLE.itemsize == _HEADER.itemsize)).all():
        return None
    words = np.frombuffer(payloads, "<u8")
    at = (np.cumsum(lengths) - lengths) // words.itemsize
    kind, n = words[at] & 0xFF, words[at] >> 8 & 0xFF
    if not ((kind == FLOAT_V1) & (n == lengths // _SAMPLE.itemsize)).all():
        return None
    is_body = np.ones(len(words), bool)
    is_body[at] = False
    return words[is_body]


def _clipped(six: Floats) -> Bools:
    # 0.999: a full-scale reading of an i16 sensor is 32767/32768 of its range.
    acc_end, gyr_end = 0.999 * ACC_RANGE, 0.999 * GYR_RANGE
    # A day of questions about rows of three costs a third of decoding; False where there is NaN.
    if max(six.max(initial=0.0), -six.min(initial=0.0)) < min(acc_end, gyr_end):
        return np.zeros(len(six), bool)
    return (np.abs(six[:, :3]) >= acc_end).any(axis=1) | (np.abs(six[:, 3:]) >= gyr_end).any(axis=1)


def times_ns(t_s: ArrayLike) -> Times:
    """Seconds (n,) -> whole nanoseconds (n,), exact to 1 µs for any clock of this century."""
    return np.rint(np.asarray(t_s, float) * 1e9).astype(np.int64)
