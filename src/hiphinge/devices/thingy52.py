"""Nordic Thingy:52: see firmware_notes/thingy52.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from hiphinge.blocks import GRAVITY, ImuBlock, Link, Packet
from hiphinge.devices.configured import Configured
from hiphinge.devices.driver import (
    BATTERY_LEVEL,
    COUNTED,
    Advertisement,
    Configuration,
    Decoded,
    Driver,
    Read,
    Steps,
    Subscribe,
    Wait,
    Wanted,
    Write,
    undecoded,
)
from hiphinge.devices.rates import enough, period_ns
from hiphinge.errors import SensorRefused

NAME = "thingy52"
BASE = "ef68{}-9b35-4933-9b10-52ffa9740042"
RATES = (5, 10, 20, 25, 40, 50, 100, 200)
"""Its motion processor divides 200 Hz by a whole number."""
ACC_RANGE, GYR_RANGE = 2 * GRAVITY, float(np.deg2rad(1023))
"""Of the sensor; of the numbers that it is sent in, where the firmware holds it."""
ACC_LSB, GYR_LSB = -GRAVITY / 1024, float(np.deg2rad(1 / 32))
"""The firmware turns accelerations round: positive is what gravity pulls along."""
ACC_END, GYR_END = 2047, 32736
"""Counts: 2 g, 1023 °/s."""
RAW = np.dtype([("acc", "<i2", 3), ("gyr", "<i2", 3), ("compass", "<i2", 3)])
SETTING = 9


class Thingy(Driver):
    """One sample a notification, without clock or counter, for as long as it is subscribed to."""

    name, maker = NAME, "Nordic Thingy:52"
    characteristics: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "setting": (BASE.format("0401"),),
        "data": (BASE.format("0406"),),
        "lamp": (BASE.format("0301"),),
        "battery": (BATTERY_LEVEL,),
    }

    def recognises(self, seen: Advertisement) -> bool:
        """By its configuration service, or the name that it is delivered with."""
        return BASE.format("0100") in seen.services or seen.name == "Thingy"

    def start(self, wanted: Wanted) -> Steps[Configuration]:
        """Set the rate where it is another, leave the rest; the sensors start with the subscription."""
        rate = enough(wanted.rate_hz, RATES)
        before = yield from _setting()
        asked = before[:6] + rate.to_bytes(2, "little") + before[8:]
        if asked != before:
            yield Write("setting", asked, response=True)
            found = yield from _setting()
            if found != asked:
                raise SensorRefused(
                    f"{NAME}: set to {rate} Hz, it says {int.from_bytes(found[6:8], 'little')}. Switch it off and on."
                )
        yield Subscribe("data")
        return Configuration(rate, ACC_RANGE, GYR_RANGE)

    def stop(self) -> Steps[None]:
        """Its sensors stop with the link."""
        return
        yield

    def decoder(self, sensor: str) -> Decoder:
        """See :class:`Decoder`."""
        return Decoder(sensor)

    def blink(self) -> Steps[bool]:
        """Three times white; then as it was."""
        before = yield Read("lamp")
        for light in (b"\xff\xff\xff", b"\0\0\0") * 3:
            yield Write("lamp", b"\1" + light, response=True)
            yield Wait(0.3)
        if before:
            yield Write("lamp", before, response=True)
        return True


def _setting() -> Steps[bytes]:
    found = (yield Read("setting")) or b""
    if len(found) != SETTING:
        raise SensorRefused(
            f"{NAME}: {len(found)} bytes of motion settings, expected {SETTING}. Give it the firmware of a Thingy:52."
        )
    return found


# --- Decoding ----------------------------------------------------------------------------


class Decoder:
    """Samples counted."""

    time = COUNTED

    def __init__(self, sensor: str) -> None:
        self.sensor = sensor
        self._period_ns = Configured(sensor, period_ns)
        self._counted = 0

    def follow(self, link: Link) -> None:
        """Another connection counts anew."""
        self._period_ns.follow(link)
        if self._period_ns.awaited:
            self._counted = 0

    def decode(self, packets: Sequence[Packet]) -> Decoded:
        """One sample each."""
        errors, heard = self._period_ns.errors(), []
        for packet in packets:
            if packet.characteristic != "data" or self._period_ns.awaited:
                continue
            if len(packet.payload) != RAW.itemsize or self._period_ns.value is None:
                errors.append(
                    undecoded(
                        packet,
                        f"expected {RAW.itemsize} after its configuration",
                        "check that it is a Thingy:52 with Nordic's own firmware",
                    )
                )
            else:
                heard.append(packet)
        raw = np.frombuffer(b"".join([p.payload for p in heard]), RAW)
        acc, gyr = raw["acc"].astype(float), raw["gyr"].astype(float)
        ends = (np.abs(acc) >= ACC_END) | (np.abs(gyr) >= GYR_END)
        index = np.arange(self._counted, self._counted + len(raw))
        t_ns = np.rint(index * (self._period_ns.value or 0.0)).astype(np.int64)
        self._counted += len(raw)
        arrival = np.array([p.arrival_ns for p in heard], np.int64)
        block = ImuBlock(self.sensor, t_ns, acc * ACC_LSB, gyr * GYR_LSB, arrival, np.logical_or.reduce(ends, axis=1))
        return Decoded(block, tuple(errors))
