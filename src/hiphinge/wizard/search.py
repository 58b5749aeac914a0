"""Finds quiet standing, bends and sitting down where nobody marked them.

Mounting is unknown here, so only total tilt against a candidate posture is
used: the standing candidate is the still spell from which the trunk bends
while the thigh stays, from which the wearer sits down, and near which he
walks. People begin by standing: the earliest of equals wins.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hiphinge import runs
from hiphinge.blocks import THIGH_LEFT, THIGH_RIGHT, TRUNK, Bools, Floats, MotionBlock
from hiphinge.kinematics import mounting
from hiphinge.wizard.spans import Span


@dataclass(frozen=True)
class Params:
    """Limits of the search.

    bend_tilt : rad of trunk tilt of a bend; thigh_stays : rad the thigh may tilt in it.
    sit_tilt : rad of thigh tilt of sitting; sit_seconds : s that it lasts at least.
    back : rad of tilt that counts as standing again.
    apart : s between one calibration movement and the next, at most.
    stand_longest : s of a still spell that is used.
    walk_shake : m/s² sd of |acc| in a second of walking.
    """

    bend_tilt: float = field(default=np.deg2rad(50), metadata={"unit": "rad"})
    thigh_stays: float = field(default=np.deg2rad(35), metadata={"unit": "rad"})
    sit_tilt: float = field(default=np.deg2rad(50), metadata={"unit": "rad"})
    sit_seconds: float = 2.0
    back: float = field(default=np.deg2rad(20), metadata={"unit": "rad"})
    apart: float = 20.0
    stand_longest: float = 12.0
    walk_shake: float = 1.0


class Search:
    """The raw motion of a recording, ready to be asked for its calibration movements."""

    def __init__(self, motion: MotionBlock, params: Params, limits: mounting.Params) -> None:
        self.params, self.limits = params, limits
        self.rate = limits.rate
        self.t = motion.t
        self._acc = {site: _slow(motion.acc[i], self.rate) for i, site in enumerate(motion.sites)}
        self._second = round(self.rate)
        self._still = self._still_seconds(motion)
        self._walking = self._walking_seconds(motion)
        self._trunk = next((s for s in TRUNK if s in motion.sites), None)
        self._thigh = next((s for s in (THIGH_RIGHT, THIGH_LEFT) if s in motion.sites), None)

    def stand(self) -> Span | None:
        """The still spell that is most likely standing, or None."""
        spells = [s for s in self._spells() if s.end - s.start >= self.limits.spell_seconds]
        scored = [(self._score(s), -s.start, s) for s in spells]
        if not scored:
            return None
        score, _, best = max(scored, key=lambda x: x[:2])
        return best if score > 0 else None

    def movements(self, stand: Span) -> tuple[Span, ...]:
        """Bends, then sitting down, that follow ``stand`` without a long pause."""
        found: list[Span] = []
        last, wanted = stand.end, "bend"
        for move in self._excursions(stand):
            if move.start < stand.end - 2.0:  # spans are padded by a second
                continue
            if move.start - last > self.params.apart or move.label == "other":
                break
            if move.label == "bend" and wanted == "sit":
                break
            wanted = move.label
            found.append(move)
            last = move.end
        return tuple(found)

    def _still_seconds(self, motion: MotionBlock) -> Bools:
        still = np.ones(len(self.t) // self._second, bool)
        for i in range(len(motion.sites)):
            acc, gyr = (mounting.windows(x, self._second) for x in (motion.acc[i], motion.gyr[i]))
            still &= mounting.stirring(acc, gyr) <= self.limits.still_rate
        return still

    def _walking_seconds(self, motion: MotionBlock) -> Bools:
        size = np.sqrt((motion.acc[0] ** 2).sum(axis=1))[: len(self._still) * self._second]
        shake = size.reshape(-1, self._second).std(axis=1)
        busy = np.nan_to_num(shake) > self.params.walk_shake
        return busy & np.roll(busy, 1) & np.roll(busy, -1)

    def _spells(self) -> list[Span]:
        t0 = float(self.t[0]) if len(self.t) else 0.0
        longest = self.params.stand_longest
        # A long stand is tried from both ends: the bends follow the second.
        return [
            Span("stand", t0 + float(first), t0 + float(last))
            for a, b in runs.of_true(self._still)
            for first, last in {(a, min(b, a + longest)), (max(a, b - longest), b)}
        ]

    def _tilt(self, site: str | None, stand: Span) -> Floats:
        """Total tilt (n,) rad of a site against its mean in ``stand``; NaN where it is not worn."""
        if site is None:
            return np.full(len(self.t), np.nan)
        acc = self._acc[site]
        up = np.nanmean(acc[(self.t >= stand.start) & (self.t < stand.end)], axis=0)
        cosine = (acc @ up) / np.maximum(np.linalg.norm(acc, axis=1) * np.linalg.norm(up), 1e-9)
        return np.arccos(np.clip(cosine, -1, 1))

    def _excursions(self, stand: Span) -> list[Span]:
        """Departures from standing in order of time: bend, sit or other."""
        trunk, thigh = self._tilt(self._trunk, stand), self._tilt(self._thigh, stand)
        away = np.fmax(trunk, thigh) > self.params.back
        moves = []
        for a, b in runs.of_true(away):
            label = self._label(trunk[a:b], thigh[a:b])
            if label:
                pad = self._second
                moves.append(Span(label, float(self.t[max(a - pad, 0)]), float(self.t[min(b + pad, len(self.t) - 1)])))
        return moves

    def _label(self, trunk: Floats, thigh: Floats) -> str:
        p = self.params
        folded, seated = np.fmax.reduce(trunk, initial=0.0), np.count_nonzero(thigh > p.sit_tilt) / self.rate
        if folded > p.bend_tilt and not np.fmax.reduce(thigh, initial=0.0) > p.thigh_stays:
            return "bend"
        if seated >= p.sit_seconds and folded <= p.bend_tilt:
            return "sit"
        return "other" if seated or folded > p.bend_tilt else ""

    def _score(self, stand: Span) -> float:
        follows = [m.label for m in self.movements(stand)]
        anywhere = [m.label for m in self._excursions(stand) if m.label != "other"]
        near = self._tilt(self._thigh or self._trunk, stand)[: len(self._walking) * self._second]
        upright = near.reshape(-1, self._second).mean(axis=1) < self.params.back
        walked, astray = (self._walking & upright).sum(), (self._walking & ~upright).sum()
        calibrating = 3.0 * min(follows.count("bend"), 3) + min(follows.count("sit"), 3)
        return calibrating + 0.1 * min(len(anywhere), 5) + 0.2 * (min(walked, 30) - min(astray, 30))


def _slow(acc: Floats, rate: float) -> Floats:
    """1 Hz low-pass, gaps held at the mean so that they do not spread."""
    filled = np.where(np.isfinite(acc), acc, np.nanmean(acc, axis=0) if np.isfinite(acc).any() else 0.0)
    return mounting.smooth(filled, 1.0, rate)
