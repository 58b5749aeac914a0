"""OpenEarable 2: see firmware_notes/open_earable.md."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from hiphinge.blocks import GRAVITY, Bools, Exchange, Floats, ImuBlock, Link, Packet
from hiphinge.devices.configured import NONSENSE, Configured, number
from hiphinge.devices.driver import (
    BATTERY_LEVEL,
    DEVICE,
    SLOWEST_US,
    Advertisement,
    Ask,
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

NAME = "open_earable"
IMU = 0
STREAMED = 0x01
"""Bit of a sensor's configuration; bit 1: kept on its card."""
ACC_RANGE, GYR_RANGE = 2 * GRAVITY, float(np.deg2rad(2000))
"""Fixed in its firmware."""
HEAD = struct.Struct("<BBQ")
EXCHANGE = struct.Struct("<BBHQQQ")
LATEST_US = 1 << 52
FREQUENCIES = 0x10
"""Option of a scheme: it lists rates."""

FLOATS = np.dtype([("acc", "<f4", 3), ("gyr_dps", "<f4", 3), ("field", "<f4", 3)])
COUNTS = np.dtype([("acc", "<i2", 3), ("gyr_dps", "<i2", 3), ("field", "<f4", 3)])
NUMBERS = 9
LAYOUTS = {layout.itemsize: layout for layout in (FLOATS, COUNTS)}
"""Bytes of a sample -> what stands in it; some firmware sends counts of the fixed ranges."""


class Record(NamedTuple):
    """A notification: which sensor, µs of its first sample, the samples, µs between them (0: a single one)."""

    sensor: int
    first_us: int
    samples: bytes
    period_us: int

    @classmethod
    def parse(cls, payload: bytes, width: int) -> Record:
        """ValueError where it does not hold whole samples of ``width`` bytes."""
        if len(payload) < HEAD.size + width or len(payload) != HEAD.size + payload[1]:
            raise ValueError("not as long as it says")
        sensor, _, first_us = HEAD.unpack_from(payload)
        if len(payload) == HEAD.size + width:
            return cls(sensor, first_us, payload[HEAD.size :], 0)
        samples, period_us = payload[HEAD.size : -2], int.from_bytes(payload[-2:], "little")
        if len(samples) % width or not period_us:
            raise ValueError(f"not whole samples of {width} bytes")
        return cls(sensor, first_us, samples, period_us)


class Scheme(NamedTuple):
    """What a sensor says of its samples: the unit of each number, rates by index, the last index for Bluetooth."""

    units: tuple[str, ...]
    rates_hz: tuple[float, ...]
    fastest: int

    @classmethod
    def parse(cls, payload: bytes) -> Scheme:
        """SensorRefused where it cannot be read."""
        try:
            at = 2 + payload[1]
            units, count = [], payload[at]
            at += 1
            for _ in range(count):
                texts, at = _texts(payload, at + 1)
                units.append(texts[2])
            if not payload[at] & FREQUENCIES:
                return cls(tuple(units), (), 0)
            rates = struct.unpack_from(f"<{payload[at + 1]}f", payload, at + 4)
            return cls(tuple(units), rates, payload[at + 3])
        except (IndexError, struct.error) as e:
            raise SensorRefused(
                f"{NAME}: describes its IMU in {len(payload)} bytes that break off, expected more. Update its firmware."
            ) from e


def _texts(payload: bytes, at: int) -> tuple[list[str], int]:
    """Group, name and unit, each after its length; and where the next component begins."""
    texts = []
    for _ in range(3):
        end = at + 1 + payload[at]
        texts.append(payload[at + 1 : end].decode("utf-8", "replace"))
        at = end
    return texts, at


class OpenEarable(Driver):
    """Nine numbers a sample, several a notification, on a clock that answers with four time stamps."""

    name, maker = NAME, "OpenEarable 2"
    verified = True
    characteristics: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "config": ("34c2e3be-34aa-11eb-adc1-0242ac120002",),
        "status": ("34c2e3bf-34aa-11eb-adc1-0242ac120002",),
        "data": ("34c2e3bc-34aa-11eb-adc1-0242ac120002",),
        "scheme_request": ("caa25cba-7e1b-44f2-adc9-e8c06c9ced43",),
        "scheme": ("caa25cbb-7e1b-44f2-adc9-e8c06c9ced43",),
        "time": ("2e04cbf9-939d-4be5-823e-271838b75259",),
        "lamp": ("81040e7a-4819-11ee-be56-0242ac120002",),
        "lamp_mode": ("81040e7b-4819-11ee-be56-0242ac120002",),
        "battery": (BATTERY_LEVEL,),
    }
    exchange_s = 2.0

    def recognises(self, seen: Advertisement) -> bool:
        """By its name; the first OpenEarable has another table and is refused once connected."""
        return seen.name.startswith("OpenEarable")

    def start(self, wanted: Wanted) -> Steps[Configuration]:
        """Quieten all sensors, read what the IMU offers, set it, read it back, listen how long a sample is."""
        yield Write("scheme_request", bytes([IMU]), response=True)
        scheme = Scheme.parse((yield Read("scheme")) or b"")
        index = _rate(scheme, wanted.rate_hz)
        yield from _quieten()
        yield Subscribe("data")
        asked = bytes([IMU, index, STREAMED])
        yield Write("config", asked, response=True)
        yield from _verified(asked)
        width = yield from _width()
        yield Subscribe("time")
        more = {"width": width, "acc_unit": GRAVITY if scheme.units[0] == "g" else 1.0}
        return Configuration(scheme.rates_hz[index], ACC_RANGE, GYR_RANGE, more)

    def stop(self) -> Steps[None]:
        """The IMU alone: the wearer's own recordings on its card go on."""
        yield Write("config", bytes([IMU, 0, 0]), response=True)

    def decoder(self, sensor: str) -> Decoder:
        """See :class:`Decoder`."""
        return Decoder(sensor)

    def blink(self) -> Steps[bool]:
        """Three times green; then its own colours again."""
        yield Write("lamp_mode", b"\1", response=True)
        for colour in (b"\0\xff\0", b"\0\0\0") * 3:
            yield Write("lamp", colour, response=True)
            yield Wait(0.3)
        yield Write("lamp_mode", b"\0", response=True)
        return True

    def exchange(self, host_ns: int) -> Steps[None]:
        """The request carries the host's own µs, so that the answer says when it was asked."""
        asked_us = host_ns // 1000
        yield Write("time", EXCHANGE.pack(1, 0, asked_us & 0xFFFF, asked_us, 0, 0), response=True)


def _rate(scheme: Scheme, wanted_hz: float) -> int:
    """Index of the rate to take, of those that go over Bluetooth."""
    offered = [round(hz) for hz in scheme.rates_hz[: scheme.fastest + 1] if 1 <= hz <= 1000]
    unusable = len(offered) != len(scheme.rates_hz[: scheme.fastest + 1])
    if len(scheme.units) != NUMBERS or unusable or not offered:
        raise SensorRefused(
            f"{NAME}: its IMU has {len(scheme.units)} numbers at {offered} Hz, expected 9 at some. Update its firmware."
        )
    return offered.index(enough(wanted_hz, offered))


def _quieten() -> Steps[None]:
    """Let no sensor stream that another app set; what goes to the card is left."""
    status = (yield Read("status")) or b""
    for at in range(0, len(status) - 2, 3):
        sensor, index, flags = status[at : at + 3]
        if flags & STREAMED:
            yield Write("config", bytes([sensor, index, flags & ~STREAMED]), response=True)


def _verified(asked: bytes) -> Steps[None]:
    status = (yield Read("status")) or b""
    found = [status[at : at + 3] for at in range(0, len(status), 3)]
    if asked not in found:
        said = next((one.hex(" ") for one in found if one[:1] == asked[:1]), "nothing")
        raise SensorRefused(f"{NAME}: its IMU set to {asked.hex(' ')}, it says {said}. Switch it off and on again.")


class Listening:
    """Finds out how many bytes a sample has: a notification lasts until the next, and says its period."""

    def __init__(self) -> None:
        self.width: int | None = None
        self._before: tuple[int, int, int] | None = None

    def heard(self, payload: bytes) -> bool:
        """Take a notification; whether the width is known now."""
        if self.width is not None:
            return True
        if len(payload) < HEAD.size + 4 or payload[0] != IMU:
            return False
        size, first_us = len(payload) - HEAD.size, int.from_bytes(payload[2:10], "little")
        before, self._before = self._before, (size, first_us, int.from_bytes(payload[-2:], "little"))
        if size in LAYOUTS:
            self.width = size
        elif before is not None and before[2]:
            n = round((first_us - before[1]) / before[2])
            width = (before[0] - 2) // n if n > 0 else 0
            self.width = width if width in LAYOUTS and before[0] == 2 + n * width else None
        return self.width is not None


def _width() -> Steps[int]:
    listening = Listening()
    yield Ask("scheme_request", bytes([IMU]), "data", listening.heard, response=True, timeout=2.0, times=1)
    if listening.width is None:
        raise SensorRefused(
            f"{NAME}: sends no samples of {' or '.join(map(str, LAYOUTS))} bytes, expected those of its IMU. Update "
            "its firmware or hiphinge."
        )
    return listening.width


# --- Decoding ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Layout:
    """What stands in a sample, and what its accelerations are in m/s²."""

    sample: np.dtype[np.void]
    acc_unit: float

    @classmethod
    def of(cls, configuration: Configuration) -> Layout:
        """ValueError where the configuration lacks them."""
        period_ns(configuration)
        width = configuration.more.get("width")
        if not isinstance(width, int) or width not in LAYOUTS:
            raise ValueError(f"width is {str(width)[:40]}, expected {' or '.join(map(str, LAYOUTS))}")
        return cls(LAYOUTS[width], number(configuration.more, "acc_unit", 0, 10))

    def values(self, samples: bytes) -> tuple[Floats, Floats, Bools]:
        """Accelerations (n, 3) m/s², rates of turn (n, 3) rad/s, and whether (n,) a sensor measures that."""
        raw = np.frombuffer(samples, self.sample)
        with np.errstate(invalid="ignore"):  # a signalling NaN is refused as any other
            acc, gyr = raw["acc"].astype(float), np.deg2rad(raw["gyr_dps"].astype(float))
        if self.sample is COUNTS:
            acc, gyr = acc * (ACC_RANGE / 32768), gyr * (2000 / 32768)
        else:
            acc *= self.acc_unit
        possible = (np.abs(acc) <= NONSENSE * ACC_RANGE) & (np.abs(gyr) <= NONSENSE * GYR_RANGE)
        return acc, gyr, np.logical_and.reduce(possible, axis=1)


class Decoder:
    """Samples on the device's clock."""

    time = DEVICE

    def __init__(self, sensor: str) -> None:
        self.sensor = sensor
        self._layout = Configured(sensor, Layout.of)

    def follow(self, link: Link) -> None:
        """Nothing else is kept: each notification says when it is from."""
        self._layout.follow(link)

    def decode(self, packets: Sequence[Packet]) -> Decoded:
        """Samples of the IMU, exchanges of time."""
        errors, records, exchanges = dict[int, str](), dict[int, Record](), list[Exchange]()
        for i, packet in enumerate(packets):
            if packet.characteristic not in ("data", "time") or self._layout.awaited:
                continue
            try:
                if packet.characteristic == "time":
                    exchanges.append(exchanged(packet))
                else:
                    records[i] = self._record(packet.payload)
            except ValueError as e:
                errors[i] = str(e)
        block, bad = self._block(list(records.values()), [packets[i].arrival_ns for i in records])
        errors |= dict.fromkeys(
            (i for i, is_bad in zip(records, bad, strict=True) if is_bad), "values beyond its range"
        )
        told = [
            undecoded(packets[i], f"{errors[i]}, expected samples of its IMU", "check that it is an OpenEarable 2")
            for i in sorted(errors)
        ]
        return Decoded(block, (*self._layout.errors(), *told), tuple(exchanges))

    def _record(self, payload: bytes) -> Record:
        layout = self._layout.value
        if layout is None:
            raise ValueError("not yet configured")
        record = Record.parse(payload, layout.sample.itemsize)
        if record.sensor != IMU or record.first_us > LATEST_US:
            raise ValueError("another sensor, or a time beyond any")
        return record

    def _block(self, records: list[Record], arrival: list[int]) -> tuple[ImuBlock, list[bool]]:
        """The samples of the records that can be, and which records cannot."""
        layout = self._layout.value or Layout(FLOATS, 1.0)
        acc, gyr, possible = layout.values(b"".join([one.samples for one in records]))
        counts = np.array([len(one.samples) for one in records], np.int64) // layout.sample.itemsize
        starts = np.cumsum(counts) - counts
        good = np.logical_and.reduceat(possible, starts) if records else np.empty(0, bool)
        first, period = (np.array([one[k] for one in records], np.int64) for k in (1, 3))
        since = np.arange(len(acc)) - np.repeat(starts, counts)
        t_ns = 1000 * (np.repeat(first, counts) + np.repeat(period, counts) * since)
        heard = np.repeat(np.array(arrival, np.int64), counts)
        # 0.999: a full-scale count is 32767/32768 of the range.
        clipped = (np.abs(acc) >= 0.999 * ACC_RANGE) | (np.abs(gyr) >= 0.999 * GYR_RANGE)
        kept = np.repeat(good, counts)
        columns = (t_ns, acc, gyr, heard, np.logical_or.reduce(clipped, axis=1))
        return ImuBlock(self.sensor, *(column[kept] for column in columns)), (~good).tolist()


def exchanged(packet: Packet) -> Exchange:
    """What an answer to the question for the time tells. ValueError: of another question, or impossible."""
    if len(packet.payload) != EXCHANGE.size:
        raise ValueError("not the 28 bytes of an answer to the question for the time")
    version, kind, _, asked, received, sent = EXCHANGE.unpack(packet.payload)
    round_trip = packet.arrival_ns // 1000 - asked
    possible = 0 <= round_trip <= SLOWEST_US and 0 <= sent - received <= round_trip + 1000
    if (version, kind) != (1, 1) or not possible or sent > LATEST_US:
        raise ValueError("an answer to another question for the time")
    return Exchange(asked * 1000, received * 1000, sent * 1000, packet.arrival_ns)
