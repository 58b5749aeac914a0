"""Movesense with its GATT SensorData Protocol, IMU6 or IMU9: see firmware_notes/movesense.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hiphinge.blocks import GRAVITY, ImuBlock, Link, Packet
from hiphinge.devices.configured import NONSENSE, Configured
from hiphinge.devices.driver import (
    DEVICE,
    Advertisement,
    Ask,
    Configuration,
    Decoded,
    Driver,
    Steps,
    Subscribe,
    Wanted,
    Write,
    undecoded,
)
from hiphinge.devices.rates import enough, period_ns
from hiphinge.devices.spacing import Spacing
from hiphinge.devices.ticks import Ticks
from hiphinge.errors import SensorRefused

NAME = "movesense"
HELLO, SUBSCRIBE, UNSUBSCRIBE, GET = 0, 1, 2, 4
RESPONSE, DATA, REST = 1, 2, 3
REFERENCE = 99
"""Of our subscription; questions have others."""
RATES = (13, 26, 52, 104, 208)
SENSORS = {"IMU6": 2, "IMU9": 3}
"""Kind of subscription -> three-axis sensors in it; the first two are accelerometer and gyroscope."""
ACC_RANGES_G, GYR_RANGES_DPS = (2, 4, 8, 16), (125, 245, 500, 1000, 2000)
HEAD = 6
"""Bytes before the samples: kind, reference, u32 ms of the first sample."""
MOST = 64
"""Samples of a message; 16 at 208 Hz [D]."""
STATUS = {404: "not known", 409: "in conflict", 429: "out of memory: it needs a reset", 507: "too many subscriptions"}


class Movesense(Driver):
    """A subscription by path; each message stamps its first sample to the ms."""

    name, maker = NAME, "Movesense"
    verified = True
    characteristics: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "command": ("34800001-7185-4d5d-b431-630e7050e8f0",),
        "data": ("34800002-7185-4d5d-b431-630e7050e8f0",),
    }

    def recognises(self, seen: Advertisement) -> bool:
        """Its name ends with its number; its service does not fit beside it."""
        return seen.name.startswith("Movesense")

    def start(self, wanted: Wanted) -> Steps[Configuration]:
        """End an older subscription, ask for the ranges, subscribe, and listen how long its messages are."""
        yield Subscribe("data")
        yield Write("command", bytes([UNSUBSCRIBE, REFERENCE]), response=True)
        acc_g = (yield from _range("/Meas/Acc/Config", ACC_RANGES_G)) or max(ACC_RANGES_G)
        gyr_dps = (yield from _range("/Meas/Gyro/Config", GYR_RANGES_DPS)) or max(GYR_RANGES_DPS)
        rate = enough(wanted.rate_hz, RATES)
        kind = yield from _subscribed(rate)
        samples = yield from _length(kind)
        more = {"kind": kind, "samples": samples}
        return Configuration(rate, acc_g * GRAVITY, float(np.deg2rad(gyr_dps)), more)

    def stop(self) -> Steps[None]:
        """End the subscription."""
        yield Write("command", bytes([UNSUBSCRIBE, REFERENCE]), response=True)

    def decoder(self, sensor: str) -> Decoder:
        """See :class:`Decoder`."""
        return Decoder(sensor)

    def battery(self) -> Steps[float | None]:
        """Newer firmware tells."""
        level = yield from _get("/System/Energy/Level")
        return float(level[0]) if level and level[0] <= 100 else None


def _get(path: str) -> Steps[bytes]:
    """What stands at a path; nothing where the firmware knows no GET, or not this path."""
    reference = 1 + sum(path.encode()) % 90
    question = bytes([GET, reference]) + path.encode() + b"\0"
    answer = yield Ask("command", question, "data", _answers(reference), response=True, times=1)
    return answer[4:] if answer is not None and _status(answer) == 200 else b""


def _answers(reference: int) -> Callable[[bytes], bool]:
    return lambda payload: payload[:2] == bytes([RESPONSE, reference]) and len(payload) >= 4


def _status(answer: bytes) -> int:
    """As of HTTP; old firmware turned the bytes of 507."""
    return 507 if answer[2:4] == b"\x01\xfb" else int.from_bytes(answer[2:4], "little")


def _range(path: str, known: tuple[int, ...]) -> Steps[int | None]:
    """One of those known, or None where it does not tell."""
    found = int.from_bytes((yield from _get(path))[:2], "little")
    return found if found in known else None


def _subscribed(rate: int) -> Steps[str]:
    """IMU6, or IMU9 where that is not known."""
    said = "nothing"
    for kind in SENSORS:
        question = bytes([SUBSCRIBE, REFERENCE]) + f"/Meas/{kind}/{rate}".encode()
        answer = yield Ask("command", question, "data", _begun, response=True)
        if answer is not None and (answer[0] == DATA or 200 <= _status(answer) < 300):
            return kind
        if answer is not None:
            said = STATUS.get(_status(answer), f"status {_status(answer)}")
    raise SensorRefused(
        f"{NAME}: subscribed to IMU6 and IMU9 at {rate} Hz, it says {said}, expected 200. Switch it off and on again, "
        "or give it firmware 2.3 or later."
    )


def _begun(payload: bytes) -> bool:
    """A response, or data already: old firmware says nothing else."""
    return _answers(REFERENCE)(payload) or payload[:2] == bytes([DATA, REFERENCE])


class Listening:
    """Puts messages together, as long as they come, until one is followed by another."""

    def __init__(self) -> None:
        self.length: int | None = None
        self._so_far = 0

    def heard(self, payload: bytes) -> bool:
        """Take a notification; whether the length of a message is known now."""
        if self.length is not None:
            return True
        if payload[:2] == bytes([DATA, REFERENCE]):
            self.length = self._so_far or None
            self._so_far = len(payload)
        elif payload[:2] == bytes([REST, REFERENCE]) and self._so_far:
            self._so_far += len(payload) - 2
        return self.length is not None


def _length(kind: str) -> Steps[int]:
    """Samples in a message."""
    listening = Listening()
    yield Ask("command", bytes([HELLO, 98]), "data", listening.heard, response=True, timeout=2.0, times=1)
    samples, rest = divmod((listening.length or HEAD) - HEAD, 12 * SENSORS[kind])
    if rest or not 0 < samples <= MOST:
        said = "no messages" if listening.length is None else f"messages of {listening.length} bytes"
        raise SensorRefused(f"{NAME}: sends {said}, expected whole samples of {kind}. Update its firmware.")
    return samples


# --- Decoding ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Layout:
    """How long a message is, and what may stand in it: ranges in m/s² and rad/s."""

    samples: int
    length: int
    period_ns: float
    acc_range: float
    gyr_range: float

    @classmethod
    def of(cls, configuration: Configuration) -> Layout:
        """ValueError where the configuration lacks them."""
        kind, samples = configuration.more.get("kind"), configuration.more.get("samples")
        if not isinstance(kind, str) or kind not in SENSORS:
            raise ValueError(f"kind is {str(kind)[:40]}, expected {' or '.join(SENSORS)}")
        if isinstance(samples, bool) or not isinstance(samples, int) or not 0 < samples <= MOST:
            raise ValueError(f"samples is {str(samples)[:40]}, expected 1 to {MOST}")
        if not configuration.gyr_range:
            raise ValueError("gyr_range is 0, expected a gyroscope")
        length = HEAD + 12 * SENSORS[kind] * samples
        return cls(samples, length, period_ns(configuration), configuration.acc_range, configuration.gyr_range)


class Decoder:
    """Samples on the sensor's clock, from its start on."""

    time = DEVICE

    def __init__(self, sensor: str) -> None:
        self.sensor = sensor
        self._layout = Configured(sensor, Layout.of)
        self._ticks = Ticks(1_000_000)
        self._spacing = Spacing(1e9)
        self._waiting: bytes | None = None
        self._stamp, self._begun = b"", False

    def follow(self, link: Link) -> None:
        """Another connection begins with a whole message, perhaps after a reset."""
        before = self._layout.value
        self._layout.follow(link)
        if self._layout.awaited:
            self._waiting, self._stamp, self._begun = None, b"", False
            self._ticks.connected()
        if self._layout.value is not before and self._layout.value is not None:
            self._spacing = Spacing(self._layout.value.period_ns)

    def decode(self, packets: Sequence[Packet]) -> Decoded:
        """Whole messages; responses to commands are left out."""
        errors, whole = dict[int, str](), dict[int, bytes]()
        for i, packet in enumerate(packets):
            if packet.characteristic != "data" or self._layout.awaited or packet.payload[:1] == bytes([RESPONSE]):
                continue
            try:
                message = self._joined(packet.payload)
            except ValueError as e:
                errors[i] = str(e)
            else:
                if message is not None:
                    whole[i] = message
        block, bad = self._block(list(whole.values()), [packets[i].arrival_ns for i in whole])
        errors |= dict.fromkeys((i for i, is_bad in zip(whole, bad, strict=True) if is_bad), "values beyond its range")
        told = [
            undecoded(packets[i], f"{errors[i]}, expected data of its subscription", "check that it is a Movesense")
            for i in sorted(errors)
        ]
        return Decoded(block, (*self._layout.errors(), *told))

    def _joined(self, payload: bytes) -> bytes | None:
        """The message that is whole with this notification, or None. ValueError: one that says nothing."""
        layout = self._layout.value
        if layout is None:
            raise ValueError("not yet configured")
        before, self._waiting = self._waiting, None
        if payload[:2] == bytes([DATA, REFERENCE]):
            message, self._begun = payload, True
        elif payload[:2] != bytes([REST, REFERENCE]):
            raise ValueError("another message")
        elif before is not None:
            message = before + payload[2:]
        elif self._begun:
            raise ValueError("the rest of a message whose beginning was lost")
        else:
            return None
        if len(message) < layout.length and message is payload:
            self._waiting = message
            return None
        return self._checked(message, layout.length)

    def _checked(self, message: bytes, length: int) -> bytes:
        if len(message) != length:
            raise ValueError(f"a message of {len(message)} bytes, not {length}")
        if message[2:HEAD] == self._stamp:
            raise ValueError("heard already")
        self._stamp = message[2:HEAD]
        return message

    def _block(self, messages: list[bytes], arrival: list[int]) -> tuple[ImuBlock, list[bool]]:
        """The samples of the messages that can be, and which messages cannot."""
        layout = self._layout.value or Layout(1, HEAD + 24, 1e9, 1.0, 1.0)
        n = layout.samples
        rows = np.frombuffer(b"".join(messages), np.uint8).reshape(-1, layout.length)[:, HEAD : HEAD + 24 * n]
        with np.errstate(invalid="ignore"):  # a signalling NaN is refused as any other
            values = np.ascontiguousarray(rows).view("<f4").astype(float).reshape(-1, 2, n, 3)
        values[:, 1] = np.deg2rad(values[:, 1])
        share = np.abs(values) / np.array([layout.acc_range, layout.gyr_range])[:, None, None]
        good = (share <= NONSENSE).all(axis=(1, 2, 3))
        kept = np.flatnonzero(good).tolist()
        heard = np.array([arrival[i] for i in kept], np.int64)
        first = self._ticks.unwrap([int.from_bytes(messages[i][2:HEAD], "little") for i in kept], heard)
        apart = np.array([self._spacing.since(t, n) for t in first.tolist()], float)
        t_ns = first[:, None] + np.rint(apart[:, None] * np.arange(n)).astype(np.int64)
        acc, gyr = values[good, 0].reshape(-1, 3), values[good, 1].reshape(-1, 3)
        # 0.999: calibrated values scatter about the end of the range.
        clipped = (share[good] >= 0.999).any(axis=(1, 3)).ravel()
        return ImuBlock(self.sensor, t_ns.ravel(), acc, gyr, np.repeat(heard, n), clipped), (~good).tolist()
