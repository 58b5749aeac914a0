"""What a body does, written down like music: coordinates as functions of time.

Every coordinate is a sum of smooth transitions and of tones (sums of sines
under an envelope). Both are pure functions of time, so that any instant can
be had at any time, in any order, without state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hiphinge.blocks import Floats
from hiphinge.simulate.wearer import Wearer

COORDINATES = (
    "heading",  # whole body to the left
    "roll",  # whole body to the right
    "trunk",  # upper_lumbar forward
    "lumbar",  # flexion
    "side_bend",  # lumbar, to the right
    "rotation",  # lumbar, to the left
    "thigh_left",  # forward and up
    "thigh_right",
    "spread_left",  # outward
    "spread_right",
    "turn_left",  # inward
    "turn_right",
    "shank",  # both, forward
    "forward",  # hips, m
    "leftward",
    "upward",
)
"""Names; rad, and m for the last three."""


def smooth(u: Floats) -> Floats:
    """0 to 1 while u (n,) goes from 0 to 1; three derivatives vanish at both ends."""
    u = np.clip(u, 0.0, 1.0)
    return u**4 * (35.0 - 84.0 * u + 70.0 * u**2 - 20.0 * u**3)


@dataclass(frozen=True)
class Step:
    """A transition by ``by`` from ``start`` s within ``duration`` s."""

    start: float
    duration: float
    by: float


@dataclass(frozen=True)
class Tone:
    """Sines from ``start`` to ``end`` s, fading in and out within ``fade`` s.

    ``amplitudes``, ``frequencies`` Hz and ``phases`` (k,); ``wobble`` (depth
    rad, Hz, phase) makes the common beat uneven; ``level`` is taken off, so
    that the mean is zero.
    """

    start: float
    end: float
    fade: float
    amplitudes: Floats
    frequencies: Floats
    phases: Floats
    wobble: tuple[float, float, float] = (0.0, 0.0, 0.0)
    level: float = 0.0

    def at(self, t: Floats) -> Floats:
        """Its value at rising t (n,) s, all within its span."""
        depth, rate, phase = self.wobble
        u = t - self.start
        beat = u + depth / (2 * np.pi) * np.sin(2 * np.pi * rate * u + phase) if depth else u
        sines = sum(
            a * np.sin(2 * np.pi * f * beat + p)
            for a, f, p in zip(self.amplitudes, self.frequencies, self.phases, strict=True)
        )
        if u[0] >= self.fade and t[-1] <= self.end - self.fade:
            return sines - self.level
        return smooth(u / self.fade) * smooth((self.end - t) / self.fade) * (sines - self.level)


@dataclass(frozen=True)
class Track:
    """A captured curve from ``start`` s on, 0 at its first instant; its last value stays.

    ``curve`` of its own time, ``seconds`` long, is eased in and out from rest
    to rest, which takes it ``ease`` s longer.
    """

    start: float
    seconds: float
    ease: float
    curve: Callable[[Floats], Floats]

    @property
    def end(self) -> float:
        """When it is at rest again, s."""
        return self.start + self.seconds + self.ease

    def at(self, t: Floats) -> Floats:
        """Its value at t (n,) s."""
        u, r = t - self.start, self.ease
        own = u - r / 2
        own = np.where(u < r, r * _eased(u / r), own)
        own = np.where(u > self.seconds, self.seconds - r * _eased((self.seconds + r - u) / r), own)
        return np.asarray(self.curve(np.clip(own, 0.0, self.seconds)), float)


def _eased(u: Floats) -> Floats:
    """The integral of :func:`smooth`."""
    u = np.clip(u, 0.0, 1.0)
    return u**5 * (7.0 - 14.0 * u + 10.0 * u**2 - 2.5 * u**3)


@dataclass(frozen=True)
class Shock:
    """A heel strike, a hard seat or a tap: ``strength`` m/s² upward at ``time`` s; ``side`` its leg, its site or ""."""

    time: float
    strength: float
    side: str = ""


@dataclass(frozen=True)
class Mark:
    """A span with a label, as in markers.csv; s."""

    label: str
    start: float
    end: float


@dataclass(frozen=True)
class Span:
    """A repetition as the wearer meant it; s. ``spine_share`` NaN where there is none."""

    movement: str
    start: float
    bottom: float
    end: float
    spine_share: float = float("nan")


@dataclass(frozen=True)
class Off:
    """The sensors are not on the body from ``start`` to ``end`` s.

    They lie any way up; put on again they are ``askew`` rad off where they were
    (one standard deviation about each axis).
    """

    start: float
    end: float = float("inf")
    askew: float = 0.0


class Score:
    """Written by movements from ``now`` s on; then read at any time."""

    def __init__(self, wearer: Wearer, seed: int) -> None:
        self.wearer = wearer
        self.seed = seed
        self._now = 0.0
        self.rng = np.random.default_rng([seed, 2, 0])
        self.levels = dict.fromkeys(COORDINATES, 0.0)
        self.steps: dict[str, list[Step]] = {c: [] for c in COORDINATES}
        self.tones: dict[str, list[Tone]] = {c: [] for c in COORDINATES}
        self.tracks: dict[str, list[Track]] = {c: [] for c in COORDINATES}
        self.shocks: list[Shock] = []
        self.marks: list[Mark] = []
        self.spans: list[Span] = []
        self.postures: list[tuple[float, str]] = [(0.0, "standing")]
        self.off: list[Off] = []
        self.doubtful: list[tuple[float, float]] = []  # spans in which nobody could name the posture from outside
        self._movements = 0
        self._columns: dict[str, Floats] = {}

    @property
    def now(self) -> float:
        """Up to where it is written, s."""
        return self._now

    @now.setter
    def now(self, seconds: float) -> None:
        self._now = float(seconds)

    def begin(self) -> None:
        """A new movement: chance of its own, so that one movement never changes another's."""
        self._movements += 1
        self.rng = np.random.default_rng([self.seed, 2, self._movements])

    def move(self, coordinate: str, to: float, duration: float, after: float = 0.0) -> None:
        """Bring a coordinate to a value, beginning ``after`` s from now; does not advance now."""
        by = to - self.levels[coordinate]
        if by:
            self.steps[coordinate].append(Step(self.now + after, duration, by))
            self.levels[coordinate] = to

    def stir(
        self, coordinate: str, start: float, end: float, rms: float, band: tuple[float, float] = (0.3, 1.0)
    ) -> None:
        """Random smooth movement of this root mean square within a band, Hz; zero-mean over its span."""
        lines = 5
        frequencies = self.rng.uniform(*band, lines)
        phases = self.rng.uniform(0, 2 * np.pi, lines)
        amplitudes = np.full(lines, rms * np.sqrt(2.0 / lines))
        fade = min(0.8, (end - start) / 3)
        self.tones[coordinate].append(centred(Tone(start, end, fade, amplitudes, frequencies, phases)))

    def cycle(
        self,
        coordinates: Sequence[str],
        start: float,
        end: float,
        harmonics: Sequence[tuple[float, float, float]],
        wobble: tuple[float, float, float] = (0.0, 0.0, 0.0),
    ) -> None:
        """A rhythm: (amplitude, Hz, phase) each, the same in all these coordinates."""
        a, f, p = (np.array(column) for column in zip(*harmonics, strict=True))
        for coordinate in coordinates:
            self.tones[coordinate].append(Tone(start, end, min(1.2, (end - start) / 3), a, f, p, wobble))

    def posture(self, name: str, after: float = 0.0) -> None:
        """From now (or ``after`` s) on."""
        if self.postures[-1][1] != name:
            self.postures.append((self.now + after, name))

    def at(self, coordinate: str, t: Floats) -> Floats:
        """One coordinate at rising times t (n,) s."""
        value = np.zeros(len(t))
        first, last = t[0], t[-1]
        starts, ends, bys = self._transitions(coordinate)
        value += bys[ends <= first].sum()
        for i in np.flatnonzero((ends > first) & (starts < last)):
            begun = int(np.searchsorted(t, starts[i]))
            value[begun:] += bys[i] * smooth((t[begun:] - starts[i]) / (ends[i] - starts[i]))
        for tone in self.tones[coordinate]:
            if tone.start < last and tone.end > first:
                heard = slice(*np.searchsorted(t, (tone.start, tone.end)))
                if len(t[heard]):
                    value[heard] += tone.at(t[heard])
        for track in self.tracks[coordinate]:
            if track.start < last:
                value += track.at(t)
        return value

    def _transitions(self, coordinate: str) -> Floats:
        """(3, k): starts, ends and sizes of the steps; kept until more are written."""
        steps = self.steps[coordinate]
        known = self._columns.get(coordinate)
        if known is None or known.shape[1] != len(steps):
            known = np.array([(s.start, s.start + s.duration, s.by) for s in steps]).reshape(-1, 3).T
            self._columns[coordinate] = known
        return known


def centred(tone: Tone) -> Tone:
    """The same with its mean over the span taken off (spans of up to ten minutes; longer ones average out)."""
    if tone.end - tone.start > 600:
        return tone
    t = np.arange(tone.start, tone.end, 0.02)
    still = Tone(tone.start, tone.end, tone.fade, np.ones(1), np.zeros(1), np.full(1, np.pi / 2))
    level = tone.at(t).sum() / still.at(t).sum()
    return Tone(tone.start, tone.end, tone.fade, tone.amplitudes, tone.frequencies, tone.phases, tone.wobble, level)
