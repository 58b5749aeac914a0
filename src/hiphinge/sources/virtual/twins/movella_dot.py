"""Movella DOT: firmware_notes/movella_dot.md. One sample a notification, one clock for several once synchronised."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from hiphinge.sources.virtual.twin import READ_NOT_PERMITTED, UNLIKELY, Refused, Samples, Twin

_BASE = "1517{}-4947-11e9-8646-d663bd873d93"
ABOUT, SETTINGS, REPORT = (_BASE.format(number) for number in ("1001", "1002", "1004"))
CONTROL, LONG, MEDIUM, SHORT = (_BASE.format(number) for number in ("2001", "2002", "2003", "2004"))
CHARGE = _BASE.format("3001")
MESSAGE, ACKNOWLEDGE, NOTICE = (_BASE.format(number) for number in ("7001", "7002", "7003"))

OFFERED = (1, 4, 10, 12, 15, 20, 30, 60)
SYNC_TAKES = 12.0
"""s without a link after it was asked."""
BEACONS = 8.0
"""s after it was asked for which a root is heard by those that begin to listen."""
RESIDUAL = 0.5e-6
"""Standard deviation of what is left of a crystal's error then: the maker's 1 ppm is about two of it."""
LAW = 16 * 9.80665, 2000.0
"""m/s² and °/s: its ranges."""


class MovellaDot(Twin):
    """Measures from order to order; its rate survives power-off, its synchronisation does not."""

    name = "Movella DOT"
    manufacturer = MappingProxyType({2182: b"\x00\x00"})
    table = MappingProxyType(
        {
            _BASE.format("1000"): {ABOUT: "read", SETTINGS: "read write", REPORT: "notify"},
            _BASE.format("2000"): {CONTROL: "read write", LONG: "notify", MEDIUM: "notify", SHORT: "notify"},
            _BASE.format("3000"): {CHARGE: "read notify"},
            _BASE.format("7000"): {MESSAGE: "write", ACKNOWLEDGE: "read", NOTICE: "notify"},
        }
    )
    beacons: ClassVar[dict[bytes, float]] = {}
    """What the air carries between them: a root's address -> the instant from which all count."""
    saved_rate = 60
    blinking = False

    def boot(self) -> None:
        """No measurement, no synchronisation."""
        self.is_synced = False
        self._payload = 3
        self._root, self._alone = b"", math.inf
        self._zero, self._residual = 0.0, 0.0
        self._acknowledgement = b""

    def connected(self) -> None:
        """Whether its root could be heard meanwhile."""
        if self._root:
            zero = self.beacons.get(self._root, -math.inf)
            heard = 0.0 <= self._alone - zero <= BEACONS and self._now - self._alone >= SYNC_TAKES
            self._acknowledgement = _message(b"\x03" + (b"\x00" if heard else b"\x05"))
            self.is_synced, self._root = heard, b""
            self._zero, self._residual = zero, float(self.rng.normal(0.0, RESIDUAL))

    def disconnected(self) -> None:
        """The measurement ends."""
        super().disconnected()
        self._alone = self._now

    def abandoned(self) -> None:
        """An app for recordings was here: 20 Hz, orientation."""
        self.saved_rate, self._payload = 20, 5
        self.stream(self.saved_rate, 1)

    def read(self, uuid: str) -> bytes:
        """Itself, its settings, what it does, its charge, the last acknowledgement."""
        match uuid:
            case _ if uuid == ABOUT:
                return self._address() + bytes([3, 0, 0]) + bytes(25)
            case _ if uuid == SETTINGS:
                return bytes(24) + struct.pack("<HB5x", self.saved_rate, 0)
            case _ if uuid == CONTROL:
                return bytes([1, self.is_streaming, self._payload])
            case _ if uuid == CHARGE:
                return bytes([math.ceil(self.battery), 0])
            case _ if uuid == ACKNOWLEDGE:
                return self._acknowledgement
        raise Refused(READ_NOT_PERMITTED)

    def write(self, uuid: str, value: bytes) -> None:
        """Settings, the measurement, a message."""
        if uuid == SETTINGS and len(value) == 32:
            self._set(value)
        elif uuid == CONTROL and len(value) == 3 and value[0] == 1:
            self._measure(value[1] == 1, value[2])
        elif uuid == MESSAGE and len(value) >= 4 and sum(value) % 256 == 0 and value[0] == 2:
            self._told(value[2], value[3:-1])
        else:
            raise Refused(UNLIKELY)

    def packets(self, samples: Samples) -> Iterator[tuple[str, bytes]]:
        """What was ordered; payloads that nobody here reads come as zeros."""
        six = np.hstack(
            [np.clip(samples.acc[0], -LAW[0], LAW[0]), np.clip(np.rad2deg(samples.gyr[0]), -LAW[1], LAW[1])]
        )
        stamp = struct.pack("<I", self._microseconds(float(samples.tick[0])))
        if self._payload == 21:
            yield MEDIUM, stamp + six.astype("<f4").tobytes() + bytes(12)
        elif self._payload == 26:
            yield LONG, stamp + struct.pack("<4f", 1, 0, 0, 0) + six.astype("<f4").tobytes() + bytes(19)
        else:
            yield SHORT, stamp + bytes(16)

    def battery_fell(self) -> None:
        """It tells."""
        self.answer(CHARGE, self.read(CHARGE))

    def _set(self, value: bytes) -> None:
        rate = int.from_bytes(value[24:26], "little")
        if value[0] & 0x10 and not (self.is_synced or self.is_streaming) and rate in (*OFFERED, 120):
            self.saved_rate = rate
        if value[0] & 0x01:
            self.blinking = value[1] == 1

    def _measure(self, on: bool, payload: int) -> None:
        if on:
            self._payload = payload
            self.stream(min(self.saved_rate, 60), 1)
        else:
            self.halt()

    def _told(self, what: int, rest: bytes) -> None:
        if what == 0x01 and len(rest) == 6:
            self._root = rest
            if rest == self._address():
                self.beacons[rest] = self._now
        elif what == 0x02:
            self.is_synced = False
            self.answer(NOTICE, _message(b"\x50\x00"))
        elif what == 0x08:
            self.answer(NOTICE, _message(b"\x51" + (b"\x04" if self.is_synced else b"\x09")))

    def _microseconds(self, tick: float) -> int:
        """Its own clock; once it is synchronised, that of all from their common zero on, but for a residue."""
        common = (self._born + tick / self._pace - self._zero) * (1.0 + self._residual)
        return round((common if self.is_synced else tick) * 1e6) % 2**32

    def _address(self) -> bytes:
        return bytes.fromhex(self.identity.address.replace(":", ""))[::-1]


def _message(content: bytes) -> bytes:
    begun = bytes([2, len(content)]) + content
    return begun + bytes([(256 - sum(begun) % 256) % 256])
