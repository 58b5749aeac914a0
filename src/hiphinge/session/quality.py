"""How well each sensor was heard: samples lost and gaps, from the sample times alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from hiphinge.blocks import Input, Packet, Sensor, Tick, Times
from hiphinge.devices.registry import DECODERS

GAP = 0.5
"""s: a longer silence is a gap; up to here it is bridged (architecture, gaps)."""
LOST_FROM = 1.5
"""Periods between two samples from which something between them was lost."""

AT_ONCE = 2000
"""Packets of a sensor that are decoded together: fewer, larger steps halve the time."""


@dataclass(frozen=True, slots=True)
class Gap:
    """No sample of ``site`` between ``start`` and ``end`` s."""

    site: str
    start: float
    end: float


class Hearing:
    """Listens to the inputs on their way to the monitor; changes nothing."""

    def __init__(self, sensors: Sequence[Sensor]) -> None:
        self.tick: Tick | None = None
        self._tracks = {s.sensor: _Track(s) for s in sensors}
        self._waiting: dict[str, list[Packet]] = {s.sensor: [] for s in sensors}

    def hear(self, inputs: Iterable[Input]) -> None:
        """Note the times of all samples, and the first clock pair with a wall clock."""
        for item in inputs:
            if isinstance(item, Packet):
                if item.sensor in self._waiting:
                    self._waiting[item.sensor].append(item)
            elif isinstance(item, Tick) and self.tick is None and item.utc_ns is not None:
                self.tick = item
        for sensor, packets in self._waiting.items():
            if len(packets) >= AT_ONCE:
                self._tracks[sensor].append(packets)
                packets.clear()

    def finish(self) -> None:
        """Take what still waits; then ask."""
        for sensor, packets in self._waiting.items():
            self._tracks[sensor].append(packets)
            packets.clear()

    def gaps(self) -> tuple[Gap, ...]:
        """All gaps in order of time; a sensor that came late or stopped early has one there."""
        heard = [t for t in self._tracks.values() if t.first is not None]
        first = min((t.first for t in heard if t.first is not None), default=0)
        last = max((t.last for t in heard), default=0)
        found = [g for t in self._tracks.values() for g in t.gaps(first, last)]
        return tuple(sorted(found, key=lambda g: (g.start, g.site)))

    def loss_pct(self) -> dict[str, float]:
        """Per cent of each site's samples that are missing between its first and last."""
        return {t.site: t.loss_pct() for t in self._tracks.values()}


@dataclass
class _Track:
    """Spacings of one sensor's samples: 4 bytes each, 35 MB for a day of three sensors."""

    sensor: Sensor
    first: int | None = None
    last: int = 0
    spacings_us: list[np.ndarray] = field(default_factory=list)
    long: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.site = self.sensor.site
        build = DECODERS[self.sensor.device]
        self._decoder = build(self.sensor.sensor)

    def append(self, packets: Sequence[Packet]) -> None:
        block, _ = self._decoder.decode(packets)
        if len(block):
            self._times(block.t_ns)

    def _times(self, t_ns: Times) -> None:
        """Note the samples at ``t_ns`` (n,)."""
        if self.first is None:
            self.first = self.last = int(t_ns[0])
            t_ns = t_ns[1:]
        # A clock that goes back tells nothing new: spacings are between new highest times.
        highest = np.maximum.accumulate(np.concatenate(([self.last], t_ns)))
        spacing = np.diff(highest)
        for i in np.flatnonzero(spacing > GAP * 1e9):
            self.long.append((int(highest[i]), int(highest[i + 1])))
        self.spacings_us.append((spacing[spacing > 0] // 1000).clip(max=2**32 - 1).astype(np.uint32))
        self.last = int(highest[-1])

    def gaps(self, first_ns: int, last_ns: int) -> list[Gap]:
        if self.first is None:
            return [Gap(self.site, first_ns / 1e9, last_ns / 1e9)]
        edges = [e for e in ((first_ns, self.first), (self.last, last_ns)) if e[1] - e[0] > GAP * 1e9]
        return [Gap(self.site, a / 1e9, b / 1e9) for a, b in (*edges, *self.long)]

    def loss_pct(self) -> float:
        spacing = np.concatenate(self.spacings_us) if self.spacings_us else np.empty(0)
        if not len(spacing):
            return 100.0
        period = float(np.median(spacing))
        missing = spacing[spacing > LOST_FROM * period] - period
        return 100.0 * float(missing.sum()) / float(spacing.sum(dtype=np.float64))
