"""Tones as samples: short cues told apart by their melody, and a soft tone that follows the depth.

Samples are (n,) float32, -1 to 1, at :data:`RATE`. Frequencies are choices of
this project [D], high enough for the speaker of a telephone.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from hiphinge.alerts.messages import WORDS
from hiphinge.settings.feedback import GOOD, NOTE, SHIFT

Samples = NDArray[np.float32]

RATE = 44100
"""Samples per second."""
EDGE_S = 0.008
"""A tone swells and fades so long: without it, it clicks."""
LOW_HZ, HIGH_HZ = 220.0, 880.0
"""The tone of the depth: upright, and as deep as the wearer goes."""
DEPTH_LEVEL = 0.3
"""Of the volume: it is heard all the time."""


@dataclass(frozen=True, slots=True)
class Tone:
    """``hz`` (0: a pause) for ``seconds``; ``level`` of the volume."""

    hz: float
    seconds: float
    level: float = 1.0


ROUNDED = (Tone(988, 0.09), Tone(659, 0.15))
MOVE = (Tone(523, 0.14, 0.8), Tone(659, 0.14, 0.8), Tone(784, 0.2, 0.8))
PRAISE = (Tone(1319, 0.07, 0.5),)
WORDS_COME = (Tone(587, 0.08, 0.4),)
POOR = (Tone(330, 0.2, 0.8), Tone(0, 0.1), Tone(330, 0.2, 0.8))

MELODIES: Mapping[str, tuple[Tone, ...]] = MappingProxyType(
    {
        **dict.fromkeys(WORDS, POOR),
        "rounded_back": ROUNDED,
        "sitting_too_long": MOVE,
        SHIFT: MOVE,
        GOOD: PRAISE,
        NOTE: WORDS_COME,
    }
)
"""Kind of cue -> its melody: rounded falls, move rises, praise is one short high tone, poor data a low pair,
words about a set one soft tone."""


def samples(tones: Sequence[Tone]) -> Samples:
    """A melody as samples (n,)."""
    return np.concatenate([_one(tone) for tone in tones]).astype(np.float32)


def _one(tone: Tone) -> Samples:
    t = np.arange(round(tone.seconds * RATE)) / RATE
    swell = np.clip(np.minimum(t, tone.seconds - t) / EDGE_S, 0, 1)
    wave = tone.level * np.sin(2 * math.pi * tone.hz * t) * np.sin(math.pi / 2 * swell) ** 2
    return wave.astype(np.float32)


def depth_hz(share: float) -> float:
    """The pitch of a depth, 0 upright to 1 deepest: equal steps sound equal.

    >>> depth_hz(0.0), depth_hz(0.5), depth_hz(2.0)
    (220.0, 440.0, 880.0)
    """
    return LOW_HZ * (HIGH_HZ / LOW_HZ) ** min(max(share, 0.0), 1.0)


class Mixer:
    """What is heard, block by block. The others set attributes; ``render`` is called by the audio thread alone.

    ``volume`` 0 to 1; ``depth`` 0 to 1, NaN: no tone; ``idle`` is set while no
    melody is left to play.
    """

    def __init__(self, volume: float) -> None:
        self.volume, self.depth = volume, math.nan
        self.idle = threading.Event()
        self.idle.set()
        self._next: Samples | None = None
        self._playing = np.zeros(0, np.float32)
        self._phase, self._hz, self._level = 0.0, LOW_HZ, 0.0

    def play(self, kind: str) -> None:
        """Begin the melody of a kind; one that still plays fades out."""
        self._next = samples(MELODIES[kind])
        self.idle.clear()

    def render(self, n: int) -> Samples:
        """The next ``n`` samples (n,)."""
        out = self._melody(n)
        ducked = bool(out.any())
        out += self._depth(n, ducked)
        return np.clip(np.float32(self.volume) * out, -1, 1)

    def _melody(self, n: int) -> Samples:
        out = np.zeros(n, np.float32)
        new, self._next = self._next, None
        if new is not None:
            old = self._playing[:n]
            out[: len(old)] = old * np.linspace(1, 0, len(old), dtype=np.float32)
            self._playing = new
        now, self._playing = self._playing[:n], self._playing[n:]
        out[: len(now)] += now
        if not len(self._playing) and self._next is None:
            self.idle.set()
        return out

    def _depth(self, n: int, ducked: bool) -> Samples:
        """The tone of the depth; pitch and level glide over the block, or it would click."""
        silent = math.isnan(self.depth) or ducked
        hz, level = self._hz if math.isnan(self.depth) else depth_hz(self.depth), 0.0 if silent else DEPTH_LEVEL
        glide = np.arange(1, n + 1) / n
        phase = self._phase + 2 * math.pi / RATE * np.cumsum(self._hz + (hz - self._hz) * glide)
        wave = (self._level + (level - self._level) * glide) * np.sin(phase)
        self._phase, self._hz, self._level = float(phase[-1] % (2 * math.pi)), hz, level
        return wave.astype(np.float32)
