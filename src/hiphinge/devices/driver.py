"""What a driver is: how a device is recognised, set up, asked and stopped. No radio, clock or async here.

A driver writes down what is to be done as a generator of steps; whoever holds
the link carries each out and sends back the bytes that it brought, or None::

    def start(self, wanted):
        yield Subscribe("data")
        answer = yield Ask("command", READ_RATE, on="data", accepts=is_answer)
        if answer is None or answer[4] != rate:
            raise SensorRefused("...")
        return Configuration(rate_hz=100.0, acc_range=16 * GRAVITY, gyr_range=np.deg2rad(2000))

The same bytes thus serve radio, test and fuzzer. Every notification, answers
too, goes into the log as a Packet under the characteristic's short name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, NamedTuple, Protocol, TypeVar, runtime_checkable

from hiphinge.blocks import GRAVITY, Exchange, ImuBlock, Link, Packet, PacketRun
from hiphinge.errors import DecodeError

HOST, DEVICE, COUNTED = TIMES = "host", "device", "counted"
"""Whose time ``ImuBlock.t_ns`` of a decoder is: the host's own; the device's clock, unwrapped; samples counted."""

CONNECTED, CONFIGURED, LOST, BATTERY = "connected", "configured", "lost", "battery"
"""States of a :class:`~hiphinge.blocks.Link`; the value of "configured" is a Configuration, of "battery" per cent."""

SYNCHRONISING, SYNCHRONISED, UNSYNCHRONISED = "synchronising", "synchronised", "unsynchronised"
"""States of a Link: asked to bring its clock together with the others', for so many s; done, the value is a
:class:`~hiphinge.streams.clock.Base`; not, and why."""

VIBRATED = "vibrated"
"""State of a Link: its motor was told to run, and shakes what it measures; the value is :class:`Pulses`."""
MOTOR = "motor"
"""In ``Configuration.more``, true: the sensor says that it drives a motor. Decoders do not look at it."""
PAUSE_S = 0.15
"""Between two pulses, as long as one: less runs together on the skin with a motor that takes 50 ms to stop [D]."""
SLOWEST_US = 10_000_000
"""An answer that took longer is one to another question: the link gives up before."""

T = TypeVar("T")


class Decoded(NamedTuple):
    """Samples of the good packets in order, an error for each bad one, exchanges of time where there were any."""

    block: ImuBlock
    errors: tuple[DecodeError, ...] = ()
    exchanges: tuple[Exchange, ...] = ()


def undecoded(packet: Packet, why: str, cure: str) -> DecodeError:
    """The error of bytes that a decoder cannot read: what was found, ``why`` not that, what to do."""
    head = packet.payload[:8].hex(" ") or "nothing"
    return DecodeError(
        f"{packet.sensor}: {len(packet.payload)} bytes beginning with {head}, {why}. They are left out; {cure}.",
        payload=packet.payload,
        arrival_ns=packet.arrival_ns,
    )


class Decoder(Protocol):
    """Bytes of one sensor -> samples; keeps what a stream needs (a tick to unwrap, half a frame).

    ``time`` is HOST, DEVICE or COUNTED; it may change with a configuration that
    was followed (a clock found unsteady), never in between. DEVICE begins anew,
    lower, with a device that was reset, COUNTED with every connection. Any
    grouping of the same packets gives the same samples; packets of other
    characteristics than its own are ignored.
    """

    time: str

    def follow(self, link: Link) -> None:
        """What became of the link: a new connection, a configuration read back."""
        ...

    def decode(self, packets: Sequence[Packet]) -> Decoded:
        """All that these packets tell."""
        ...


@runtime_checkable
class RunDecoder(Decoder, Protocol):
    """A decoder that need not have the packets of a recorded day one by one; nobody has to be one."""

    def decode_runs(self, runs: Sequence[PacketRun]) -> Decoded:
        """What ``decode`` says of the same packets, exactly."""
        ...


# --- Steps of a conversation -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Have the characteristic notified (or indicated) from now on."""

    characteristic: str


@dataclass(frozen=True, slots=True)
class Write:
    """Write; ``response``: wait until the device has taken it."""

    characteristic: str
    payload: bytes
    response: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """Read; brings the bytes."""

    characteristic: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Write, then wait for the first notification on ``on`` that ``accepts`` says is the answer.

    Asked ``times`` times, ``timeout`` s each; brings the answer, or None.
    """

    characteristic: str
    payload: bytes
    on: str
    accepts: Callable[[bytes], bool]
    response: bool = False
    timeout: float = 1.0
    times: int = 3


@dataclass(frozen=True, slots=True)
class Wait:
    """The device needs so many seconds."""

    seconds: float


Step = Subscribe | Write | Read | Ask | Wait
Steps = Generator[Step, bytes | None, T]


# --- What is asked for, and what was got -------------------------------------------------


@dataclass(frozen=True, slots=True)
class Advertisement:
    """What a sensor says of itself before anybody connects; ``services`` are 128-bit UUIDs in lower case."""

    name: str
    services: tuple[str, ...] = ()
    manufacturer: Mapping[int, bytes] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a sensor is asked for; a driver takes the nearest that its device has.

    rate_hz : the monitor's grid is 100 Hz.
    acc_range : m/s²; 8 g holds a dropped barbell's jolt at the sacrum [D].
    gyr_range : rad/s; 1000 °/s is three times a fast lift [D].
    """

    rate_hz: float = 100.0
    acc_range: float = 8 * GRAVITY
    gyr_range: float = 17.45


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the sensor said it does, read back after it was set; ``more`` is what its decoder needs besides (JSON).

    rate_hz : samples a second. acc_range, gyr_range : m/s², rad/s; 0 rad/s: no gyroscope.
    """

    rate_hz: float
    acc_range: float
    gyr_range: float
    more: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    def to_text(self) -> str:
        """As the value of a Link "configured"."""
        numbers = {"rate_hz": self.rate_hz, "acc_range": self.acc_range, "gyr_range": self.gyr_range}
        return json.dumps({**numbers, "more": dict(self.more)})

    @classmethod
    def from_text(cls, text: str) -> Configuration:
        """Again from a Link; ValueError where it is none."""
        content = json.loads(text)
        more = content.get("more", {}) if isinstance(content, dict) else None
        if not isinstance(more, dict):
            raise ValueError(f"configuration: {text[:60]!r}, expected an object of fields.")
        rate_hz, acc_range, gyr_range = (content.get(name) for name in ("rate_hz", "acc_range", "gyr_range"))
        numbers = all(isinstance(x, (int, float)) and 0 <= x < 1e6 for x in (rate_hz, acc_range, gyr_range))
        if not numbers or not rate_hz or not acc_range:
            raise ValueError(f"configuration: {text[:60]!r}, expected a rate and ranges above 0.")
        return cls(rate_hz, acc_range, gyr_range, more)


@dataclass(frozen=True, slots=True)
class Pulses:
    """How a motor is to run: ``number`` pulses of ``seconds``, PAUSE_S between them."""

    seconds: float
    number: int

    @property
    def lasts(self) -> float:
        """S from the first to the last."""
        return self.number * (self.seconds + PAUSE_S) - PAUSE_S

    def to_text(self) -> str:
        """As the value of a Link "vibrated"."""
        return json.dumps({"seconds": self.seconds, "number": self.number})

    @classmethod
    def from_text(cls, text: str) -> Pulses:
        """Again from a Link; ValueError where it is none."""
        match json.loads(text):
            case {"seconds": int() | float() as seconds, "number": int() as number} if 0 < seconds * number < 100:
                return cls(float(seconds), number)
        raise ValueError(f"vibration: {text[:60]!r}, expected seconds and a number above 0.")


# --- The driver --------------------------------------------------------------------------

BATTERY_LEVEL = "00002a19-0000-1000-8000-00805f9b34fb"
"""The adopted characteristic of the battery service 0x180F: u8 per cent."""


class Driver:
    """One kind of device; a subclass says how. Holds no state: one serves all sensors of its kind.

    name : in recordings and settings. maker : as a user reads it.
    verified : its bytes were checked against an outside source.
    characteristics : short name -> the UUIDs (lower case, any of them) it may have.
    refusal_s : s that the device refuses a connection after a failed one.
    exchange_s : s between two exchanges of time, or None.
    motor : which of its kind have one, in words; "" none.
    """

    name: ClassVar[str]
    maker: ClassVar[str]
    verified: ClassVar[bool] = False
    characteristics: ClassVar[Mapping[str, tuple[str, ...]]]
    refusal_s: ClassVar[float] = 0.0
    exchange_s: ClassVar[float | None] = None
    motor: ClassVar[str] = ""

    def recognises(self, seen: Advertisement) -> bool:
        """Whether this advertisement is of such a device."""
        raise NotImplementedError

    def start(self, wanted: Wanted) -> Steps[Configuration]:
        """Set up everything, whatever another app left behind, read it back, stream. Raises SensorRefused."""
        raise NotImplementedError

    def stop(self) -> Steps[None]:
        """Stop streaming; the link is then closed."""
        raise NotImplementedError

    def decoder(self, sensor: str) -> Decoder:
        """A fresh decoder for one sensor."""
        raise NotImplementedError

    def battery(self) -> Steps[float | None]:
        """Per cent left, or None where the device does not tell."""
        if "battery" not in self.characteristics:
            return None
        level = yield Read("battery")
        return float(level[0]) if level and level[0] <= 100 else None

    def blink(self) -> Steps[bool]:
        """Make itself seen or felt; False where it cannot."""
        return False
        yield

    def has_motor(self) -> Steps[bool]:
        """Whether it says that it drives one; nobody can ask whether something hangs on it."""
        return False
        yield

    def vibrate(self, pulse_s: float, pulses: int) -> Steps[None]:
        """Run its motor, while it streams too; ends with the last pulse. Only where it says that it drives one."""
        return
        yield

    def exchange(self, host_ns: int) -> Steps[None]:
        """Ask for the device's time, ``host_ns`` being now on the host's clock; the answer comes as a packet."""
        return
        yield


class SharedClock(Driver):
    """A kind of device that can bring its clocks together by itself, left alone for a while.

    Whoever holds the links prepares all of them, asks all, the root first, lets go of all at once,
    and connects again after sync_s.

    sync_s : s without a link that it takes. sync_ppm, sync_holds_s : how fast the clocks part
    again, and for how many s that is known.
    """

    sync_s: ClassVar[float]
    sync_ppm: ClassVar[float]
    sync_holds_s: ClassVar[float]

    def prepare_sync(self, wanted: Wanted) -> Steps[bytes]:
        """Set what cannot be changed afterwards; brings what the others must know if this one leads."""
        raise NotImplementedError

    def begin_sync(self, root: bytes) -> Steps[None]:
        """Ask it to follow ``root``."""
        raise NotImplementedError

    def end_sync(self) -> Steps[str]:
        """First thing after connecting again: "" where it took, else why not."""
        raise NotImplementedError

    def is_synced(self) -> Steps[bool]:
        """On a later connection: whether it still holds."""
        raise NotImplementedError
