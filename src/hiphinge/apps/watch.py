"""A session as it runs, in the terminal: a live panel, or plain lines in a pipe."""

from __future__ import annotations

import math

import numpy as np
from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from hiphinge.apps.words import plural
from hiphinge.blocks import Alert, Outcome, Repetition

BAR = 30
LUMBAR, HIP, WARN = "dark_orange", "deep_sky_blue1", "bold magenta"
"""Told apart by colour-blind eyes too, and by their words."""


class Watch:
    """Shows outcomes; ``own_range`` rad of lumbar flexion scales the bar.

    ``plain``: lines on a terminal too. ``zero`` s is taken off all times: where a live session began.
    """

    def __init__(
        self,
        title: str,
        own_range: float,
        console: Console | None = None,
        *,
        plain: bool = False,
        zero: float = 0.0,
    ) -> None:
        self.title, self.own_range, self.zero = title, own_range, zero
        self.console = console or Console()
        self.reps: list[Repetition] = []
        self.alerts: list[Alert] = []
        moving = self.console.is_terminal and not plain
        self._live = Live(console=self.console, refresh_per_second=8) if moving else None
        self._now: dict[str, float] = {}
        self._t = zero

    def __enter__(self) -> Watch:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.update(self._panel(over=True))
            self._live.stop()

    def show(self, outcome: Outcome) -> None:
        """What one feed brought."""
        self.reps += outcome.repetitions
        self.alerts += outcome.alerts
        if len(outcome.angles):
            self._t = float(outcome.angles.t[-1])
            self._now = {name: float(x[-1]) for name, x in outcome.angles.angles.items()}
        if self._live:
            self._live.update(self._panel())
            return
        for rep in outcome.repetitions:
            self.console.print(told(rep, self.zero), highlight=False, markup=False, soft_wrap=True)
        for alert in outcome.alerts:
            words = f"{alert.t - self.zero:8.1f} s  {alert.message}"
            self.console.print(words, highlight=False, markup=False, soft_wrap=True)

    def _panel(self, *, over: bool = False) -> Panel:
        """``over``: what stays on the terminal, where no angle is known any more."""
        bars = Table.grid(padding=(0, 1))
        if not over:
            bars.add_row("lumbar", *self._bar("lumbar_flexion", self.own_range, LUMBAR))
            bars.add_row("hip", *self._bar("hip_flexion", math.radians(110), HIP))
        lines = [Text(plural(len(self.reps), "repetition"), style="bold")]
        lines += [Text(told(rep, self.zero)) for rep in self.reps[-3:]]
        lines += [Text(f"{a.t - self.zero:8.1f} s  {a.message}", style=WARN) for a in self.alerts[-2:]]
        title = Text(f"{self.title} · {self._t - self.zero:.0f} s")  # a name of a file is no markup
        return Panel(Group(bars, *lines), title=title, width=76)

    def _bar(self, name: str, full: float, colour: str) -> tuple[Text, Text]:
        value = self._now.get(name, math.nan)
        if not math.isfinite(value):
            return Text("·" * BAR, style="dim"), Text("not observable now", style="dim")
        share = value / full if math.isfinite(full) else value / math.radians(60)
        filled = int(np.clip(round(share * BAR), 0, BAR))
        words = f"{round(math.degrees(value)):4d}°"
        if name == "lumbar_flexion" and math.isfinite(full):
            words += f"  {max(100 * share, 0.0):3.0f} % of own range"
        return Text("█" * filled + "░" * (BAR - filled), style=colour), Text(words)


def told(rep: Repetition, zero: float = 0.0) -> str:
    """A repetition in one line, ``zero`` s taken off its time; the percentage is that of the person's own range."""
    words = [f"{rep.start - zero:8.1f} s  rep {rep.rep:<3} {rep.kind:6}"]
    if math.isfinite(rep.peak_lumbar_flexion):
        words.append(f"lumbar {math.degrees(rep.peak_lumbar_flexion):3.0f}°")
    if math.isfinite(rep.peak_lumbar_share):
        words.append(f"({100 * rep.peak_lumbar_share:3.0f} %)")
    if math.isfinite(rep.peak_hip_flexion):
        words.append(f"hip {math.degrees(rep.peak_hip_flexion):3.0f}°")
    if rep.rounded:
        words.append("rounded")
    return "  ".join(words)
