"""``hiphinge desk --service``: for weeks, beside whatever else the wearer does.

It waits where a command would give up: for sensors to be assigned, for Bluetooth,
for room on the disk, for another command that holds the sensors. It records a day
at a time (pieces.py) and takes each into the journal. What it waits for stands in
``hiphinge status``; every such sentence goes once to the service's log.
"""

from __future__ import annotations

import asyncio
import math
import shutil
import time
from collections import deque
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack, suppress
from datetime import date
from pathlib import Path
from typing import Any

from hiphinge import settings
from hiphinge.apps import owner
from hiphinge.apps.live import books, disturb, keeping, pieces, standby
from hiphinge.apps.live.core import DESK_S, Live
from hiphinge.apps.live.house import House
from hiphinge.apps.live.opening import BLE, Opened, open_source, shown
from hiphinge.apps.live.run import Totals, Wish, answer, deliver, ended, on_signals
from hiphinge.errors import HeldError, HiphingeError, RecordingError
from hiphinge.monitor import Monitor
from hiphinge.recording import Writer

LOOK_S = 10.0
"""Between two looks at the clock, the disk, and what is waited for."""
RETRY_S = 30.0
"""After something that failed: Bluetooth off, a setting that cannot be read."""
YIELD_S = 10.0
"""For the command that takes over to begin."""
NOTES = 5
"""Sentences that ``hiphinge status`` repeats."""
UNASSIGNED = "Waiting: no sensor is assigned to a site. Say which is worn where: hiphinge wear"

Say = Callable[[str], None]


def serve(wish: Wish, say: Say) -> None:
    """Until the system, or Ctrl-C, ends it. HeldError: it runs already."""
    with standby.standing_by() as tell, suppress(KeyboardInterrupt):
        asyncio.run(Service(wish, say, tell).run())


class Service:
    """One service; ``run`` it once. ``say`` takes lines for the log, ``tell`` the sentence for status."""

    def __init__(self, wish: Wish, say: Say, tell: Say, params: pieces.Params | None = None) -> None:
        self.wish, self.params = wish, params or pieces.Params()
        self.today: Callable[[], date] = date.today
        self.wall: Callable[[], float] = time.time
        self.look_s, self.yield_s, self.retry_s = LOOK_S, YIELD_S, RETRY_S
        self._say, self._tell = say, tell
        self._words = ""
        self._notes: deque[str] = deque(maxlen=NOTES)
        self._stopped = asyncio.Event()
        self._live: Live | None = None
        self._taken = False
        self._failures = 0
        self._books: asyncio.Task[None] | None = None
        self._house = House(wish.wearer, self._note)

    def stop(self) -> None:
        """End in good order."""
        self._stopped.set()
        if self._live:
            self._live.stop()

    async def run(self) -> None:
        """Wait, hold the sensors, record; again and again."""
        on_signals(self.stop)
        self._open_books()
        if self.wish.seconds:
            asyncio.get_running_loop().call_later(self.wish.seconds, self.stop)
        try:
            while not self._stopped.is_set():
                await self._pause(await self._try())
        finally:
            self._house.close()
            await self._close_books()

    async def _try(self) -> float:
        """Hold the sensors once, as long as that goes; s until the next try."""
        try:
            if self.wish.source == BLE and not settings.load().sensors:
                self._now(UNASSIGNED)
                return self.look_s
            with owner.owning("desk"):
                return await self._hold()
        except HeldError:
            self._now(f"Waiting for {(owner.owner() or {}).get('what', 'another command')} to end.")
            return self.look_s
        except HiphingeError as e:
            self._now(f"Waiting: {e}")
        except OSError as e:
            self._now(f"Waiting: {e.filename or keeping.recordings()}: {(e.strerror or str(e)).lower()}.")
        return self.retry_s

    async def _hold(self) -> float:
        """Piece after piece until somebody takes over or it ends."""
        self._taken = False
        while not self._stopped.is_set():
            self._mend()
            await self._piece()
            if self._taken:
                self._now("Another command takes over; the service goes on when that has ended.")
                return self.yield_s
            self._open_books()
        return 0.0

    def _mend(self) -> None:
        """Repair what was cut off; a disk without room for that must not keep the next session away."""
        try:
            for words in keeping.mend():
                self._note(words)
        except OSError as e:
            self._note(f"A recording that was cut off is repaired later: {(e.strerror or str(e)).lower()}.")

    async def _piece(self) -> None:
        """One session: a source, a monitor, a recording where the disk takes one."""
        wish = self.wish
        async with AsyncExitStack() as stack:
            opened = await open_source(wish.source, stack, wish.wearer, wish.scenario, wish.speed)
            path = keeping.new_name(wish.what)
            piece = Piece(opened, path, self.today(), self._ahead)
            stack.callback(piece.live.close)  # it may end before it runs
            deliver(piece.live, stack.enter_context(ExitStack()), self._note)
            stack.enter_context(self._house.following(piece.live, piece.totals.day))
            await stack.enter_async_context(owner.answering(lambda question: self._answer(question, piece)))
            if opened.source.live:
                await stack.enter_async_context(disturb.following(piece.live.ask))
            self._now(shown(opened) if piece.live.health.recording else f"Recording to {path}. {shown(opened)}")
            await self._keep(piece)
        if not opened.source.live:
            self.stop()

    async def _keep(self, piece: Piece) -> None:
        """Run it until it is due to end; where its recording failed, another piece is tried later."""
        self._live = piece.live
        watching = asyncio.create_task(self._watch(piece))
        try:
            if not self._stopped.is_set():
                await piece.live.run()
        finally:
            self._live = None
            watching.cancel()
            await asyncio.wait([watching])
        self._failures = self._failures + 1 if piece.live.health.recording else 0
        self._note(ended(piece.totals, piece.live, piece.path))

    async def _watch(self, piece: Piece) -> None:
        """Look now and then whether the piece is due to end."""
        while True:
            free, failures = _free(piece.path.parent), self._failures + 1
            if why := pieces.cut(self.params, piece.state(), self.today(), free, failures):
                self._note(f"A new recording begins: {why}.")
                piece.live.stop()
                return
            await asyncio.sleep(self.look_s)

    def _answer(self, question: dict[str, Any], piece: Piece) -> dict[str, Any]:
        if question.get("ask") == "stop":
            self._taken = True
        told = answer(question, piece.live, piece.totals, piece.path)
        return {**told, "notes": list(self._notes)} if question.get("ask") == "status" else told

    # --- what is said, and the books -----------------------------------------------------------

    def _now(self, words: str) -> None:
        """What it does now: for status, and once for the log."""
        if words != self._words:
            self._words = words
            self._tell(words)
            self._say(words)

    def _note(self, words: str) -> None:
        """What has happened; from any thread, since ways to the wearer have their own."""
        with suppress(ValueError):
            self._notes.remove(words)
        self._notes.append(words)
        self._say(words)

    def _ahead(self) -> float:
        """Seconds by which the wall clock is ahead of the one that stands still while the computer sleeps."""
        return self.wall() - time.monotonic()

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopped.wait()

    def _open_books(self) -> None:
        """Take in what is new, beside the session; one at a time."""
        if self._books is None or self._books.done():
            self._books = asyncio.create_task(books.catch_up(self._note))

    async def _close_books(self) -> None:
        if self._books:
            self._books.cancel()
            await asyncio.wait([self._books])


class Piece:
    """One session of the service and how it goes."""

    def __init__(self, opened: Opened, path: Path, begun: date, ahead: Callable[[], float]) -> None:
        self.path, self.begun = path, begun
        self._ahead, self._apart = ahead, ahead()
        self.totals = Totals()
        self._since, self._failed_at = time.monotonic(), math.inf
        monitor = Monitor(opened.params, opened.calibration)  # first: settings that it refuses leave no file behind
        writer, trouble = _writer(path, opened)
        self.live = Live(opened.source, monitor, writer, DESK_S)
        self.live.listeners.append(self.totals)
        if trouble:
            self.live.health.recording_failed(trouble)

    def state(self) -> pieces.State:
        """As it is now."""
        now = time.monotonic()
        if self.live.health.recording:
            self._failed_at = min(self._failed_at, now)
        failed = now - self._failed_at if math.isfinite(self._failed_at) else None
        leapt = self._ahead() - self._apart
        return pieces.State(self.begun, now - self._since, self.totals.day.is_seated, failed, leapt)


def _free(folder: Path) -> int:
    """Bytes of room there; a disk that is gone has none."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


def _writer(path: Path, opened: Opened) -> tuple[Writer | None, str]:
    """A recording, or why there is none: a full disk must not keep the reminders away."""
    try:
        return Writer(path, keeping.header(opened), threaded=True), ""
    except (OSError, RecordingError) as e:
        words = (e.strerror or str(e)).lower() if isinstance(e, OSError) else str(e)
        return None, f"{path}: {words}. Nothing is recorded; it is tried again when there is room."
