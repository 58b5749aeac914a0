"""When a sensor really samples, and what time it writes beside the sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.blocks import Floats, Times


@dataclass(frozen=True)
class Clocks:
    """How far the sensors' clocks are off; each draws its own within these.

    ppm : largest rate error; crystals 20 to 50, some devices' nominal rates far more.
    jitter : s rms of one time stamp.
    offset : s, largest constant error left by synchronising.
    """

    ppm: float = 60.0
    jitter: float = 0.0001
    offset: float = 0.001


class Clock:
    """Sample k of one sensor: true time and written time."""

    def __init__(self, clocks: Clocks, rate: float, seed: int, number: int) -> None:
        rng = np.random.default_rng([seed, 6, number])
        self._clocks, self._seed = clocks, (seed, 7, number)
        self.period = (1.0 + rng.uniform(-1, 1) * clocks.ppm * 1e-6) / rate
        self.phase = rng.uniform(0.0, 1.0) / rate
        self.offset = rng.uniform(-1, 1) * clocks.offset

    def first_after(self, t: float) -> int:
        """The first sample at or after t s."""
        return max(int(np.ceil((t - self.phase) / self.period)), 0)

    def times(self, first: int, stop: int) -> Floats:
        """True times (n,) s of samples first to stop − 1."""
        return self.phase + self.period * np.arange(first, stop, dtype=float)

    def stamps_ns(self, times: Floats, block: int) -> Times:
        """What is written beside true times (n,) s: (n,) ns, always rising."""
        rng = np.random.default_rng([*self._seed, block])
        most = 0.45 * self.period
        jitter = np.clip(rng.normal(0.0, 1.0, len(times)) * self._clocks.jitter, -most, most)
        return np.rint((times + self.offset + jitter) * 1e9).astype(np.int64)
