"""What the wearer asks of a session by a key, and what is said to it: the same on the screen and in plain lines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import click

from hiphinge.alerts.cues import SET, START, STOP
from hiphinge.apps.guided.keys import pressed
from hiphinge.apps.live.core import Live
from hiphinge.apps.live.glance import Glance
from hiphinge.blocks import Input, Outcome
from hiphinge.markers import ACTION, TWIST, Marker
from hiphinge.monitor import REZERO

PAUSE_MIN, MUTE_MIN = 10, 30
TWIST_S = 5.0
RAISED = "Noted: the limit moves up a little, within bounds."
NO_CUE = "Noted, though there was no cue yet."
KEYS = {
    **{"s": "set", "m": "mark", "z": "new zero", "u": "mute", "p": f"pause {PAUSE_MIN} min", "w": "wrong"},
    **{"t": "twisted", "q": "end"},
}
"""Key -> its name, in the order in which they are shown; 80 columns hold them all."""


class Wishes:
    """Keys in, Controls into the log, words out; ``glance`` knows what holds now."""

    def __init__(self, live: Live, glance: Glance) -> None:
        self._live, self._glance = live, glance

    def press(self, key: str) -> str:
        """What is said to it; "" for a key that means nothing."""
        wishes = {"s": self._set, "u": self._mute, "t": self._twist, "q": self._end}
        plain = {
            "m": ("Marked.", "mark", ""),
            "z": ("Stand upright and still for 3 s: a new zero is taken.", REZERO, ""),
            "p": (f"Paused for {PAUSE_MIN} min.", "pause", str(PAUSE_MIN)),
            "w": (RAISED if self._glance.cue else NO_CUE, "wrong", "rounded_back"),
        }
        if key in plain:
            return self._ask(*plain[key])
        return wishes[key]() if key in wishes else ""

    def _ask(self, words: str, action: str, value: str = "") -> str:
        self._live.ask(action, value)
        return words

    def _set(self) -> str:
        """Begin or end a practice set."""
        running = self._glance.in_set
        return self._ask("Set ended." if running else "Set begun: now you are cued.", SET, STOP if running else START)

    def _mute(self) -> str:
        """No cues until asked again."""
        if self._glance.muted_s:
            return self._ask("Cues again.", "unmute")
        return self._ask(f"Muted for {MUTE_MIN} min; u again ends it.", "mute", str(MUTE_MIN))

    def _twist(self) -> str:
        """All sensors have just been twisted in one hand: set their clocks by it."""
        now = self._live.inbox.now_ns() / 1e9
        span = Marker(TWIST, now - TWIST_S, now)
        return self._ask("The last 5 s were a twist of all sensors in one hand.", ACTION, span.to_text())

    def _end(self) -> str:
        """End the session in good order."""
        self._live.stop()
        return "Ending: the sensors are told to stop, the recording is closed."


def in_lines(live: Live) -> Callable[[float | None], Awaitable[None]]:
    """A session on a terminal without a screen: cues and what is said to keys as lines, which can be read aloud."""
    glance = Glance(live.monitor)
    wishes = Wishes(live, glance)

    def press(key: str) -> None:
        if words := wishes.press(key):
            click.echo(words)

    def cue(_: Sequence[Input], outcome: Outcome) -> None:
        for one in outcome.cues:
            click.echo(one.message)

    async def run(seconds: float | None) -> None:
        async with pressed(press):  # before they are named: what was typed until then is forgotten
            click.echo(f"Keys: {', '.join(f'{key} {name}' for key, name in KEYS.items())}.")
            await live.run(seconds)

    live.listeners += [glance, cue]
    return run
