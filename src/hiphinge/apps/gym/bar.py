"""One angle as a bar that is read from afar: how far now, how far at most, and where the limit is."""

from __future__ import annotations

import math

from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

FULL, EMPTY, PEAK, LIMIT = "█", "░", "▌", "┃"


class Bar(Widget):
    """``value``, ``peak`` and ``limit`` in degrees of ``full``; NaN: not known. Colours never speak alone."""

    def __init__(self, name: str, colour: str, full: float, limit: float = math.nan) -> None:
        super().__init__(classes="bar")
        self.title_words, self.colour, self.full, self.limit = name, colour, full, limit
        self.value = self.peak = math.nan
        self.note = ""

    def show(self, value: float, peak: float, note: str) -> None:
        """Now, and the most in this repetition; ``note`` stands at the end of the line."""
        self.value, self.peak, self.note = value, peak, note
        self.refresh()

    def render(self) -> RenderResult:
        """The title line, then the bar as high as the room allows."""
        width, height = max(self.size.width, 10), max(self.size.height - 1, 1)
        line = self._line(width)
        return Text("\n").join([self._title(width), *[line] * height])

    def _title(self, width: int) -> Text:
        known = math.isfinite(self.value)
        left = Text(f"{self.title_words}  ", style="bold")
        left.append(
            f"{round(self.value)}°" if known else "not known now", style=f"bold {self.colour}" if known else "dim"
        )
        left.append(f"   {self.note}", style="bold")
        left.truncate(width, overflow="ellipsis")
        return left

    def _line(self, width: int) -> Text:
        cells = [EMPTY] * width
        for i in range(self._at(self.value, width)):
            cells[i] = FULL
        if (peak := self._at(self.peak, width)) > 0:
            cells[min(peak, width) - 1] = PEAK if cells[min(peak, width) - 1] == EMPTY else FULL
        line = Text("".join(cells), style=self.colour if math.isfinite(self.value) else "dim")
        if (limit := self._at(self.limit, width)) > 0:
            line.plain = line.plain[: limit - 1] + LIMIT + line.plain[limit:]
            line.stylize("bold white on dark_red", limit - 1, limit)
        return line

    def _at(self, value: float, width: int) -> int:
        """Cells up to this value."""
        if not math.isfinite(value) or self.full <= 0:
            return 0
        return round(min(max(value / self.full, 0.0), 1.0) * width)
