"""A terminal that may go away while the session goes on."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

OF_A_SCREEN = tuple(getattr(signal, name) for name in ("SIGTSTP", "SIGCONT", "SIGWINCH") if hasattr(signal, name))
"""textual takes them and keeps the first two: continued after its end, it would draw on a terminal that it has left."""


class Lasting:
    """A text file that takes everything: what cannot be written, since its terminal was closed, is forgotten.

    textual writes from a thread of its own; were it to end on an error, the
    next write would wait for it, and with it the whole session.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """Its length, in any case."""
        with suppress(OSError):
            self._file.write(text)
        return len(text)

    def flush(self) -> None:
        """If it can."""
        with suppress(OSError):
            self._file.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@contextmanager
def lasting_terminal() -> Iterator[None]:
    """While inside, the streams that textual draws on are lasting ones; its signals are given back after it."""
    before = sys.__stdout__, sys.__stderr__
    handlers = {one: signal.getsignal(one) or signal.SIG_DFL for one in OF_A_SCREEN}
    sys.__stdout__, sys.__stderr__ = (Lasting(f) if f else f for f in before)  # type: ignore[assignment,misc]  # files enough
    try:
        yield
    finally:
        sys.__stdout__, sys.__stderr__ = before  # type: ignore[misc]  # as they were
        for one, handler in handlers.items():
            signal.signal(one, handler)
