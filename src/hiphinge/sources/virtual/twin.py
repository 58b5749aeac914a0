"""What one make of sensor does with its bytes: base of all twins. No radio here, no async, no clock.

A twin is the device as its own maker documents it, written from the note in
firmware_notes and never from the decoder: the two share no constant, so that
the one checks the other. It says what it advertises and which characteristics
it has, answers reads and writes, and makes notifications of samples::

    class Pebble(Twin):
        "The Pebble IMU: one i16 frame a sample, commands as two bytes."

        name = "Pebble 01"
        table = {"ffe0": {"ffe1": "notify", "ffe2": "write-without-response"}}
        advertised = ("ffe0",)
        mtu = 23

        def write(self, uuid: str, value: bytes) -> None:
            if value[:1] == b"R":                            # rate, as the device counts it
                self.stream(rate_hz=10.0 * value[1], batch=1)
            elif value[:1] == b"S":
                self.halt()
            elif value[:1] == b"?":
                self.answer("ffe1", b"?" + bytes([round(self.rate_hz / 10)]))

        def packets(self, samples: Samples) -> Iterator[tuple[str, bytes]]:
            ms = round(samples.tick[0] * 1000) % 2**32       # its own clock, faults included
            six = counts(np.hstack([samples.acc, samples.gyr]), lsb=[0.005] * 3 + [0.001] * 3)
            yield "ffe1", struct.pack("<I", ms) + six.astype("<i2").tobytes()

        def abandoned(self) -> None:                         # what another app may leave behind
            self.stream(rate_hz=10.0, batch=1)

Then one line in :data:`hiphinge.sources.virtual.twins.TWINS` makes it known:
``"pebble": "hiphinge.sources.virtual.twins.pebble:Pebble"``, under the name of
its driver. Clock drift, reboots, loss, bursts, a dying battery are not its
business: they happen around it (faults.py, peripheral.py). A test needs no
radio: ``twin = Pebble(identity, sense)``, ``twin.power_on(0.0)``,
``twin.write("ffe2", bytes([82, 10]))``, ``twin.advance(1.0)`` and look
at ``twin.outbox``.

UUIDs may be short (16 bits, on the adopted base) or long, in lower case.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from hiphinge.blocks import Floats

AHEAD = 0.1
"""s of samples that are felt in one go: asking for each alone costs ten times as much."""

Sense = Callable[[Floats], tuple[Floats, Floats]]
"""Instants (n,) s of the host's clock -> acc (n, 3) m/s² and gyr (n, 3) rad/s in the sensor's axes."""

BATTERY, DEVICE = "180f", "180a"
BATTERY_LEVEL, MODEL, SERIAL, FIRMWARE, MAKER = "2a19", "2a24", "2a25", "2a26", "2a29"
READ_NOT_PERMITTED, WRITE_NOT_PERMITTED, UNLIKELY = 0x02, 0x03, 0x0E
"""Answers of the attribute protocol (Core Specification 5.4, volume 3 F, 3.4.1.1)."""


class Refused(Exception):
    """The device answers a read or write with an error of the attribute protocol."""

    def __init__(self, code: int) -> None:
        super().__init__(f"attribute error 0x{code:02x}")
        self.code = code


@dataclass(frozen=True)
class Identity:
    """Which one of its make: its address, and the seed of whatever it draws by chance."""

    address: str = "C4:7F:51:5E:00:01"
    seed: int = 0


class Samples(NamedTuple):
    """Samples that fell due: ``tick`` (n,) s of the sensor's own clock; acc, gyr (n, 3) m/s², rad/s, its axes."""

    tick: Floats
    acc: Floats
    gyr: Floats


class Notification(NamedTuple):
    """What is to go out; ``streamed``: from samples, not an answer."""

    uuid: str
    payload: bytes
    streamed: bool


def counts(values: ArrayLike, lsb: ArrayLike, bits: int = 16) -> Floats:
    """Values in whole steps of a converter, held at the ends of its range; any shape."""
    most = 2.0 ** (bits - 1)
    return np.clip(np.rint(np.asarray(values, float) / lsb), -most, most - 1)


class Twin:
    """One sensor of one make. A subclass gives the upper half; the radio around it calls the lower.

    name : as advertised. table : service -> characteristic -> properties, words of
    "read write write-without-response notify indicate". advertised : services named in the
    advertisement. manufacturer : company -> bytes there. mtu : the largest it agrees to.
    """

    name: str = "twin"
    table: Mapping[str, Mapping[str, str]] = MappingProxyType({})
    advertised: tuple[str, ...] = ()
    manufacturer: Mapping[int, bytes] = MappingProxyType({})
    mtu: ClassVar[int] = 247

    def __init__(self, identity: Identity, sense: Sense, drift_ppm: float = 0.0) -> None:
        self.identity = identity
        self.rng = np.random.default_rng([identity.seed, *identity.address.encode()])
        self.outbox: list[Notification] = []
        self.battery = 100.0
        self.link_mtu = 23
        self.rate_hz, self.batch = 0.0, 1
        self.made = 0
        self._sense, self._pace = sense, 1.0 + drift_ppm * 1e-6
        self._born = self._now = 0.0
        self._started, self._taken = 0.0, 0
        self._ahead: Samples | None = None

    # --- what a make of sensor says of itself ---------------------------------------------

    def boot(self) -> None:
        """Power is on: what was configured is forgotten."""

    def read(self, uuid: str) -> bytes:
        """The value of a characteristic; the standard battery level is known here."""
        if uuid == BATTERY_LEVEL:
            return bytes([math.ceil(self.battery)])
        raise Refused(READ_NOT_PERMITTED)

    def write(self, uuid: str, value: bytes) -> None:
        """A host wrote ``value``. Raises Refused."""
        raise Refused(WRITE_NOT_PERMITTED)

    def packets(self, samples: Samples) -> Iterable[tuple[str, bytes]]:
        """Notifications (characteristic, bytes) of ``batch`` samples."""
        return ()

    def connected(self) -> None:
        """A host is there."""

    def disconnected(self) -> None:
        """It is gone; most devices stop."""
        self.halt()

    def abandoned(self) -> None:
        """Be as another app may have left it."""

    def battery_fell(self) -> None:
        """The level is another whole per cent."""

    # --- what it has at hand ---------------------------------------------------------------

    @property
    def tick(self) -> float:
        """Seconds since power-on by its own clock."""
        return self._tick(self._now)

    @property
    def is_streaming(self) -> bool:
        """Whether samples fall due."""
        return self.rate_hz > 0

    def stream(self, rate_hz: float, batch: int) -> None:
        """Sample from now on, ``batch`` samples a call of ``packets``."""
        self.rate_hz, self.batch = rate_hz, batch
        self._started, self._taken, self._ahead = self.tick, 0, None

    def halt(self) -> None:
        """Sample no more."""
        self.rate_hz = 0.0

    def answer(self, uuid: str, payload: bytes) -> None:
        """Notify (or indicate) now."""
        self.outbox.append(Notification(uuid, payload, False))

    # --- what the radio around it calls -----------------------------------------------------

    def power_on(self, now: float) -> None:
        """Start, or start again, at ``now`` s of the host's clock: ticks begin at 0."""
        self._born = self._now = now
        self.outbox.clear()
        self.halt()
        self.boot()

    def at(self, now: float) -> None:
        """Let its clock stand at ``now`` s of the host's."""
        self._now = max(self._now, now)

    def advance(self, now: float) -> None:
        """Sample until ``now``; notifications are then in ``outbox``."""
        self.at(now)
        while self.rate_hz and self.due() <= now:
            made = [Notification(uuid, payload, True) for uuid, payload in self.packets(self._batch())]
            self.made += len(made)
            self.outbox += made

    def due(self) -> float:
        """When the next batch is whole, s of the host's clock; inf while nothing is sampled."""
        if not self.rate_hz:
            return math.inf
        last = self._started + (self._taken + self.batch - 1) / self.rate_hz
        return self._born + last / self._pace

    def drain(self, level: float) -> None:
        """The battery holds so many per cent."""
        fell = math.ceil(level) != math.ceil(self.battery)
        self.battery = level
        if fell:
            self.battery_fell()

    def properties(self, uuid: str) -> frozenset[str]:
        """Of a characteristic; none where there is none."""
        return frozenset(next((row[uuid] for row in self.table.values() if uuid in row), "").split())

    def _batch(self) -> Samples:
        """The next ``batch`` samples."""
        if not self._ahead or len(self._ahead.tick) < self.batch:
            n = math.ceil(AHEAD * self.rate_hz / self.batch) * self.batch
            ticks = self._started + (self._taken + np.arange(n)) / self.rate_hz
            self._ahead = Samples(ticks, *self._sense(self._born + ticks / self._pace))
        self._taken += self.batch
        now, self._ahead = (
            Samples(*(x[part] for x in self._ahead)) for part in (slice(self.batch), slice(self.batch, None))
        )
        return now

    def _tick(self, now: float) -> float:
        return (now - self._born) * self._pace
