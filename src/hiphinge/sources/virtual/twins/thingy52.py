"""Nordic Thingy:52: firmware_notes/thingy52.md. One raw sample a notification, its setting in flash."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from types import MappingProxyType

import numpy as np

from hiphinge.sources.virtual.twin import BATTERY, BATTERY_LEVEL, UNLIKELY, Identity, Refused, Samples, Sense, Twin

_BASE = "ef68{}-9b35-4933-9b10-52ffa9740042"
CONFIGURATION, NAME, UI, LED, MOTION, SETTING, RAW = (
    _BASE.format(n) for n in ("0100", "0101", "0300", "0301", "0400", "0401", "0406")
)
LIMITS = ((100, 5000), (100, 5000), (100, 5000), (1, 200), (0, 1))
"""Of each number of the setting."""
FIELD = (31.8, -45.6, -14.8)
"""µT."""
BREATHING = b"\x02\x06\x14\xac\x0d"
"""Cyan, as when a host is there."""


class Thingy(Twin):
    """Its sensors run while a host is there: nobody hears them who has not subscribed."""

    name = "Thingy"
    table = MappingProxyType(
        {
            CONFIGURATION: {NAME: "read write"},
            UI: {LED: "read write"},
            MOTION: {SETTING: "read write", RAW: "notify"},
            BATTERY: {BATTERY_LEVEL: "read notify"},
        }
    )
    advertised = (CONFIGURATION,)
    mtu = 23

    def __init__(self, identity: Identity, sense: Sense, drift_ppm: float = 0.0) -> None:
        super().__init__(identity, sense, drift_ppm)
        self.setting = struct.pack("<HHHHB", 1000, 500, 500, 10, 1)

    def boot(self) -> None:
        """The setting is kept, the lamp is not."""
        self.lamp = BREATHING
        self.blinking = 0

    def connected(self) -> None:
        """Sensors on."""
        self._again()

    def abandoned(self) -> None:
        """A power-saving app was here."""
        self.setting = struct.pack("<HHHHB", 5000, 5000, 5000, 5, 0)

    def read(self, uuid: str) -> bytes:
        """Setting, lamp, name."""
        known = {SETTING: self.setting, LED: self.lamp, NAME: self.name.encode()}
        return known[uuid] if uuid in known else super().read(uuid)

    def write(self, uuid: str, value: bytes) -> None:
        """A setting within its limits, or a light."""
        if uuid == SETTING and len(value) == len(self.setting):
            numbers = struct.unpack("<HHHHB", value)
            if not all(low <= x <= high for x, (low, high) in zip(numbers, LIMITS, strict=True)):
                raise Refused(UNLIKELY)
            self.setting = value
            if self.is_streaming:
                self._again()
        elif uuid == LED and value and len(value) == (1, 4, 5, 3)[value[0] % 4]:
            self.lamp = value
            self.blinking += value == b"\x01\xff\xff\xff"
        else:
            raise Refused(UNLIKELY)

    def packets(self, samples: Samples) -> Iterator[tuple[str, bytes]]:
        """Fixed point: 10 bits behind the point, 5, 4; held where the integer part ends."""
        acc = np.clip(-samples.acc / 9.80665, -2, 2 - 2**-14)
        gyr = np.clip(np.rad2deg(samples.gyr), -1024, 1023)
        for a, g in zip(acc, gyr, strict=True):
            parts = ((a, 10), (g, 5), (np.array(FIELD), 4))
            yield RAW, b"".join(np.floor(x * 2**bits).astype("<i2").tobytes() for x, bits in parts)

    def _again(self) -> None:
        (rate,) = struct.unpack_from("<H", self.setting, 6)
        self.stream(200 / (200 // rate), 1)
