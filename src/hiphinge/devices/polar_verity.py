"""Polar Verity Sense, its measurement data in SDK mode: see firmware_notes/polar_verity.md."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hiphinge.blocks import GRAVITY, Floats, ImuBlock, Link, Packet, Times
from hiphinge.devices import delta_frames
from hiphinge.devices.configured import NONSENSE, Configured, number
from hiphinge.devices.driver import (
    BATTERY_LEVEL,
    DEVICE,
    Advertisement,
    Ask,
    Configuration,
    Decoded,
    Driver,
    Read,
    Steps,
    Subscribe,
    Wanted,
    undecoded,
)
from hiphinge.devices.pairing import Frame, Pair, Pairing
from hiphinge.devices.rates import enough, period_ns
from hiphinge.devices.spacing import Spacing
from hiphinge.errors import SensorRefused

NAME = "polar_verity"
PPG, ACC, PPI, GYR, MAG, SDK = 1, 2, 3, 5, 6, 9
"""Kinds of measurement; SDK is a mode that is started and stopped like one."""
SETTINGS, START, STOP, RESPONSE, FEATURES = 1, 2, 3, 0xF0, 0x0F
RATE, RESOLUTION, RANGE, RANGE_MILLI, CHANNELS, FACTOR = range(6)
"""Kinds of setting."""
SIZES = {RATE: 2, RESOLUTION: 2, RANGE: 2, RANGE_MILLI: 4, CHANNELS: 1, FACTOR: 4}
DONE, ALREADY = 0, 6
STATUS = {
    1: "an unknown command",
    2: "an unknown measurement",
    3: "not supported",
    4: "a wrong length",
    5: "a wrong setting",
    8: "a wrong rate",
    9: "a wrong range",
    10: "an MTU that is too small",
    12: "not in this state",
    13: "in its charger: take it out",
}
BITS = 16
HEAD = struct.Struct("<BQB")
"""Kind, ns of the last sample since 2000, frame type."""
COMPRESSED = 0x80
LATEST_NS = 1 << 62
LATE_NS = 10_000_000_000
"""A frame so far behind the one before is late or doubled; farther: the clock was set [D]."""

Offer = Mapping[int, tuple[int, ...]]


def settings(content: bytes) -> Offer:
    """Kind of setting -> values, as a response lists them; what is cut short is left out."""
    found: dict[int, tuple[int, ...]] = {}
    at = 0
    while at + 2 <= len(content) and content[at] in SIZES:
        kind, count = content[at], content[at + 1]
        size = SIZES[kind]
        end = at + 2 + size * count
        if end > len(content):
            break
        found[kind] = tuple(int.from_bytes(content[i : i + size], "little") for i in range(at + 2, end, size))
        at = end
    return found


def chosen(rate: int, full: int) -> bytes:
    """Settings to start with: rate, 16 bits, range, three channels."""
    return struct.pack("<BBHBBHBBHBBB", RATE, 1, rate, RESOLUTION, 1, BITS, RANGE, 1, full, CHANNELS, 1, 3)


class PolarVerity(Driver):
    """Accelerometer and gyroscope as two streams of long frames on one clock."""

    name, maker = NAME, "Polar Verity Sense"
    verified = True
    characteristics: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "control": ("fb005c81-02e7-f387-1cad-8acd2d8df0c8",),
        "data": ("fb005c82-02e7-f387-1cad-8acd2d8df0c8",),
        "battery": (BATTERY_LEVEL,),
    }

    def recognises(self, seen: Advertisement) -> bool:
        """Its name and number; other Polars have no gyroscope."""
        return seen.name.startswith("Polar Sense")

    def start(self, wanted: Wanted) -> Steps[Configuration]:
        """Stop what runs, enter SDK mode where it has one, choose of what it offers, start both."""
        features = ((yield Read("control")) or b"").ljust(3, b"\0")
        if features[0] != FEATURES or not features[1] >> ACC & 1 or not features[1] >> GYR & 1:
            raise SensorRefused(
                f"{NAME}: offers {features[:3].hex(' ')}, expected accelerometer and gyroscope. Switch it to the mode "
                "with the heart (a blue light beside it)."
            )
        yield Subscribe("control")
        yield Subscribe("data")
        for kind in (PPG, ACC, PPI, GYR, MAG):
            if features[1] >> kind & 1:
                yield from _ask(STOP, kind, times=1)
        if features[2] >> 1 & 1:
            yield from _told(START, SDK, may=(DONE, ALREADY))
        acc = settings((yield from _told(SETTINGS, ACC)))
        gyr = settings((yield from _told(SETTINGS, GYR)))
        rate, acc_g, gyr_dps = _choice(wanted, acc, gyr)
        acc_factor = yield from _begin(ACC, rate, acc_g)
        gyr_factor = yield from _begin(GYR, rate, gyr_dps)
        more = {"acc_factor": acc_factor, "gyr_factor": gyr_factor}
        return Configuration(rate, acc_g * GRAVITY, float(np.deg2rad(gyr_dps)), more)

    def stop(self) -> Steps[None]:
        """Out of SDK mode too: in it the maker's own apps see no pulse."""
        for kind in (GYR, ACC, SDK):
            yield from _ask(STOP, kind, times=1)

    def decoder(self, sensor: str) -> Decoder:
        """See :class:`Decoder`."""
        return Decoder(sensor)


def _ask(command: int, kind: int, content: bytes = b"", times: int = 3) -> Steps[bytes | None]:
    """The response, or None."""
    head = bytes([RESPONSE, command, kind])
    question = bytes([command, kind]) + content
    return (yield Ask("control", question, "control", _begins(head), response=True, times=times))


def _begins(head: bytes) -> Callable[[bytes], bool]:
    return lambda payload: payload[:3] == head and len(payload) > 3


def _told(command: int, kind: int, content: bytes = b"", may: tuple[int, ...] = (DONE,)) -> Steps[bytes]:
    """What follows status and "more" in a response that is as it should be."""
    response = yield from _ask(command, kind, content)
    if response is None or response[3] not in may:
        said = "nothing" if response is None else STATUS.get(response[3], f"status {response[3]}")
        raise SensorRefused(
            f"{NAME}: command {command} {kind} brought {said}, expected done. Close other apps, or switch it off and "
            "on again."
        )
    return response[5:]


def _choice(wanted: Wanted, acc: Offer, gyr: Offer) -> tuple[int, int, int]:
    """A rate that both have; ranges in g and °/s."""
    rates = set(acc.get(RATE, ())) & set(gyr.get(RATE, ())) - {0}
    acc_ranges, gyr_ranges = set(acc.get(RANGE, ())) - {0}, set(gyr.get(RANGE, ())) - {0}
    if not rates or not acc_ranges or not gyr_ranges:
        raise SensorRefused(f"{NAME}: offers no rate or no range that can be used, expected some. Update its firmware.")
    acc_g = enough(wanted.acc_range / GRAVITY, acc_ranges)
    return enough(wanted.rate_hz, rates), acc_g, enough(np.rad2deg(wanted.gyr_range), gyr_ranges)


def _begin(kind: int, rate: int, full: int) -> Steps[float]:
    """Start a stream; what a count of it is, in g, mg or °/s as its frames say, 1 where it does not tell."""
    told = settings((yield from _told(START, kind, chosen(rate, full))))
    (factor,) = struct.unpack("<f", struct.pack("<I", told[FACTOR][0])) if told.get(FACTOR) else (1.0,)
    if not 0 < factor <= 1:
        raise SensorRefused(f"{NAME}: a count of measurement {kind} is {factor:g}, expected up to 1. Update it.")
    return float(factor)


# --- Decoding ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scale:
    """What stands in a configuration; ranges in m/s² and rad/s."""

    period_ns: float
    acc_factor: float
    gyr_factor: float
    acc_range: float
    gyr_range: float

    @classmethod
    def of(cls, configuration: Configuration) -> Scale:
        """ValueError where the configuration lacks them."""
        acc_factor, gyr_factor = (number(configuration.more, f"{name}_factor", 0, 1) for name in ("acc", "gyr"))
        if not configuration.gyr_range:
            raise ValueError("gyr_range is 0, expected a gyroscope")
        ranges = configuration.acc_range, configuration.gyr_range
        return cls(period_ns(configuration), acc_factor, gyr_factor, *ranges)

    def of_a_count(self, kind: tuple[int, int]) -> float:
        """m/s² or rad/s, in frames of this measurement and type."""
        if kind[0] == GYR:
            return math.radians(self.gyr_factor)
        return GRAVITY * {COMPRESSED: self.acc_factor, COMPRESSED | 1: self.acc_factor / 1000}.get(kind[1], 0.001)


def measured(frame: bytes, scale: Scale) -> Floats:
    """Values (n, 3) of a frame in m/s² or rad/s; ValueError where it is none that these sensors send."""
    kind, content = (frame[0], frame[9]), frame[HEAD.size :]
    if kind in ((ACC, COMPRESSED), (ACC, COMPRESSED | 1), (GYR, COMPRESSED)):
        values = delta_frames.samples(content, 2).astype(float)
    elif kind == (ACC, 1) and content and len(content) % 6 == 0:
        values = np.frombuffer(content, "<i2").reshape(-1, 3).astype(float)
    elif kind == (GYR, COMPRESSED | 1):
        raw = delta_frames.samples(content, 4).astype("<i4").view("<f4")
        with np.errstate(invalid="ignore"):  # a signalling NaN is refused below
            values = raw.astype(float)
    else:
        raise ValueError(f"measurement {kind[0]} in frames of type {kind[1]:#x}")
    values *= scale.of_a_count(kind)
    limit = NONSENSE * (scale.acc_range if kind[0] == ACC else scale.gyr_range)
    if not (np.abs(values) <= limit).all():
        raise ValueError("values beyond its range")
    return values


class Stream:
    """One of the two: when its samples were taken. Each frame says it of its last."""

    def __init__(self, period_ns: float) -> None:
        self._spacing = Spacing(period_ns)
        self._before: int | None = None

    def is_late(self, last_ns: int) -> bool:
        """Not after the frame before, and not because the clock was set."""
        return self._before is not None and 0 <= self._before - last_ns < LATE_NS

    def is_anew(self, last_ns: int) -> bool:
        """The clock was set back."""
        return self._before is not None and last_ns < self._before

    def times(self, last_ns: int, n: int) -> Times:
        """(n,) ns."""
        self._before = last_ns
        apart = self._spacing.since(last_ns, n)
        return last_ns - np.rint(apart * np.arange(n - 1, -1, -1)).astype(np.int64)


class Decoder:
    """Samples at the gyroscope's instants on the device's clock; ``lost`` counts those without acceleration."""

    time = DEVICE

    def __init__(self, sensor: str) -> None:
        self.sensor = sensor
        self._scale = Configured(sensor, Scale.of)
        self._anew()

    @property
    def lost(self) -> int:
        """Since it was configured."""
        return self._pairing.lost

    def _anew(self) -> None:
        period_ns = self._scale.value.period_ns if self._scale.value else 1e9
        self._pairing = Pairing(period_ns)
        self._streams = {ACC: Stream(period_ns), GYR: Stream(period_ns)}

    def follow(self, link: Link) -> None:
        """Every configuration starts both streams anew."""
        before = self._scale.value
        self._scale.follow(link)
        if self._scale.value is not before:
            self._anew()

    def decode(self, packets: Sequence[Packet]) -> Decoded:
        """What the pairs that became whole tell."""
        errors, pairs = self._scale.errors(), list[Pair]()
        for packet in packets:
            if packet.characteristic != "data" or self._scale.awaited:
                continue
            try:
                pairs += self._frame(packet)
            except ValueError as e:
                errors.append(
                    undecoded(
                        packet,
                        f"{e}, expected a frame of its accelerometer or gyroscope",
                        "check that it is a Polar Verity Sense",
                    )
                )
        return Decoded(self._block(pairs), tuple(errors))

    def _frame(self, packet: Packet) -> list[Pair]:
        scale = self._scale.value
        if scale is None:
            raise ValueError("not yet configured")
        if len(packet.payload) < HEAD.size:
            raise ValueError("shorter than a frame's head")
        kind, last_ns, _ = HEAD.unpack_from(packet.payload)
        values = measured(packet.payload, scale)
        if last_ns >= LATEST_NS or self._streams[kind].is_late(last_ns):
            raise ValueError("a time before that of the last frame, or beyond any")
        if self._streams[kind].is_anew(last_ns):
            self._anew()
        frame = Frame(self._streams[kind].times(last_ns, len(values)), values, packet.arrival_ns)
        return self._pairing.acc(frame) if kind == ACC else self._pairing.gyr(frame)

    def _block(self, pairs: list[Pair]) -> ImuBlock:
        counts = [len(pair.t_ns) for pair in pairs]
        t_ns = np.concatenate([np.empty(0, np.int64), *(pair.t_ns for pair in pairs)])
        acc = np.concatenate([np.empty((0, 3)), *(pair.acc for pair in pairs)])
        gyr = np.concatenate([np.empty((0, 3)), *(pair.gyr for pair in pairs)])
        arrival = np.repeat(np.array([pair.arrival_ns for pair in pairs], np.int64), counts)
        scale = self._scale.value
        ranges = (scale.acc_range, scale.gyr_range) if scale else (1.0, 1.0)
        # 0.999: a full-scale count is 32767/32768 of the range.
        largest: Floats = np.hstack([np.abs(acc) / ranges[0], np.abs(gyr) / ranges[1]]).max(axis=1, initial=0.0)
        return ImuBlock(self.sensor, t_ns, acc, gyr, arrival, largest >= 0.999)
