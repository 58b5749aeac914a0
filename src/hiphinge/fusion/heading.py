"""Relative heading of the segments without a magnetometer.

Six-axis attitudes drift about the vertical, each sensor for itself. The
mediolateral axes of two neighbouring segments share one heading on average,
and stay horizontal however far the wearer bends forward: their difference,
through a slow second-order loop, brings all segments into the heading of the
pelvis. The price: someone who sits twisted for half an hour is read as straight.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hiphinge import rotation
from hiphinge.blocks import (
    LEVEL_ONLY,
    MISSING,
    SACRUM,
    SETTLING,
    THIGHS,
    Bools,
    Flags,
    Floats,
    SegmentBlock,
)


@dataclass(frozen=True)
class Params:
    """The loop and when it rests.

    rate : Hz of the grid.
    window : instants of one update (0.5 s).
    tau : s, of the loop. 30 to 60 does best while headings drift by 4°/min; worn
        sensors drift faster in lifting, and 20 halves the error of rotation there.
    level : least horizontal part of a mediolateral axis; below it (side-lying)
        its heading is not observable.
    thigh_limit : rad of elevation up to which a thigh takes part: seated with
        the knees apart its axis says nothing of the heading.
    lying_limit : rad of backward tilt from which the wearer counts as lying.
    stale : s without a look at the axes after which the relation counts as lost: at
        4 to 10 °/min of drift it is then off by 2 to 5°.
    """

    rate: float = 100.0
    window: int = 50
    tau: float = 20.0
    level: float = 0.7
    thigh_limit: float = field(default=np.deg2rad(35), metadata={"unit": "rad"})
    lying_limit: float = field(default=np.deg2rad(50), metadata={"unit": "rad"})
    stale: float = 30.0


class Heading:
    """Turns every segment about the vertical into the heading of the pelvis."""

    def __init__(self, params: Params, sites: Sequence[str]) -> None:
        self.params = params
        self.sites = tuple(sites)
        self._reference = self.sites.index(SACRUM) if SACRUM in self.sites else 0
        self._loops = {i: _Loop(params) for i in range(len(self.sites)) if i != self._reference}
        self._phase: int | None = None  # instants of the open window that went by
        self._held = np.empty((len(self.sites), 0, 4))
        self._held_flags = np.empty((len(self.sites), 0), np.uint8)

    def relate(self, segments: SegmentBlock) -> SegmentBlock:
        """The same attitudes, headings related where that is known; the reference is untouched."""
        n = len(segments)
        if not n:
            return segments
        if self._phase is None:
            self._phase = round(float(segments.t[0]) * self.params.rate) % self.params.window
        q, flags = segments.q_e_b, segments.flags
        if self._held.shape[1]:
            q, flags = np.concatenate((self._held, q), axis=1), np.concatenate((self._held_flags, flags), axis=1)
        turn = self._turns(q, flags, n)
        out, related = segments.q_e_b.copy(order="K"), (segments.flags & LEVEL_ONLY) == 0
        for i, (angles, lengths) in turn.items():
            turns = rotation.about_vertical(-np.nan_to_num(angles))
            out[i] = rotation.turned(turns if len(turns) == 1 else np.repeat(turns, lengths, axis=0), out[i])
            related[i] &= np.repeat(np.isfinite(angles), lengths) & related[self._reference]
        return replace(segments, q_e_b=out, related=related)

    def _turns(self, q: Floats, flags: Flags, n: int) -> dict[int, tuple[Floats, list[int]]]:
        """The turns (m,) rad to take off each segment, and how many of the n instants each holds for."""
        size, held = self.params.window, q.shape[1] - n
        first = size - (self._phase or 0) - held  # of the n instants, those until the open window closes
        bounds = list(range(first, n + 1, size)) if n >= first else []
        turns = {i: (np.array([loop.angle]), [n]) for i, loop in self._loops.items()}
        if bounds:
            starts = [0, *(held + bound for bound in bounds[:-1])]
            lengths = np.diff([0, *bounds, n]).tolist()
            after = self._close(q[:, : held + bounds[-1]], flags[:, : held + bounds[-1]], starts)
            turns = {i: (np.append(turns[i][0], angles), lengths) for i, angles in after.items()}
            self._phase = 0
        keep = n - bounds[-1] if bounds else n + held
        self._held, self._held_flags = q[:, q.shape[1] - keep :], flags[:, flags.shape[1] - keep :]
        return turns

    def _close(self, q: Floats, flags: Flags, starts: list[int]) -> dict[int, Floats]:
        """Each loop's angle after each window that is complete now; windows begin at ``starts``."""
        pelvis, pelvis_flags = q[self._reference], flags[self._reference]
        right = _mediolateral(pelvis)
        fit = self._level(right) & (rotation.inclination(pelvis) > -self.params.lying_limit)
        after = {}
        for i, loop in self._loops.items():
            own, either = _mediolateral(q[i]), pelvis_flags | flags[i]
            good = fit & self._level(own) & ((either & (MISSING | LEVEL_ONLY)) == 0)
            if self.sites[i] in THIGHS:
                good &= np.abs(rotation.inclination(q[i])) < self.params.thigh_limit
            sums = np.add.reduceat(np.where(good, own * right.conj(), 0.0), starts)
            counts = np.add.reduceat(good.astype(int), starts)
            breaks = np.logical_or.reduceat((either & (MISSING | SETTLING)) != 0, starts)
            after[i] = loop.follow(np.angle(sums), counts >= self.params.window // 2, breaks)
        return after

    def _level(self, right: np.ndarray) -> Bools:
        """Where the horizontal part (n,) of a mediolateral axis is long enough to have a heading."""
        return right.real**2 + right.imag**2 > self.params.level**2


class _Loop:
    """Heading of one segment against the reference: angle rad, its drift rad/s, and how fresh they are."""

    def __init__(self, params: Params) -> None:
        self.step = params.window / params.rate
        self.tau = params.tau
        self.stale = params.stale
        self._angle = self._drift = 0.0
        self._seen = 0
        self._unseen = math.inf  # s since the axes last told

    @property
    def angle(self) -> float:
        """rad; NaN while not known or no longer."""
        return self._angle if self._unseen <= self.stale else math.nan

    def follow(self, measured: Floats, good: Bools, breaks: Bools) -> Floats:
        """One update a window; a break, or too long unseen, starts the average anew."""
        out = []
        for angle, seen, broken in zip(measured.tolist(), good.tolist(), breaks.tolist(), strict=True):
            if broken or self._unseen > self.stale:
                self._seen, self._drift = 0, 0.0
            if seen:
                self._update(angle)
            else:
                self._angle += self._drift * self.step
                self._unseen += self.step
            out.append(self.angle)
        return np.array(out)

    def _update(self, measured: float) -> None:
        self._seen += 1
        self._unseen = 0.0
        error = (measured - self._angle + np.pi) % (2 * np.pi) - np.pi
        gain = max(1.0 / self._seen, 1.4 * self.step / self.tau)  # running mean first; then damping 0.7
        if self._seen * self.step > self.tau:
            self._drift += error * self.step / self.tau**2
        self._angle += gain * error + self._drift * self.step


def _mediolateral(q_e_b: Floats) -> np.ndarray:
    """Horizontal part of the segment's z axis (right), as a complex number (n,)."""
    w, x, y, z = rotation.parts(q_e_b)
    right = np.empty(len(w), complex)
    right.real, right.imag = 2 * (x * z + w * y), 2 * (y * z - w * x)
    return right
