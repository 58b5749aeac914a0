"""Which sensor was tapped, where nobody knows yet which sits where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hiphinge.blocks import SITES, Input, Sensor
from hiphinge.detect.taps import Params, Tap, Taps
from hiphinge.errors import SettingsError
from hiphinge.intake import Intake
from hiphinge.monitor import Params as MonitorParams


class Listener:
    """Inputs in, taps out, where nobody knows yet which sensor sits where: taps carry the sensor's id as ``site``."""

    def __init__(self, sensors: Sequence[Sensor], params: Params | None = None) -> None:
        if not 1 <= len(sensors) <= len(SITES):
            raise SettingsError(f"taps: {len(sensors)} sensors, expected 1 to {len(SITES)}. Switch the others off.")
        placed = tuple(replace(s, site=site) for s, site in zip(sensors, SITES, strict=False))
        self._intake = Intake(MonitorParams(sensors=placed))
        self._ids = {s.site: s.sensor for s in placed}
        self._taps = Taps(params or Params(), self._intake.sites)

    def feed(self, inputs: Sequence[Input]) -> tuple[Tap, ...]:
        """The taps that became sure."""
        heard = [tap for motion in self._intake.take(inputs) for tap in self._taps.listen(motion)]
        return tuple(replace(tap, site=self._ids[tap.site]) for tap in heard)
