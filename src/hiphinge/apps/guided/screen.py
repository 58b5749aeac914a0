"""What the guide says, on a terminal: one instruction, one hint, one bar, large; plain lines in a pipe."""

from __future__ import annotations

import re

from rich.align import Align
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from hiphinge.wizard.guide import Guidance
from hiphinge.wizard.placement import ALONE, HOW_TO_FIND, NUMBERS, PICTURE
from hiphinge.wizard.steps import NAMES

TITLES = {
    **{"twist": "All together", "place": "Put them on", "tap": "Which is which", "knee": "Which leg"},
    **{"stand": "Stand tall", "sit": "Sit down and up", "bend": "Bend", "sit_tall": "Sit tall", "slump": "Slump"},
    "done": "Calibrated",
}
KEYS = {"n": "next", "r": "redo", "s": "skip", "b": "back", "h": "hurts"}
SHOWN_KEYS = "n next · r again · s skip · b back · h hurts · q quit"
COUNT = re.compile(r"\d+")
SAY, HINT, WARN, GOOD = "bold bright_white", "bold bright_cyan", "bold magenta", "bright_cyan"
"""Told apart by words and signs too, not by colour alone."""
ROOMY, WIDE = 30, 76
"""Lines of a terminal from which there is space for more words and larger digits; columns, for the picture too."""
LEAST = (50, 18)
"""Columns and lines below which only words are left."""
DOTS = {
    **{"0": "###|#.#|#.#|#.#|###", "1": ".#.|##.|.#.|.#.|###", "2": "###|..#|###|#..|###"},
    **{"3": "###|..#|.##|..#|###", "4": "#.#|#.#|###|..#|..#", "5": "###|#..|###|..#|###"},
    **{"6": "###|#..|###|#.#|###", "7": "###|..#|.#.|.#.|.#.", "8": "###|#.#|###|#.#|###"},
    **{"9": "###|#.#|###|..#|###", "/": "..#|..#|.#.|#..|#.."},
}


class Screen:
    """Shows guidance as it comes; ``plain``: as lines on a terminal too, which can be read aloud."""

    def __init__(self, wearer: str, console: Console | None = None, *, plain: bool = False) -> None:
        self.wearer = wearer
        self.console = console or Console()
        self._aloud = plain and self.console.is_terminal
        drawn = self.console.is_terminal and not plain
        self._live = Live(console=self.console, auto_refresh=False, screen=True) if drawn else None
        self._said = ("", "", 0)
        self._hint = self._problem = ""

    def __enter__(self) -> Screen:
        if self._live:
            self._live.start()
        if self._aloud:
            self._line(f"Keys: {SHOWN_KEYS}")
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def show(self, told: Guidance) -> None:
        """What the guide says now."""
        if self._live:
            self._live.update(self.panel(told), refresh=True)
            return
        for verdict in told.ended:
            if verdict.step != "done":
                self._line(f"  {'ok' if verdict.passed else 'again'}: {verdict.words}")
        now = (told.step, told.site, told.attempt)
        if now != self._said and not told.done:
            self._said = now
            self._line(f"{told.number}/{told.count} {TITLES[told.step]}: {told.say}")
        if self._aloud and not told.done:
            self._speak(told)

    def _speak(self, told: Guidance) -> None:
        """What a screen would show beside: a hint when it is another one, not at every second of a count."""
        if told.problem and told.problem != self._problem:
            self._line(f"! {told.problem}")
        if (hint := COUNT.sub("", told.hint)) != self._hint and told.hint:
            self._line(f"  {told.hint}")
        self._hint, self._problem = hint, told.problem

    def _line(self, words: str) -> None:
        self.console.print(words, highlight=False, markup=False, soft_wrap=True)

    def panel(self, told: Guidance) -> RenderableType:
        """One screen of 80 x 24, or larger."""
        who = self.wearer or "hiphinge calibrate"
        title = Text(f"{who} · step {told.number} of {told.count} · {TITLES[told.step]}")  # a name is no markup
        roomy = self.console.height >= ROOMY
        said, hint = Text(told.say, style=SAY), Text(told.hint, style=HINT, justify="center")
        trouble = Text(f"! {told.problem}", style=WARN) if told.problem else last(told)
        middle: list[RenderableType] = [Text(), Align.center(Text(large(told.large, roomy=roomy), style=HINT)), Text()]
        if told.step == "place":
            middle = [placing(told, roomy=roomy, picture=self.console.width >= WIDE)]
        rows = [said, *middle, hint, Padding(bar(told.progress)), trouble]
        if self.console.width < LEAST[0] or self.console.height < LEAST[1]:  # what counts, and what would show more
            more = Text(f"Too small: {LEAST[0]} x {LEAST[1]}, or --plain", style=HINT)
            return Group(said, Text(told.hint, style=HINT), trouble, more)
        return Panel(Group(*rows), title=title, subtitle=SHOWN_KEYS, padding=(1, 2), height=self.console.height - 1)


def placing(told: Guidance, *, roomy: bool, picture: bool) -> RenderableType:
    """The picture beside the spots of the sensors worn."""
    sites = [s.site for s in told.sensors]
    words = [f"[{NUMBERS[site]}] {NAMES[site].upper()}: {HOW_TO_FIND[site]}" for site in NUMBERS if site in sites]
    spots = Text("\n".join([*words, *ALONE[: 3 if roomy else 1]]))
    grid = Table.grid(padding=(0, 3))
    grid.add_column(width=25)
    grid.add_column()
    grid.add_row(Text(PICTURE), spots)
    return grid if picture else spots


def large(words: str, *, roomy: bool) -> str:
    """Digits of dots, five lines high, or ten.

    >>> print(large("1", roomy=False).replace(" ", "."))
    ..██..
    ████..
    ..██..
    ..██..
    ██████
    """
    dot, tall = ("████", 2) if roomy else ("██", 1)
    rows = [" ".join(DOTS.get(c, "").split("|")[i] for c in words if c in DOTS) for i in range(5)]
    drawn = ["".join(dot if c == "#" else " " * len(dot) for c in row) for row in rows]
    return "\n".join(row for row in drawn for _ in range(tall))


def bar(progress: float) -> ProgressBar:
    """How far the step has come."""
    return ProgressBar(total=1.0, completed=progress, complete_style=HINT, finished_style=HINT)


def last(told: Guidance) -> Text:
    """The verdict of the step before."""
    v = told.verdict
    return Text(f"{'✓' if v.passed else '✗'} {v.words}", style=GOOD if v.passed else WARN) if v else Text()
