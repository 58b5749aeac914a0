"""What goes wrong with a virtual sensor and with its radio: one frozen Params, and the dice that follow it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hiphinge.errors import SettingsError

Rng = np.random.Generator


@dataclass(frozen=True)
class Params:
    """All faults of one sensor, none by default. Times in s; ``..._every`` is a mean, 0 is never.

    loss, duplicates, nonsense : shares of the streamed notifications that the full queue drops, that
        go out twice, that are random bytes instead. 0.01 of loss is a bad day: the link layer sends
        again what the air loses, so loss arises at the sensor's queue.
    interval : connection interval. What waits goes out at its multiples; Linux takes 0.03 to 0.05,
        Apple 0.015 at least, 0.0075 is the least there is; 0: at once.
    queue : notifications that wait at most; 32 is one second of three samples each at 100 Hz [D].
    stall_every, stall : nothing goes out for ``stall``; 0.1 to 0.5 is usual when the air is full.
    drift_ppm : the sensor's clock is fast by; crystals 20 to 50.
    disconnect_every : the link drops and the sensor advertises again.
    reboot_every, boot : power fails for a moment; starting takes ``boot``, ticks begin at 0, what
        was configured is forgotten.
    supervision : how long the host takes to notice that a sensor fell silent; 0.42 on Linux.
    away : s after a lost link until it advertises again; WitMotion is said to take 40.
    advertising : interval of advertisements; 0.02 to 1.
    absent : s from the start until it is switched on.
    battery, battery_lasts : per cent at the start; s until it is empty and the sensor gone, inf: for ever.
    left : another app left it configured for itself, and streaming.
    missing : UUIDs of characteristics that this firmware lacks.
    rssi : dBm, strength of its signal.
    """

    loss: float = 0.0
    duplicates: float = 0.0
    nonsense: float = 0.0
    interval: float = 0.0
    queue: int = 32
    stall_every: float = 0.0
    stall: float = 0.3
    drift_ppm: float = 0.0
    disconnect_every: float = 0.0
    reboot_every: float = 0.0
    boot: float = 0.5
    supervision: float = 0.42
    away: float = 0.0
    advertising: float = 0.05
    absent: float = 0.0
    battery: float = 87.0
    battery_lasts: float = math.inf
    left: bool = False
    missing: tuple[str, ...] = ()
    rssi: float = -55.0

    def __post_init__(self) -> None:
        if not (shares := self.loss + self.nonsense) <= 1.0 or not 0.0 <= self.duplicates <= 1.0:
            raise SettingsError(f"faults: loss and nonsense of {shares:g}, expected shares of 0 to 1. Lower them.")
        if not 0.02 <= self.advertising <= 10.24:
            raise SettingsError(f"faults: advertising every {self.advertising:g} s, expected 0.02 to 10.24.")


NONE = Params()


class Mishaps:
    """When a fault of one kind strikes: waits drawn from an exponential distribution, again and again."""

    def __init__(self, rng: Rng, every: float) -> None:
        self._rng, self._every = rng, every
        self.next = math.inf

    def begin(self, now: float) -> None:
        """Wait anew from now on."""
        self.next = now + float(self._rng.exponential(self._every)) if self._every else math.inf

    def strikes(self, now: float) -> bool:
        """Whether it does now; then the next one is drawn."""
        if now < self.next:
            return False
        self.begin(now)
        return True


class Queue:
    """Notifications on their way from the sensor to the air.

    bumble's link neither loses nor waits: loss, bursts and stalls are made here,
    by the same dice for the same seed and the same traffic.
    """

    def __init__(self, params: Params, rng: Rng) -> None:
        self.params, self._rng = params, rng
        self._waiting: list[tuple[str, bytes]] = []
        self._held_until = -math.inf

    def stall(self, until: float) -> None:
        """Let nothing out before."""
        self._held_until = max(self._held_until, until)

    def clear(self) -> None:
        """Forget what waits: the link is gone."""
        self._waiting.clear()
        self._held_until = -math.inf

    def put(self, now: float, uuid: str, payload: bytes, *, streamed: bool) -> None:
        """One more notification; answers are never lost here, only what is streamed."""
        times = 1
        if streamed:
            die, again = self._rng.uniform(size=2)
            # Full only in a stall: between two connection events a late event loop is no fault of the sensor's.
            full = now < self._held_until and len(self._waiting) >= self.params.queue
            if full or die < self.params.loss:
                return
            if die < self.params.loss + self.params.nonsense:
                payload = self._rng.bytes(int(self._rng.integers(1, 64)))
            times += again < self.params.duplicates
        self._waiting += [(uuid, payload)] * times

    def next_out(self, now: float) -> float:
        """When what waits goes out; inf: nothing waits."""
        if not self._waiting:
            return math.inf
        return self._event(max(now, self._held_until))

    def out(self, now: float, last: float) -> list[tuple[str, bytes]]:
        """What goes out at ``now``, having last been asked at ``last``: all, if an event lies between."""
        if now < self._held_until or self._event(last) > now:
            return []
        self._waiting, going = [], self._waiting
        return going

    def _event(self, after: float) -> float:
        """The first connection event later than ``after``; without an interval, at once."""
        interval = self.params.interval
        return (math.floor(after / interval) + 1) * interval if interval else after
