"""What the dashboard runs: nothing, a recorded session, a guided calibration or its check; one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hiphinge import settings
from hiphinge.alerts.cues import SET, START, STOP
from hiphinge.apps import owner
from hiphinge.apps.dashboard.view import View
from hiphinge.apps.guided.guiding import Checked, Guided, opened_for
from hiphinge.apps.guided.guiding import Opened as Guidable
from hiphinge.apps.live import books, keeping
from hiphinge.apps.live.core import Live
from hiphinge.apps.live.opening import BLE, open_source, shown
from hiphinge.apps.live.run import Totals, answer, deliver, ended
from hiphinge.apps.live.still_right import StillRight
from hiphinge.errors import HiphingeError, InputError, in_words
from hiphinge.monitor import REZERO
from hiphinge.recording import replacing
from hiphinge.wizard.guide import ACTION, Guidance

WHAT = "dashboard"
IDLE, OPENING, LIVE, CALIBRATING, CHECKING = "idle", "opening", "live", "calibrating", "checking"
KEYS = {
    "set": (SET, START),
    "set_stop": (SET, STOP),
    "mark": ("mark", ""),
    "mute": ("mute", "1440"),
    "pause": ("pause", "5"),
    "unmute": ("unmute", ""),
    "wrong": ("wrong", ""),
    "zero": (REZERO, ""),
}
"""What a page may ask for -> action and value of the Control; times in minutes."""
Work = Callable[[AsyncExitStack], Awaitable[Path | None]]
STEPS = ("next", "redo", "skip", "back", "hurts")


@dataclass(frozen=True)
class Wish:
    """Where inputs come from, and whose they are; ``scenario`` of a simulation, ``speed`` 1 is real time.

    ``take_over``: whoever holds the sensors is asked to end first.
    """

    source: str = BLE
    wearer: str = ""
    scenario: str = "workout"
    speed: float = 1.0
    take_over: bool = False


class Running:
    """One at a time; ``words`` is the last thing to be said of it, ``notes`` what beside."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.doing, self.words = IDLE, ""
        self.notes: list[str] = []
        self.live: Live | None = None
        self.view: View | None = None
        self.told: Guidance | None = None
        self.checked: Checked | None = None
        self._task: asyncio.Task[None] | None = None
        self._later: asyncio.Task[None] | None = None

    # --- Keys --------------------------------------------------------------------------

    def begin(self) -> None:
        """A session that is recorded; InputError where something runs."""
        self._start(self._record, "recording")

    def calibrate(self) -> None:
        """A guided calibration; InputError where something runs."""
        self._start(self._guide, "calibrating")

    def check(self) -> None:
        """Whether the calibration that was kept still holds; InputError where something runs."""
        self._start(self._check, "checking a calibration")

    async def end(self) -> None:
        """End in good order what runs; what is only being opened is given up."""
        task = self._task
        if task is None:
            return
        if self.live:
            self.live.stop()
        elif self.doing == OPENING and not task.cancelling():
            task.cancel()
        await asyncio.wait([task])
        if task.cancelled() and self._task is task:  # it may not even have begun
            self.doing, self.words = IDLE, "Stopped before it began."

    def press(self, key: str) -> None:
        """A key of the live page; InputError where it is none, or nothing runs."""
        if key not in KEYS:
            raise InputError(f"{key!r}, expected one of {', '.join(KEYS)}.")
        if self.live is None or self.doing != LIVE:
            raise InputError("Nothing is running. Start a session first.")
        self.live.ask(*KEYS[key])

    def step(self, key: str) -> None:
        """A key of the calibration."""
        if key not in STEPS:
            raise InputError(f"{key!r}, expected one of {', '.join(STEPS)}.")
        if self.live is None or self.doing != CALIBRATING:
            raise InputError("No calibration is running. Begin one first.")
        self.live.ask(ACTION, key)

    # --- What runs ---------------------------------------------------------------------

    def _start(self, work: Work, doing: str) -> None:
        if self.doing != IDLE:
            raise InputError("Something is running already. Stop it first.")
        self.doing, self.words, self.told, self.checked, self.notes = OPENING, "", None, None, []
        self._task = asyncio.create_task(self._own(work, doing))

    async def _own(self, work: Work, doing: str) -> None:
        """Hold the sensors while it lasts; whatever can be explained ends as a sentence.

        Then into the journal, for which nobody waits: after a day that takes minutes.
        """
        made = None
        try:
            await asyncio.sleep(0)  # the page is answered first
            if self.wish.take_over:
                await asyncio.to_thread(owner.take_over)
            with owner.owning(WHAT, doing):
                async with AsyncExitStack() as stack:
                    made = await work(stack)
        except (HiphingeError, OSError) as e:
            self.words = in_words(e)
        finally:
            self.doing, self.live = IDLE, None
        if made:
            self._later = asyncio.create_task(self._remember(self._later))

    async def _remember(self, before: asyncio.Task[None] | None) -> None:
        """Into the journal, one after the other; where the program ends first, the next time does it."""
        if before:
            await asyncio.wait([before])
        await books.catch_up(self._say)

    async def _record(self, stack: AsyncExitStack) -> Path | None:
        """A session; the recording, where it is the wearer's own."""
        repaired = await _mended()
        wish = self.wish
        opened = await open_source(wish.source, stack, wish.wearer, wish.scenario, wish.speed)
        path = keeping.new_name("lift")
        live = keeping.recorded(opened, path)
        stack.callback(live.close)  # it may end before it runs
        totals, view = Totals(), View(live, opened, path.name, 1.0 if wish.source == BLE else wish.speed)
        live.listeners += [totals, view]
        live.ask(SET, START)
        views = stack.enter_context(ExitStack())
        deliver(live, views, self._say)
        if opened.source.live and opened.calibration.mountings:
            live.listeners.append(StillRight(opened, self._say))
        self.live, self.view, self.doing = live, view, LIVE
        self.words = " ".join([*repaired, shown(opened)])
        await stack.enter_async_context(owner.answering(lambda question: answer(question, live, totals, path)))
        await live.run()
        self.words = ended(totals, live, Path(path.name))
        return path if wish.source == BLE else None

    def _say(self, words: str) -> None:
        """Beside: a way to the wearer fails, the calibration still holds."""
        self.notes.append(words)

    async def _guide(self, stack: AsyncExitStack) -> Path | None:
        """A calibration, recorded and kept when it is whole; the recording, where it is the wearer's own."""
        guided = Guided(await self._opened(stack), self._follow)
        await self._run(stack, guided.live, guided.told, CALIBRATING)
        told = guided.told
        if told.calibration is None:
            self.words = "Stopped before the end: nothing was kept."
            return None
        path = keeping.new_name("calibrate")
        with replacing(path) as temporary:
            await asyncio.to_thread(guided.write, temporary)
        guided.remember_sensors()
        settings.keep_calibration(told.calibration)
        self.words = f"{told.calibration.verdict} It is kept, and recorded as {path.name}."
        return path if self.wish.source == BLE else None

    async def _check(self, stack: AsyncExitStack) -> None:
        """Ten seconds of standing against the calibration that was kept; nothing is recorded."""
        self.checked = Checked(await self._opened(stack))
        await self._run(stack, self.checked.live, None, CHECKING)
        held = self.checked.held
        self.words = held.words if held.done else "Stopped before the end: nobody can tell whether it holds."

    async def _opened(self, stack: AsyncExitStack) -> Guidable:
        return await opened_for(self.wish.source, stack, self.wish.wearer or None, self.wish.speed)

    async def _run(self, stack: AsyncExitStack, live: Live, told: Guidance | None, doing: str) -> None:
        """Until the guide is done, the source ends, or somebody takes the sensors over."""

        def asked(question: dict[str, Any]) -> dict[str, Any]:
            if question.get("ask") != "stop":
                return {"error": f"{question.get('ask')!r}, expected stop"}
            live.stop()
            return {"taken": True}

        await stack.enter_async_context(owner.answering(asked))
        self.live, self.told, self.view, self.doing = live, told, None, doing
        await live.run()

    def _follow(self, told: Guidance) -> None:
        self.told = told

    def snapshot(self, after: float) -> dict[str, Any]:
        """For the live page."""
        state: dict[str, Any] = {"doing": self.doing, "words": self.words, "notes": self.notes}
        return state | (self.view.snapshot(after) if self.view else {})


async def _mended() -> list[str]:
    """What was cut off is repaired; given up meanwhile, it is waited for: a thread goes on, and must own the home."""
    mending = asyncio.create_task(asyncio.to_thread(keeping.mend))
    try:
        return await asyncio.shield(mending)
    except asyncio.CancelledError:
        await asyncio.gather(mending, return_exceptions=True)
        raise
