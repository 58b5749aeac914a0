"""Whether the sensors are heard: one that fell silent, and data too poor to judge by."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from hiphinge.blocks import FILLED, MISSING, SETTLING, Event, Flags, MotionBlock


@dataclass(frozen=True)
class Params:
    """When a sensor counts as lost and data as poor [D].

    lost : s without a sample.
    poor_share, fair_share : of the instants of ``window`` s that are missing,
        bridged or settling, over all sensors: above the first data are poor,
        below the second good again.
    rate : Hz of the grid.
    """

    lost: float = 2.0
    poor_share: float = 0.25
    fair_share: float = 0.15
    window: float = 30.0
    rate: float = 100.0


class Signal:
    """Events "sensor_lost" / "sensor_back" of a site and "data_poor" / "data_fair", on whole seconds."""

    def __init__(self, params: Params, sites: tuple[str, ...]) -> None:
        self.params, self.sites = params, sites
        self._rate = round(params.rate)
        self._rest: Flags = np.empty((len(sites), 0), np.uint8)
        self._second: int | None = None
        self._silent = [0] * len(sites)
        self._lost: list[float | None] = [None] * len(sites)  # since when, s
        self._bad: deque[float] = deque(maxlen=round(params.window))
        self._poor: float | None = None

    def update(self, motion: MotionBlock) -> tuple[Event, ...]:
        """Take the next instants; sensors that are lost do not make the others' data poor."""
        if not len(motion):
            return ()
        if self._second is None:
            first = round(float(motion.t[0]) * self._rate)
            self._second = first // self._rate
            self._rest = np.zeros((len(self.sites), first % self._rate), np.uint8)
        flags = np.concatenate((self._rest, motion.flags), axis=1)
        whole = flags.shape[1] // self._rate
        seconds = flags[:, : whole * self._rate].reshape(len(self.sites), whole, self._rate)
        self._rest = flags[:, whole * self._rate :]
        missing = np.count_nonzero(seconds & MISSING, axis=2)
        bad = np.count_nonzero(seconds & (MISSING | FILLED | SETTLING), axis=2) / self._rate
        events: list[Event] = []
        for j in range(whole):
            self._second += 1
            self._hear(missing[:, j] == self._rate, events)
            heard = [b for b, since in zip(bad[:, j].tolist(), self._lost, strict=True) if since is None]
            self._judge(sum(heard) / max(len(heard), 1), events)
        return tuple(events)

    def _hear(self, silent: np.ndarray, events: list[Event]) -> None:
        now = float(self._second or 0)
        for i, site in enumerate(self.sites):
            self._silent[i] = self._silent[i] + 1 if silent[i] else 0
            since = self._lost[i]
            if since is None and self._silent[i] >= self.params.lost:
                self._lost[i] = now - self._silent[i]
                events.append(Event(now, "sensor_lost", {"site": site, "since": self._lost[i]}))
            elif since is not None and not silent[i]:
                self._lost[i] = None
                events.append(Event(now, "sensor_back", {"site": site, "since": since}))

    def _judge(self, bad: float, events: list[Event]) -> None:
        self._bad.append(bad)
        share, p, now = sum(self._bad) / len(self._bad), self.params, float(self._second or 0)
        if self._poor is None and len(self._bad) == self._bad.maxlen and share > p.poor_share:
            self._poor = now
            events.append(Event(now, "data_poor", {"since": now, "share": share, "limit": p.poor_share}))
        elif self._poor is not None and share < p.fair_share:
            events.append(Event(now, "data_fair", {"since": self._poor, "share": share}))
            self._poor = None
