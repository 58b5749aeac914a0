"""OpenEarable 2: firmware_notes/open_earable.md. Each sensor has its configuration; batches; a clock to ask."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from types import MappingProxyType

import numpy as np

from hiphinge.sources.virtual.twin import BATTERY, BATTERY_LEVEL, UNLIKELY, Refused, Samples, Twin

SERVICE = "34c2e3bb-34aa-11eb-adc1-0242ac120002"
DATA, CONFIG, STATUS = (f"34c2e3b{last}-34aa-11eb-adc1-0242ac120002" for last in "cef")
PARSE_INFO, SENSORS, REQUEST, SCHEME = (f"caa25cb{last}-7e1b-44f2-adc9-e8c06c9ced43" for last in "79ab")
TIME, OFFSET, RTT = (f"2e04cbf{last}-939d-4be5-823e-271838b75259" for last in "789")
LED, RGB, MODE = (f"8104{some}-4819-11ee-be56-0242ac120002" for some in ("0a2e", "0e7a", "0e7b"))

RATES = (25.0, 50.0, 100.0, 200.0, 400.0, 800.0)
OVER_BLUETOOTH = 2
"""Index of the fastest."""
NUMBERS = tuple(
    (group, axis, unit) for group, unit in (("ACC", "m/s^2"), ("GYRO", "dps"), ("MAG", "uT")) for axis in "XYZ"
)
LONGEST = 244
FIELD = (31.8, -45.6, -14.8)
"""µT."""


class OpenEarable(Twin):
    """What was configured outlasts the link, not the battery."""

    name = "OpenEarable-5E01"
    table = MappingProxyType(
        {
            SERVICE: {CONFIG: "write", STATUS: "read notify", DATA: "notify"},
            PARSE_INFO: {SENSORS: "read", REQUEST: "write", SCHEME: "read notify"},
            TIME: {OFFSET: "write", RTT: "write notify"},
            LED: {RGB: "write", MODE: "write"},
            BATTERY: {BATTERY_LEVEL: "read notify"},
        }
    )

    def boot(self) -> None:
        """Nothing is configured; the lamp shows its state."""
        self.configs = {0: (1, 0), 4: (0, 0)}
        self.epoch = 0.0
        self.blinking = 0
        self._scheme = b""

    def disconnected(self) -> None:
        """It samples on, to nobody."""

    def abandoned(self) -> None:
        """An app recorded to the card and streamed PPG, slowly the IMU too; it set the clock."""
        self.configs = {0: (0, 3), 4: (0, 1)}
        self.epoch = 1_700_000_000.0
        self._again()

    def read(self, uuid: str) -> bytes:
        """Configurations, the list of sensors, the scheme that was asked for."""
        if uuid == STATUS:
            return b"".join(bytes([sensor, *config]) for sensor, config in self.configs.items())
        if uuid == SENSORS:
            return bytes([len(self.configs), *self.configs])
        return self._scheme if uuid == SCHEME else super().read(uuid)

    def write(self, uuid: str, value: bytes) -> None:
        """By characteristic; wrong lengths are errors."""
        lengths = {CONFIG: 3, REQUEST: 1, RTT: 28, OFFSET: 8, RGB: 3, MODE: 1}
        if lengths.get(uuid) != len(value):
            raise Refused(UNLIKELY)
        if uuid == CONFIG and value[0] in self.configs:
            self.configs[value[0]] = (value[1], value[2])
            self.answer(STATUS, self.read(STATUS))
            if value[0] == 0:
                self._again()
        elif uuid == REQUEST and value == b"\0":
            self._scheme = scheme()
            self.answer(SCHEME, self._scheme)
        elif uuid == RTT:
            self._tell_time(value)
        elif uuid == OFFSET:
            self.epoch += int.from_bytes(value, "little", signed=True) / 1e6
        elif uuid == RGB:
            self.blinking += any(value)

    def packets(self, samples: Samples) -> Iterator[tuple[str, bytes]]:
        """One notification of floats, magnetometer and all."""
        if not self.configs[0][1] & 1:
            return
        field = np.tile(FIELD, (len(samples.tick), 1))
        acc, gyr = (
            np.clip(v, -most, most) for v, most in ((samples.acc, 2 * 9.80665), (np.rad2deg(samples.gyr), 2000))
        )
        body = np.hstack([acc, gyr, field]).astype("<f4").tobytes()
        if len(samples.tick) > 1:
            body += struct.pack("<H", round(1e6 / self.rate_hz))
        yield DATA, struct.pack("<BBQ", 0, len(body), self._us(samples.tick[0])) + body

    def _again(self) -> None:
        index, flags = self.configs[0]
        fits = (min(self.link_mtu - 3, LONGEST) - 12) // 36
        self.stream(RATES[index] if flags and index < len(RATES) else 0.0, max(fits, 1))

    def _us(self, tick: float) -> int:
        return round(tick * 1e6) + round(self.epoch * 1e6)

    def _tell_time(self, question: bytes) -> None:
        version, operation = question[:2]
        if (version, operation) != (1, 0):
            raise Refused(UNLIKELY)
        now = struct.pack("<Q", self._us(self.tick))
        self.answer(RTT, b"\1\1" + question[2:12] + now + now)


def scheme() -> bytes:
    """Of the IMU, as the sensor describes it."""
    out = b"\0" + _text("9-Axis IMU") + bytes([len(NUMBERS)])
    for texts in NUMBERS:
        out += b"\6" + b"".join(map(_text, texts))
    return out + bytes([0x13, len(RATES), 1, OVER_BLUETOOTH]) + struct.pack(f"<{len(RATES)}f", *RATES)


def _text(words: str) -> bytes:
    return bytes([len(words)]) + words.encode()
