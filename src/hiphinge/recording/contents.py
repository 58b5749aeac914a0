"""What is in a recording: who, when, how much of it, what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from hiphinge.blocks import Control, Floats, Input, Link, Packet, Sensor, Tick, Times
from hiphinge.devices.registry import DECODERS
from hiphinge.markers import Marker, from_control
from hiphinge.reception import Reception
from hiphinge.recording.header import Header

PROBE = 500
"""Sample intervals whose median is the sensor's own: 5 s at 100 Hz, so that lost packets do not count."""
GAP = 1.5
"""Intervals from which on samples are missing: half-way between none and one."""


class Readable(Protocol):
    """The part of a recording that is counted."""

    path: Path
    header: Header

    @property
    def damage(self) -> list[str]:
        """Places that could not be read."""
        ...

    def batches(self) -> Iterator[list[Input]]:
        """All inputs."""
        ...


@dataclass(frozen=True, slots=True)
class SensorContents:
    """One sensor's share. ``samples`` None: no decoder for its device.

    ``missing`` samples lie in gaps of the sample times, lost in the air or
    with the sensor off; ``refused`` packets are none of this device's.
    """

    sensor: Sensor
    packets: int
    refused: int
    samples: int | None
    missing: int
    rate_hz: float

    @property
    def lost_share(self) -> float:
        """Missing samples of those that should be there, 0 to 1."""
        due = (self.samples or 0) + self.missing
        return self.missing / due if due else 0.0


@dataclass(frozen=True, slots=True)
class Contents:
    """The counts of one recording. Times on its own clock; NaN in an empty one.

    ``start_utc_ns`` is the wall clock at ``start_s``; None when never recorded.
    """

    size_bytes: int
    inputs: int
    start_s: float
    end_s: float
    start_utc_ns: int | None
    utc_offset_s: int | None
    sensors: tuple[SensorContents, ...]
    controls: dict[str, int]
    markers: tuple[Marker, ...]
    links: int
    ticks: int
    damage: tuple[str, ...]

    @property
    def duration_s(self) -> float:
        """First to last arrival; 0 in an empty recording."""
        return self.end_s - self.start_s if self.inputs else 0.0


def count(recording: Readable) -> Contents:
    """Read everything once and count it."""
    tally = _Tally(recording.header)
    for batch in recording.batches():
        tally.add(batch)
    return Contents(
        size_bytes=recording.path.stat().st_size,
        inputs=tally.inputs,
        start_s=tally.start_s,
        end_s=tally.end_s,
        start_utc_ns=tally.start_utc_ns(),
        utc_offset_s=tally.clock.utc_offset_s if tally.clock else None,
        sensors=tuple(samples.contents() for samples in tally.sensors.values()),
        controls=dict(tally.controls),
        markers=tuple(tally.markers),
        links=tally.kinds[Link],
        ticks=tally.kinds[Tick],
        damage=tuple(recording.damage),
    )


class _Tally:
    """Counts that grow batch by batch."""

    def __init__(self, header: Header) -> None:
        self.sensors = {s.sensor: _Samples(s) for s in header.sensors}
        self.kinds: Counter[type] = Counter()
        self.controls: Counter[str] = Counter()
        self.markers: list[Marker] = []
        self.clock: Tick | None = None
        self.start_s = self.end_s = float("nan")

    @property
    def inputs(self) -> int:
        return self.kinds.total()

    def add(self, batch: list[Input]) -> None:
        self.kinds.update(map(type, batch))
        arrivals = [item.arrival_ns for item in batch]
        self.start_s = float(np.fmin(self.start_s, min(arrivals) / 1e9))
        self.end_s = float(np.fmax(self.end_s, max(arrivals) / 1e9))
        packets: dict[str, list[Packet | Link]] = {}
        for item in batch:
            if isinstance(item, Packet) or (isinstance(item, Link) and item.sensor):
                packets.setdefault(item.sensor, []).append(item)
            elif isinstance(item, Control):
                self.controls[item.action] += 1
                if marker := from_control(item):  # else counted among the controls all the same
                    self.markers.append(marker)
            elif isinstance(item, Tick) and item.utc_ns is not None and self.clock is None:
                self.clock = item
        for name, group in packets.items():
            self.sensors.setdefault(name, _Samples(Sensor(name, "", ""))).add(group)

    def start_utc_ns(self) -> int | None:
        if self.clock is None or self.clock.utc_ns is None:
            return None
        return self.clock.utc_ns - self.clock.arrival_ns + round(self.start_s * 1e9)


@dataclass(slots=True)
class _Samples:
    """Packets, samples and gaps of one sensor."""

    sensor: Sensor
    reception: Reception | None = None
    packets: int = 0
    refused: int = 0
    samples: int = 0
    last: Times = field(default_factory=lambda: np.empty(0, np.int64))
    probed: Floats = field(default_factory=lambda: np.empty(0))
    interval_ns: float = float("nan")
    missing: int = 0

    def add(self, inputs: Sequence[Packet | Link]) -> None:
        self.packets += sum(isinstance(one, Packet) for one in inputs)
        if self.sensor.device not in DECODERS:
            return
        if self.reception is None:
            self.reception = Reception(self.sensor)
        block, errors = self.reception.take(inputs)
        self.refused += len(errors)
        self.samples += len(block)
        t_ns = np.concatenate([self.last, block.t_ns])
        self.last = t_ns[-1:]
        self._look_for_gaps(np.diff(t_ns).astype(float))

    def _look_for_gaps(self, steps: Floats) -> None:
        if np.isnan(self.interval_ns):
            self.probed = steps = np.concatenate([self.probed, steps])
            if len(steps) < PROBE:
                return
            self._measure()
        self._count(steps)

    def _measure(self) -> None:
        self.interval_ns = float(np.median(self.probed[:PROBE])) or float("nan")

    def _count(self, steps: Floats) -> None:
        gaps = steps[steps > GAP * self.interval_ns]
        self.missing += int((np.rint(gaps / self.interval_ns) - 1).sum())

    def contents(self) -> SensorContents:
        if np.isnan(self.interval_ns) and len(self.probed):
            self._measure()
            self._count(self.probed)
        known = self.sensor.device in DECODERS
        rate_hz = 1e9 / self.interval_ns
        return SensorContents(
            self.sensor, self.packets, self.refused, self.samples if known else None, self.missing, rate_hz
        )
