"""Runs of equal values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray


def runs(codes: NDArray[Any]) -> Iterator[tuple[int, int, int]]:
    """Value, first index and index after the last of each run in (n,).

    >>> list(runs(np.array([3, 3, 1])))
    [(3, 0, 2), (1, 2, 3)]
    """
    if not len(codes):
        return
    edges = np.concatenate(([0], np.flatnonzero(codes[1:] != codes[:-1]) + 1, [len(codes)]))
    yield from zip(codes[edges[:-1]].tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True)
