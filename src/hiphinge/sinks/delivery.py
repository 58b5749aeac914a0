"""Cues to all sinks at once, without ever making the stream wait."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hiphinge.blocks import Alert
from hiphinge.errors import MissingExtraError, SinkError
from hiphinge.sinks.sink import Sink

PATIENCE = 1.0
"""s that :meth:`Delivery.close` waits for what is under way [D]."""


@dataclass(frozen=True)
class Backoff:
    """How long a failing sink is left alone: ``first`` s, then twice as long each time, up to ``longest`` s [D].

    >>> [Backoff().pause(n) for n in (1, 2, 3, 9999)]
    [1.0, 2.0, 4.0, 60.0]
    """

    first: float = 1.0
    longest: float = 60.0

    def pause(self, failures: int) -> float:
        """After so many failures in a row, s."""
        return min(self.first * 2.0 ** min(failures - 1, 60), self.longest)


class Delivery:
    """Hands cues to sinks; each works in a thread of its own, so that none waits for another.

    ``told`` gets one sentence when a sink fails, each sentence once; it is
    called from the threads of the sinks.
    """

    def __init__(self, sinks: Sequence[Sink], told: Callable[[str], None], backoff: Backoff | None = None) -> None:
        self._workers = [_Worker(sink, told, backoff or Backoff()) for sink in sinks]

    def __enter__(self) -> Delivery:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def offer(self, cue: Alert) -> None:
        """Give a cue to every sink that takes its kind; returns at once."""
        for worker in self._workers:
            if cue.kind in worker.sink.kinds and not worker.sink.muted:
                worker.offer(cue)

    def depth(self, share: float) -> None:
        """How deep the movement is now, 0 upright to 1 deepest, NaN unknown; for those that make it heard."""
        for worker in self._workers:
            worker.sink.depth(share)

    def mute(self, on: bool) -> None:
        """Whether all that is heard is silent."""
        for worker in self._workers:
            worker.sink.muted = on and worker.sink.audible

    def states(self) -> tuple[str, ...]:
        """One sentence for each sink: its state, or why it fails."""
        return tuple(worker.state for worker in self._workers)

    def close(self, patience: float = PATIENCE) -> None:
        """Deliver what waits where that works, give up the rest; returns after ``patience`` s at the latest."""
        until = time.monotonic() + patience
        for worker in self._workers:
            worker.finish()
        for worker in self._workers:
            worker.leave(until)


class _Worker:
    """One sink, its queue and its thread."""

    def __init__(self, sink: Sink, told: Callable[[str], None], backoff: Backoff) -> None:
        self.sink, self.state = sink, f"{sink.name}: not ready yet."
        self._told, self._backoff = told, backoff
        self._said: set[str] = set()
        self._waiting: deque[tuple[float, Alert]] = deque(maxlen=sink.keep)
        self._changed = threading.Condition()
        self._finishing = self._left = False
        self._undelivered = False  # the last cue: then being open again is not enough to be called ready
        # A daemon: a service that does not answer must not keep the program from ending.
        self._thread = threading.Thread(target=self._run, name=f"hiphinge {sink.name}", daemon=True)
        self._thread.start()

    def offer(self, cue: Alert) -> None:
        with self._changed:
            self._waiting.append((time.monotonic(), cue))
            self._changed.notify()

    def finish(self) -> None:
        with self._changed:
            self._finishing = True
            self._changed.notify()

    def leave(self, until: float) -> None:
        """Wait for the thread; what it still does after ``until`` (monotonic s) nobody hears of."""
        self._thread.join(max(0.0, until - time.monotonic()))
        with self._changed:
            self._left = True

    def _run(self) -> None:
        failures = 0
        while True:
            try:
                self.sink.open()
                self.state = self.state if self._undelivered else self.sink.state
                while (found := self._next()) is not None:
                    self._deliver(*found)
                    failures = 0
                break
            except MissingExtraError as e:
                self._tell(str(e))
                self._divert(float("inf"))
                break
            except SinkError as e:
                self._tell(str(e))
                self.sink.close()
                failures += 1
                self._divert(time.monotonic() + self._backoff.pause(failures))
            if self._finishing:
                break
        self.sink.close()
        self._account()

    def _deliver(self, since: float, cue: Alert) -> None:
        try:
            self.sink.deliver(cue)
            self.state, self._undelivered = self.sink.state, False
        except SinkError:
            self._undelivered = True
            with self._changed:
                if len(self._waiting) < self.sink.keep:  # else a newer one took its place
                    self._waiting.appendleft((since, cue))
            raise

    def _divert(self, until: float) -> None:
        """While the sink cannot: cues go to ``instead``, or wait, up to ``until`` (monotonic s)."""
        if self.sink.instead is None:
            with self._changed:
                self._changed.wait_for(lambda: self._finishing, min(until - time.monotonic(), threading.TIMEOUT_MAX))
            return
        while (found := self._next(until)) is not None:
            self.sink.instead(found[1])

    def _next(self, until: float = float("inf")) -> tuple[float, Alert] | None:
        """The next cue that is of use; None at ``until``, or at the end."""
        with self._changed:
            while True:
                now = time.monotonic()
                while self._waiting and now - self._waiting[0][0] > self.sink.late:
                    self._waiting.popleft()
                if self._waiting and not self._left:
                    return self._waiting.popleft()
                if self._finishing or now >= until:
                    return None
                self._changed.wait(min(until - now, threading.TIMEOUT_MAX))

    def _account(self) -> None:
        if lost := sum(time.monotonic() - since <= self.sink.late for since, _ in self._waiting):
            self._tell(f"{self.sink.name}: {lost} cue{'s' * (lost > 1)} could not be delivered before the end.")

    def _tell(self, sentence: str) -> None:
        self.state = sentence
        if sentence not in self._said and not self._left:
            self._said.add(sentence)
            self._told(sentence)
