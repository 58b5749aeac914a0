"""Polar's compressed samples: a reference, then blocks of differences in as few bits as they need."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CHANNELS = 3
MOST = 1000
"""Samples of a frame; a notification of 244 bytes holds some 100 of a sensor that moves [D]."""

Integers = NDArray[np.int64]


def samples(content: bytes, width: int) -> Integers:
    """Samples (n, 3) of a compressed frame whose reference has ``width`` bytes a channel, signed.

    ValueError where the bytes are not such a frame. Sums are kept to that
    width, as the device computes them.

    >>> samples(bytes.fromhex("eaff 0800 0d00 0301 df00"), 2).tolist()
    [[-22, 8, 13], [-23, 11, 16]]
    """
    at = CHANNELS * width
    if len(content) < at:
        raise ValueError("shorter than one sample")
    reference = [int.from_bytes(content[i : i + width], "little", signed=True) for i in range(0, at, width)]
    rows = [np.array([reference], np.int64)]
    while at < len(content):
        block, at = _block(content, at, 8 * width)
        rows.append(block)
        if sum(map(len, rows)) > MOST:
            raise ValueError(f"more than {MOST} samples")
    half = 1 << (8 * width - 1)
    return (np.cumsum(np.concatenate(rows), axis=0) + half) % (2 * half) - half


def _block(content: bytes, at: int, most_bits: int) -> tuple[Integers, int]:
    """The differences (n, 3) of the block at ``at``, and where the next begins."""
    if len(content) < at + 2:
        raise ValueError("a block without its length")
    bits, count = content[at], content[at + 1]
    values = count * CHANNELS
    end = at + 2 + -(-bits * values // 8)
    if bits > most_bits or len(content) < end:
        raise ValueError(f"a block of {count} samples of {bits} bits that is not there")
    raw = np.frombuffer(content[at + 2 : end], np.uint8)
    each = np.unpackbits(raw, count=bits * values, bitorder="little").reshape(values, bits).astype(np.int64)
    weights = 1 << np.arange(bits, dtype=np.int64)
    if bits:
        weights[-1] = -weights[-1]  # two's complement
    return (each @ weights).reshape(count, CHANNELS), end
