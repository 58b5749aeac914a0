"""MbientLab MetaMotion R, RL and S (MetaWear protocol): see firmware_notes/metamotion.md."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from hiphinge.blocks import GRAVITY, Bools, Floats, ImuBlock, Link, Packet
from hiphinge.devices.configured import Configured, number
from hiphinge.devices.driver import (
    COUNTED,
    MOTOR,
    PAUSE_S,
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
from hiphinge.devices.rates import enough, period_ns
from hiphinge.errors import SensorRefused

NAME = "metamotion"
SERVICE = "326a9000-85cb-9195-d9dd-464cfbbae75a"
LED, ACC, HAPTIC, SETTINGS, GYR, FUSION = 0x02, 0x03, 0x08, 0x11, 0x13, 0x19
"""Modules."""
INFO, POWER, SAMPLING, CONFIG, BATTERY = 0x00, 0x01, 0x02, 0x03, 0x0C
"""Registers; of both sensors alike."""
READ = 0x80
"""In a register's number: read it, or its answer."""
PULSE, FULL, OF_A_MOTOR = 0x01, 248, 0
"""Register of the haptic module; 100 % as the maker's SDK counts it; 1 would be a buzzer."""

RATES = {25: 6, 50: 7, 100: 8, 200: 9}
"""Hz -> what both sensors call it; 200 Hz is 133 notifications a second already."""
GYR_RANGES_DPS = {2000: 0, 1000: 1, 500: 2, 250: 3, 125: 4}
GYR_FULL = 16.4 * 2000
"""Counts at the end of the gyroscope's range (BMI160 and BMI270 data sheets: 16.4 a °/s at 2000)."""
PACKED = 3
"""Samples of one sensor in a notification."""
LENGTH = 2 + 6 * PACKED


@dataclass(frozen=True, slots=True)
class Chip:
    """What the two chips differ in: numbers in INFO, registers of packed samples and of single ones, configuration."""

    name: str
    acc_info: int
    gyr_info: int
    acc_packed: int
    gyr_packed: int
    gyr_single: int
    acc_base: Callable[[int], int]
    acc_ranges_g: Mapping[int, int]


CHIPS = (
    Chip("bmi160", 1, 0, 0x1C, 0x07, 0x05, lambda odr: 0x20 | odr, {2: 0x3, 4: 0x5, 8: 0x8, 16: 0xC}),
    Chip("bmi270", 4, 1, 0x05, 0x05, 0x04, lambda odr: 0xA0 | odr, {2: 0, 4: 1, 8: 2, 16: 3}),
)
ACC_SINGLE = 0x04


class MetaMotion(Driver):
    """Accelerometer and gyroscope as two streams, three samples a notification, without clock or counter."""

    name, maker = NAME, "MbientLab MetaMotion"
    verified = True
    characteristics: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "command": ("326a9001-85cb-9195-d9dd-464cfbbae75a",),
        "data": ("326a9006-85cb-9195-d9dd-464cfbbae75a",),
    }
    motor = "an R+ has one, on other boards nothing hangs on its pin"

    def recognises(self, seen: Advertisement) -> bool:
        """By its service; its name can be changed by its owner."""
        return SERVICE in seen.services or seen.name == "MetaWear"

    def start(self, wanted: Wanted) -> Steps[Configuration]:
        """Find out the chip, stop what runs, set both sensors, compare, stream."""
        yield Subscribe("data")
        chip = yield from _chip()
        motor = yield from self.has_motor()
        yield from _halt(chip)
        rate = enough(wanted.rate_hz, RATES)
        acc_g = enough(wanted.acc_range / GRAVITY, chip.acc_ranges_g)
        gyr_dps = enough(np.rad2deg(wanted.gyr_range), GYR_RANGES_DPS)
        yield from _set(ACC, bytes([chip.acc_base(RATES[rate]), chip.acc_ranges_g[acc_g]]))
        yield from _set(GYR, bytes([0x20 | RATES[rate], GYR_RANGES_DPS[gyr_dps]]))
        for register in ((ACC, chip.acc_packed), (GYR, chip.gyr_packed)):
            yield Write("command", bytes([*register, 1]))
        for sensor in (ACC, GYR):
            yield Write("command", bytes([sensor, SAMPLING, 1, 0]))
        for sensor in (ACC, GYR):
            yield Write("command", bytes([sensor, POWER, 1]))
        more: dict[str, object] = {
            "chip": chip.name,
            "acc_lsb": acc_g * GRAVITY / 32768,
            "gyr_lsb": float(np.deg2rad(gyr_dps)) / GYR_FULL,
        }
        if motor:
            more[MOTOR] = True
        return Configuration(rate, acc_g * GRAVITY, float(np.deg2rad(gyr_dps)), more)

    def stop(self) -> Steps[None]:
        """It goes on without a host otherwise, and is found streaming by the next."""
        yield from _rest()

    def decoder(self, sensor: str) -> Decoder:
        """See :class:`Decoder`."""
        return Decoder(sensor)

    def battery(self) -> Steps[float | None]:
        """Per cent; two bytes of mV follow it."""
        answer = yield from _read(SETTINGS, BATTERY, 5)
        return None if answer is None or answer[2] > 100 else float(answer[2])

    def blink(self) -> Steps[bool]:
        """Green, ten times within ten seconds."""
        yield Write("command", bytes([LED, 0x02, 1]))
        yield Write("command", bytes.fromhex("02 03 00 02 1f 00 00 00 f4 01 00 00 e8 03 00 00 0a"))
        yield Write("command", bytes([LED, 0x01, 1]))
        return True

    def has_motor(self) -> Steps[bool]:
        """Whether there is a haptic module: it answers with a revision, an absent one with its name alone."""
        yield Subscribe("data")
        answer = yield from _read(HAPTIC, INFO, 2)
        return answer is not None and len(answer) > 2

    def vibrate(self, pulse_s: float, pulses: int) -> Steps[None]:
        """A command a pulse; the board ends each by itself."""
        pulse = struct.pack("<BBBHB", HAPTIC, PULSE, FULL, round(1000 * pulse_s), OF_A_MOTOR)
        for left in reversed(range(pulses)):
            yield Write("command", pulse)
            yield Wait(pulse_s + (PAUSE_S if left else 0.0))


def _chip() -> Steps[Chip]:
    """As INFO of both sensors says; packed samples came with revision 1 of the BMI160's."""
    acc, gyr = (yield from _read(ACC, INFO, 4)), (yield from _read(GYR, INFO, 4))
    if acc is None or gyr is None:
        raise SensorRefused(
            f"{NAME}: says nothing of its accelerometer or gyroscope, expected both. A MetaMotion has them; another "
            "MetaWear board may not."
        )
    chip = next((c for c in CHIPS if (c.acc_info, c.gyr_info) == (acc[2], gyr[2])), None)
    if chip is None:
        raise SensorRefused(f"{NAME}: has sensors {acc[2]} and {gyr[2]}, expected a BMI160 or BMI270. Take another.")
    if chip is CHIPS[0] and not (acc[3] and gyr[3]):
        raise SensorRefused(
            f"{NAME}: its firmware packs no samples, expected revision 1 of both sensors. Update it in MetaBase."
        )
    return chip


def _halt(chip: Chip) -> Steps[None]:
    """Stop what another app left running, and what it had notified."""
    yield from _rest()
    yield Write("command", bytes([FUSION, 0x01, 0]))
    yield Write("command", bytes([FUSION, 0x03, 0x00, 0x7F]))
    for module, register in ((ACC, ACC_SINGLE), (GYR, chip.gyr_single), (ACC, chip.acc_packed), (GYR, chip.gyr_packed)):
        yield Write("command", bytes([module, register, 0]))


def _rest() -> Steps[None]:
    for sensor in (ACC, GYR):
        yield Write("command", bytes([sensor, POWER, 0]))
        yield Write("command", bytes([sensor, SAMPLING, 0, 1]))


def _set(sensor: int, config: bytes) -> Steps[None]:
    """Write a sensor's configuration and read it back."""
    yield Write("command", bytes([sensor, CONFIG]) + config)
    found = yield from _read(sensor, CONFIG, 4)
    if found is None or found[2:4] != config:
        said = "nothing" if found is None else found[2:4].hex(" ")
        raise SensorRefused(
            f"{NAME}: module {sensor:#x} set to {config.hex(' ')}, it says {said}. Switch it off and on again."
        )


def _read(module: int, register: int, length: int) -> Steps[bytes | None]:
    """The answer, of at least ``length`` bytes, or None."""
    head = bytes([module, register | READ])
    return (yield Ask("command", head, "data", lambda p: p[:2] == head and len(p) >= length))


# --- Decoding ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Layout:
    """How the two streams begin and what a count is: ns between samples, m/s², rad/s."""

    acc_head: bytes
    gyr_head: bytes
    period_ns: float
    acc_lsb: float
    gyr_lsb: float

    @classmethod
    def of(cls, configuration: Configuration) -> Layout:
        """ValueError where the configuration lacks them."""
        more = configuration.more
        chip = next((c for c in CHIPS if c.name == more.get("chip")), None)
        if chip is None:
            raise ValueError(f"chip is {str(more.get('chip'))[:40]}, expected {' or '.join(c.name for c in CHIPS)}")
        heads = bytes([ACC, chip.acc_packed]), bytes([GYR, chip.gyr_packed])
        return cls(*heads, period_ns(configuration), number(more, "acc_lsb", 0, 1), number(more, "gyr_lsb", 0, 1))


class Pair(NamedTuple):
    """Number of the first sample, and the notifications of both streams."""

    first: int
    acc: bytes
    gyr: bytes


class Pairing:
    """Puts the notifications of the two streams together: one of the accelerometer, then one of the gyroscope.

    Both fill at the same rate and come in the order in which they filled, so
    that they alternate. One without its partner is left out and counted in
    time; where both partners of two neighbours were lost one wrong pair is
    made. Whatever is lost, the next pair is right again.
    """

    def __init__(self) -> None:
        self.lost = 0
        self._acc: bytes | None = None
        self._next = 0

    def take(self, payload: bytes) -> Pair | None:
        """One notification; the pair that it completes, or None."""
        before, self._acc = self._acc, payload if payload[0] == ACC else None
        if payload[0] == GYR and before is not None:
            pair = Pair(self._next, before, payload)
            self._next += PACKED
            return pair
        if payload[0] == GYR or before is not None:
            self._skip()
        return None

    def _skip(self) -> None:
        if self._next:  # before the first pair nothing is missing: the accelerometer starts sooner
            self._next += PACKED
            self.lost += 1


class Decoder:
    """Samples counted, at the time of the gyroscope's; ``lost`` counts the notifications known to be missing."""

    time = COUNTED

    def __init__(self, sensor: str) -> None:
        self.sensor = sensor
        self._layout = Configured(sensor, Layout.of)
        self._pairing = Pairing()

    @property
    def lost(self) -> int:
        """Since it was configured; where both streams lost as many, nobody knows."""
        return self._pairing.lost

    def follow(self, link: Link) -> None:
        """Every configuration starts both streams anew."""
        self._layout.follow(link)
        if self._layout.awaited:
            self._pairing = Pairing()

    def decode(self, packets: Sequence[Packet]) -> Decoded:
        """Samples of whole pairs; answers to questions are left out."""
        errors, pairs = self._layout.errors(), []
        arrival: list[int] = []
        for packet in packets:
            if packet.characteristic != "data" or self._layout.awaited or _is_answer(packet.payload):
                continue
            why = self._trouble(packet.payload)
            if why is not None:
                errors.append(undecoded(packet, why, "check that it is a MetaMotion"))
            elif (pair := self._pairing.take(packet.payload)) is not None:
                pairs.append(pair)
                arrival.append(packet.arrival_ns)
        return Decoded(self._block(pairs, arrival), tuple(errors))

    def _trouble(self, payload: bytes) -> str | None:
        """Why it says nothing, or None."""
        layout = self._layout.value
        if layout is None:
            return "expected its configuration first"
        if payload[:2] in (layout.acc_head, layout.gyr_head) and len(payload) == LENGTH:
            return None
        return f"expected {LENGTH} that begin with {layout.acc_head.hex(' ')} or {layout.gyr_head.hex(' ')}"

    def _block(self, pairs: list[Pair], arrival: list[int]) -> ImuBlock:
        layout = self._layout.value or Layout(b"", b"", 0.0, np.nan, np.nan)
        first = np.array([pair.first for pair in pairs], np.int64)
        index = (first[:, None] + np.arange(PACKED)).ravel()
        acc, gyr = _counts([pair.acc for pair in pairs]), _counts([pair.gyr for pair in pairs])
        clipped = _at_an_end(acc) | _at_an_end(gyr)
        t_ns = np.rint(index * layout.period_ns).astype(np.int64)
        heard = np.repeat(np.array(arrival, np.int64), PACKED)
        return ImuBlock(self.sensor, t_ns, acc * layout.acc_lsb, gyr * layout.gyr_lsb, heard, clipped)


def _counts(payloads: list[bytes]) -> Floats:
    return np.frombuffer(b"".join([p[2:] for p in payloads]), "<i2").reshape(-1, 3).astype(float)


def _is_answer(payload: bytes) -> bool:
    return len(payload) > 1 and bool(payload[1] & READ)


def _at_an_end(counts: Floats) -> Bools:
    ends: Bools = ((counts == 32767) | (counts == -32768)).any(axis=1)
    return ends
