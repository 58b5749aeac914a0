"""Write a recording: at once, or through a thread that keeps the disk away from the caller."""

from __future__ import annotations

import os
import queue
import struct
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from hiphinge.blocks import Input
from hiphinge.errors import RecordingError
from hiphinge.recording.header import Header
from hiphinge.recording.layout import size_of
from hiphinge.recording.log import Log

QUEUE_WRITES = 4096
"""Calls of ``write`` that may wait for the disk: two minutes of three sensors at ten packets a second."""
MAX_INPUT = 16 * 2**20
"""Bytes: far above any notification or control, far below what a reader accepts as a chunk."""

Failed = Callable[[RecordingError], None]


class Writer:
    """A recording being written: numbered inputs, on the disk at most ``flush_s`` later.

    ``threaded``: ``write`` only hands over; a thread writes. Without it, what
    is younger than ``flush_s`` of recorded time waits for the next ``write``.
    A disk that fails or fills ends the recording: what was written stays, and
    one RecordingError says so, from the next ``write`` or ``close``, or through
    ``on_failure`` (called on the writing thread). Later writes are dropped.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        header: Header,
        *,
        flush_s: float = 1.0,
        threaded: bool = False,
        on_failure: Failed | None = None,
    ) -> None:
        if not flush_s > 0:
            raise ValueError(f"Writer: flush_s is {flush_s}, expected seconds above 0.")
        self.path = Path(path)
        self._log = Log(self.path, header, flush_s)
        self._next = 0
        self._on_failure = on_failure
        self._failure: RecordingError | None = None
        self._told = self._closed = self._broken = False
        self._failing = threading.Lock()
        self._queue: queue.Queue[tuple[int, list[Input]] | None] | None = (
            queue.Queue(QUEUE_WRITES) if threaded else None
        )
        self._thread = threading.Thread(target=self._run, name=f"recording {self.path.name}", daemon=True)
        if threaded:
            self._thread.start()

    def write(self, inputs: Sequence[Input]) -> None:
        """Take inputs in the order in which the monitor gets them; raises RecordingError once."""
        if self._closed:
            raise ValueError(f"{self.path}: the recording is closed, expected an open one.")
        for item in inputs:
            _check(item)
        self._tell()
        if self._failure:
            return
        first, self._next = self._next, self._next + len(inputs)
        if self._queue is None:
            self._try(self._log.append, first, inputs)
        else:
            self._hand_over(self._queue, first, list(inputs))
        self._tell()

    def close(self) -> None:
        """Write all that waits, the index at the end, and close; raises RecordingError once."""
        if self._closed:
            return
        self._closed = True
        if self._queue is not None:
            self._drain(self._queue)
        if not self._broken:
            self._try(self._log.close)
        self._tell()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _hand_over(self, waiting: queue.Queue[tuple[int, list[Input]] | None], first: int, inputs: list[Input]) -> None:
        try:
            waiting.put_nowait((first, inputs))
        except queue.Full:
            self._fail(f"the disk is too slow, {QUEUE_WRITES} writes wait for it", None)

    def _drain(self, waiting: queue.Queue[tuple[int, list[Input]] | None]) -> None:
        while self._thread.is_alive():
            try:
                waiting.put(None, timeout=0.1)
                break
            except queue.Full:
                continue  # the disk is slow; or the thread has just ended
        self._thread.join()

    def _run(self) -> None:
        waiting = self._queue
        while waiting is not None:
            left = self._log.seconds_left()
            if left is not None and left <= 0:
                if not self._try(self._log.cut):
                    return
                continue
            try:
                item = waiting.get(timeout=left)
            except queue.Empty:
                continue
            if item is None or not self._try(self._log.append, *item):
                return

    def _try(self, step: Callable[..., None], *arguments: object) -> bool:
        try:
            step(*arguments)
        except OSError as e:
            self._broken = True
            self._log.abandon()
            self._fail((e.strerror or str(e)).lower(), e)
        return not self._broken

    def _fail(self, reason: str, cause: OSError | None) -> None:
        failure = RecordingError(
            f"{self.path}: {reason}, expected room and a disk that takes it. "
            f"The recording ended here and what was written before is kept; start another one."
        )
        failure.__cause__ = cause
        with self._failing:  # the disk may fail on the thread while the caller finds it too slow
            if self._failure:
                return
            # In this order: a write that looks in between must not tell it a second time.
            self._told = self._on_failure is not None
            self._failure = failure
        if self._on_failure:
            self._on_failure(failure)

    def _tell(self) -> None:
        if self._failure and not self._told:
            self._told = True
            raise self._failure


def _check(item: Input) -> None:
    """Refuse what the layout cannot hold, here where the caller sees it."""
    try:
        size = size_of(item)
    except struct.error as e:
        raise ValueError(f"Writer: a number in {item!r} does not fit, expected 64 bits (offset: 32). ({e})") from e
    if size > MAX_INPUT:
        raise ValueError(f"Writer: an input of {size} bytes, expected at most {MAX_INPUT}.")
