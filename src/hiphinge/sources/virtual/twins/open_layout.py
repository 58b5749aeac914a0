"""The project's own open layout over Bluetooth: firmware_notes/hiphinge_imu.md, integer variant."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from hiphinge.sources.virtual.twin import (
    BATTERY,
    BATTERY_LEVEL,
    DEVICE,
    FIRMWARE,
    MAKER,
    MODEL,
    SERIAL,
    UNLIKELY,
    Refused,
    Samples,
    Twin,
    counts,
)

_BASE = "593eb2a{}-6c46-42ee-82b3-ea146566917e"
SERVICE, CONTROL, INFO, DATA, TIME = (_BASE.format(i) for i in range(5))

RATES = (25, 50, 100, 200, 400)
ACC_RANGES = (2, 4, 8, 16)
GYR_RANGES = (125, 250, 500, 1000, 2000)
LONGEST = 19

DONE, UNKNOWN, WRONG_LENGTH, NOT_OFFERED, NOT_NOW = range(5)


class OpenLayout(Twin):
    """A XIAO nRF52840 Sense with the project's firmware."""

    table = MappingProxyType(
        {
            SERVICE: {CONTROL: "write indicate", INFO: "read", DATA: "notify", TIME: "notify"},
            BATTERY: {BATTERY_LEVEL: "read notify"},
            DEVICE: {MAKER: "read", MODEL: "read", SERIAL: "read", FIRMWARE: "read"},
        }
    )
    advertised = (SERVICE,)
    has: ClassVar = b""
    """What it says behind the 24 bytes of INFO."""

    @property
    def name(self) -> str:  # type: ignore[override]  # each has its own
        """The firmware's name and the last four characters of its address."""
        return "hiphinge " + self._serial[-4:]

    @property
    def _serial(self) -> str:
        return self.identity.address.replace(":", "")

    def boot(self) -> None:
        """Everything but its own number is forgotten."""
        self._boot = int(self.rng.integers(2**32))
        self._rate = self._acc_g = self._gyr_dps = self._asked = 0
        self._configured = False
        self._seq = 0
        self.blinking = 0
        self.vibrated: list[tuple[float, float]] = []

    def abandoned(self) -> None:
        """Slow, in its narrowest ranges, one sample a packet, and running."""
        self._set(25, 2, 125, 1)
        self._start()

    def read(self, uuid: str) -> bytes:
        """INFO, and what the standard services tell."""
        words = {MAKER: "hiphinge", MODEL: "XIAO nRF52840 Sense", SERIAL: self._serial, FIRMWARE: "1.0"}
        if uuid in words:
            return words[uuid].encode()
        if uuid != INFO:
            return super().read(uuid)
        state = self.is_streaming | self._configured << 1
        now = (1, state, self._rate, self._acc_g, self._asked, self._gyr_dps, *self._steps(), self._boot)
        return struct.pack("<BBHBBHffIHBB", *now, 0b11111, 0b1111, 0b11111) + self.has

    def write(self, uuid: str, value: bytes) -> None:
        """A command; each but an empty one is answered."""
        if uuid != CONTROL or not value:
            raise Refused(UNLIKELY)
        status = self._obey(value[0], value[1:])
        self.answer(CONTROL, bytes([value[0] | 0x80, status]))

    def packets(self, samples: Samples) -> Iterator[tuple[str, bytes]]:
        """Header and six i16 a sample."""
        acc_lsb, gyr_lsb = self._steps()
        rows = np.hstack([counts(samples.acc, acc_lsb), counts(samples.gyr, gyr_lsb)])
        head = struct.pack("<BBHI", 1, len(rows), self._seq, round(samples.tick[0] * 1e6) % 2**32)
        self._seq = (self._seq + 1) % 2**16
        yield DATA, head + rows.astype("<i2").tobytes()

    def battery_fell(self) -> None:
        """Tell whoever asked to be told."""
        self.answer(BATTERY_LEVEL, self.read(BATTERY_LEVEL))

    def _obey(self, command: int, rest: bytes) -> int:
        lengths = {1: 6, 2: 0, 3: 0, 4: 4, 5: 1} | ({6: 5} if self.has else {})
        if len(rest) != lengths.get(command):
            return WRONG_LENGTH if command in lengths else UNKNOWN
        match command:
            case 1:
                return self._configure(*struct.unpack("<HBHB", rest))
            case 2:
                return self._start()
            case 3:
                self.halt()
            case 4:
                self._tell_time(rest)
            case 5:
                return self._blink(rest[0])
            case 6:
                return self._vibrate(*struct.unpack("<HHB", rest))
        return DONE

    def _configure(self, rate: int, acc_g: int, gyr_dps: int, samples: int) -> int:
        if self.is_streaming:
            return NOT_NOW
        if rate not in RATES or acc_g not in ACC_RANGES or gyr_dps not in GYR_RANGES or samples > LONGEST:
            return NOT_OFFERED
        self._set(rate, acc_g, gyr_dps, samples)
        return DONE

    def _set(self, rate: int, acc_g: int, gyr_dps: int, samples: int) -> None:
        self._rate, self._acc_g, self._gyr_dps, self._asked = rate, acc_g, gyr_dps, samples
        self._configured = True

    def _start(self) -> int:
        if not self._configured:
            return NOT_NOW
        if not self.is_streaming:
            fits = max((self.link_mtu - 3 - 8) // 12, 1)
            self._seq = 0
            self.stream(self._rate, min(self._asked or LONGEST, fits))
        return DONE

    def _tell_time(self, token: bytes) -> None:
        now = round(self.tick * 1e6) % 2**32
        self.answer(TIME, token + struct.pack("<II", now, now))

    def _blink(self, seconds: int) -> int:
        if seconds > 60:
            return NOT_OFFERED
        self.blinking = seconds
        return DONE

    def _vibrate(self, on: int, off: int, pulses: int) -> int:
        if not 10 <= on <= 20_000 or off > 2000 or pulses > 10:
            return NOT_OFFERED
        self.vibrated += [(self.tick + i * (on + off) / 1000, on / 1000) for i in range(pulses)]
        return DONE

    def _steps(self) -> tuple[float, float]:
        """One count in m/s² and rad/s at the ranges that are set: range / 32768."""
        return self._acc_g * 9.80665 / 32768, np.deg2rad(self._gyr_dps) / 32768


class WithMotor(OpenLayout):
    """An M5StickC with a vibrator on its pins; ``vibrated``: tick and s of each run."""

    has = b"\x01"
