"""The headless core of everything live: source -> inbox -> recorder -> monitor -> whoever listens.

A view or a sink is a *listener*: a callable that takes the inputs and the
outcome of each feed, on the event loop, and returns at once. Keys go the other
way: ``live.ask("mute", "30")`` puts a Control into the log like any other input.

::

    live = Live(source, monitor, recorder=writer)
    live.listeners.append(screen.show)
    await live.run(seconds=600)      # or until it is cancelled
    live.health.sensors              # rate, loss, battery, clock of each, at any moment
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from hiphinge.apps.live.health import Health
from hiphinge.blocks import Input, Outcome, Tick
from hiphinge.errors import RecordingError
from hiphinge.monitor import Monitor
from hiphinge.recording import Writer
from hiphinge.sources.inbox import GATHER_S, Inbox, host_ns
from hiphinge.sources.source import Source

Listener = Callable[[Sequence[Input], Outcome], None]

TICK_S = 1.0
"""Between two pairs of clocks: silence is noticed and a suspend placed to the second."""
DESK_S = 0.2
"""Gathered on a quiet day: nobody waits for a bar to move, and a laptop's battery lasts [D]."""
FAREWELL_S = 5.0
"""For the sensors to be told to stop."""


class Live:
    """One session; ``run`` it once.

    ``recorder`` None: nothing is kept. A recording that fails is told through
    ``health`` and the session goes on without. ``gather_s``: what comes within so
    long is judged together, which changes the cost and the delay, never the outcome.
    """

    def __init__(
        self, source: Source, monitor: Monitor, recorder: Writer | None = None, gather_s: float = GATHER_S
    ) -> None:
        self.source, self.monitor = source, monitor
        self.inbox = Inbox(source.now_ns, gather_s)
        self.health = Health(monitor, source)
        self.listeners: list[Listener] = []
        self._recorder = recorder
        self._recorded = False
        self._stopped = asyncio.Event()

    def ask(self, action: str, value: str = "") -> None:
        """What the wearer wants, now: an input like any other."""
        self.inbox.ask(action, value)

    def stop(self) -> None:
        """End the session in good order."""
        self._stopped.set()

    def close(self) -> None:
        """Close the recording, as ``run`` does at its end; one into which nothing came is not left behind."""
        if self._recorder:
            try:
                self._recorder.close()
            except RecordingError as e:
                self.health.recording_failed(str(e))
            if not self._recorded:
                with suppress(OSError):
                    self._recorder.path.unlink()

    async def run(self, seconds: float | None = None) -> None:
        """Until the source ends, ``seconds`` are over, ``stop`` is called or it is cancelled.

        Whatever ends it: the sensors are told to stop, what waits is recorded
        and judged, the recording is closed. Raises what the source raises.
        """
        tasks = [asyncio.create_task(self.source.run(self.inbox)), asyncio.create_task(self._stopped.wait())]
        keeping = [asyncio.create_task(self._consume())]
        if self.source.live:
            keeping.append(asyncio.create_task(self._tick()))
        try:
            await asyncio.wait([*tasks, *keeping], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            try:
                await _end([*tasks, *keeping])
            finally:  # cancelled in the farewell: by a take-over, or by somebody who cannot wait
                self._finish()
        # One that hangs is not done: it was given up. All are asked: else asyncio tells of those that were not.
        ended = [task for task in (*tasks, *keeping) if task.done() and not task.cancelled()]
        for error in [error for task in ended if (error := task.exception())]:
            raise error

    async def _consume(self) -> None:
        while True:
            self._feed(await self.inbox.drain())

    def _feed(self, inputs: list[Input]) -> None:
        """Recorded first, then judged."""
        self._record(inputs)
        outcome = self.monitor.feed(inputs)
        self._tell(inputs, outcome)

    def _record(self, inputs: Sequence[Input]) -> None:
        if self._recorder:
            self._recorded = True
            try:
                self._recorder.write(inputs)
            except RecordingError as e:
                self.health.recording_failed(str(e))

    def _tell(self, inputs: Sequence[Input], outcome: Outcome) -> None:
        self.health.take(inputs, outcome)
        for listener in self.listeners:
            listener(inputs, outcome)

    def _finish(self) -> None:
        try:
            if inputs := self.inbox.take():
                self._feed(inputs)
            self._tell((), self.monitor.finish())
        finally:
            self.close()

    async def _tick(self) -> None:
        while True:
            self.inbox.put(clock_pair())
            await asyncio.sleep(TICK_S)


async def _end(tasks: Sequence[asyncio.Task[object]]) -> None:
    """Cancel and wait, though not for ever: a hanging adapter must not keep a recording open."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=FAREWELL_S)


def clock_pair() -> Tick:
    """Now on the monotonic and on the wall clock, its zone, and which boot this is."""
    if sys.platform != "win32":
        time.tzset()  # else a process keeps the zone that it began in: localtime_r(3) does not look again
    offset = datetime.now().astimezone().utcoffset()
    return Tick(host_ns(), time.time_ns(), round(offset.total_seconds()) if offset else 0, boot_id())


def boot_id() -> str:
    """Of this boot where the system tells (Linux), else empty."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""
