"""One guided calibration in the terminal: source, guide, screen; kept when it is whole, else nothing is written."""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from hiphinge import __version__, monitor, session, settings
from hiphinge.apps import owner
from hiphinge.apps.guided.keys import pressed
from hiphinge.apps.guided.screen import KEYS, Screen
from hiphinge.apps.guided.virtual import Obliging
from hiphinge.apps.live.core import Live
from hiphinge.apps.live.opening import BLE, SIMULATED, open_source
from hiphinge.blocks import Calibration, Control, Input, Outcome, Sensor
from hiphinge.errors import CalibrationRefused, InputError
from hiphinge.recording import Header, Writer, replacing
from hiphinge.sources.replayed import Replayed
from hiphinge.sources.source import Source
from hiphinge.wizard.guide import ACTION, Guidance, Guide
from hiphinge.wizard.guide import Params as GuideParams
from hiphinge.wizard.holds import Check

VIRTUAL = "virtual"


@dataclass(frozen=True)
class Wish:
    """What somebody asked for; ``wearer`` None: as the source names him."""

    source: str = BLE
    wearer: str | None = None
    out: Path | None = None
    sitting: bool = True
    check: bool = False
    speed: float = 1.0
    seed: int = 0
    as_json: bool = False


@dataclass(frozen=True)
class Opened:
    """Where the inputs come from; ``answered``: the wearer's keys are among them."""

    source: Source
    params: monitor.Params
    wearer: str
    answered: bool = False


def run(wish: Wish) -> None:
    """Guide, judge, keep. Raises CalibrationRefused where it ended too early; HeldError, InputError, RadioError."""
    with ExitStack() as stack:
        if wish.source == BLE:
            stack.enter_context(owner.owning("calibrate"))
        out = stack.enter_context(replacing(wish.out)) if wish.out else None
        asyncio.run(_check(wish) if wish.check else _run(wish, out))


async def _check(wish: Wish) -> None:
    """Ten seconds of standing against the zero that was kept."""
    async with AsyncExitStack() as stack:
        opened = await _open(wish, stack)
        if (kept := settings.kept_calibration(opened.wearer)) is None:
            who = opened.wearer or "you"
            raise InputError(f"No calibration is kept for {who}, expected one. Calibrate first: hiphinge calibrate")
        live, check = (
            Live(opened.source, monitor.Monitor(opened.params)),
            Check(opened.params, opened.source.sensors, kept),
        )
        held = check.feed(())
        _say(wish, "check", held.words)

        def hear(inputs: Sequence[Input], outcome: Outcome) -> None:
            nonlocal held
            held = check.feed(inputs)
            if held.done:
                live.stop()

        live.listeners.append(hear)
        await live.run()
    if held.holds:
        _say(wish, "holds", held.words)
    else:
        raise CalibrationRefused(held.words, part="stand")


def _say(wish: Wish, event: str, words: str) -> None:
    if wish.as_json:
        line(event, message=words)
    else:
        click.echo(words)


async def _run(wish: Wish, out: Path | None) -> None:
    async with AsyncExitStack() as stack:
        opened = await _open(wish, stack)
        guided = Session(wish, opened)
        told = await guided.run(stack)
    if told.calibration is None:
        raise CalibrationRefused(
            f"calibrate: it ended at the step {told.step!r}, expected all of them. {told.problem or told.say} "
            "Nothing was kept. A recording of other movements: hiphinge calibrate recording FILE",
            part=told.step,
        )
    if out:
        write(out, opened, told.sensors, guided.log)
    if wish.source == BLE and told.sensors != opened.source.sensors:
        settings.save(replace(settings.load(), sensors=told.sensors))
    _tell(wish, told.calibration, settings.keep_calibration(told.calibration))


async def _open(wish: Wish, stack: AsyncExitStack) -> Opened:
    if wish.source == SIMULATED:
        virtual = Obliging(wish.seed, wish.speed)
        params = replace(settings.load(), sensors=virtual.sensors)
        return Opened(virtual, params, wish.wearer or VIRTUAL, answered=True)
    if wish.source == BLE:
        found = await open_source(BLE, stack, wish.wearer or "", "")
        return Opened(found.source, found.params, found.wearer)
    return _recorded(Path(wish.source), wish)


def _recorded(path: Path, wish: Wish) -> Opened:
    opened = session.open(path)
    head, recording = opened.header, opened.recording
    params = settings.from_recording(head.monitor)[0] if head.monitor else monitor.Params()
    answered = any(control.action == ACTION for control in recording.controls())
    source = Replayed("replay", head.sensors, recording.batches(), wish.speed)
    wearer = head.wearer if wish.wearer is None else wish.wearer
    return Opened(source, replace(params, sensors=head.sensors), wearer, answered=answered)


class Session:
    """Inputs to the guide, its words to the screen, its marks into the log."""

    def __init__(self, wish: Wish, opened: Opened) -> None:
        self.opened, self.wish = opened, wish
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self.guide = Guide(
            opened.params,
            opened.source.sensors,
            wearer=opened.wearer,
            created_utc=now,
            guide=GuideParams(sitting=wish.sitting),
        )
        self.live = Live(opened.source, monitor.Monitor(opened.params))
        self.log: list[Input] = []  # of the recording, from standing on
        self.told = self.guide.feed(())
        self._show = JsonLines() if wish.as_json else Screen(opened.wearer)
        self._stands = 0

    async def run(self, stack: AsyncExitStack) -> Guidance:
        """Until the guide is done or the source ends."""
        self.live.listeners.append(self._hear)
        asks = sys.stdin.isatty() and not self.wish.as_json
        if not self.opened.answered and not asks:
            self.live.ask(ACTION, "stand")  # nobody could press a key
        if asks:
            await stack.enter_async_context(pressed(self._press))
        with self._show:
            self._show.show(self.told)
            await self.live.run()
        return self.told

    def _press(self, key: str) -> None:
        if key == "q":
            self.live.stop()
        elif key in KEYS:
            self.live.ask(ACTION, KEYS[key])

    def _hear(self, inputs: Sequence[Input], outcome: Outcome) -> None:
        if self.told.done:
            return
        self.told = self.guide.feed(inputs)
        self._record(inputs)
        self._show.show(self.told)
        if isinstance(self.opened.source, Obliging):
            self.opened.source.follow(self.told)
        if self.told.done:
            self.live.stop()

    def _record(self, inputs: Sequence[Input]) -> None:
        """From standing on, when it is known which sensor is which; anew when the wearer stands again."""
        begun = round(self.told.since * 1e9)
        if self.told.step == "stand" and self.told.attempt != self._stands:
            self._stands = self.told.attempt
            self.log = [Control(begun, ACTION, "stand"), *(one for one in inputs if one.arrival_ns >= begun)]
            return
        self._stands = self._stands if self.told.step == "stand" else 0
        if self.log:
            now = max(one.arrival_ns for one in (*self.log[-1:], *inputs))
            self.log += [*inputs, *(replace(mark, arrival_ns=now) for mark in self.told.marks)]


class JsonLines:
    """One JSON line an event: a step, a verdict, a problem, the end."""

    def __init__(self) -> None:
        self._step: tuple[object, ...] = ()
        self._problem = ""

    def __enter__(self) -> JsonLines:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, told: Guidance) -> None:
        """What is new."""
        for v in told.ended:
            if v.step != "done":
                line("verdict", step=v.step, passed=v.passed, fault=v.fault, message=v.words)
        if told.problem != self._problem:
            self._problem = told.problem
            line("problem", message=told.problem)
        if (step := (told.step, told.site, told.attempt)) != self._step and not told.done:
            self._step = step
            line("step", step=told.step, site=told.site, attempt=told.attempt, message=told.say)


def line(event: str, **values: Any) -> None:
    """One event."""
    click.echo(json.dumps({"event": event, **values}))


def _tell(wish: Wish, found: Calibration, path: Path) -> None:
    if wish.as_json:
        line("done", id=found.id, path=str(path), message=found.verdict)
    else:
        click.echo(f"{found.verdict}\nKept as {path} ({found.id}).")


def write(path: Path, opened: Opened, sensors: tuple[Sensor, ...], log: Sequence[Input]) -> None:
    """The log of the calibration as a recording."""
    head = Header(
        recording_id=str(uuid.uuid4()),
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        wearer=opened.wearer,
        source=opened.source.name,
        software=f"hiphinge {__version__}",
        sensors=sensors,
        monitor=settings.to_json(replace(opened.params, sensors=sensors)),
    )
    with Writer(path, head) as writer:
        writer.write(log)
