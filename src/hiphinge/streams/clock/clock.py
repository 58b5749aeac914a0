"""Samples on a device's own time -> on the host's: causal, rising, slewed.

Once in a second of device time, at the first sample of a packet, the fit is told what
the packets of that second took, and the way for the next second is set: towards the
fit, no faster than the slew. Only the sequence of samples counts, never how they were
grouped, as long as a packet is handed over whole. Neighbours with the same arrival are
one packet: whoever stamps arrivals gives no two packets of a sensor the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from hiphinge.blocks import Bools, Exchange, Floats, ImuBlock, Times
from hiphinge.errors import SettingsError
from hiphinge.streams.clock.fit import Fit, Params, comb_of, exchanged

_NEVER = np.iinfo(np.int64).min // 4
_AT_ONCE = 8192
"""Rows looked at together: a device that starts anew with every packet must not cost the square of the rows."""
COMB_PACKETS, COMB_SECONDS, COMB_PAUSE = 200, 10.0, 30.0
"""The comb is read from so many packets or so many s of them, and again after a pause of s. [D]"""
COUNTED_TURN = 0.5
"""s from one look at a count to the next: samples may be missing since. A clock is looked at once a second. [D]"""
EXCHANGES = 8
"""Exchanges remembered; as many as NTP's clock filter keeps (RFC 5905)."""


class _Way(NamedTuple):
    """host − device, s: from ``x`` on at ``rate`` for ``turn`` s, then at ``skew``; before, at ``before``."""

    x: float
    value: float
    rate: float = 0.0
    skew: float = 0.0
    before: float = 0.0
    turn: float = 1.0

    def at(self, x: float) -> float:
        """For device time ``x`` s."""
        u = x - self.x
        if u < 0.0:
            return self.value + self.before * u
        return self.value + self.rate * min(u, self.turn) + self.skew * max(u - self.turn, 0.0)


@dataclass(slots=True)
class _Run:
    """One start of the device: what goes on from sample to sample. Device time x and delays in s."""

    tick_ns: int  # device and host time that count as 0
    host_ns: int
    fit: Fit
    way: _Way
    latest_ns: int  # device time
    least_ns: int  # arrival − device time
    second: float = 0.0
    last: tuple[float, float] | None = None  # x and delay of the latest sample; its packet may go on
    period: float = 0.0
    ended: Floats = field(default_factory=lambda: np.empty(0))  # packets of this second: x of the last sample,
    took: Floats = field(default_factory=lambda: np.empty(0))  # and its delay
    comb: list[tuple[Floats, Floats]] = field(default_factory=list)
    comb_from: float = 0.0
    bounds: list[tuple[float, float, float]] = field(default_factory=list)
    lag: float = 0.0


class Clock:
    """Places the samples of one device on the host's time.

    ``counted``: it has no clock, its samples are counted at the nominal rate.
    """

    def __init__(self, params: Params, *, counted: bool = False) -> None:
        self.params, self.counted = params, counted
        self._turn_s = COUNTED_TURN if counted else 1.0
        self._run: _Run | None = None
        self._told = self._heard = self._placed = _NEVER  # arrival: the last, the latest; latest host time given out
        self._aside: _Run | None = None  # before the device began anew, or sent a stamp that cannot be
        self._exchanges: list[Exchange] = []

    @property
    def error(self) -> float:
        """One standard deviation, s, of what is not known of the offset to the host's clock.

        After :meth:`shift` of all sensors: to the time they then have in common.
        """
        if self._run is None:
            return self.params.offset_sd
        return math.sqrt(self._run.fit.offset_var + self._run.lag**2)

    @property
    def shifted(self) -> bool:
        """Whether it tells the time that sensors have in common since a twist; a device that begins anew does not."""
        return self._run is not None and bool(self._run.fit.var[2, 2])

    @property
    def skew_ppm(self) -> float:
        """How much slower than the host's the device's clock runs (counted: than its nominal rate)."""
        return 0.0 if self._run is None else self._run.fit.skew * 1e6

    @property
    def latest_ns(self) -> int | None:
        """The device's time of the latest sample; None before the first."""
        return None if self._run is None else self._run.latest_ns

    def offset_ns(self, tick_ns: int) -> int:
        """Host less device, as believed of the device's time ``tick_ns``; 0 before the first sample."""
        if (run := self._run) is None:
            return 0
        ahead = (tick_ns - run.tick_ns) / 1e9 - run.fit.x
        return run.host_ns - run.tick_ns + round((run.fit.offset + run.fit.skew * ahead) * 1e9)

    def place(self, block: ImuBlock, exchanges: Sequence[Exchange] = ()) -> ImuBlock:
        """The same samples, ``t_ns`` (n,) on the host's clock, rising where the device's time does.

        ``exchanges`` that were finished before the block arrived. A sample older than its
        predecessor stays so: whoever wants rising times leaves it out.
        """
        self._exchanges += exchanges
        placed = np.empty_like(block.t_ns)
        told = np.concatenate(([self._told], block.arrival_ns))
        begins = told[1:] != told[:-1]  # a packet
        told[0] = max(self._heard, self._told)
        arrival = np.maximum.accumulate(told)[1:]
        done = 0
        while done < len(block):
            rows = slice(done, min(done + _AT_ONCE, len(block)))
            done += self._follow(block.t_ns[rows], arrival[rows], begins[rows], placed[rows])
        if len(block):
            self._told, self._heard = int(block.arrival_ns[-1]), int(arrival[-1])
        return ImuBlock(block.sensor, placed, block.acc, block.gyr, block.arrival_ns, block.clipped)

    def now_known(self, t_ns: Times, placed_ns: Times) -> Times:
        """Where device times (n,) ns, some seconds old at most, would be placed by all that is known now.

        Where a count was corrected in between, its samples stay where they were ``placed_ns``.
        """
        if (run := self._run) is None or self.counted:
            return placed_ns
        offset = run.fit.offset + run.fit.skew * ((t_ns - run.tick_ns) / 1e9 - run.fit.x)
        return t_ns + (run.host_ns - run.tick_ns) + np.rint(offset * 1e9).astype(np.int64)

    def shift(self, offset_ns: int, error: float) -> None:
        """Add ``offset_ns`` to :meth:`now_known`, from the next packet on; ``error`` s is one standard deviation.

        To all sensors of a twist, with 0 to the one that the others are compared with.
        """
        if self._run is None:
            raise SettingsError("clock: no samples yet, expected one that runs. Twist again.")
        self._run.fit.shift(offset_ns / 1e9, error**2)
        self._run.second = -1.0

    def _follow(self, t: Times, arrival: Times, begins: Bools, placed: Times) -> int:
        """Place rows up to the next start of the device; how many. ``begins``: the first of a packet."""
        run = self._run or self._begin(t, int(arrival[0]), begins)
        delay = arrival - t
        n = self._until_anew(run, t, delay)
        if n == 0:
            before, self._aside = self._aside, run
            self._run = self._resumed(before, t, arrival)
            return 0
        t, delay = t[:n], delay[:n]
        zero = run.host_ns - run.tick_ns
        starts = np.flatnonzero(begins[:n])
        placed[:n] = t + zero + _along(*self._learn(run, t, arrival, (delay - zero) / 1e9, starts))
        run.latest_ns, run.least_ns = max(run.latest_ns, int(t.max())), min(run.least_ns, int(delay.min()))
        self._placed = max(self._placed, int(placed[:n].max()))
        return n

    def _until_anew(self, run: _Run, t: Times, delay: Times) -> int:
        """Rows before the device's time falls or leaps ahead: a sample cannot be heard before it is taken."""
        apart = round(self.params.impossible * 1e9)
        quiet = int(delay.min()) >= run.least_ns - apart
        if quiet and int(t.min()) >= max(run.latest_ns, int(t.max())) - 2 * apart:
            return len(t)
        latest = np.maximum.accumulate(np.concatenate(([run.latest_ns], t)))[:-1]
        least = np.minimum.accumulate(np.concatenate(([run.least_ns], delay)))[:-1]
        anew = (t < latest - 2 * apart) | (delay < least - apart)
        return int(anew.argmax()) if anew.any() else len(t)

    def _resumed(self, run: _Run | None, t: Times, arrival: Times) -> _Run | None:
        """The run before, where the device goes on in it: a stamp was wrong, it did not begin anew."""
        apart = round(self.params.impossible * 1e9)
        if run is None or abs(arrival[0] - t[0] - run.least_ns) > apart or t[0] < run.latest_ns - 2 * apart:
            return None
        x, skew = (int(t[0]) - run.tick_ns) / 1e9, run.fit.skew
        later = (self._placed + 1 - run.host_ns) / 1e9 - x
        run.way, run.second = _Way(x, max(run.way.at(x), later), skew, skew, skew), -1.0
        return run

    def _begin(self, t: Times, host: int, begins: Bools) -> _Run:
        """A new run from its first packet, which was heard no earlier than its last sample was taken."""
        packet = t[: 1 + int(begins[1:].argmax()) if begins[1:].any() else len(t)]
        tick = int(t[0])
        offset = float((tick - packet).min()) / 1e9
        fit = Fit.begun(self.params, self.counted, offset, self._aside.fit if self._aside else None)
        way = _Way(0.0, max(offset, (self._placed + 1 - host) / 1e9), fit.skew, fit.skew)
        self._run = _Run(tick, host, fit, way, tick, host - tick)
        return self._run

    def _learn(
        self, run: _Run, t: Times, arrival: Times, delay: Floats, starts: Times
    ) -> tuple[list[_Way], list[int], Floats]:
        """What these rows tell: the ways that hold for them, the row from which each does, and their device times."""
        x = (t - run.tick_ns) / 1e9
        ended, took = x[starts - 1], delay[starts - 1]  # of the packets before each start
        if len(starts) and starts[0] == 0:
            if run.last is None:
                starts, ended, took = starts[1:], ended[1:], took[1:]
            else:
                ended[0], took[0] = run.last
        if not run.period:
            run.period = _period(x if run.last is None else np.concatenate(([run.last[0]], x)))
        ended, took = np.concatenate((run.ended, ended)), np.concatenate((run.took, took))
        ways, rows, done = [run.way], [0], 0
        for j in self._seconds(run, x[starts]):
            row, until = int(starts[j]), len(ended) - len(starts) + j + 1
            before = float(x[row - 1]) if row else run.last[0] if run.last else 0.0
            now = (float(x[row]), before, int(arrival[row]))
            ways.append(self._turn(run, now, ended[done:until], took[done:until]))
            rows.append(row)
            done = until
        run.ended, run.took = ended[done:], took[done:]
        run.last = (float(x[-1]), float(delay[-1]))
        return ways, rows, x

    def _seconds(self, run: _Run, x: Floats) -> list[int]:
        """Which of the packets that begin at device times (n,) s are the first of a new second."""
        seconds = np.floor(x / self._turn_s)
        if not len(x) or (len(x) == 1 and seconds[0] <= run.second):
            return []
        past = np.maximum.accumulate(np.concatenate(([run.second], seconds)))
        run.second = float(past[-1])
        return np.flatnonzero(seconds > past[:-1]).tolist()

    def _turn(self, run: _Run, now: tuple[float, float, int], ended: Floats, took: Floats) -> _Way:
        """A second is over: learn from its packets (n,); the way from now on.

        ``now``: device time of the sample, of the one before it, and its arrival.
        """
        fit, old, (x, before, arrival_ns) = run.fit, run.way, now
        # What came faster than it was sent is a backlog: it says nothing of the offset.
        told = len(took) > 0 and (len(took) < 3 or took[-1] - took[0] > (ended[0] - ended[-1]) / 2)
        least = float(np.minimum.reduce(took - fit.skew * (ended - x))) if told else None
        fit.move(x)
        if self._exchanges:
            self._exchange(run, x, arrival_ns)
        stepped = least is not None and fit.hear(least, run.period)
        if x >= run.comb_from:
            self._read_comb(run, x, ended, took)
        value = old.at(x)
        if stepped or x - before > self.params.gap:
            value = max(fit.offset, old.at(before) - (x - before) + 1e-6)
        behind, slew, turn = fit.offset - value, self.params.slew, self._turn_s
        run.lag = abs(behind)
        rate = fit.skew + min(max(behind / turn, -slew), slew)
        run.way = _Way(x, value, rate, fit.skew, old.rate if x - old.x <= turn else old.skew, turn)
        return run.way

    def _exchange(self, run: _Run, x: float, arrival_ns: int) -> None:
        """Learn from the exchanges that were over before the packet at ``x`` was heard."""
        over = [e for e in self._exchanges if e.host_received_ns < arrival_ns]
        self._exchanges = [e for e in self._exchanges if e.host_received_ns >= arrival_ns]
        bounds = (*run.bounds, *(_bound(run, e) for e in over))
        run.bounds = [b for b in bounds if self._is_possible(b, x, run.fit.offset)][-EXCHANGES:]
        if over and run.bounds:
            run.fit.ask(*exchanged(run.bounds, x, run.fit.skew))

    def _is_possible(self, bound: tuple[float, float, float], x: float, offset: float) -> bool:
        """Whether an exchange is recent, and of this start of the device."""
        at, lowest, highest = bound
        apart = self.params.impossible
        return abs(x - at) < self.params.exchange_age and lowest - apart < offset < highest + apart

    @staticmethod
    def _read_comb(run: _Run, x: float, ended: Floats, took: Floats) -> None:
        """Now and then, how coarse the delays are."""
        run.comb.append((ended, took))
        count = sum(len(packets) for packets, _ in run.comb)
        if count < COMB_PACKETS and (x - run.comb_from < COMB_SECONDS or count < 2):
            return
        ended, took = (np.concatenate(parts) for parts in zip(*run.comb, strict=True))
        packet = float(np.median(np.diff(ended)))
        run.fit.read(comb_of(took - run.fit.skew * ended, packet, run.fit.params))
        run.comb, run.comb_from = [], x + COMB_PAUSE


def _period(x: Floats) -> float:
    """The first step forward of device times (n,) s; 0 where there is none."""
    steps = np.diff(x)
    return float(steps[(steps > 0).argmax()]) if (steps > 0).any() else 0.0


def _bound(run: _Run, e: Exchange) -> tuple[float, float, float]:
    """Device time, and the lowest and highest offset then, that an exchange leaves possible; s."""
    received, sent = e.tick_received_ns - run.tick_ns, e.tick_sent_ns - run.tick_ns
    return sent / 1e9, (e.host_sent_ns - run.host_ns - received) / 1e9, (e.host_received_ns - run.host_ns - sent) / 1e9


def _along(ways: list[_Way], rows: list[int], x: Floats) -> Times:
    """Offsets (n,) ns at device times (n,) s; each way holds from its row on."""
    if len(ways) == 1:
        offset = _on(ways[0], x)
    else:
        table = np.array(ways)
        offset = _on(_Way(*table.repeat(np.diff([*rows, len(x)]), axis=0).T), x)
    return np.rint(offset * 1e9).astype(np.int64)


def _on(way: _Way, x: Floats) -> Floats:
    """Offsets (n,) s at device times (n,) s; the numbers of ``way`` may be arrays (n,) too."""
    u = x - way.x
    along = way.value + way.rate * np.minimum(np.maximum(u, 0.0), way.turn)
    return along + way.skew * np.maximum(u - way.turn, 0.0) + way.before * np.minimum(u, 0.0)
