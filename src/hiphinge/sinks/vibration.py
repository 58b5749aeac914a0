"""The motor of a sensor, for those that have one."""

from __future__ import annotations

from collections.abc import Callable

from hiphinge.blocks import Alert
from hiphinge.settings import feedback
from hiphinge.sinks.sink import Sink

Buzz = Callable[[float, int], None]
"""(s of a pulse, how many) -> writes it to a sensor; SinkError when it cannot."""


class Vibration(Sink):
    """Pulses on the body; whoever holds the sensors gives ``buzz``."""

    name = "vibration"
    keep = 1
    late = 0.5

    def __init__(self, params: feedback.Vibration, buzz: Buzz) -> None:
        super().__init__(params.kinds)
        self.params, self._buzz = params, buzz

    def open(self) -> None:
        """The sensors are connected by others."""

    def deliver(self, cue: Alert) -> None:
        """Short pulses when it is about rounding; else one as long as all of them, so that they are told apart."""
        pulse_s, pulses = self.params.pulse_s, self.params.pulses
        if cue.kind == "rounded_back":
            self._buzz(pulse_s, pulses)
        else:
            self._buzz(pulse_s * pulses, 1)

    @property
    def state(self) -> str:
        """How it feels."""
        return f"vibration: ready, {self.params.pulses} pulses of {1000 * self.params.pulse_s:.0f} ms."
