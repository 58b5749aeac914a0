"""Walking seen in the size of the acceleration alone: lively, and the same again a step later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hiphinge.blocks import TRUNK, Bools, Floats
from hiphinge.detect.cells import PER_SECOND

WINDOW = 4 * PER_SECOND
"""Cells that are looked at for one second: 1.5 s before it to 1.5 s after it."""
MIDDLE = slice(15, 25)
"""That second in its window."""


@dataclass(frozen=True)
class Params:
    """When movement is walking or running; measured on mobgap_lab, qmt_full_body and virtual.

    least : m/s², standard deviation of |acc| over the second. Acti4 uses 0.1 g at the
        thigh; indoor steps with turns come down to 0.4 at the low back.
    sure : autocorrelation at the lag of a step. Steady walking 0.65 to 1.0; of
        7000 s of lifts, squats and reaching one second reaches 0.55.
    likely : of seconds that follow or come before a sure one.
    step : s, shortest and longest lag for a trunk, that repeats each step.
    stride : s, longest lag for a thigh, that repeats each stride.
    """

    least: float = 0.4
    sure: float = 0.55
    likely: float = 0.25
    step: tuple[float, float] = (0.3, 0.9)
    stride: float = 1.3


def windows(x: Floats, count: int) -> Floats:
    """The first ``count`` windows (..., count, 40) of cells (..., n), one a second."""
    starts = np.arange(0, count * PER_SECOND, PER_SECOND)
    return x.take(starts[:, None] + np.arange(WINDOW), axis=-1)  # brackets would lay a window out across the memory


def size(acc: Floats) -> Floats:
    """|acc| (k, n) m/s² of cell means (k, n, 3)."""
    return np.sqrt(acc[..., 0] ** 2 + acc[..., 1] ** 2 + acc[..., 2] ** 2)


def strength(params: Params, sizes: Floats, sites: Sequence[str]) -> tuple[Floats, Floats]:
    """How lively (n,) m/s² and how regular (n,) 0 to 1 the middle seconds of windows are.

    ``sizes`` (k, n, 40) are windows of |acc|. Trunk sensors decide where worn,
    else the thighs; their mean counts. NaN cells are left out. What is not lively
    enough to be walking is not asked whether it is regular: 0.
    """
    trunk = [i for i, site in enumerate(sites) if site in TRUNK]
    chosen = sizes[trunk] if trunk else sizes
    if not len(chosen):
        return np.full(sizes.shape[1], np.nan), np.full(sizes.shape[1], np.nan)
    known = np.add.reduce(np.isfinite(chosen), axis=-1) > WINDOW // 2
    lively = _mean(deviation(chosen[..., MIDDLE])[..., None], known)[:, 0]
    regular, asked = np.zeros(len(lively)), lively >= params.least
    if asked.any():
        longest = round((params.step[1] if trunk else params.stride) * PER_SECOND)
        again = _mean(autocorrelation(chosen[:, asked], longest), known[:, asked])
        regular[asked] = regularity(again, round(params.step[0] * PER_SECOND))
    return lively, regular


def regularity(again: Floats, shortest: int) -> Floats:
    """Highest autocorrelation (n,) of (n, lags) from lag ``shortest`` on, after it has been below 0.

    A single rise or fall is alike at short lags too; only what returns counts.
    """
    left = np.logical_or.accumulate(again < 0.0, axis=-1)
    return np.max(np.where(left, again, 0.0)[:, shortest - 1 :], axis=-1)


def autocorrelation(windows: Floats, longest: int) -> Floats:
    """Of each row of (..., w) at lags 1 to ``longest``, (..., longest); 0 where nothing moves."""
    x = _centred(windows)
    power = np.maximum(np.add.reduce(x * x, axis=-1, keepdims=True), 1e-12)
    w, lags = x.shape[-1], np.arange(1, longest + 1)
    later = np.zeros((*x.shape[:-1], w + longest))
    later[..., :w] = x
    products = x[..., None, :] * later.take(lags[:, None] + np.arange(w), axis=-1)
    return np.asarray(np.add.reduce(products, axis=-1) * (w / (w - lags)) / power)


def deviation(windows: Floats) -> Floats:
    """Standard deviation (...,) of the rows of (..., w), without what is NaN."""
    x = _centred(windows)
    return np.sqrt(np.add.reduce(x * x, axis=-1) / x.shape[-1])


def _centred(windows: Floats) -> Floats:
    """Rows without their mean; NaN becomes 0."""
    known = np.isfinite(windows)
    if known.all():
        return windows - (np.add.reduce(windows, axis=-1) / windows.shape[-1])[..., None]
    count = np.maximum(np.add.reduce(known, axis=-1), 1)
    filled = np.where(known, windows, 0.0)
    return np.where(known, filled - (np.add.reduce(filled, axis=-1) / count)[..., None], 0.0)


def _mean(parts: Floats, known: Bools) -> Floats:
    """Of the k parts (k, n, m) where they are known (k, n); 0 where none is."""
    total = np.add.reduce(np.where(known[..., None], parts, 0.0), axis=0)
    return np.asarray(total / np.maximum(np.add.reduce(known, axis=0), 1)[:, None])
