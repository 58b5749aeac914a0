"""The screen itself: what is shown where, and the keys."""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.css.query import NoMatches
from textual.widgets import Footer, Static

from hiphinge.alerts.cues import GOOD, NOTE
from hiphinge.apps.gym.bar import Bar
from hiphinge.apps.gym.number import BigNumber
from hiphinge.apps.gym.terminal import lasting_terminal
from hiphinge.apps.live.core import Live
from hiphinge.apps.live.glance import Glance
from hiphinge.apps.live.health import STREAMING, SensorHealth
from hiphinge.apps.live.wishes import KEYS, Wishes
from hiphinge.blocks import Alert
from hiphinge.settings.safety import SHORT

REFRESH_S = 0.1
LUMBAR, HIP = "dark_orange", "deep_sky_blue1"
"""Told apart by colour-blind eyes too (orange and blue), and by their names."""
LUMBAR_FULL, HIP_FULL = 60.0, 110.0
NARROW = 60
LEAST = (60, 17)
"""Columns and lines in which all has its place."""


class Gym(App[None]):
    """One live session. ``told`` is a line at the bottom that stays until something newer is told."""

    CSS = """
    Screen { layout: vertical; }
    #top { height: 1; }
    #middle { height: 1fr; min-height: 8; }
    #count { width: 28%; min-width: 22; padding: 1 1; }
    #reps { width: 100%; height: 1fr; }
    #set { width: 100%; text-align: center; height: 2; }
    #bars { width: 1fr; padding: 0 1; }
    .bar { height: 1fr; margin: 1 0 0 0; }
    #cue { height: 2; padding: 0 1; }
    #sensors { height: auto; max-height: 4; }
    #told { height: auto; max-height: 3; padding: 0 1; }
    """
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        *((key, f"wish('{key}')", name) for key, name in KEYS.items()),
        Binding("ctrl+c", "wish('q')", show=False, priority=True),
    ]

    def __init__(self, live: Live, title: str) -> None:
        super().__init__()
        self.live, self.title = live, title
        self.glance = Glance(live.monitor)
        live.listeners.append(self.glance)
        self._wishes = Wishes(live, self.glance)
        self.told = SHORT

    def compose(self) -> ComposeResult:
        """Top line, numbers and bars, last cue, sensors, keys."""
        shown, own = self.glance.shown, math.degrees(self.glance.own_range)
        yield Static(id="top")
        with Horizontal(id="middle"):
            with Vertical(id="count"):
                yield BigNumber("reps")
                yield Static(id="set")
            with Vertical(id="bars"):
                full = own if math.isfinite(own) else LUMBAR_FULL
                yield Bar(short(shown.back_label), LUMBAR, full, math.degrees(self.glance.limit))
                yield Bar(short(shown.hip_label), HIP, HIP_FULL)
        yield Static(id="cue")
        yield Static(id="sensors")
        yield Static(id="told")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Redraw from now on."""
        self.set_interval(REFRESH_S, self._tick)
        self.show()

    def _tick(self) -> None:
        with suppress(NoMatches):  # the last one, when the screen is taken down already
            self.show()

    def tell(self, words: str) -> None:
        """A line at the bottom, from any thread."""
        self.told = words

    # --- what is seen ----------------------------------------------------------------------

    def show(self) -> None:
        """Bring every part up to date."""
        look = self.glance
        self._set("top", self._top())
        self.query_one(BigNumber).show(len(look.of_set))
        self._set("set", self._set_words(len(look.of_set)))
        lumbar, hip = self.query(Bar)
        lumbar.show(_deg(look.back), _deg(look.back_peak), self._lumbar_note())
        most = f"most {_deg(look.hip_peak):.0f}°" if _known(look.hip_peak) else ""
        hip.show(_deg(look.hip), _deg(look.hip_peak), most)
        self._set("cue", cue_words(look.cue, look.now))
        self._set("sensors", sensor_words(self.live.health.sensors, self.size.width))
        self._set("told", Text(self._troubles() or self.told, style="dim"))

    def _set(self, name: str, words: Text) -> None:
        self.query_one(f"#{name}", Static).update(words)

    def _top(self) -> Text:
        seconds = round(self.glance.seconds)
        sensors = self.live.health.sensors
        if self.size.width < LEAST[0] or self.size.height < LEAST[1]:
            heard = f"{self.live.health.streaming}/{len(sensors)}"
            return Text(f"{seconds // 60}:{seconds % 60:02d} sensors {heard} too small: --plain", style="bold reverse")
        text = Text(f" {self.title}  ", style="bold reverse")
        text.append(f"  ● {seconds // 60}:{seconds % 60:02d}", style="bold")
        text.append(f"   sensors {self.live.health.streaming}/{len(sensors)}", style="bold")
        text.append(f"   {self.glance.phase}")
        if muted := self.glance.muted_s:
            text.append(f"   muted, {math.ceil(muted / 60)} min left", style="bold reverse")
        return text

    def _set_words(self, n: int) -> Text:
        words = "repetition" if n == 1 else "repetitions"
        if self.glance.in_set:
            return Text(f"{words}\nset runs", style="bold")
        return Text(f"{words}\nno set: no cues", style="dim")

    def _lumbar_note(self) -> str:
        look = self.glance
        if not look.is_calibrated:
            return "not calibrated"
        if not _known(look.back_peak) or not _known(look.own_range):
            return ""
        share, limit = (100 * max(angle, 0.0) / look.own_range for angle in (look.back_peak, look.limit))
        # In front: 80 columns hold no more than this.
        return f"{'OVER:' if look.is_over else 'most'} {share:.0f} % of own range (limit {limit:.0f} %)"

    def _troubles(self) -> str:
        return self.live.health.recording or self.live.health.trouble

    # --- keys ------------------------------------------------------------------------------

    def action_wish(self, key: str) -> None:
        """A key of the wearer."""
        self.told = self._wishes.press(key)


async def watched(live: Live, screen: Gym, seconds: float | None) -> None:
    """Run the session on its screen, whichever of the two ends first; raises what ended the session."""
    session = asyncio.create_task(live.run(seconds))
    session.add_done_callback(lambda _: screen.exit() if screen.is_running else None)
    try:
        with lasting_terminal():
            await screen.run_async()
    finally:
        live.stop()
        await session


def cue_words(cue: Alert | None, now: float) -> Text:
    """The last cue, why, and how long ago."""
    if cue is None:
        return Text("No cue yet.", style="dim")
    style = {GOOD: "bold green", NOTE: "bold"}.get(cue.kind, "bold black on yellow")
    ago = max(now - cue.t, 0.0)
    text = Text(f" {cue.message} ", style=style if ago < 8 else "bold")
    text.append(f"   {ago:.0f} s ago", style="dim")
    return text


def sensor_words(sensors: tuple[SensorHealth, ...], width: int) -> Text:
    """One short piece a sensor: ✓ or ✗, battery and loss."""
    text = Text()
    for one in sensors:
        good = one.state == STREAMING
        battery = "" if one.battery_pct is None else f" {one.battery_pct:.0f} %"
        words = f"{'✓' if good else '✗'} {one.site.replace('_', ' ')}{battery}"
        words += f" · {one.loss_pct:.1f} % lost" if good else f" · {one.state}{f': {one.why}' if one.why else ''}"
        between = "" if not text else "\n" if width < NARROW else "   "
        text.append(between + words, style="" if good else "bold reverse")
    return text


def short(label: str) -> str:
    """Of a bar: without the reason, which the table of sensors tells.

    >>> short("Pelvis tilt (no sensor on a thigh)")
    'PELVIS TILT'
    """
    return label.partition(" (")[0].upper()


def _deg(angle: float) -> float:
    return math.degrees(angle) if math.isfinite(angle) else math.nan


def _known(angle: float) -> bool:
    return math.isfinite(angle)
