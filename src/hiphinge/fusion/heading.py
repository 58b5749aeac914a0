"""Relative heading of the segments without a magnetometer.

Six-axis attitudes drift about the vertical, each sensor for itself. The
mediolateral axes of two neighbouring segments share one heading on average,
and stay horizontal however far the wearer bends forward: their difference,
through a slow second-order loop, brings all segments into the heading of the
pelvis. The price: someone who sits twisted for half an hour is read as straight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hiphinge import rotation
from hiphinge.blocks import LEVEL_ONLY, MISSING, SACRUM, SETTLING, THIGH_LEFT, THIGH_RIGHT, Bools, Floats, SegmentBlock


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
    """

    rate: float = 100.0
    window: int = 50
    tau: float = 20.0
    level: float = 0.7
    thigh_limit: float = field(default=np.deg2rad(35), metadata={"unit": "rad"})
    lying_limit: float = field(default=np.deg2rad(50), metadata={"unit": "rad"})


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
        q = np.concatenate((self._held, segments.q_e_b), axis=1)
        flags = np.concatenate((self._held_flags, segments.flags), axis=1)
        turn = self._turns(q, flags, n)
        out, related = segments.q_e_b.copy(), (segments.flags & LEVEL_ONLY) == 0
        for i, angle in turn.items():
            out[i] = rotation.multiply(rotation.about_vertical(-np.nan_to_num(angle)), out[i])
            related[i] &= np.isfinite(angle) & related[self._reference]
        return replace(segments, q_e_b=out, related=related)

    def _turns(self, q: Floats, flags: np.ndarray, n: int) -> dict[int, Floats]:
        size, skip = self.params.window, self._phase or 0
        held = q.shape[1] - n
        first = size - skip - held  # instants until the first window closes
        whole = 0 if n < first else 1 + (n - first) // size
        bounds = [first + size * j for j in range(whole)]
        turns = {}
        for i, loop in self._loops.items():
            before = loop.angle
            steps = self._close(loop, i, q, flags, held, first, whole)
            per_instant = np.concatenate(([before], steps))
            lengths = np.diff([0, *bounds, n])
            turns[i] = np.repeat(per_instant, lengths)
        keep = n - bounds[-1] if whole else n + held
        self._held, self._held_flags = q[:, q.shape[1] - keep :], flags[:, flags.shape[1] - keep :]
        self._phase = 0 if whole else self._phase
        return turns

    def _close(self, loop: _Loop, i: int, q: Floats, flags: np.ndarray, held: int, first: int, whole: int) -> Floats:
        """The loop's angle after each window that is complete now."""
        if not whole:
            return np.empty(0)
        size, end = self.params.window, held + first + (whole - 1) * self.params.window
        total = held + first
        z_p, z_d = _mediolateral(q[self._reference, :end]), _mediolateral(q[i, :end])
        good = self._observable(q, flags, i, z_p, z_d, end)
        pair = np.where(good, z_d * z_p.conj(), 0.0)
        lost = ((flags[self._reference, :end] | flags[i, :end]) & (MISSING | SETTLING)) != 0
        starts = [0, *range(total, end, size)]
        sums = np.array([pair[a:b].sum() for a, b in zip(starts, [*starts[1:], end], strict=True)])
        counts = np.add.reduceat(good.astype(int), starts)
        breaks = np.logical_or.reduceat(lost, starts)
        return loop.follow(np.angle(sums), counts >= size // 2, breaks)

    def _observable(self, q: Floats, flags: np.ndarray, i: int, z_p: Floats, z_d: Floats, end: int) -> Bools:
        p = self.params
        good = (np.abs(z_p) > p.level) & (np.abs(z_d) > p.level)
        good &= ((flags[self._reference, :end] | flags[i, :end]) & (MISSING | LEVEL_ONLY)) == 0
        lean = _sagittal(q[self._reference, :end])
        good &= lean > -p.lying_limit
        if self.sites[i] in (THIGH_LEFT, THIGH_RIGHT):
            good &= np.abs(_sagittal(q[i, :end])) < p.thigh_limit
        return good


class _Loop:
    """Heading of one segment against the reference: angle rad (NaN: not seen yet) and drift rad/s."""

    def __init__(self, params: Params) -> None:
        self.step = params.window / params.rate
        self.tau = params.tau
        self.angle = float("nan")
        self._drift = 0.0
        self._seen = 0

    def follow(self, measured: Floats, good: Bools, breaks: Bools) -> Floats:
        """One update a window; a break starts the average anew."""
        out = np.empty(len(measured))
        for j in range(len(measured)):
            if breaks[j]:
                self._seen, self._drift = 0, 0.0
            if good[j]:
                self._update(float(measured[j]))
            else:
                self.angle += self._drift * self.step
            out[j] = self.angle
        return out

    def _update(self, measured: float) -> None:
        if np.isnan(self.angle):
            self.angle = measured
        self._seen += 1
        error = (measured - self.angle + np.pi) % (2 * np.pi) - np.pi
        gain = max(1.0 / self._seen, 1.4 * self.step / self.tau)  # running mean first; then damping 0.7
        if self._seen * self.step > self.tau:
            self._drift += error * self.step / self.tau**2
        self.angle += gain * error + self._drift * self.step


def _mediolateral(q_e_b: Floats) -> np.ndarray:
    """Horizontal part of the segment's z axis (right), as a complex number (n,)."""
    w, x, y, z = q_e_b[:, 0], q_e_b[:, 1], q_e_b[:, 2], q_e_b[:, 3]
    return 2 * (x * z + w * y) + 2j * (y * z - w * x)


def _sagittal(q_e_b: Floats) -> Floats:
    """Forward inclination of the segment (n,) rad: up in its axes, atan2(−x, y)."""
    w, x, y, z = q_e_b[:, 0], q_e_b[:, 1], q_e_b[:, 2], q_e_b[:, 3]
    return np.arctan2(-2 * (x * z - w * y), 2 * (y * z + w * x))
