"""A number as large as its place allows: textual's own digits are three rows high, whatever the room."""

from __future__ import annotations

from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

FONT = {
    "0": "111101101101111",
    "1": "010110010010111",
    "2": "111001111100111",
    "3": "111001111001111",
    "4": "101101111001001",
    "5": "111100111001111",
    "6": "111100111101111",
    "7": "111001010010010",
    "8": "111101111101111",
    "9": "111101111001111",
}
"""Three columns and five rows a digit."""
COLUMNS, ROWS, WIDE = 3, 5, 2
"""A cell of a terminal is twice as high as it is wide."""


class BigNumber(Widget):
    """A whole number from 0; screen readers get it as plain text where it does not fit."""

    def __init__(self, name: str) -> None:
        super().__init__(id=name)
        self.value = 0

    def show(self, value: int) -> None:
        """Draw another number."""
        if value != self.value:
            self.value = value
            self.refresh()

    def render(self) -> RenderResult:
        """Blocks, in the middle of the place; plain digits where it is too small."""
        lines = drawn(str(self.value), self.size.width, self.size.height)
        return Text("\n".join(lines), style="bold", justify="center")


def drawn(digits: str, width: int, height: int) -> list[str]:
    """Lines of the number, scaled by a whole factor.

    >>> drawn("1", 6, 5)
    ['  ██  ', '████  ', '  ██  ', '  ██  ', '██████']
    """
    columns = len(digits) * (COLUMNS + 1) - 1
    scale = min(width // (columns * WIDE), height // ROWS)
    if scale < 1:
        return [digits]
    lines = []
    for row in range(ROWS):
        cells = "0".join(FONT[digit][row * COLUMNS : (row + 1) * COLUMNS] for digit in digits)
        line = "".join(("█" if cell == "1" else " ") * WIDE * scale for cell in cells)
        lines += [line] * scale
    return [""] * ((height - len(lines)) // 2) + lines
