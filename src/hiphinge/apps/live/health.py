"""How the sensors, the radio and the recording are, at any moment."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hiphinge.blocks import Input, Link, Outcome, Packet
from hiphinge.devices.driver import (
    BATTERY,
    CONFIGURED,
    CONNECTED,
    LOST,
    SYNCHRONISING,
    UNSYNCHRONISED,
    Configuration,
)
from hiphinge.monitor import Monitor
from hiphinge.sources.source import Source

WINDOW_S = 10.0
"""Over which rates are counted."""
STREAMING, CONNECTING, SILENT = "streaming", "connecting", "silent"
SILENT_S = 1.0


@dataclass(frozen=True)
class SensorHealth:
    """One sensor. ``state``: connecting, synchronising, connected, streaming, lost, silent; ``why`` of the last loss.

    ``rate_hz`` samples a second lately, ``wanted_hz`` as configured;
    ``loss_pct`` of the instants so far; ``battery_pct``, ``rssi_dbm`` None where
    not told; ``skew_ppm`` of its clock against the host's, ``clock_sd_s``
    against it or against sensors on one clock with it, None where it has none; ``silent_s`` since the last packet.
    """

    site: str
    sensor: str
    device: str
    state: str = CONNECTING
    why: str = ""
    rate_hz: float = 0.0
    wanted_hz: float | None = None
    loss_pct: float = 0.0
    battery_pct: float | None = None
    rssi_dbm: int | None = None
    skew_ppm: float | None = None
    clock_sd_s: float | None = None
    silent_s: float | None = None


class Health:
    """Follows inputs and outcomes; read ``sensors`` whenever a view wants them."""

    def __init__(self, monitor: Monitor, source: Source) -> None:
        self.trouble = ""
        self.recording = ""
        self._apart = ""  # whose clock is not one with the others'; told until a twist mends it
        self._monitor, self._source = monitor, source
        self._known = {s.sensor: SensorHealth(s.site, s.sensor, s.device) for s in source.sensors}
        self._last: dict[str, int] = {}
        self._counts: deque[tuple[int, dict[str, int]]] = deque()

    @property
    def sensors(self) -> tuple[SensorHealth, ...]:
        """One for each worn sensor, in the source's order."""
        now, loss = self._source.now_ns(), self._monitor.heard.loss_pct()
        return tuple(self._judged(one, now, loss) for one in self._known.values())

    @property
    def streaming(self) -> int:
        """How many sensors send."""
        return sum(one.state == STREAMING for one in self.sensors)

    def recording_failed(self, words: str) -> None:
        """What became of the recording."""
        self.recording = words

    def take(self, inputs: Sequence[Input], outcome: Outcome) -> None:
        """What one feed brought."""
        for one in inputs:
            if isinstance(one, Packet):
                self._last[one.sensor] = one.arrival_ns
            elif isinstance(one, Link):
                self._follow(one)
        if self._apart and self._monitor.is_twisted:
            self._apart = self.trouble = ""
        self._count(self._source.now_ns())

    def _count(self, now: int) -> None:
        """Remember every second how many samples there were, for WINDOW_S."""
        if not self._counts or now - self._counts[-1][0] >= 1e9:
            self._counts.append((now, {site: r.samples for site, r in self._monitor.receptions.items()}))
        while now - self._counts[0][0] > WINDOW_S * 1e9:
            self._counts.popleft()

    def _rate(self, site: str) -> float:
        """Samples a second, over the seconds remembered."""
        if len(self._counts) < 2:
            return 0.0
        (begun, first), (now, last) = self._counts[0], self._counts[-1]
        return (last.get(site, 0) - first.get(site, 0)) / (now - begun) * 1e9

    def _follow(self, link: Link) -> None:
        if link.sensor not in self._known:
            self.trouble = link.value or self._apart
            return
        one = self._known[link.sensor]
        if link.state == CONNECTED:
            self.trouble = self._apart
            one = replace(one, state=CONNECTED, rssi_dbm=_rssi(link.value))
        elif link.state == CONFIGURED:
            one = replace(one, wanted_hz=_rate(link.value))
        elif link.state == BATTERY:
            one = replace(one, battery_pct=float(link.value))
        elif link.state == SYNCHRONISING:
            one = replace(one, state=SYNCHRONISING)
        elif link.state == UNSYNCHRONISED:
            self._apart = self.trouble = f"{one.site}: {link.value}"
            one = replace(one, state=CONNECTED if one.state == CONNECTED else CONNECTING)
        elif link.state == LOST:
            one = replace(one, state=LOST, why=link.value)
        self._known[link.sensor] = one

    def _judged(self, one: SensorHealth, now: int, loss: dict[str, float]) -> SensorHealth:
        silent = (now - self._last[one.sensor]) / 1e9 if one.sensor in self._last else None
        sends = silent is not None and silent < SILENT_S
        reception = self._monitor.receptions[one.site]
        return replace(
            one,
            state=STREAMING if sends else SILENT if one.state == CONNECTED else one.state,
            silent_s=silent,
            loss_pct=loss.get(one.site, 0.0),
            rate_hz=self._rate(one.site),
            skew_ppm=reception.clock.skew_ppm if reception.clock else None,
            clock_sd_s=reception.error,
        )


def _rssi(text: str) -> int | None:
    try:
        return int(json.loads(text)["rssi"]) or None
    except (ValueError, KeyError, TypeError):
        return None


def _rate(text: str) -> float | None:
    try:
        return Configuration.from_text(text).rate_hz
    except ValueError:
        return None
