"""A Movesense with the firmware it is delivered with: firmware_notes/movesense.md. Subscriptions by path."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from types import MappingProxyType

import numpy as np

from hiphinge.sources.virtual.twin import UNLIKELY, Refused, Samples, Twin

_BASE = "3480{}-7185-4d5d-b431-630e7050e8f0"
SERVICE, COMMAND, NOTIFY = (_BASE.format(number) for number in ("2252", "0001", "0002"))

RATES = {13: 1, 26: 2, 52: 4, 104: 8, 208: 16}
"""Hz -> samples of a message."""
AXES = {"IMU6": 6, "IMU9": 9}
SLOTS = 4
FIELD = (31.8, -45.6, -14.8)
"""µT."""


class Movesense(Twin):
    """Its messages are longer than its MTU."""

    name = "Movesense 174630000192"
    table = MappingProxyType({SERVICE: {COMMAND: "write", NOTIFY: "notify"}})
    mtu = 161

    def boot(self) -> None:
        """As delivered."""
        self.subscribed: dict[int, tuple[str, int]] = {}
        self.acc_g, self.gyr_dps = 8, 2000

    def disconnected(self) -> None:
        """Subscriptions end with the link."""
        self.subscribed.clear()
        self.halt()

    def abandoned(self) -> None:
        """The last app narrowed the ranges."""
        self.acc_g, self.gyr_dps = 4, 500

    def write(self, uuid: str, value: bytes) -> None:
        """Command, reference, content."""
        if uuid != COMMAND or len(value) < 2 or not value[1]:
            raise Refused(UNLIKELY)
        command, reference, path = value[0], value[1], value[2:].rstrip(b"\0").decode("ascii", "replace")
        if command == 0:
            self.answer(NOTIFY, bytes([1, reference, 1]) + b"174630000192\0Movesense\0")
        elif command == 1:
            self._say(reference, self._subscribe(reference, path))
        elif command == 2 and reference in self.subscribed:
            del self.subscribed[reference]
            self.halt()
            self._say(reference, 200)
        elif command == 4:
            self._get(reference, path)

    def packets(self, samples: Samples) -> Iterator[tuple[str, bytes]]:
        """A message, in as many parts as it needs: two."""
        for reference, (kind, _) in self.subscribed.items():
            blocks = [self._held(samples.acc, 9.80665 * self.acc_g), self._held(np.rad2deg(samples.gyr), self.gyr_dps)]
            if AXES[kind] == 9:
                blocks.append(np.tile(FIELD, (len(samples.tick), 1)))
            body = (
                struct.pack("<I", math.floor(samples.tick[0] * 1000) % 2**32) + np.stack(blocks).astype("<f4").tobytes()
            )
            most = self.link_mtu - 5
            yield NOTIFY, bytes([2, reference]) + body[:most]
            if body[most:]:
                yield NOTIFY, bytes([3, reference]) + body[most:]

    @staticmethod
    def _held(values: np.ndarray, most: float) -> np.ndarray:
        return np.clip(values, -most, most)

    def _subscribe(self, reference: int, path: str) -> int:
        _, meas, kind, rate, *more = (*path.split("/"), "", "", "", "")
        if meas != "Meas" or kind not in AXES or not rate.isdigit() or int(rate) not in RATES or any(more):
            return 404
        if len(self.subscribed) >= SLOTS:
            return 507
        self.subscribed[reference] = (kind, int(rate))
        self.stream(int(rate), RATES[int(rate)])
        return 200

    def _get(self, reference: int, path: str) -> None:
        values = {
            "/System/Energy/Level": bytes([math.ceil(self.battery)]),
            "/Meas/Acc/Config": bytes([self.acc_g]),
            "/Meas/Gyro/Config": struct.pack("<H", self.gyr_dps),
        }
        self._say(reference, 200 if path in values else 404, values.get(path, b""))

    def _say(self, reference: int, status: int, value: bytes = b"") -> None:
        self.answer(NOTIFY, bytes([1, reference]) + struct.pack("<H", status) + value)
