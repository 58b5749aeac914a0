"""One live session from its first to its last line: owned, opened, recorded, shown, closed."""

from __future__ import annotations

import asyncio
import contextlib
import math
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from hiphinge import settings
from hiphinge.alerts.cues import SET, START
from hiphinge.alerts.rules import POOR
from hiphinge.apps import owner
from hiphinge.apps.live import books, disturb, keeping
from hiphinge.apps.live.core import Live
from hiphinge.apps.live.day import Day
from hiphinge.apps.live.house import House
from hiphinge.apps.live.motors import motor
from hiphinge.apps.live.opening import Opened, open_source, shown
from hiphinge.apps.live.still_right import StillRight
from hiphinge.apps.live.telling import JsonLines, Unheard, line, sensor_row
from hiphinge.apps.live.wishes import in_lines
from hiphinge.apps.watch import Watch
from hiphinge.apps.words import plural
from hiphinge.blocks import Alert, Input, Outcome
from hiphinge.sinks import Delivery, wanted

Show = Callable[[float | None], Awaitable[None]]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """What somebody asked for on the command line. ``what``: lift or desk; ``speed`` 1 is real time."""

    what: str
    source: str
    scenario: str
    seconds: float | None
    out: Path | None
    wearer: str
    as_json: bool
    take_over: bool = False
    speed: float = 1.0
    plain: bool = False


def run(wish: Wish) -> None:
    """Hold the home, run the session, leave everything in order; returns also after Ctrl-C.

    Raises HeldError, InputError, SettingsError, RadioError, RecordingError.
    """
    if wish.take_over:
        owner.take_over()
    path = None
    with owner.owning(wish.what), contextlib.suppress(KeyboardInterrupt):
        for words in keeping.mend():
            _say(wish, "repaired", words)
        path = asyncio.run(_run(wish))
    if path and path.parent == keeping.recordings():
        _remember(wish)


def _remember(wish: Wish) -> None:
    """Into the journal; whoever has no time for it presses Ctrl-C."""
    if sys.stderr.isatty() and not wish.as_json:
        _say(wish, "history", "It is taken into the history (Ctrl-C leaves that for the next time) …")
    with contextlib.suppress(KeyboardInterrupt):
        books.bring_up_to_date(lambda words: _say(wish, "history", words))


async def _run(wish: Wish) -> Path:
    """The session; returns the recording."""
    async with AsyncExitStack() as stack:
        opened = await open_source(wish.source, stack, wish.wearer, wish.scenario, wish.speed)
        path = wish.out or keeping.new_name(wish.what)
        live = keeping.recorded(opened, path)
        stack.callback(live.close)  # it may end before it runs
        totals = Totals()
        live.listeners.append(totals)
        on_signals(live.stop)
        _say(wish, "begun", f"Recording to {path}. {shown(opened)}", path=str(path))
        if wish.what == "lift":
            live.ask(SET, START)
        with ExitStack() as views:
            show, tell = _view(live, opened, wish, views)
            deliver(live, views, tell)
            if wish.what == "desk":
                house = House(wish.wearer, tell)
                views.callback(house.close)
                views.enter_context(house.following(live, totals.day))
            if opened.source.live and opened.calibration.mountings:
                live.listeners.append(StillRight(opened, tell))
            await stack.enter_async_context(owner.answering(lambda question: answer(question, live, totals, path)))
            if wish.what == "desk" and opened.source.live:
                await stack.enter_async_context(disturb.following(live.ask))
            await show(wish.seconds)
        _say(wish, "ended", ended(totals, live, path), path=str(path), repetitions=totals.reps, alerts=totals.alerts)
    return path


class Totals:
    """A listener that counts what has come."""

    def __init__(self) -> None:
        self.reps = self.alerts = 0
        self.begun: float | None = None
        self.now = math.nan
        self.posture = ""
        self.day = Day()

    def __call__(self, inputs: Sequence[Input], outcome: Outcome) -> None:
        """Count what one feed brought."""
        self.day(inputs, outcome)
        self.reps += len(outcome.repetitions)
        self.alerts += len(outcome.alerts)
        if outcome.bouts:
            self.posture = outcome.bouts[-1].posture
        if inputs:
            self.now = inputs[-1].arrival_ns / 1e9
            self.begun = self.now if self.begun is None else self.begun

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return self.now - self.begun if self.begun is not None else 0.0


def answer(question: dict[str, Any], live: Live, totals: Totals, path: Path) -> dict[str, Any]:
    """What another process of this user gets: status, or that its wish is taken."""
    asked = question.get("ask")
    if asked == "stop":
        live.stop()
        return {"taken": True}
    if asked == "control" and isinstance(question.get("action"), str):
        live.ask(question["action"], str(question.get("value", "")))
        return {"taken": True}
    if asked == "status":
        return {
            "recording": str(path),
            "recording_trouble": live.health.recording,
            "radio_trouble": live.health.trouble,
            "seconds": round(totals.seconds, 1),
            "repetitions": totals.reps,
            "alerts": totals.alerts,
            "posture": totals.posture,
            **totals.day.told(live.source.now_ns() / 1e9),
            "sensors": [sensor_row(one) for one in live.health.sensors],
        }
    return {"error": f"{asked!r}, expected status, control or stop"}


def ended(totals: Totals, live: Live, path: Path) -> str:
    """The last sentence."""
    trouble = f" {live.health.recording}" if live.health.recording else ""
    counted = f"{plural(totals.reps, 'repetition')}, {plural(totals.alerts, 'alert')}"
    return f"{totals.seconds:.0f} s, {counted}. {path}{trouble}"


def deliver(live: Live, views: ExitStack, tell: Tell) -> None:
    """Cues to the ways that the wearer set, and at once that nothing is recorded any more; what becomes of them."""

    def say(words: str) -> None:
        """From a sink's thread, which has to go on; that nobody reads any more ends the session by itself."""
        with contextlib.suppress(OSError):
            tell(words)

    feedback = settings.load(root=settings.Feedback)
    buzz = motor(live.source, feedback.vibration)
    sinks = wanted(feedback, settings.load_secrets(), buzz=buzz, instead=lambda cue: say(cue.message))
    delivery = views.enter_context(Delivery(sinks, say))
    told = set[str]()

    def offer(_: Sequence[Input], outcome: Outcome) -> None:
        for cue in outcome.cues:
            delivery.offer(cue)
        if (words := live.health.recording) and words not in told:
            told.add(words)
            tell(words)
            # Not of the monitor's making: an outcome follows from the recording, and there is none.
            delivery.offer(Alert(live.source.now_ns() / 1e9, POOR, "warning", words, math.nan, math.nan, "disk", ""))

    live.listeners.append(offer)


def _view(live: Live, opened: Opened, wish: Wish, views: ExitStack) -> tuple[Show, Tell]:
    """How the session is run and shown: lines of JSON, a screen on a terminal, plain lines elsewhere."""
    if wish.as_json:
        live.listeners.append(JsonLines(live.health))
        return live.run, lambda words: line("feedback", message=words)
    terminal = sys.stdout.isatty() and sys.stdin.isatty()
    if terminal and not wish.plain:
        from hiphinge.apps.gym.screen import Gym, watched  # noqa: PLC0415  textual takes 0.3 s

        screen = Gym(live, wish.what)
        return lambda seconds: watched(live, screen, seconds), screen.tell
    zero = opened.source.now_ns() / 1e9 if opened.source.live else 0.0
    watch = views.enter_context(Watch(wish.what, opened.calibration.max_lumbar_flexion, plain=True, zero=zero))
    live.listeners.append(lambda _, outcome: watch.show(outcome))
    show = in_lines(live) if terminal else live.run

    def tell(words: str) -> None:
        click.echo(words, err=True)

    if opened.source.live:
        live.listeners.append(Unheard(live.health, tell))
    return show, tell


def _say(wish: Wish, event: str, words: str, **values: Any) -> None:
    if wish.as_json:
        line(event, message=words, **values)
    else:
        click.echo(words, err=event != "ended")


def on_signals(stop: Callable[[], None], *names: str) -> None:
    """Ctrl-C, the end of the terminal and a service's stop end a session in good order; ``names``: only these do.

    Begun with nohup, it outlives its terminal.
    """
    loop = asyncio.get_running_loop()
    for name in names or ("SIGINT", "SIGTERM", "SIGHUP"):
        if sys.platform != "win32":
            one = getattr(signal, name)
            if name != "SIGHUP" or signal.getsignal(one) is not signal.SIG_IGN:
                loop.add_signal_handler(one, stop)
