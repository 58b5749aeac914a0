"""Cues that are felt: from a sink's thread to the motor of a worn sensor, which the event loop alone may talk to."""

from __future__ import annotations

import asyncio
from concurrent.futures import CancelledError

from hiphinge.devices.driver import Pulses
from hiphinge.devices.registry import DRIVERS
from hiphinge.errors import SensorRefused, SinkError
from hiphinge.settings import feedback
from hiphinge.sinks import Buzz
from hiphinge.sources.source import Source

PATIENCE_S = 5.0
"""Beyond the time that the motor runs: the link gives up before, unless the session has ended [D]."""
ENDED = "vibration: the session ended meanwhile."


def motor(source: Source, params: feedback.Vibration) -> Buzz | None:
    """What runs a motor of the source's; None where nobody asked for one that is not there. Called on the loop."""
    worn = [DRIVERS[s.device] for s in source.sensors if s.device in DRIVERS]
    if not source.live or not (params.site or any(driver.motor for driver in worn)):
        return None
    loop = asyncio.get_running_loop()

    def buzz(pulse_s: float, pulses: int) -> None:
        work = source.vibrate(params.site, pulse_s, pulses)
        try:
            running = asyncio.run_coroutine_threadsafe(work, loop)
        except RuntimeError as e:  # the loop is closed
            work.close()
            raise SinkError(ENDED) from e
        try:
            found = running.result(Pulses(pulse_s, pulses).lasts + PATIENCE_S)
        except SensorRefused as e:
            raise SinkError(str(e)) from e
        except CancelledError as e:  # of the future: here is no task
            raise SinkError(ENDED) from e
        except TimeoutError as e:
            running.cancel()
            raise SinkError("vibration: the sensors are not heard any more. It is tried again at the next cue.") from e
        if params.site and not found:
            raise SinkError(
                f"vibration: the sensor on {params.site} tells of no motor, expected one (feedback.vibration.site). "
                "See which can: hiphinge doctor"
            )

    return buzz
