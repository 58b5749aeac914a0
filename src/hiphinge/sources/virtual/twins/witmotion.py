"""WitMotion WT901BLE67: firmware_notes/witmotion.md. Registers, frames of 20 bytes, several in a notification."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from types import MappingProxyType

import numpy as np

from hiphinge.sources.virtual.twin import UNLIKELY, Refused, Samples, Twin, counts

_BASE = "0000{}-0000-1000-8000-00805f9a34fb"
SERVICE, NOTIFY, COMMAND = (_BASE.format(number) for number in ("ffe5", "ffe4", "ffe9"))

HZ = {0x05: 5, 0x06: 10, 0x07: 20, 0x08: 50, 0x09: 100, 0x0B: 200}
FRAMES = {50: 2, 100: 4, 200: 8}
"""In a notification; one at lower rates."""
SAVED = MappingProxyType({0x03: 0x06, 0x1F: 0x03, 0x24: 0x00, 0x96: 0x00})
"""What its flash holds as delivered: 10 Hz, angles."""
VOLTS = ((3.96, 100), (3.93, 90), (3.87, 75), (3.82, 60), (3.79, 50), (3.77, 40), (3.73, 30), (3.70, 20), (3.50, 10))


class WitMotion(Twin):
    """Streams while it is connected; forgets at power-off what was not saved."""

    name = "WT901BLE67"
    table = MappingProxyType({SERVICE: {NOTIFY: "notify", COMMAND: "write-without-response write"}})

    def boot(self) -> None:
        """As saved."""
        self.registers = dict(SAVED)
        self._locked = True

    def connected(self) -> None:
        """It streams at once, wanted or not."""
        self._locked = True
        self._again()

    def abandoned(self) -> None:
        """An app for vibrations was here: displacement, slowly."""
        self.registers |= {0x03: 0x05, 0x96: 0x01}

    def write(self, uuid: str, value: bytes) -> None:
        """FF AA register value; anything else is not even answered."""
        if uuid != COMMAND:
            raise Refused(UNLIKELY)
        if len(value) != 5 or value[:2] != b"\xff\xaa":
            return
        register, word = value[2], int.from_bytes(value[3:], "little")
        if register == 0x27:
            self._tell(word)
        elif register == 0x69:
            self._locked = word != 0xB588
        elif not self._locked:
            self.registers[register] = word
            if register == 0x03:
                self._again()

    def packets(self, samples: Samples) -> Iterator[tuple[str, bytes]]:
        """One notification of frames that say nothing of their layout."""
        yield NOTIFY, b"".join(self._frames(samples))

    def _frames(self, samples: Samples) -> Iterator[bytes]:
        acc = counts(samples.acc / 9.80665, 16 / 32768)
        gyr = counts(np.rad2deg(samples.gyr), 2000 / 32768)
        for tick, six in zip(samples.tick.tolist(), np.hstack([acc, gyr]).astype("<i2"), strict=True):
            measured = bytes(12) if self.registers[0x96] & 1 else six.tobytes()
            yield b"\x55\x61" + measured + self._tail(tick)

    def _tail(self, tick: float) -> bytes:
        if self.registers[0x96] & 2:
            return struct.pack("<IH", round(tick * 1000) % 2**32, 0)
        return struct.pack("<3h", -104, 13, 12792)  # angles, of no meaning here

    def _again(self) -> None:
        rate = HZ.get(self.registers[0x03], 0)
        fits = max((self.link_mtu - 3) // 20, 1)
        self.stream(rate, min(FRAMES.get(rate, 1), fits))

    def _tell(self, register: int) -> None:
        here = dict(self.registers)
        here[0x64] = round(100 * next((volts for volts, level in VOLTS if self.battery >= level), 3.3))
        words = [here.get(register + i, 0) for i in range(8)]
        self.answer(NOTIFY, b"\x55\x71" + struct.pack("<9H", register, *words))
