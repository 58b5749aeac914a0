"""How far a device's clock is off, and how fast it runs: what its packets' arrivals tell of it.

A packet is heard late by some part of a connection interval, never early. The least
delay in a second is therefore nearly the offset: too large by a wait of 0 to ``comb``
s, which does not average out while sampling and connection events keep step.
(Moon, Skelly, Towsley 1999; Zhang, Liu, Xia 2002: lower envelope of one-way delays.)

Offset and skew are followed by a Kalman filter. What it is told with an error that does
not average out is believed only as far as it knows less itself: its variance never
falls below that of what it was told ("floor"). A twist leaves what arrivals tell as it
is and adds a third state, from there to the time in common.

Where the wait jumps by a whole comb, packets just caught an event or just missed it: for
that instant the wait is known, and the offset with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hiphinge.blocks import Floats


@dataclass(frozen=True)
class Params:
    """What is believed of clocks and radios before anything is heard; s unless the name says otherwise.

    skew_sd : of a crystal, a ratio. Makers say 30 to 50 ppm at most; two Polars differed by 21 ppm.
    counted_skew_sd : of a sensor's own sampling rate against the nominal one. [D] One percent, as
        makers of inertial sensors without a crystal allow for.
    wander : growth of the skew's standard deviation in one minute, a ratio. [D] 1 ppm: a crystal
        that warms by 10 K within ten minutes changes by 3 to 4 ppm (0.035 ppm/K²).
    counted_wander : the same for a sensor's own oscillator. [D] Ten times a crystal's.
    offset_sd : after the first packet: one interval of 50 ms, the longest in use by default (Linux).
    jitter : of the least delay in a second: the host's scheduling. [D] 0.5 ms; measured stacks
        have a median of 0.4 ms.
    least_comb, most_comb : bounds of what the wait for a connection event may hide. Combs finer
        than 2.5 ms (two units of 1.25 ms, in which intervals are set) vanish in the jitter;
        50 ms is the longest default interval.
    slew : largest correction in a second of time, a ratio. [D] Only the first seconds and a twist need it.
    gate : standard deviations beyond which a measurement is not believed at once. [D] A change by a
        whole comb is 3.5 of them.
    lasting : seconds (looks at a count) that all packets must come late before it is a change, not a stall. [D]
        A stall is over within half a second, and its backlog soon after.
    gap : s of device time without samples from which a correction may be a step (architecture: a gap
        of up to 0.5 s is bridged).
    impossible : s by which device and host must disagree to be about another start of the device. [D]
    settling : s after which an offset that is off may come from a skew beyond all belief. [D]
    exchange_age : s for which an exchange of time stamps is remembered: 30 ppm make 1.8 ms of it.
    """

    skew_sd: float = 30e-6
    counted_skew_sd: float = 0.01
    wander: float = 1e-6
    counted_wander: float = 10e-6
    offset_sd: float = 0.05
    jitter: float = 0.0005
    least_comb: float = 0.0025
    most_comb: float = 0.05
    slew: float = 0.2
    gate: float = 4.0
    lasting: int = 3
    gap: float = 0.5
    impossible: float = 1.0
    settling: float = 10.0
    exchange_age: float = 60.0


@dataclass(slots=True)
class Fit:
    """What is known at device time ``x`` s.

    ``state`` (3,): offset that arrivals tell (s, host − device), skew (ratio), and s from that offset to the one
    of the time that sensors have in common since a twist; ``var`` (3, 3) their covariance. ``since``: when the
    offset was last found wrong; ``late`` s: how late the last seconds were that are not believed yet; ``leasts`` s:
    of the last seconds that are; ``scatter`` s²: by how much a count was off of late.
    """

    params: Params
    counted: bool
    x: float
    state: Floats
    var: Floats
    since: float = 0.0
    comb: float = 0.0
    combs: tuple[float, ...] = ()
    late: tuple[float, ...] = ()
    leasts: tuple[float, ...] = ()
    scatter: float = 0.0

    @classmethod
    def begun(cls, params: Params, counted: bool, offset: float, before: Fit | None = None) -> Fit:
        """The fit after the first packet; how fast the device runs is known from ``before`` it began anew."""
        skew, skew_sd = 0.0, params.counted_skew_sd if counted else params.skew_sd
        skew_var = skew_sd**2
        if before and before.var[1, 1] < skew_var and abs(before.skew) < 3 * skew_sd:
            skew, skew_var = before.skew, float(before.var[1, 1])
        state, var = np.array((offset, skew, 0.0)), np.diag((params.offset_sd**2, skew_var, 0.0))
        return cls(params, counted, 0.0, state, var, comb=params.most_comb)

    @property
    def offset(self) -> float:
        """Host − device, s; of the time in common after a twist."""
        return float(self.state[0] + self.state[2])

    @property
    def offset_var(self) -> float:
        """What is not known of it, s²."""
        var = self.var[0, 0] + 2 * self.var[0, 2] + self.var[2, 2]
        return max(float(var), 0.0) + self.scatter

    @property
    def skew(self) -> float:
        """How much slower than the host's the device's clock runs."""
        return float(self.state[1])

    def read(self, comb: float) -> None:
        """What the wait for an event hides, s: the middle one of three readings, for a stall spoils one."""
        self.combs = (*self.combs, comb)[-3:]
        self.comb = sorted(self.combs)[len(self.combs) // 2]

    def move(self, x: float) -> None:
        """On to device time ``x`` s: what is known grows old."""
        dt, self.x = x - self.x, x
        wander = (self.params.counted_wander if self.counted else self.params.wander) ** 2 / 60
        self.state[0] += dt * self.state[1]
        self.var[0] += dt * self.var[1]
        self.var[:, 0] += dt * self.var[:, 1]
        self.var[0, 0] += wander * dt**3 / 3
        self.var[0, 1] = self.var[1, 0] = self.var[0, 1] + wander * dt**2 / 2
        self.var[1, 1] += wander * dt

    def hear(self, least: float, period: float) -> bool:
        """Learn from the least delay of a second; True where the offset stepped: samples were lost."""
        seen, floor = least - self.comb / 2, self.comb**2 / 12 + self.params.jitter**2
        off = seen - float(self.state[0])
        if self.counted and (lost := self._recount(off, period)):
            return lost > 0
        usual = self.params.gate * math.sqrt(self.var[0, 0] + floor)
        if off <= usual:
            self.late, self.leasts = (), (*self.leasts, least)[-4:]
            self.learn(seen, floor)
            if not self.counted and self._jumped():
                self.learn(min(self.leasts), self.params.jitter**2)
            return False
        self.late = (*self.late, off)[-self.params.lasting :]
        # What a busy link held back is late too, by less each second.
        if len(self.late) < self.params.lasting or max(self.late) - min(self.late) > usual:
            return False
        return self._change(min(self.late), floor)

    def _jumped(self) -> bool:
        """Whether the wait jumped by a whole comb two seconds ago: packets just caught an event there, or missed it."""
        if len(self.leasts) < 4:
            return False
        before, last, first, after = self.leasts
        near = self.params.jitter + 0.1 * self.comb
        return max(abs(last - before), abs(after - first), abs(abs(first - last) - self.comb)) < near

    def _recount(self, off: float, period: float) -> int:
        """Samples that a count missed (negative: has too many), by an offset that is ``off`` s from what it was."""
        self.scatter += (off * off - self.scatter) / SCATTERED
        lost = round(off / period) if period and abs(off) > max(self.comb, period) else 0
        self.state[0] += lost * period
        self.var[0, 0] += abs(lost) * period**2 / 12
        return lost

    def ask(self, seen: float, variance: float) -> None:
        """Learn from an exchange of time stamps, which gave ``seen`` s with this variance."""
        self.learn(seen, variance + self.params.jitter**2)

    def learn(self, seen: float, floor: float) -> None:
        """Take in a measured offset whose error does not average out: variance ``floor``."""
        off = seen - float(self.state[0])
        if off * off > self.params.gate**2 * (self.var[0, 0] + floor):
            self._doubt(off)
        known = float(self.var[0, 0])
        if known <= floor:
            return
        gain = (1 - floor / known) / known * self.var[:, 0]
        self.state = self.state + gain * off
        self.var = self.var - np.outer(gain, self.var[0])

    def shift(self, by: float, variance: float) -> None:
        """The offset to what counts as common time is told; what arrivals say of the other stays as it was."""
        self.state[2] += by
        self.var[2, :2] = self.var[:2, 2] = -self.var[0, :2]
        self.var[2, 2] = self.var[0, 0] + variance

    def _doubt(self, off: float) -> None:
        """What was believed is wrong by ``off`` s: the offset by all of it, the skew if it had the time for it."""
        self.var[0, 0] += off * off
        if self.x - self.since > self.params.settling:
            self.var[1, 1] += (off / (self.x - self.since)) ** 2
        self.since = self.x

    def _change(self, rise: float, floor: float) -> bool:
        """All packets came late by ``rise`` s or more for long: a device that paused, another link."""
        self.late = ()
        if rise < self.params.impossible:
            self.learn(float(self.state[0]) + rise, floor)
            return False
        self.state[0] += rise
        self.var[0] = self.var[:, 0] = 0.0
        self.var[0, 0] = self.params.offset_sd**2
        return True


SCATTERED = 30
"""Times that a count was looked at, a quarter of a minute, over which its scatter is averaged. [D]"""


def exchanged(bounds: Sequence[tuple[float, float, float]], x: float, skew: float) -> tuple[float, float]:
    """Offset at ``x`` s and its variance, between the tightest of bounds (x, lowest, highest) s.

    The question left before it came, the answer came after it left; each waited for a
    connection event, so that their mean is no better than the interval between them.
    """
    low = max(lowest + skew * (x - at) for at, lowest, _ in bounds)
    high = min(highest + skew * (x - at) for at, _, highest in bounds)
    return (low + high) / 2, (high - low) ** 2 / 12


def comb_of(delays: Floats, packet: float, params: Params) -> float:
    """What the wait for a connection event may hide below the least of (n,) delays s.

    Delays come in steps where the ``packet`` s between packets and the connection interval
    have a common measure: the step is what cannot be told. Where they take one value
    only, packets and events keep step, and it may be the whole packet.
    """
    x = np.sort(delays)
    x = x[: int(USUAL * len(x)) + 1] - x[0]
    spacing = packet
    if len(x) > 2 and x[-1] > ONE_VALUE:
        steps = np.diff(x)
        edges = np.flatnonzero(steps > steps.max() / 2)
        spacing = float(x[edges[-1] + 1]) / len(edges)
        if spacing < BLURRED:
            spacing = _fine(x)
    return min(max(spacing, params.least_comb), params.most_comb)


def _fine(delays: Floats) -> float:
    """The step among units of 1.25 ms that the delays (n,) keep best; 0 where they keep none."""
    in_step = np.abs(np.exp(2j * np.pi * delays / FINE_STEPS[:, None]).mean(axis=1))
    best = int(in_step.argmax())
    return float(FINE_STEPS[best]) if in_step[best] > IN_STEP else 0.0


USUAL = 0.8
"""Share of delays that are looked at: without repeats (5 to 15 %) and stalls."""
ONE_VALUE = 0.004
"""s: delays whose usual share spreads less are not those of an interval of 7.5 ms, the shortest."""
BLURRED = 0.009
"""s: finer steps run into each other when the host delays by some ms."""
FINE_STEPS = 0.00125 * np.arange(2, 8)
IN_STEP = 0.3
"""Length of the mean direction: 0.6 for steps of 5 ms and a mean delay of 1 ms, 0.37 for 2.5 ms; 0.1 by chance."""
