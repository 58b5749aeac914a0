"""One guided calibration in the terminal: source, guide, screen; kept when it is whole, else nothing is written."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from hiphinge import settings
from hiphinge.apps import owner
from hiphinge.apps.guided.guiding import Checked, Guided, Opened, opened_for
from hiphinge.apps.guided.keys import lines, pressed
from hiphinge.apps.guided.screen import KEYS, TITLES, Screen
from hiphinge.apps.live.core import Live
from hiphinge.apps.live.opening import BLE, SIMULATED
from hiphinge.apps.live.run import on_signals
from hiphinge.blocks import Calibration
from hiphinge.errors import CalibrationRefused, InputError, RadioError
from hiphinge.recording import replacing
from hiphinge.wizard.guide import ACTION, Guidance

HEARD_S = 45.0
"""Within which the check is done: sensors connect one after the other, and it takes ten seconds itself [D]."""
PATIENCE_S = 120.0
"""In which a step ends or begins anew where somebody is there: a whole calibration takes no longer [D]."""
LINES = {key: key for key in (*KEYS, "q")} | {name: key for key, name in KEYS.items()} | {"quit": "q"}
"""What a line may be -> its key."""


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
    take_over: bool = False
    plain: bool = False


def run(wish: Wish) -> None:
    """Guide, judge, keep. Raises CalibrationRefused where it ended too early; HeldError, InputError, RadioError."""
    with ExitStack() as stack:
        if wish.source == BLE:
            if wish.take_over:
                owner.take_over()
            stack.enter_context(owner.owning("calibrate", "checking a calibration" if wish.check else "calibrating"))
        out = stack.enter_context(replacing(wish.out)) if wish.out else None
        work = _check(wish) if wish.check else _run(wish, out)
        asyncio.run(owner.unless_taken("calibrate", work) if wish.source == BLE else work)


async def _check(wish: Wish) -> None:
    """Ten seconds of standing against the zero that was kept."""
    async with AsyncExitStack() as stack:
        opened = await _open(wish, stack)
        checked = Checked(opened)
        _say(wish, "check", checked.held.words)
        await checked.live.run(HEARD_S if opened.source.live else None)
        trouble = checked.live.health.trouble
    if not checked.held.done and trouble:
        raise RadioError(trouble)
    if not checked.held.done:
        raise InputError(
            "calibrate --check: too little was heard, expected ten seconds of every sensor worn. "
            "Wake them and bring them near; what is near shows: hiphinge scan"
        )
    if checked.held.holds:
        _say(wish, "holds", checked.held.words)
    else:
        raise CalibrationRefused(checked.held.words, part="stand")


def _say(wish: Wish, event: str, words: str) -> None:
    if wish.as_json:
        line(event, message=words)
    else:
        click.echo(words)


async def _run(wish: Wish, out: Path | None) -> None:
    async with AsyncExitStack() as stack:
        guided = await _shown(wish, await _open(wish, stack), stack)
    told = guided.told
    if told.calibration is None:
        raise CalibrationRefused(_unfinished(wish, told), part=told.step)
    if out:
        guided.write(out)
    guided.remember_sensors()
    _tell(wish, told.calibration, settings.keep_calibration(told.calibration))


def _unfinished(wish: Wish, told: Guidance) -> str:
    """Where it ended, why, and what else there is."""
    words = [f"calibrate: it ended at the step {TITLES[told.step]!r}, expected all of them."]
    words += [told.problem, "Nothing was kept."] if told.problem else ["Nothing was kept."]
    if wish.source not in (BLE, SIMULATED):
        words.append("A recording of other movements: hiphinge calibrate recording FILE")
    return " ".join(words)


async def _open(wish: Wish, stack: AsyncExitStack) -> Opened:
    return await opened_for(wish.source, stack, wish.wearer, wish.speed, wish.seed)


async def _shown(wish: Wish, opened: Opened, stack: AsyncExitStack) -> Guided:
    """Until the guide is done or the source ends, on the terminal or as lines."""
    show = JsonLines() if wish.as_json else Screen(opened.wearer, plain=wish.plain)
    guided = Guided(opened, show.show, sitting=wish.sitting)
    asks = sys.stdin.isatty() and not wish.as_json
    alone = not opened.answered and not asks
    if alone:
        guided.live.ask(ACTION, "stand")  # it goes on by itself from there
    on_signals(guided.live.stop, "SIGTERM", "SIGHUP")  # Ctrl-C is Python's own: 130
    if asks:
        await stack.enter_async_context(pressed(lambda key: _press(guided.live, key)))
    else:
        await stack.enter_async_context(_typed(wish, guided))
    with show:
        if not alone:
            show.show(guided.told)
        await guided.live.run()
    return guided


@asynccontextmanager
async def _typed(wish: Wish, guided: Guided) -> AsyncIterator[None]:
    """Keys as lines of standard input, by letter or name. Once it has ended nobody can press one any more."""
    ended = asyncio.Event()

    def press(word: str) -> None:
        if (key := LINES.get(word.lower())) is None:
            _say(wish, "unknown", f"{word[:20]!r}, expected one of {', '.join([*KEYS.values(), 'quit'])}.")
        else:
            _press(guided.live, key)

    waiting = asyncio.create_task(_stop_where_it_stands(guided, ended))
    async with lines(press, ended.set):
        try:
            yield
        finally:
            waiting.cancel()


async def _stop_where_it_stands(guided: Guided, ended: asyncio.Event) -> None:
    """Once nobody can press a key: end it when no step has ended, nor begun anew, for a while."""
    await ended.wait()
    if not guided.opened.source.live:
        return  # it ends by itself
    before = None
    while before != (before := (guided.told.step, guided.told.site, guided.told.attempt)):
        await asyncio.sleep(PATIENCE_S)
    guided.live.stop()


def _press(live: Live, key: str) -> None:
    if key == "q":
        live.stop()
    elif key in KEYS:
        live.ask(ACTION, KEYS[key])


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
        words = f"{found.verdict}\nKept as {path} ({found.id})."
        Console().print(words, highlight=False, markup=False, soft_wrap=not sys.stdout.isatty())
