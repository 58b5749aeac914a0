"""Notices of the desktop, by desktop-notifier; where there is none, the terminal."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from hiphinge.blocks import Alert
from hiphinge.errors import SinkError
from hiphinge.settings import feedback
from hiphinge.sinks.sink import Sink, Tell

ANSWER_S = 5.0
"""s that the desktop may take to answer [D]."""
NO_DESKTOP = (
    "desktop: notices cannot be shown here, expected a desktop session (on macOS a signed Python). "
    "Until then they come in the terminal."
)


class Desktop(Sink):
    """A notice for each cue; ``instead`` has them where the desktop takes none."""

    name = "desktop"
    keep = 10
    late = 60.0

    def __init__(self, params: feedback.Desktop, instead: Tell | None = None) -> None:
        super().__init__(params.kinds, instead)
        self._loop: Any = None
        self._notifier: Any = None

    def open(self) -> None:
        """Ask the desktop what it can."""
        # Imported now: it takes 0.1 s, and looks for a session. Its warnings would carry a traceback.
        import desktop_notifier  # noqa: PLC0415 - imported when it is used

        logging.getLogger("desktop_notifier").setLevel(logging.CRITICAL)
        self._loop = asyncio.Runner()
        self._notifier = desktop_notifier.DesktopNotifier("hiphinge", app_icon=None)
        if not self._answer(self._notifier.get_capabilities()):
            raise SinkError(NO_DESKTOP)

    def deliver(self, cue: Alert) -> None:
        """Show it."""
        shown: list[bool] = []
        self._answer(self._notifier.send("hiphinge", cue.message, on_dispatched=lambda: shown.append(True)))
        if not shown:  # the library tells nothing else of a failure
            raise SinkError(NO_DESKTOP)

    def close(self) -> None:
        """Leave the desktop's bus."""
        if self._loop is not None:
            bus = getattr(getattr(self._notifier, "_backend", None), "bus", None)
            if bus is not None:  # the library has no close of its own
                bus.disconnect()
            self._loop.close()
        self._loop = self._notifier = None

    @property
    def state(self) -> str:
        """That it works."""
        return "desktop: ready, this desktop shows notices."

    def _answer(self, question: Coroutine[Any, Any, Any]) -> Any:
        """What the desktop says; None when it does not answer, or not in time."""
        return self._loop.run(_settled(question))


async def _settled(question: Coroutine[Any, Any, Any]) -> Any:
    """The result, or None: every system fails in its own way, and all mean the same here."""
    task = asyncio.ensure_future(question)
    await asyncio.wait({task}, timeout=ANSWER_S)
    if not task.done():
        task.cancel()
        return None
    return None if task.cancelled() or task.exception() else task.result()
