"""Sensors with clocks, rates and gaps of their own -> one time grid.

The rule is a pure function of sample times and arrivals, so that it does not
matter how the packets were grouped:

- an instant between two samples no more than ``bridge`` apart is interpolated
  (flagged FILLED where samples were lost), otherwise MISSING;
- a sensor from which nothing came until ``bridge + slack`` after its last
  sample is silent: the others wait for it no longer, and what it sends later
  for instants already given away is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hiphinge.blocks import CLIPPED, FILLED, MISSING, Bools, Flags, Floats, ImuBlock, MotionBlock, Times

_NEVER = np.iinfo(np.int64).min // 4


@dataclass(frozen=True)
class Params:
    """How samples become instants of the grid.

    rate : Hz. 100 Hz keeps the errors of timing below those of the filter.
    bridge : s. Longest gap that is interpolated; beyond it a bend may have
        happened unseen (architecture: gaps).
    slack : s. Longest usual delay between a sample and its arrival: several
        connection intervals of 50 ms and a retransmission.
    filled_from : s. Spacing of samples from which an instant counts as FILLED;
        above the period of the slowest sensible sensor (20 Hz).
    largest : instants given at once (ten minutes); call again for the rest.
    """

    rate: float = 100.0
    bridge: float = 0.5
    slack: float = 0.3
    filled_from: float = 0.055
    largest: int = 60_000


class Aligner:
    """The samples of all worn sensors, on one time grid (t = whole number / rate)."""

    def __init__(self, params: Params, sites: Sequence[str]) -> None:
        self.params = params
        self.sites = tuple(sites)
        self._period = round(1e9 / params.rate)
        self._tracks = {site: _Track(params) for site in self.sites}
        self._next: int | None = None

    def align(self, samples: Sequence[tuple[str, ImuBlock]], horizon_ns: int) -> MotionBlock:
        """The instants that became known by ``horizon_ns``, the latest arrival of any input.

        At most ``largest`` of them: a full block says that more may wait.
        """
        heard = [(site, block) for site, block in samples if len(block)]
        if heard and self._next is None:
            self._begin(min((block for _, block in heard), key=lambda block: int(block.arrival_ns[0])))
        for site, block in heard:
            self._tracks[site].append(block)
        if self._next is None:
            return self._motion(0, 0)
        until = min(track.known_until(horizon_ns) for track in self._tracks.values())
        return self._advance(until // self._period + 1)

    def _begin(self, block: ImuBlock) -> None:
        """The grid starts with the first sample heard of any sensor."""
        self._next = -(-int(block.t_ns[0]) // self._period)
        for track in self._tracks.values():
            track.begun = int(block.arrival_ns[0])

    def finish(self) -> MotionBlock:
        """What is left, up to the last sample of any sensor; at most ``largest`` instants a call."""
        if self._next is None:
            return self._motion(0, 0)
        return self._advance(max(t.last for t in self._tracks.values()) // self._period + 1)

    def _advance(self, stop: int) -> MotionBlock:
        start = self._next or 0
        stop = min(max(start, stop), start + self.params.largest)
        self._next = stop
        return self._motion(start, stop)

    def _motion(self, start: int, stop: int) -> MotionBlock:
        at = np.arange(start, stop, dtype=np.int64) * self._period
        k, n = len(self.sites), len(at)
        acc, gyr = np.full((k, n, 3), np.nan), np.full((k, n, 3), np.nan)
        flags = np.full((k, n), MISSING)
        for i, track in enumerate(self._tracks.values()):
            if n:
                track.sample(at, acc[i], gyr[i], flags[i])
        return MotionBlock(np.arange(start, stop) / self.params.rate, self.sites, acc, gyr, flags)


class _Track:
    """Samples of one sensor from the last instant given away on, and its silences."""

    def __init__(self, params: Params) -> None:
        self._bridge, self._slack = round(params.bridge * 1e9), round(params.slack * 1e9)
        self._filled_from = round(params.filled_from * 1e9)
        self._t: Times = np.empty(0, np.int64)
        self._x: Floats = np.empty((0, 6))
        self._clipped: Bools = np.empty(0, bool)
        self._silences: list[tuple[int, int]] = []  # (after, before): instants strictly between are lost
        self.last = self.begun = _NEVER  # latest sample; when the first of any sensor was heard
        self._turns = False  # has a gyroscope: said something finite once

    def append(self, block: ImuBlock) -> None:
        """Take samples newer than all before; note where the sensor was silent too long."""
        told = np.empty(len(block) + 1, np.int64)
        told[0], told[1:] = self.last, self._told(block)
        before = np.maximum.accumulate(told)[:-1]
        # One older than the one before it tells nothing new: a duplicate, or a clock gone back.
        new = told[1:] > before
        late = block.arrival_ns - np.maximum(before, self.begun) > self._bridge + self._slack
        for j in np.flatnonzero(new & late).tolist():
            self._silences.append((int(before[j]), int(block.arrival_ns[j]) - self._slack))
        parts = (block.t_ns, block.acc, block.gyr, block.clipped)
        t, acc, gyr, clipped = parts if new.all() else (part[new] for part in parts)
        kept = len(self._t)
        x = np.empty((kept + len(t), 6))
        x[:kept], x[kept:, :3], x[kept:, 3:] = self._x, acc, gyr
        self._t, self._x = np.concatenate((self._t, t)), x
        self._clipped = np.concatenate((self._clipped, clipped))
        if len(self._t):
            self.last = int(self._t[-1])

    def _told(self, block: ImuBlock) -> Times:
        """The times (n,) of samples that can be used; one without a number would stay in a filter for good."""
        if np.isfinite(block.gyr).all() and np.isfinite(block.acc).all():
            self._turns = True
            return block.t_ns
        finite = np.isfinite(block.gyr).all(axis=1)
        turns = np.logical_or.accumulate(finite) | self._turns
        sound = np.isfinite(block.acc).all(axis=1) & ~np.isinf(block.gyr).any(axis=1) & (finite | ~turns)
        self._turns = self._turns or bool(finite.any())
        return np.where(sound, block.t_ns, _NEVER)

    def known_until(self, horizon_ns: int) -> int:
        """The last time up to which this sensor need not be waited for."""
        if horizon_ns > max(self.last, self.begun) + self._bridge + self._slack:
            return max(self.last, horizon_ns - self._slack - 1)
        return self.last

    def sample(self, at: Times, acc: Floats, gyr: Floats, flags: Flags) -> None:
        """Fill acc, gyr (n, 3) and flags (n,), MISSING so far, at the times ``at``; then forget what is past."""
        if not len(self._t):
            return
        after = np.searchsorted(self._t, at)
        right = np.minimum(after, len(self._t) - 1)
        until = self._t.take(right)
        exact = until == at
        left = np.maximum(right - ~exact, 0)
        since = self._t.take(left)
        gap = until - since
        known = ((after > 0) & (after < len(self._t)) | exact) & (gap <= self._bridge)
        if self._silences:
            known &= ~self._silent(at)
        # Where exact, the gap is 0 and the weight is of no matter.
        weight = ((at - since) / np.maximum(gap, 1))[:, None]
        x = self._x.take(left, axis=0)
        x += weight * (self._x.take(right, axis=0) - x)
        if known.all():
            acc[:], gyr[:], flags[:] = x[:, :3], x[:, 3:], 0
        else:
            acc[known], gyr[known], flags[known] = x[known, :3], x[known, 3:], 0
        filled = gap > self._filled_from
        if filled.any():
            flags[known & filled] |= FILLED
        if self._clipped.any():
            flags[known & (self._clipped[left] | self._clipped[right])] |= CLIPPED
        self._forget(int(at[-1]))

    def _silent(self, at: Times) -> Bools:
        silent = np.zeros(len(at), bool)
        for after, before in self._silences:
            silent |= (at > after) & (at < before)
        return silent

    def _forget(self, until: int) -> None:
        keep = max(int(np.searchsorted(self._t, until, side="right")) - 1, 0)
        self._t, self._x, self._clipped = self._t[keep:], self._x[keep:], self._clipped[keep:]
        self._silences = [s for s in self._silences if s[1] > until]
