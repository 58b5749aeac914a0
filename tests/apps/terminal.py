"""What a pseudo-terminal shows."""

from __future__ import annotations

import os


def read(terminal: int) -> bytes:
    """What is there, some bytes at a time; none once nobody writes to it any more."""
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux: the other end is closed
        return b""


def rest(terminal: int) -> bytes:
    """All of it, until nobody writes to it any more."""
    shown = b""
    while piece := read(terminal):
        shown += piece
    return shown
