"""The settings as a page shows and changes them; secrets are not among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hiphinge import settings
from hiphinge.errors import SettingsError
from hiphinge.monitor import Params

ROOTS: tuple[tuple[str, Any], ...] = (
    ("feedback", settings.Feedback),
    ("goals", settings.Goals),
    ("retention", settings.Retention),
    ("", Params),
)
"""Table in settings.toml -> its class; "" is all that stands in no table of its own."""
FIRST = ("cues", "alerts", "rounding", "feedback", "goals", "retention")
"""What a wearer changes stands first; the rest is for those who know why."""


@dataclass(frozen=True)
class Choice:
    """One setting; ``changed``: not the default, which is ``default``."""

    name: str
    value: str
    unit: str
    comment: str
    default: str

    @property
    def label(self) -> str:
        """As a person reads it."""
        inner = self.name.partition(".")[2] or self.name
        suffix = "_" + self.unit.replace("/", "_") if self.unit else ""
        return inner.removesuffix(suffix).replace("_", " ")

    @property
    def changed(self) -> bool:
        """Whether somebody set it."""
        return self.value != self.default


def groups() -> list[tuple[str, list[Choice]]]:
    """(group, its settings); those of a wearer first."""
    found: dict[str, list[Choice]] = {}
    for choice in _all():
        found.setdefault(choice.name.split(".")[0], []).append(choice)
    order = [*FIRST, *(name for name in found if name not in FIRST)]
    return [(name, found[name]) for name in order if name in found]


def change(name: str, value: str) -> Choice:
    """Set and save; SettingsError says what does not fit."""
    table, root = next((r for r in ROOTS if r[0] and name.startswith(f"{r[0]}.")), ROOTS[-1])
    inner = name.removeprefix(f"{table}.") if table else name
    try:
        settings.save(settings.override(settings.load(root=root), {inner: value}))
    except SettingsError as e:
        raise SettingsError(_named(str(e), table, inner), name=name) from e
    return next(one for one in _all() if one.name == name)


def _named(words: str, table: str, inner: str) -> str:
    return f"{table}.{words}" if table and words.startswith(inner) else words


def _all() -> Iterator[Choice]:
    for table, root in ROOTS:
        defaults = {one.name: one.value for one in settings.names(root())}
        for one in settings.names(settings.load(root=root)):
            name = f"{table}.{one.name}" if table else one.name
            comment = one.comment.replace("``", "")
            # The unit stands beside the value.
            yield Choice(name, one.value, one.unit, comment.removeprefix(f"{one.unit} "), defaults[one.name])
