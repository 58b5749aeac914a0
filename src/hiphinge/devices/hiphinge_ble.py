"""hiphinge's own open layout over Bluetooth: the integer variant of firmware_notes/hiphinge_imu.md."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hiphinge.blocks import GRAVITY, Exchange, ImuBlock, Link, Packet
from hiphinge.devices.configured import Configured, number
from hiphinge.devices.driver import (
    BATTERY_LEVEL,
    DEVICE,
    MOTOR,
    PAUSE_S,
    SLOWEST_US,
    Advertisement,
    Ask,
    Configuration,
    Decoded,
    Driver,
    Pulses,
    Read,
    Steps,
    Subscribe,
    Wait,
    Wanted,
    Write,
    undecoded,
)
from hiphinge.devices.ticks import Ticks
from hiphinge.errors import SensorRefused

NAME = "hiphinge_ble"
SERVICE, CONTROL, INFO, DATA, TIME = (f"593eb2a{i}-6c46-42ee-82b3-ea146566917e" for i in range(5))
CONFIGURE, START, STOP, ASK_TIME, BLINK, VIBRATE = range(1, 7)
STATUS = {1: "unknown command", 2: "wrong length", 3: "a value it does not offer", 4: "not in this state"}
SAMPLES = 5
"""A packet: half as many packets cost half the power and radio; 50 ms at 100 Hz is still live [D]."""
BLINK_S = 10

RATES, ACC_RANGES_G, GYR_RANGES_DPS = (25, 50, 100, 200, 400), (2, 4, 8, 16), (125, 250, 500, 1000, 2000)

INTEGER_V1 = 0x01
SAMPLE_BYTES = 12
"""Of a sample: acc and gyr, three i16 each."""
_ABOUT = struct.Struct("<BBHBBHffIHBB")
_TIME = struct.Struct("<III")
HAS_MOTOR = 0x01
"""Of ``has``, the byte after those 24, which old firmware does not have."""


@dataclass(frozen=True, slots=True)
class About:
    """What INFO says: the configuration, and what could be had."""

    version: int
    state: int
    rate_hz: int
    acc_range_g: int
    samples: int
    gyr_range_dps: int
    acc_lsb: float
    gyr_lsb: float
    boot: int
    rates: int
    acc_ranges: int
    gyr_ranges: int
    has: int = 0

    @classmethod
    def parse(cls, payload: bytes | None) -> About:
        """SensorRefused where these are not the bytes of version 1."""
        if payload is None or len(payload) < _ABOUT.size or payload[0] != 1:
            head = (payload or b"")[:8].hex(" ") or "nothing"
            raise SensorRefused(
                f"{NAME}: INFO begins with {head}, expected version 1. Update its firmware or hiphinge."
            )
        return cls(*_ABOUT.unpack_from(payload), *payload[_ABOUT.size :][:1])


def nearest(wanted: float, offered: Sequence[int], bits: int) -> int:
    """The least of those offered (bit i: the i-th) that is enough, else the most; 0 where none is offered."""
    some = [value for i, value in enumerate(offered) if bits >> i & 1]
    return min((value for value in some if value >= wanted * 0.999), default=max(some, default=0))


class Hiphinge(Driver):
    """Boards with firmware of one's own: Nano 33 BLE Sense, XIAO nRF52840 Sense, M5StickC."""

    name, maker = NAME, "hiphinge open layout"
    characteristics: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "control": (CONTROL,),
        "info": (INFO,),
        "data": (DATA,),
        "time": (TIME,),
        "battery": (BATTERY_LEVEL,),
    }
    exchange_s = 2.0
    motor = "a board to which you fitted one"

    def recognises(self, seen: Advertisement) -> bool:
        """By its service, or its name where the system shows no services."""
        return SERVICE in seen.services or seen.name.startswith("hiphinge ")

    def start(self, wanted: Wanted) -> Steps[Configuration]:
        """As the note says: stop, configure, compare, stream."""
        yield Subscribe("control")
        yield from _command(STOP)
        offer = About.parse((yield Read("info")))
        rate = nearest(wanted.rate_hz, RATES, offer.rates)
        acc = nearest(wanted.acc_range / GRAVITY, ACC_RANGES_G, offer.acc_ranges)
        gyr = nearest(np.rad2deg(wanted.gyr_range), GYR_RANGES_DPS, offer.gyr_ranges)
        if not rate or not acc:
            raise SensorRefused(f"{NAME}: offers no rate or no range (INFO), expected some. Update its firmware.")
        yield from _command(CONFIGURE, struct.pack("<HBHB", rate, acc, gyr, SAMPLES))
        got = About.parse((yield Read("info")))
        found = (got.rate_hz, got.acc_range_g, got.gyr_range_dps)
        if found != (rate, acc, gyr) or not 0 < got.acc_lsb < 1 or not (gyr == 0 or 0 < got.gyr_lsb < 1):
            raise SensorRefused(
                f"{NAME}: set to {rate} Hz, ±{acc} g, ±{gyr} °/s, it says {found[0]}, {found[1]}, {found[2]} with "
                f"{got.acc_lsb:g} m/s² and {got.gyr_lsb:g} rad/s a count. Switch it off and on again."
            )
        yield Subscribe("time")
        yield Subscribe("data")
        yield from _command(START)
        more: dict[str, object] = {"acc_lsb": got.acc_lsb, "gyr_lsb": got.gyr_lsb if gyr else None, "boot": got.boot}
        if got.has & HAS_MOTOR:
            more[MOTOR] = True
        return Configuration(rate, acc * GRAVITY, float(np.deg2rad(gyr)), more)

    def stop(self) -> Steps[None]:
        """Never refused."""
        yield Write("control", bytes([STOP]), response=True)

    def decoder(self, sensor: str) -> Decoder:
        """See :class:`Decoder`."""
        return Decoder(sensor)

    def blink(self) -> Steps[bool]:
        """Its lamp, for ten seconds."""
        yield Subscribe("control")
        yield from _command(BLINK, bytes([BLINK_S]))
        return True

    def has_motor(self) -> Steps[bool]:
        """As INFO says."""
        return bool(About.parse((yield Read("info"))).has & HAS_MOTOR)

    def vibrate(self, pulse_s: float, pulses: int) -> Steps[None]:
        """One command: the board counts the pulses."""
        yield Subscribe("control")
        yield from _command(VIBRATE, struct.pack("<HHB", round(1000 * pulse_s), round(1000 * PAUSE_S), pulses))
        yield Wait(Pulses(pulse_s, pulses).lasts)

    def exchange(self, host_ns: int) -> Steps[None]:
        """The token is the host's own µs, so that the answer says when it was asked."""
        yield Write("control", struct.pack("<BI", ASK_TIME, host_ns // 1000 & 0xFFFFFFFF), response=True)


def _command(command: int, arguments: bytes = b"") -> Steps[None]:
    answer = yield Ask("control", bytes([command]) + arguments, "control", _answers(command), response=True)
    if answer is None or answer[1]:
        said = "nothing" if answer is None else STATUS.get(answer[1], f"status {answer[1]}")
        raise SensorRefused(f"{NAME}: command {command} brought {said}, expected done. Switch it off and on again.")


def _answers(command: int) -> Callable[[bytes], bool]:
    return lambda payload: len(payload) == 2 and payload[0] == command | 0x80


# --- Decoding ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scale:
    """What the integers mean: seconds between samples, m/s² and rad/s a count (NaN: no gyroscope), which boot."""

    period_ns: float
    acc_lsb: float
    gyr_lsb: float
    boot: object

    @classmethod
    def of(cls, configuration: Configuration) -> Scale:
        """ValueError where the configuration lacks them."""
        more = configuration.more
        gyr_lsb = np.nan if more.get("gyr_lsb") is None else number(more, "gyr_lsb", 0, 1)
        return cls(1e9 / configuration.rate_hz, number(more, "acc_lsb", 0, 1), gyr_lsb, more.get("boot"))


class Decoder:
    """Samples on the device's clock; ``lost`` counts the packets that the numbers say are missing."""

    time = DEVICE

    def __init__(self, sensor: str) -> None:
        self.sensor = sensor
        self.lost = 0
        self._scale = Configured(sensor, Scale.of)
        self._ticks = Ticks(1000)
        self._seq: int | None = None
        self._boot: object = None

    def follow(self, link: Link) -> None:
        """Another connection counts its packets anew, another boot its ticks."""
        self._scale.follow(link)
        if self._scale.awaited:
            self._ticks.connected()
            self._seq = None
        if self._scale.value is not None:
            if self._boot not in (None, self._scale.value.boot):
                self._ticks = Ticks(1000)
            self._boot = self._scale.value.boot

    def decode(self, packets: Sequence[Packet]) -> Decoded:
        """Samples of DATA, exchanges of TIME."""
        errors, heard = self._scale.errors(), []
        for packet in packets:
            if packet.characteristic not in ("data", "time"):
                continue
            why = self._trouble(packet)
            if why is None:
                heard.append(packet)
            elif not self._scale.awaited:
                errors.append(undecoded(packet, why, "check the sensor's firmware"))
        ticks = [int.from_bytes(p.payload[4:8], "little") for p in heard]
        t_ns = self._ticks.unwrap(ticks, [p.arrival_ns for p in heard])
        is_data = np.array([p.characteristic == "data" for p in heard], bool)
        block = self._block([p for p in heard if p.characteristic == "data"], t_ns[is_data])
        asked = [p for p in heard if p.characteristic == "time"]
        return Decoded(block, tuple(errors), tuple(map(_exchange, asked, t_ns[~is_data].tolist())))

    def _trouble(self, packet: Packet) -> str | None:
        """Why it says nothing, or None."""
        payload = packet.payload
        if packet.characteristic == "time":
            return _time_trouble(packet)
        if len(payload) <= 8 or payload[0] != INTEGER_V1 or len(payload) != 8 + SAMPLE_BYTES * payload[1]:
            return "expected a packet of version 1 with integers, as long as it says"
        if self._scale.value is None:
            return "expected its INFO first: without it the scale is not known"
        return None

    def _block(self, packets: Sequence[Packet], tick_ns: np.ndarray) -> ImuBlock:
        scale = self._scale.value or Scale(0.0, np.nan, np.nan, None)
        for packet in packets:
            self._count(int.from_bytes(packet.payload[2:4], "little"))
        counts = np.array([p.payload[1] for p in packets], np.int64)
        first = np.repeat(np.cumsum(counts) - counts, counts)
        offset = np.rint((np.arange(len(first)) - first) * scale.period_ns).astype(np.int64)
        six = np.frombuffer(b"".join([p.payload[8:] for p in packets]), "<i2").reshape(-1, 6)
        clipped = ((six == 32767) | (six == -32768)).any(axis=1)
        arrival = np.repeat(np.array([p.arrival_ns for p in packets], np.int64), counts)
        t_ns = np.repeat(tick_ns, counts) + offset
        acc, gyr = six[:, :3] * scale.acc_lsb, six[:, 3:] * scale.gyr_lsb
        return ImuBlock(self.sensor, t_ns, acc, gyr, arrival, clipped)

    def _count(self, seq: int) -> None:
        missing = 0 if self._seq is None else (seq - self._seq - 1) & 0xFFFF
        if missing < 0x8000:  # more: one that came late or twice
            self.lost += missing
            self._seq = seq


def _time_trouble(packet: Packet) -> str | None:
    if len(packet.payload) != _TIME.size:
        return "expected the 12 bytes of an answer to TIME"
    token, received, sent = _TIME.unpack(packet.payload)
    round_trip, inside = (packet.arrival_ns // 1000 - token) & 0xFFFFFFFF, (sent - received) & 0xFFFFFFFF
    if round_trip > SLOWEST_US or inside > round_trip + 1000:
        return f"expected an answer within {SLOWEST_US / 1e6:.0f} s that took the device no longer than the host"
    return None


def _exchange(packet: Packet, received_ns: int) -> Exchange:
    token, received, sent = _TIME.unpack(packet.payload)
    arrival_us = packet.arrival_ns // 1000
    asked_ns = (arrival_us - ((arrival_us - token) & 0xFFFFFFFF)) * 1000
    return Exchange(asked_ns, received_ns, received_ns + ((sent - received) & 0xFFFFFFFF) * 1000, packet.arrival_ns)
