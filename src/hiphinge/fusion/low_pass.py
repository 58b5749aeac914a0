"""A first-order low-pass that carries its state, in numpy alone.

scipy.signal.lfilter does the same, but its import costs a second of CPU in
every command; the tests compare the two.
"""

from __future__ import annotations

import numpy as np

from hiphinge.blocks import Floats

STRETCH = 20.0
"""Time constants filtered at once: e**20 keeps all digits that matter in a double."""


class LowPass:
    """y[i] = a·y[i−1] + (1 − a)·x[i] with a = exp(−1 / samples), along the first axis."""

    def __init__(self, samples: float, initial: Floats | float = 0.0) -> None:
        self._a = float(np.exp(-1.0 / samples))
        self._y = np.asarray(initial, float)
        step = max(int(STRETCH * samples), 1)
        self._fade = self._a ** np.arange(1, step + 1)

    def follow(self, x: Floats) -> Floats:
        """The low-passed x (n,) or (n, m), carrying on from the last call."""
        if not self._y.any() and not x.any():
            return np.zeros_like(x, dtype=float)
        out = np.empty_like(x, dtype=float)
        for start in range(0, len(x), len(self._fade)):
            part = x[start : start + len(self._fade)]
            fade = self._fade[: len(part)].reshape(-1, *[1] * (x.ndim - 1))
            out[start : start + len(part)] = fade * (self._y + (1.0 - self._a) * np.cumsum(part / fade, axis=0))
            self._y = out[start + len(part) - 1].copy()
        return out
