r"""A page from its parts: self-contained, nothing fetched from anywhere.

Text is escaped by the template. Drawings travel as JSON in which "<" is
written ``\u003c``, so that no name from a recording can end the script. The
content security policy in the template forbids the page to load anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jinja2 import Environment
from markupsafe import Markup

from hiphinge.apps.report.template import CSS, TEMPLATE

if TYPE_CHECKING:
    from bokeh.model import Model

DRAW = """
const fine = matchMedia("(pointer: fine)").matches;
for (const item of %s) {
  Bokeh.embed.embed_item(item).then(() => {
    // A mouse zooms at once; a finger swipes the page until it chooses a tool.
    for (const doc of Bokeh.documents) for (const tool of doc._all_models.values())
      if (fine && tool.name === "zoom") tool.active = true;
  });
}
"""


@dataclass(frozen=True)
class Card:
    """A headline figure with plain words under it."""

    name: str
    figure: str
    words: str


@dataclass(frozen=True)
class Column:
    """A table's column; a ``minor`` one is left out on a phone."""

    label: str
    numeric: bool = True
    minor: bool = False

    @property
    def classes(self) -> str:
        """For the style sheet."""
        return " ".join(name for name, on in (("n", self.numeric), ("minor", self.minor)) if on)


@dataclass(frozen=True)
class Row:
    """Cells as text; ``mark`` stands out."""

    cells: tuple[str, ...]
    mark: bool = False


@dataclass(frozen=True)
class Table:
    """Columns and rows of text."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Key:
    """A line of a legend: shape (see :func:`swatch`), colour, what it means."""

    shape: str
    colour: str
    label: str

    @property
    def swatch(self) -> Markup:
        """The shape as a small drawing; both values are the report's own, never a recording's."""
        svg = '<svg width="18" height="14" viewBox="0 0 18 14" aria-hidden="true">{}</svg>'
        return Markup(svg).format(Markup(SHAPES[self.shape]).format(self.colour))


SHAPES = {
    "line": '<path d="M0 7H18" stroke="{0}" stroke-width="3"/>',
    "dashes": '<path d="M0 7H18" stroke="{0}" stroke-width="2" stroke-dasharray="5 3"/>',
    "area": '<path d="M0 2H18V12H0Z" fill="{0}" opacity=".35"/>',
    "bar": '<path d="M0 2H18V12H0Z" fill="{0}"/>',
    "circle": '<circle cx="9" cy="7" r="5" fill="{0}"/>',
    "triangle": '<path d="M9 1L15 12H3Z" fill="{0}"/>',
    "inverted_triangle": '<path d="M9 13L15 2H3Z" fill="{0}"/>',
    "square": '<path d="M4 2H14V12H4Z" fill="{0}"/>',
}


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it, each part only where it is given; ``plot`` is a drawing's id."""

    title: str
    words: tuple[str, ...] = ()
    key: tuple[Key, ...] = ()
    plot: str = ""
    table: Table | None = None
    facts: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """All of it; ``drawings`` by the id of their place."""

    title: str
    subtitle: str
    lead: str
    cards: tuple[Card, ...]
    sections: tuple[Section, ...]
    safety: Section
    drawings: Mapping[str, Model] = field(default_factory=dict)


def html(page: Page) -> str:
    """The whole page as one text."""
    from bokeh.core.types import ID  # noqa: PLC0415  Bokeh takes half a second, which parts without drawings need not
    from bokeh.embed import json_item  # noqa: PLC0415  as above
    from bokeh.resources import Resources  # noqa: PLC0415  as above

    items = [json_item(drawing, ID(target)) for target, drawing in page.drawings.items()]
    scripts = (
        [*Resources(mode="inline", components=["bokeh"], log_level="warn").js_raw, DRAW % script_json(items)]
        if items
        else []
    )
    # No trimming of what is inside a cell: only the template's own line ends go.
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(TEMPLATE)
    return template.render(page=page, css=Markup(CSS), scripts=[Markup(text) for text in scripts])


def script_json(value: object) -> str:
    """JSON that may stand inside a script: it cannot close it, nor open a comment or another script."""
    text = json.dumps(value, allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
