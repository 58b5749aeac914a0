"""Runs of True in a column."""

from __future__ import annotations

import numpy as np

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
