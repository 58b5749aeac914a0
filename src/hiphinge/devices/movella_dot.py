"""Movella DOT (once Xsens DOT): see firmware_notes/movella_dot.md."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hiphinge.blocks import GRAVITY, Floats, ImuBlock, Link, Packet
from hiphinge.devices.configured import NONSENSE, Configured
from hiphinge.devices.driver import (
    DEVICE,
    Advertisement,
    Ask,
    Configuration,
    Decoded,
    Read,
    SharedClock,
    Steps,
    Subscribe,
    Wait,
    Wanted,
    Write,
    undecoded,
)
from hiphinge.devices.ticks import Ticks
from hiphinge.errors import SensorRefused

NAME = "movella_dot"
ACC_RANGE, GYR_RANGE = 16 * GRAVITY, float(np.deg2rad(2000))
"""Fixed (user manual XD0502P)."""
RATES = (1, 4, 10, 12, 15, 20, 30, 60)
"""Hz in real time; 120 is for its own memory alone."""
AT_THE_END = 0.999
"""Of the range: calibrated values scatter about it."""


@dataclass(frozen=True, slots=True)
class Payload:
    """A way to send samples: where, and what stands in it; ``longest`` with the zeros that may follow."""

    number: int
    characteristic: str
    layout: np.dtype[np.void]
    longest: int


def _layout(*fields: tuple[str, int]) -> np.dtype[np.void]:
    return np.dtype([("tick_us", "<u4"), *((name, "<f4", n) for name, n in fields)])


RATE_QUANTITIES = Payload(21, "medium", _layout(("acc", 3), ("gyr_dps", 3)), 40)
CUSTOM_5 = Payload(26, "long", _layout(("quaternion", 4), ("acc", 3), ("gyr_dps", 3)), 63)
PAYLOADS = {p.number: p for p in (RATE_QUANTITIES, CUSTOM_5)}

# --- Messages ----------------------------------------------------------------------------

SYNC = 0x02
START_SYNC, STOP_SYNC, ACKNOWLEDGED, SYNC_STATUS, STATUS_IS = 0x01, 0x02, 0x03, 0x08, 0x51
SYNCED = 0x04
RESULTS = {0x05: "not enough samples", 0x07: "skew too large", 0x08: "start time wrong", 0x09: "not started"}


def message(kind: int, content: bytes) -> bytes:
    """Kind, length, content and the byte that makes the sum 0."""
    head = bytes([kind, len(content)]) + content
    return head + bytes([-sum(head) & 0xFF])


def content(payload: bytes, kind: int) -> bytes | None:
    """What a message of this kind holds, or None where it is none or damaged; zeros may follow it."""
    if len(payload) < 3 or payload[0] != kind or len(payload) < payload[1] + 3:
        return None
    whole = payload[: payload[1] + 3]
    return whole[2:-1] if sum(whole) & 0xFF == 0 else None


def sync_result(payload: bytes | None) -> str:
    """Of the acknowledgement after reconnecting: "" where it is synchronised, else why not."""
    told = content(payload or b"", SYNC)
    if told is None or len(told) < 2 or told[0] != ACKNOWLEDGED:
        return "no acknowledgement"
    return RESULTS.get(told[1], f"result {told[1]}") if told[1] else ""


STOP = bytes([1, 0, 0])
"""To control: measure no more."""


# --- The driver --------------------------------------------------------------------------


class Dot(SharedClock):
    """One sample a notification, at most 60 Hz, on a clock that several can share."""

    name, maker = NAME, "Movella DOT"
    sync_s = 14.0  # it takes 12 s; the maker connects again after 14
    sync_ppm, sync_holds_s = 1.0, 1800.0  # 1.8 ms after 30 min; 10 ms after 60, where arrivals know better
    characteristics: ClassVar[Mapping[str, tuple[str, ...]]] = {
        short: (f"1517{number}-4947-11e9-8646-d663bd873d93",)
        for short, number in (
            ("about", "1001"),
            ("settings", "1002"),
            ("control", "2001"),
            ("long", "2002"),
            ("medium", "2003"),
            ("battery", "3001"),
            ("message", "7001"),
            ("acknowledgement", "7002"),
            ("notice", "7003"),
        )
    }

    def recognises(self, seen: Advertisement) -> bool:
        """Firmware up to 2.4 says Xsens; capitals vary."""
        return seen.name.lower().startswith(("movella dot", "xsens dot"))

    def start(self, wanted: Wanted) -> Steps[Configuration]:
        """Stop, set the rate, start the payload; each read back."""
        rate = yield from _at_rest(wanted)
        for payload in PAYLOADS.values():
            yield Subscribe(payload.characteristic)
            order = bytes([1, 1, payload.number])
            yield Write("control", order, response=True)
            if (yield Read("control")) == order:
                return Configuration(rate, ACC_RANGE, GYR_RANGE, {"payload": payload.number})
        raise SensorRefused(f"{NAME}: sends neither payload 21 nor 26, expected firmware 1.6 or later. Update it.")

    def stop(self) -> Steps[None]:
        """End the measurement."""
        yield Write("control", STOP, response=True)

    def decoder(self, sensor: str) -> Decoder:
        """See :class:`Decoder`."""
        return Decoder(sensor)

    def blink(self) -> Steps[bool]:
        """Red, fast, for ten seconds."""
        yield Write("settings", _settings(visit=0x01, identify=1), response=True)
        return True

    def prepare_sync(self, wanted: Wanted) -> Steps[bytes]:
        """End an older one, set the rate; brings its own address, which the system may hide."""
        yield Write("control", STOP, response=True)
        if (yield from self.is_synced()):
            yield from _let_go()
        yield from _at_rest(wanted)
        about = (yield Read("about")) or b""
        if len(about) < 6:
            raise SensorRefused(f"{NAME}: {len(about)} bytes about itself, expected its address. Update its firmware.")
        return about[:6]

    def begin_sync(self, root: bytes) -> Steps[None]:
        """Ask: see the note for the whole dance."""
        yield Write("message", message(SYNC, bytes([START_SYNC]) + root), response=True)

    def end_sync(self) -> Steps[str]:
        """From the acknowledgement, which waits to be read."""
        return sync_result((yield Read("acknowledgement")))

    def is_synced(self) -> Steps[bool]:
        """As it says; one that does not answer is not."""
        yield Subscribe("notice")
        asked = message(SYNC, bytes([SYNC_STATUS]))
        status = yield Ask("message", asked, "notice", _is(STATUS_IS), response=True)
        return (content(status or b"", SYNC) or b"")[1:] == bytes([SYNCED])


def _at_rest(wanted: Wanted) -> Steps[int]:
    """Not measuring, at the nearest rate, which it brings. Raises SensorRefused."""
    rate = min((hz for hz in RATES if hz >= wanted.rate_hz * 0.999), default=RATES[-1])
    yield Write("control", STOP, response=True)
    found = yield from _set_rate(rate)
    if found != rate:
        yield from _let_go()
        found = yield from _set_rate(rate)
    if found != rate:
        raise SensorRefused(f"{NAME}: set to {rate} Hz, it says {found}. Switch it off and on again.")
    return rate


def _let_go() -> Steps[None]:
    """Of a synchronisation, which holds the rate."""
    yield Write("message", message(SYNC, bytes([STOP_SYNC])), response=True)
    yield Wait(0.5)


def _set_rate(rate: int) -> Steps[int]:
    """The rate that it has then; one that is right is left alone, for a synchronised sensor takes none."""
    found = _rate_in((yield Read("settings")))
    if found == rate:
        return rate
    yield Write("settings", _settings(visit=0x10, rate=rate), response=True)
    return _rate_in((yield Read("settings")))


def _rate_in(settings: bytes | None) -> int:
    return int.from_bytes((settings or b"")[24:26], "little")


def _settings(visit: int, identify: int = 0, rate: int = 0) -> bytes:
    """The 32 bytes; ``visit`` says which of them count."""
    return struct.pack("<BB22xH6x", visit, identify, rate)


def _is(kind: int) -> Callable[[bytes], bool]:
    return lambda payload: (content(payload, SYNC) or b"")[:1] == bytes([kind])


# --- Decoding ----------------------------------------------------------------------------


def _payload(configuration: Configuration) -> Payload:
    number = configuration.more.get("payload")
    if not isinstance(number, int) or number not in PAYLOADS:
        raise ValueError(f"payload is {str(number)[:40]}, expected {' or '.join(map(str, PAYLOADS))}")
    return PAYLOADS[number]


class Decoder:
    """Samples on the sensor's clock, which several share once synchronised."""

    time = DEVICE

    def __init__(self, sensor: str) -> None:
        self.sensor = sensor
        self._payload = Configured(sensor, _payload)
        self._ticks = Ticks(1000)

    def follow(self, link: Link) -> None:
        """Another connection may be to a clock that began anew."""
        self._payload.follow(link)
        if self._payload.awaited:
            self._ticks.connected()

    def decode(self, packets: Sequence[Packet]) -> Decoded:
        """One sample each."""
        payload = self._payload.value or RATE_QUANTITIES
        size = payload.layout.itemsize
        here = [] if self._payload.awaited else [p for p in packets if p.characteristic in ("medium", "long")]
        troubles = {i: why for i, p in enumerate(here) if (why := self._trouble(p, size))}
        heard = [i for i in range(len(here)) if i not in troubles]
        raw = np.frombuffer(b"".join([here[i].payload[:size] for i in heard]), payload.layout)
        with np.errstate(invalid="ignore"):  # a signalling NaN is refused like any other
            acc, gyr = raw["acc"].astype(float), np.deg2rad(raw["gyr_dps"].astype(float))
        real = _reach(acc, gyr) <= NONSENSE
        troubles |= {heard[i]: "expected values within its range" for i in np.flatnonzero(~real)}
        arrival = np.array([here[i].arrival_ns for i in heard], np.int64)[real]
        acc, gyr = acc[real], gyr[real]
        t_ns = self._ticks.unwrap(raw["tick_us"][real], arrival)
        errors = [undecoded(here[i], troubles[i], "check that it is a Movella DOT") for i in sorted(troubles)]
        block = ImuBlock(self.sensor, t_ns, acc, gyr, arrival, _reach(acc, gyr) >= AT_THE_END)
        return Decoded(block, (*self._payload.errors(), *errors))

    def _trouble(self, packet: Packet, size: int) -> str | None:
        """Why its length or place says nothing, or None."""
        expected, some = self._payload.value, packet.payload
        if expected is None:
            return "expected its configuration first"
        if packet.characteristic != expected.characteristic or not size <= len(some) <= expected.longest:
            return f"expected {size} to {expected.longest} of payload {expected.number}"
        if len(some) > size and any(some[size:]):
            return f"expected zeros behind the {size} of payload {expected.number}"
        return None


def _reach(acc: Floats, gyr: Floats) -> Floats:
    """How far (n,) into its range the largest value goes: 1 is the end, NaN no number."""
    largest: Floats = np.abs(np.hstack([acc / ACC_RANGE, gyr / GYR_RANGE])).max(axis=1)
    return largest
