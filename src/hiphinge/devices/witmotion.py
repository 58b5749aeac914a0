"""WitMotion's Bluetooth 5 family (WT901BLE, BWT901BLE, WT9011DCL): see firmware_notes/witmotion.md."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import numpy as np

from hiphinge.blocks import GRAVITY, ImuBlock, Link, Packet
from hiphinge.devices.configured import Configured
from hiphinge.devices.driver import (
    COUNTED,
    DEVICE,
    Advertisement,
    Ask,
    Configuration,
    Decoded,
    Driver,
    Steps,
    Subscribe,
    Wait,
    Wanted,
    Write,
    undecoded,
)
from hiphinge.devices.ticks import Ticks
from hiphinge.errors import SensorRefused

NAME = "witmotion"
FRAME = 20
SAMPLE_HEAD, REGISTER_HEAD = b"\x55\x61", b"\x55\x71"
HEADS = (SAMPLE_HEAD, REGISTER_HEAD)
CURE = "check that it is a WT901BLE"
ACC_RANGE, GYR_RANGE = 16 * GRAVITY, float(np.deg2rad(2000))
"""Fixed; a count is a 32768th of it."""

UNLOCK, RATE, BANDWIDTH, BATTERY, AXIS6, CONTENT = 0x69, 0x03, 0x1F, 0x64, 0x24, 0x96
KEY = 0xB588
RATES = {10: 0x06, 20: 0x07, 50: 0x08, 100: 0x09, 200: 0x0B}
BANDWIDTHS = {42: 0x03, 94: 0x02}
"""Below half the rate, or what is faster folds into it."""
STAMPED, DISPLACED = 2, 1
"""Register 0x96: bit 1, a clock in place of the angles; bit 0, displacement in place of what is measured."""
SETTLE_S = 0.1
"""Between two writes, as in the maker's own examples."""
LEVELS = {396: 100, 393: 90, 387: 75, 382: 60, 379: 50, 377: 40, 373: 30, 370: 20, 368: 15, 350: 10, 340: 5}
"""Hundredths of a volt at least -> per cent; the maker's table."""

_FRAME = np.dtype([("head", "u1", 2), ("acc", "<i2", 3), ("gyr", "<i2", 3), ("stamp", "<u4"), ("rest", "<i2")])


class Frames:
    """Cuts a byte stream into frames, whatever notifications they came in.

    There is no checksum and no length: what begins like a frame may be a
    measurement. A frame counts when one follows it; or, in step, when it came
    in one piece and nothing came after it yet.
    """

    def __init__(self) -> None:
        self._waiting = b""
        self._in_step = True

    def cut(self, payload: bytes) -> tuple[list[bytes], bytes]:
        """The frames that are certain now, and the bytes that belong to none."""
        if self._in_step and not self._waiting and len(payload) % FRAME == 0:  # as most come, at a tenth of the price
            frames = [payload[i : i + FRAME] for i in range(0, len(payload), FRAME)]
            if all(frame[:2] in HEADS for frame in frames):
                return frames, b""
        return self._searched(payload)

    def _searched(self, payload: bytes) -> tuple[list[bytes], bytes]:
        stream, old = self._waiting + payload, len(self._waiting)
        frames: list[bytes] = []
        skipped, at = bytearray(), 0
        while at < len(stream):
            follows = stream[at + FRAME : at + FRAME + 2]
            if not _may_be_head(stream[at : at + 2]) or not _may_be_head(follows):
                skipped.append(stream[at])
                at, self._in_step = at + 1, False
                continue
            if len(stream) < at + FRAME or (len(follows) < 2 and not (self._in_step and at >= old)):
                break
            frames.append(stream[at : at + FRAME])
            at, self._in_step = at + FRAME, True
        self._waiting = stream[at:]
        return frames, bytes(skipped)


def _may_be_head(some: bytes) -> bool:
    return any(head.startswith(some) for head in HEADS)


class Steadiness:
    """Listens to the stamps of some frames, whether they rise by the period as those of a clock do.

    One firmware's did not (WitBluetooth_BWT901BLE5_0, issue 6).
    """

    FRAMES = 40
    LONGEST_MS = 1000

    def __init__(self, rate_hz: float) -> None:
        self.period_ms = 1000 / rate_hz
        self._frames, self._stamps = Frames(), list[int]()

    def enough(self, payload: bytes) -> bool:
        """Take a notification; whether enough were heard."""
        frames, _ = self._frames.cut(payload)
        self._stamps += [int.from_bytes(f[14:18], "little") for f in frames if f[:2] == SAMPLE_HEAD]
        return len(self._stamps) >= self.FRAMES

    @property
    def steady(self) -> bool:
        """Always rising, and mostly by one period (to the ms)."""
        stamps = np.array(self._stamps, np.int64)
        steps = (stamps[1:] - stamps[:-1]) & 0xFFFFFFFF
        if len(self._stamps) < self.FRAMES or not ((steps > 0) & (steps <= self.LONGEST_MS)).all():
            return False
        return abs(float(np.median(steps)) - self.period_ms) <= 1


class WitMotion(Driver):
    """Streams from the moment it is connected; a register holds each setting until it is switched off."""

    name, maker = NAME, "WitMotion"
    verified = True
    characteristics: ClassVar[Mapping[str, tuple[str, ...]]] = {
        short: tuple(f"0000{number}-0000-1000-8000-00805f9{base}34fb" for base in "ab")
        for short, number in (("data", "ffe4"), ("command", "ffe9"))
    }
    refusal_s = 40.0

    def recognises(self, seen: Advertisement) -> bool:
        """WT901BLE67, BWT901BLE5.0, WT9011DCL-BT50; not WTVB01, whose frames begin alike."""
        return re.match(r"B?WT901", seen.name) is not None

    def start(self, wanted: Wanted) -> Steps[Configuration]:
        """Set every register that matters, read it back, and listen to its clock."""
        rate = min((hz for hz in RATES if hz >= wanted.rate_hz * 0.999), default=max(RATES))
        bandwidth = 94 if rate > 100 else 42
        yield Subscribe("data")
        yield from _write(UNLOCK, KEY)
        yield from _write(RATE, RATES[rate])
        yield from _write(BANDWIDTH, BANDWIDTHS[bandwidth])
        yield from _write(AXIS6, 1)
        yield from _write(CONTENT, STAMPED)
        found = yield from _read(RATE)
        if found != RATES[rate]:
            said = "nothing" if found is None else f"{found:#x}"
            raise SensorRefused(f"{NAME}: set to {rate} Hz, its register 3 says {said}. Switch it off and on again.")
        content = (yield from _read(CONTENT)) or 0
        if content & DISPLACED:
            raise SensorRefused(
                f"{NAME}: sends displacement (register 0x96: {content}), expected {STAMPED}. Set it in the maker's app."
            )
        clock = yield from _clock(content, rate)
        more = {"clock": clock, "content": content, "bandwidth_hz": bandwidth}
        return Configuration(rate, ACC_RANGE, GYR_RANGE, more)

    def stop(self) -> Steps[None]:
        """It streams for as long as it is connected."""
        return
        yield

    def decoder(self, sensor: str) -> Decoder:
        """See :class:`Decoder`."""
        return Decoder(sensor)

    def battery(self) -> Steps[float | None]:
        """From its voltage; a sensor just switched on says 0 and means nothing."""
        centivolts = yield from _read(BATTERY)
        return level(centivolts) if centivolts else None


def level(centivolts: int) -> float:
    """Per cent left, by the maker's table."""
    return next(
        (float(per_cent) for least, per_cent in LEVELS.items() if centivolts >= least),
        5.0 if centivolts >= 340 else 0.0,
    )


def _clock(content: int, rate: float) -> Steps[str]:
    """DEVICE where it stamps its samples and the stamps are those of a clock, else COUNTED."""
    if not content & STAMPED:
        return COUNTED
    listening = Steadiness(rate)
    patience = 2 * Steadiness.FRAMES / rate + 0.5
    yield Ask("command", command(0x27, CONTENT), "data", listening.enough, timeout=patience, times=1)
    return DEVICE if listening.steady else COUNTED


def command(register: int, value: int) -> bytes:
    """Write ``value`` to a register; register 0x27: read the one called ``value``."""
    return struct.pack("<BBBH", 0xFF, 0xAA, register, value)


def _write(register: int, value: int) -> Steps[None]:
    yield Write("command", command(register, value))
    yield Wait(SETTLE_S)


def _read(register: int) -> Steps[int | None]:
    """What the register holds, or None."""
    answer = yield Ask("command", command(0x27, register), "data", _names(register))
    return None if answer is None else _value(answer, register)


def _names(register: int) -> Callable[[bytes], bool]:
    return lambda payload: _value(payload, register) is not None


def _value(payload: bytes, register: int) -> int | None:
    """The register's value, where a frame of this notification gives it."""
    for frame in Frames().cut(payload)[0]:
        if frame[:4] == REGISTER_HEAD + struct.pack("<H", register):
            return int.from_bytes(frame[4:6], "little")
    return None


# --- Decoding ----------------------------------------------------------------------------


def _setting(configuration: Configuration) -> tuple[str, float]:
    """Clock and rate; ValueError where the configuration lacks them."""
    clock = configuration.more.get("clock")
    if clock not in (DEVICE, COUNTED):
        raise ValueError(f"clock is {str(clock)[:40]}, expected {DEVICE} or {COUNTED}")
    return str(clock), configuration.rate_hz


class Decoder:
    """Samples on the sensor's clock where it was found steady while it was set up, else counted."""

    def __init__(self, sensor: str) -> None:
        self.sensor = sensor
        self.time = COUNTED
        self._setting = Configured(sensor, _setting)
        self._frames, self._ticks, self._counted = Frames(), Ticks(1_000_000), 0

    def follow(self, link: Link) -> None:
        """Another connection begins with a whole frame."""
        self._setting.follow(link)
        if self._setting.awaited:
            self._frames, self._counted = Frames(), 0
            self._ticks.connected()
        if self._setting.value is not None:
            self.time = self._setting.value[0]

    def decode(self, packets: Sequence[Packet]) -> Decoded:
        """Samples; answers of registers are left out."""
        errors = self._setting.errors()
        samples: list[bytes] = []
        arrival: list[int] = []
        for packet in packets:
            if packet.characteristic != "data":
                continue
            frames, skipped = self._frames.cut(packet.payload)
            if self._setting.awaited:
                continue
            if self._setting.value is None:
                errors.append(undecoded(packet, "expected its configuration first", CURE))
                continue
            if skipped:
                errors.append(
                    undecoded(
                        packet._replace(payload=skipped), "expected frames of 20 that begin with 55 61 or 55 71", CURE
                    )
                )
            new = [frame for frame in frames if frame[:2] == SAMPLE_HEAD]
            samples += new
            arrival += [packet.arrival_ns] * len(new)
        return Decoded(self._block(samples, arrival), tuple(errors))

    def _block(self, samples: list[bytes], arrival: list[int]) -> ImuBlock:
        raw = np.frombuffer(b"".join(samples), _FRAME)
        if self.time == DEVICE:
            t_ns = self._ticks.unwrap(raw["stamp"], arrival)
        else:
            rate = self._setting.value[1] if self._setting.value else 1.0
            t_ns = np.rint(np.arange(self._counted, self._counted + len(raw)) * (1e9 / rate)).astype(np.int64)
        self._counted += len(raw)
        clipped = (_at_an_end(raw["acc"]) | _at_an_end(raw["gyr"])).any(axis=1)
        acc, gyr = raw["acc"] * (ACC_RANGE / 32768), raw["gyr"] * (GYR_RANGE / 32768)
        return ImuBlock(self.sensor, t_ns, acc, gyr, np.array(arrival, np.int64), clipped)


def _at_an_end(counts: np.ndarray) -> np.ndarray:
    ends: np.ndarray = (counts == 32767) | (counts == -32768)
    return ends
