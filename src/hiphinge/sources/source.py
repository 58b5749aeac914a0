"""What a source is: somewhere that inputs come from, in their own time."""

from __future__ import annotations

from typing import Protocol

from hiphinge.blocks import Sensor
from hiphinge.sources.inbox import Inbox


class Source(Protocol):
    """Puts inputs into an inbox until it has no more or is cancelled; then leaves its sensors in order.

    ``name`` as in a recording's header: ble, simulated, replay. ``live``: its
    inputs happen now, on the host's clock; otherwise they have their own clock.
    """

    name: str
    live: bool
    sensors: tuple[Sensor, ...]

    def now_ns(self) -> int:
        """Now, on the clock of its arrivals."""
        ...

    async def run(self, inbox: Inbox) -> None:
        """Raises RadioError, SensorRefused where nothing can be had at all."""
        ...

    async def vibrate(self, site: str, pulse_s: float, pulses: int) -> bool:
        """Run the motor of the sensor worn at ``site``, "" for any; returns with the last pulse.

        False: none that was connected says it has one. Raises SensorRefused: one has, and did not run.
        """
        ...
