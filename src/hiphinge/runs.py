"""Runs of equal values in a column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hiphinge.blocks import Bools


def of_true(mask: Bools) -> list[tuple[int, int]]:
    """First index and index after the last of each run of True in (n,).

    >>> of_true(np.array([True, True, False, True]))
    [(0, 2), (3, 4)]
    """
    if len(mask) and mask.all():  # the usual case of a live block
        return [(0, len(mask))]
    padded = np.zeros(len(mask) + 2, bool)
    padded[1:-1] = mask
    edges = np.flatnonzero(padded[1:] != padded[:-1]).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


def of_equal(codes: NDArray[Any]) -> Iterator[tuple[int, int, int]]:
    """Value, first index and index after the last of each run in (n,).

    >>> list(of_equal(np.array([3, 3, 1])))
    [(3, 0, 2), (1, 2, 3)]
    """
    if not len(codes):
        return
    edges = np.concatenate(([0], np.flatnonzero(codes[1:] != codes[:-1]) + 1, [len(codes)]))
    yield from zip(codes[edges[:-1]].tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True)
