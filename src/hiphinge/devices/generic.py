"""A sensor that nobody foresaw, described instead of programmed: see firmware_notes/generic.md."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hiphinge.blocks import Bools, Floats, ImuBlock, Link, Packet, Times
from hiphinge.devices.configured import Configured
from hiphinge.devices.description import Axes, Description, Order, Tick
from hiphinge.devices.driver import (
    COUNTED,
    DEVICE,
    Advertisement,
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

PREFIX = "generic:"
"""Begins the name of every described device: a recording of it is read without its description at hand."""


class Described(Driver):
    """Writes what its description says, in order, and believes it: nothing is read back."""

    def __init__(self, description: Description) -> None:
        self.description = description

    def recognises(self, seen: Advertisement) -> bool:
        """By the beginning of its name."""
        return seen.name.startswith(self.description.name_prefix)

    def start(self, wanted: Wanted) -> Steps[Configuration]:
        """Whatever is wanted: it has one way only."""
        told = self.description
        yield Subscribe("data")
        yield from _written(told.start)
        gyr_range = told.gyr.range * told.gyr.si if told.gyr else 0.0
        return Configuration(told.rate_hz, told.acc.range * told.acc.si, gyr_range, {"description": told.plain()})

    def stop(self) -> Steps[None]:
        """As described."""
        yield from _written(self.description.stop)

    def decoder(self, sensor: str) -> Decoder:
        """Which takes the description from the log, as any other does."""
        return Decoder(sensor)


def _written(orders: Sequence[Order]) -> Steps[None]:
    for order in orders:
        yield Write(order.characteristic, bytes.fromhex(order.bytes), order.response)
        if order.wait_s:
            yield Wait(order.wait_s)


def driver(name: str, description: Description) -> Driver:
    """A driver called ``generic:<name>``."""

    class Named(Described):
        pass

    Named.name, Named.maker = PREFIX + name, description.maker
    Named.characteristics = {short: (uuid,) for short, uuid in description.characteristics.items()}
    return Named(description)


# --- Decoding ----------------------------------------------------------------------------


class Decoder:
    """Samples on the device's clock where it is described, else counted."""

    def __init__(self, sensor: str) -> None:
        self.sensor = sensor
        self.time = COUNTED
        self._told = Configured(sensor, lambda configuration: Description.of(configuration.more.get("description")))
        self._ticks = Ticks(1000)
        self._counted = 0

    def follow(self, link: Link) -> None:
        """The description comes with the configuration."""
        before = self._told.value
        self._told.follow(link)
        if self._told.awaited:
            self._ticks.connected()
            self._counted = 0
        told = self._told.value
        if told is not None and told != before:
            self.time = DEVICE if told.tick else COUNTED
            if told.tick and self._ticks.wrap_ns != _ticks(told.tick).wrap_ns:
                self._ticks = _ticks(told.tick)

    def decode(self, packets: Sequence[Packet]) -> Decoded:
        """What is as described."""
        errors, heard = self._told.errors(), []
        for packet in packets:
            if packet.characteristic != "data" or self._told.awaited:
                continue
            why = _trouble(packet.payload, self._told.value)
            if why is None:
                heard.append(packet)
            else:
                errors.append(undecoded(packet, why, "compare the description with the sensor's manual"))
        told = self._told.value
        return Decoded(self._block(heard, told) if told else nothing(self.sensor), tuple(errors))

    def _block(self, packets: Sequence[Packet], told: Description) -> ImuBlock:
        bodies = [p.payload[told.header :] for p in packets]
        counts = np.array([len(body) // told.sample for body in bodies], np.int64)
        raw = np.frombuffer(b"".join(bodies), np.uint8).reshape(-1, told.sample)
        acc, acc_clipped = _measured(raw, told, told.acc)
        gyr, gyr_clipped = _measured(raw, told, told.gyr) if told.gyr else (np.full(acc.shape, np.nan), acc_clipped)
        heard_ns = np.array([p.arrival_ns for p in packets], np.int64)
        t_ns = self._times(packets, told, counts, heard_ns)
        return ImuBlock(self.sensor, t_ns, acc, gyr, np.repeat(heard_ns, counts), acc_clipped | gyr_clipped)

    def _times(self, packets: Sequence[Packet], told: Description, counts: Times, heard_ns: Times) -> Times:
        period_ns = 1e9 / told.rate_hz
        total = int(counts.sum())
        if told.tick is None:
            first, self._counted = self._counted, self._counted + total
            return np.rint(np.arange(first, first + total) * period_ns).astype(np.int64)
        width = int(told.tick.type[1:]) // 8
        order = "big" if told.big_endian else "little"
        at = told.tick.offset
        ticks = [int.from_bytes(p.payload[at : at + width], order) for p in packets]  # type: ignore[arg-type]  # of two
        since = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.repeat(self._ticks.unwrap(ticks, heard_ns), counts) + np.rint(since * period_ns).astype(np.int64)


def nothing(sensor: str) -> ImuBlock:
    """No sample."""
    none = np.empty(0, np.int64)
    return ImuBlock(sensor, none, np.empty((0, 3)), np.empty((0, 3)), none, np.empty(0, bool))


def _ticks(tick: Tick) -> Ticks:
    return Ticks(tick.unit_us * 1000, int(tick.type[1:]))


def _measured(raw: np.ndarray, told: Description, axes: Axes) -> tuple[Floats, Bools]:
    """Values (n, 3) in SI, and whether (n,) they are at an end of the range or of the type."""
    kind = told.dtype(axes)
    some = np.ascontiguousarray(raw[:, axes.offset : axes.offset + 3 * kind.itemsize]).view(kind)
    with np.errstate(invalid="ignore", over="ignore"):  # what is no number is refused by its value
        values = some.astype(float) * (axes.scale * axes.si)
    clipped = np.abs(values).max(axis=1, initial=0.0) >= 0.999 * axes.range * axes.si
    if kind.kind != "f":
        ends = np.iinfo(kind)
        clipped |= ((some == ends.max) | ((some == ends.min) & (ends.min < 0))).any(axis=1)
    return values, clipped


def _trouble(payload: bytes, told: Description | None) -> str | None:
    """Why it says nothing, or None."""
    if told is None:
        return "expected its description first"
    count, rest = divmod(len(payload) - told.header, told.sample)
    if rest or count < 1 or (told.samples and count != told.samples):
        most = told.samples or "one or more"
        return f"expected {told.header} and {most} times {told.sample}, as described"
    if not payload.startswith(bytes.fromhex(told.begins)):
        return f"expected {told.begins} first, as described"
    raw = np.frombuffer(payload[told.header :], np.uint8).reshape(-1, told.sample)
    for axes in filter(None, (told.acc, told.gyr)):
        if told.dtype(axes).kind == "f" and not (abs(_measured(raw, told, axes)[0]) <= 2 * axes.range * axes.si).all():
            return "expected values within its range"
    return None
