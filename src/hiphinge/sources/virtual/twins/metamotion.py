"""MbientLab MetaMotion: firmware_notes/metamotion.md. Modules, registers, packed samples of two sensors."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from hiphinge.blocks import Floats
from hiphinge.sources.virtual.twin import BATTERY_LEVEL, UNLIKELY, Refused, Samples, Twin, counts

_BASE = "326a90{}-85cb-9195-d9dd-464cfbbae75a"
SERVICE, COMMAND, NOTIFY = (_BASE.format(number) for number in ("00", "01", "06"))

HZ = {6: 25.0, 7: 50.0, 8: 100.0, 9: 200.0}
DPS = (2000, 1000, 500, 250, 125)
PER_DPS = 16.4
"""Counts, at 2000 °/s."""
SENSORS = {0x03: "acc", 0x13: "gyr"}


class MetaMotion(Twin):
    """An R+: a BMI160 that goes on when its host goes, and a motor; ``vibrated``: tick and s of each run."""

    name = "MetaWear"
    table = MappingProxyType(
        {
            SERVICE: {COMMAND: "write write-without-response", NOTIFY: "notify"},
            "180f": {BATTERY_LEVEL: "read"},
        }
    )
    advertised = (SERVICE,)
    infos: ClassVar = {0x03: b"\x01\x01", 0x13: b"\x00\x01", 0x08: b"\x00\x00"}
    registers: ClassVar = {0x03: (0x04, 0x1C), 0x13: (0x05, 0x07)}
    """Module -> register of single samples, of packed ones."""
    ranges_g: ClassVar = {0x03: 2, 0x05: 4, 0x08: 8, 0x0C: 16}
    delivered: ClassVar = {0x03: b"\x28\x03", 0x13: b"\x28\x00"}

    def boot(self) -> None:
        """Both sensors rest."""
        self.configs = dict(self.delivered)
        self.powered = {0x03: False, 0x13: False}
        self.sampling = dict(self.powered)
        self.notified: set[tuple[int, int]] = set()
        self.fusing = self.blinking = False
        self.vibrated: list[tuple[float, float]] = []

    def abandoned(self) -> None:
        """Its fusion runs, and single samples of the accelerometer, slowly."""
        self.fusing = True
        self.configs[0x03] = bytes([self.delivered[0x03][0] - 2, self.delivered[0x03][1]])
        self.notified.add((0x03, self.registers[0x03][0]))
        self.powered[0x03] = self.sampling[0x03] = True
        self._again()

    def disconnected(self) -> None:
        """It streams on, to nobody."""

    def write(self, uuid: str, value: bytes) -> None:
        """Module, register, content; the unknown is passed over."""
        if uuid != COMMAND or len(value) < 2:
            raise Refused(UNLIKELY)
        module, register, content = value[0], value[1], value[2:]
        if register & 0x80:
            self._tell(module, register & 0x7F)
        elif module in SENSORS and content:
            self._set(module, register, content)
        elif value[:2] == b"\x19\x01":
            self.fusing = value[2:3] == b"\x01"
        elif value[:2] in (b"\x02\x01", b"\x02\x02"):
            self.blinking = value == b"\x02\x01\x01"
        elif value[:2] == b"\x08\x01" and 0x08 in self.infos:
            self._vibrate(*struct.unpack("<BHB", content))

    def _vibrate(self, strength: int, ms: int, buzzer: int) -> None:
        if strength and not buzzer:
            self.vibrated.append((self.tick, ms / 1000))

    def packets(self, samples: Samples) -> Iterator[tuple[str, bytes]]:
        """Three of the accelerometer, then three of the gyroscope; each as it is asked for."""
        for module, six in ((0x03, self._acc(samples.acc)), (0x13, self._gyr(samples.gyr))):
            single, packed = self.registers[module]
            if not (self.powered[module] and self.sampling[module]):
                continue
            if (module, packed) in self.notified:
                yield NOTIFY, bytes([module, packed]) + six.tobytes()
            if (module, single) in self.notified:
                for row in six:
                    yield NOTIFY, bytes([module, single]) + row.tobytes()

    def _acc(self, acc: Floats) -> np.ndarray:
        return counts(acc / 9.80665, self.ranges_g[self.configs[0x03][1]] / 32768).astype("<i2")

    def _gyr(self, gyr: Floats) -> np.ndarray:
        return counts(np.rad2deg(gyr), DPS[self.configs[0x13][1]] / (2000 * PER_DPS)).astype("<i2")

    def _set(self, module: int, register: int, content: bytes) -> None:
        if register == 0x01:
            self.powered[module] = content[0] == 1
        elif register == 0x02:
            self.sampling[module] = content[0] == 1
        elif register == 0x03:
            self.configs[module] = content[:2]
        elif register in self.registers[module]:
            change = self.notified.add if content[0] else self.notified.discard
            change((module, register))
            return
        self._again()

    def _again(self) -> None:
        """Both at the accelerometer's rate, as they are always set here."""
        rate = HZ.get(self.configs[0x03][0] & 0x0F, 0.0)
        on = any(self.powered[m] and self.sampling[m] for m in SENSORS)
        self.stream(rate if on else 0.0, 3)

    def _tell(self, module: int, register: int) -> None:
        head = bytes([module, register | 0x80])
        if register == 0x00:
            self.answer(NOTIFY, head + self.infos.get(module, b""))
        elif register == 0x03 and module in SENSORS:
            self.answer(NOTIFY, head + self.configs[module])
        elif (module, register) == (0x11, 0x0C):
            self.answer(NOTIFY, head + struct.pack("<BH", round(self.battery), 3300 + round(9 * self.battery)))


class MetaMotionS(MetaMotion):
    """An S: a BMI270; here without a haptic module, so that somebody says so."""

    infos: ClassVar = {0x03: b"\x04\x00", 0x13: b"\x01\x00"}
    registers: ClassVar = {0x03: (0x04, 0x05), 0x13: (0x04, 0x05)}
    ranges_g: ClassVar = {0: 2, 1: 4, 2: 8, 3: 16}
    delivered: ClassVar = {0x03: b"\xa8\x02", 0x13: b"\x28\x00"}
