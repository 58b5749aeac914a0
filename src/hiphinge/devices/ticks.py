"""A device's clock, which wraps and begins anew, as nanoseconds that do neither without need."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hiphinge.blocks import Times

LATE_NS = 10_000_000_000
"""Within one connection a tick may stand so far behind the one before: packets queue while an answer overtakes [D]."""
EARLY_NS = 60_000_000_000
"""And so far ahead of the time that passed here: the packet before it may have waited that long [D]."""
AWAY_NS, AWAY_SHARE = 2_000_000_000, 1e-3
"""Over a new connection the two clocks agree to this and this share of the time away, or the device was reset [D]."""

FEW = 4
"""Live, ticks come one at a time; fewer than these cost a fifth one by one of what they cost as an array."""


class Ticks:
    """Ticks of ``tick_ns`` each, ``bits`` wide -> ns, in any grouping.

    The host's time between two packets tells how often the tick wrapped. A
    tick that fits no number of wraps is that of a device which began anew:
    the ns begin anew with it, at the tick itself.
    """

    def __init__(self, tick_ns: int, bits: int = 32) -> None:
        self.tick_ns, self.wrap_ns = tick_ns, tick_ns << bits
        self._last: tuple[int, int, int] | None = None  # the tick's own ns, arrival, unwrapped ns
        self._away = False

    def connected(self) -> None:
        """The link was away: the device may have been switched off meanwhile."""
        self._away = True

    def unwrap(self, ticks: ArrayLike, arrival_ns: ArrayLike) -> Times:
        """Ticks (n,) that arrived at (n,) ns on the host's clock -> (n,) ns on the device's."""
        own = np.asarray(ticks, np.int64) * self.tick_ns
        arrival = np.asarray(arrival_ns, np.int64)
        if len(own) < FEW:
            return np.array([self._next(*one) for one in zip(own.tolist(), arrival.tolist(), strict=True)], np.int64)
        before, heard, at = self._last or (int(own[0]), int(arrival[0]), int(own[0]))
        passed = np.diff(arrival, prepend=heard)
        step = np.diff(own, prepend=before)
        step += np.rint((passed - step) / self.wrap_ns).astype(np.int64) * self.wrap_ns
        anew = (step < -LATE_NS) | (step > passed + EARLY_NS)
        anew[0] |= self._away and bool(abs(step[0] - passed[0]) > AWAY_NS + AWAY_SHARE * passed[0])
        total = np.cumsum(step)
        start = np.maximum.accumulate(np.where(anew, np.arange(len(own)), -1))
        t_ns = np.where(start < 0, at + total, own[start] + total - total[start])
        self._last, self._away = (int(own[-1]), int(arrival[-1]), int(t_ns[-1])), False
        return t_ns.astype(np.int64)

    def _next(self, own: int, arrival: int) -> int:
        """The same of one tick, in ns."""
        before, heard, at = self._last or (own, arrival, own)
        passed, step = arrival - heard, own - before
        step += round(float(passed - step) / self.wrap_ns) * self.wrap_ns
        anew = step < -LATE_NS or step > passed + EARLY_NS
        anew |= self._away and abs(step - passed) > AWAY_NS + AWAY_SHARE * passed
        t_ns = own if anew else at + step
        self._last, self._away = (own, arrival, t_ns), False
        return t_ns
