"""Cues as the rules give them, and a place where sentences arrive."""

from __future__ import annotations

import queue

from hiphinge.blocks import Alert

MESSAGE = "Time to move: sitting for 31 min"


def cue(kind: str = "sitting_too_long", message: str = MESSAGE, severity: str = "notice") -> Alert:
    return Alert(12.5, kind, severity, message, 1860.0, 1800.0, "sitting.rises.remind", "")


class Told:
    """Waits for sentences: none is slept for."""

    def __init__(self) -> None:
        self._arrived: queue.Queue[str] = queue.Queue()

    def __call__(self, sentence: str) -> None:
        self._arrived.put(sentence)

    def next(self, patience: float = 60.0) -> str:
        return self._arrived.get(timeout=patience)

    def all(self) -> list[str]:
        return [self._arrived.get_nowait() for _ in range(self._arrived.qsize())]
