"""Polar Verity Sense: firmware_notes/polar_verity.md. Two streams of compressed frames on one clock, SDK mode."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from hiphinge.blocks import Floats
from hiphinge.sources.virtual.twin import BATTERY, BATTERY_LEVEL, UNLIKELY, Refused, Samples, Twin, counts

_BASE = "fb005c8{}-02e7-f387-1cad-8acd2d8df0c8"
SERVICE, CONTROL, DATA = (_BASE.format(i) for i in range(3))

NORMAL = {0x02: ((52,), (8,)), 0x05: ((52,), (2000,))}
"""Kind -> rates, ranges."""
SDK_MODE = {
    0x02: ((26, 52, 104, 208, 416), (2, 4, 8, 16)),
    0x05: ((26, 52, 104, 208, 416), (250, 500, 1000, 2000)),
}
A_FRAME = 8
"""Samples; the real one sends four times as many."""


@dataclass(frozen=True)
class Chosen:
    """Rate and range of a stream, and what a count of it is in g or °/s."""

    rate: int
    full: int

    @property
    def factor(self) -> float:
        """As an f32: the one it tells."""
        return float(np.float32(self.full / 32768))


class PolarVerity(Twin):
    """Its heart is blue; it hears one command after the other and answers each."""

    name = "Polar Sense B36B5B21"
    epoch = 599_616_000.0
    """s since 2000: its clock after the battery was empty."""
    table = MappingProxyType(
        {
            SERVICE: {CONTROL: "read write indicate", DATA: "notify"},
            BATTERY: {BATTERY_LEVEL: "read notify"},
        }
    )

    def boot(self) -> None:
        """Nothing streams; no SDK mode."""
        self.sdk = False
        self.streams: dict[int, Chosen] = {}

    def disconnected(self) -> None:
        """Its streams end with the link; the mode stays."""
        self.streams.clear()
        self.halt()

    def abandoned(self) -> None:
        """The maker's app streams accelerations for its own ends."""
        self.streams = {0x02: Chosen(52, 8)}
        self._again()

    def read(self, uuid: str) -> bytes:
        """What it can measure: PPG, accelerometer, PPI, gyroscope, magnetometer, SDK mode."""
        return b"\x0f\x6e\x02" if uuid == CONTROL else super().read(uuid)

    def write(self, uuid: str, value: bytes) -> None:
        """A command, always answered."""
        if uuid != CONTROL or len(value) < 2:
            raise Refused(UNLIKELY)
        command, kind, rest = value[0], value[1], value[2:]
        status, told = self._obey(command, kind, rest)
        self.answer(CONTROL, bytes([0xF0, command, kind, status, 0]) + told)

    def packets(self, samples: Samples) -> Iterator[tuple[str, bytes]]:
        """A frame of each stream that runs."""
        t = round((samples.tick[-1] + self.epoch) * 1e9)
        for kind, values in ((0x02, samples.acc / 9.80665), (0x05, np.rad2deg(samples.gyr))):
            if kind in self.streams:
                raw = counts(values, self.streams[kind].factor)
                yield DATA, struct.pack("<BQB", kind, t, 0x80) + compressed(raw)

    def _obey(self, command: int, kind: int, rest: bytes) -> tuple[int, bytes]:
        if kind == 0x09:
            return self._mode(command), b""
        offers = SDK_MODE if self.sdk else NORMAL
        if kind not in offers:
            return (0 if command == 0x03 else 3), b""
        if command == 0x01:
            return 0, _listed(*offers[kind])
        if command == 0x02:
            return self._start(kind, rest, *offers[kind])
        was = self.streams.pop(kind, None)
        self._again()
        return (6 if was is None else 0), b""

    def _mode(self, command: int) -> int:
        if self.streams:
            return 12
        was, self.sdk = self.sdk, command == 0x02
        return 6 if was == self.sdk else 0

    def _start(self, kind: int, rest: bytes, rates: tuple[int, ...], ranges: tuple[int, ...]) -> tuple[int, bytes]:
        if self.link_mtu < 3 + 10 + 6 + A_FRAME * 7:
            return 10, b""
        if len(rest) != 15 or rest[4:10] != b"\x01\x01\x10\x00\x02\x01" or rest[12:] != b"\x04\x01\x03":
            return 5, b""
        chosen = Chosen(*struct.unpack("<H6xH", rest[2:12]))
        if chosen.rate not in rates:
            return 8, b""
        if chosen.full not in ranges:
            return 9, b""
        if kind in self.streams:
            return 6, b""
        self.streams[kind] = chosen
        self._again()
        return 0, struct.pack("<BBf", 5, 1, chosen.factor)

    def _again(self) -> None:
        """All at the rate of the first: its host asks for one alone."""
        self.stream(next((c.rate for c in self.streams.values()), 0), A_FRAME)


def compressed(rows: Floats) -> bytes:
    """Of rows (n, 3): the first sample, then one block of differences in as few bits as hold them all."""
    whole = rows.astype(int)
    steps = [x for row in np.diff(whole, axis=0).tolist() for x in row]
    bits = 1 + max(int(x if x >= 0 else -x - 1).bit_length() for x in steps)
    if bits > 16:  # differences wrap as the samples do
        steps, bits = [(x + 32768) % 65536 - 32768 for x in steps], 16
    text = "".join(format(x % (1 << bits), f"0{bits}b")[::-1] for x in steps)
    octets = [int(text[i : i + 8][::-1], 2) for i in range(0, len(text), 8)]
    return struct.pack("<3h", *whole[0]) + bytes([bits, len(rows) - 1, *octets])


def _listed(rates: tuple[int, ...], ranges: tuple[int, ...]) -> bytes:
    parts = (
        bytes([0, len(rates)]) + struct.pack(f"<{len(rates)}H", *rates),
        bytes([1, 1]) + struct.pack("<H", 16),
        bytes([2, len(ranges)]) + struct.pack(f"<{len(ranges)}H", *ranges),
        bytes([4, 1, 3]),
    )
    return b"".join(parts)
