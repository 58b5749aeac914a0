"""The tree of exceptions is the one drawn in its docstring."""

from __future__ import annotations

import inspect
import re

import pytest

from hiphinge import errors

CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, Exception)]


def drawn() -> dict[str, str]:
    """Class -> its parent, read from the drawing by the depth of each line."""
    parents, path = {}, {}
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"\s*(?P<lines>[│├└─ ]*?)(?P<name>[A-Z]\w+)", line):
            depth = len(found["lines"]) // 4
            path[depth] = found["name"]
            parents[found["name"]] = path.get(depth - 1, "Exception")
    return {name: parent for name, parent in parents.items() if hasattr(errors, name)}


def test_the_drawing_shows_the_tree() -> None:
    """Every class, under its own parent."""
    assert drawn() == {c.__name__: c.__base__.__name__ for c in CLASSES}


@pytest.mark.parametrize("kind", CLASSES, ids=lambda c: c.__name__)
def test_the_message_is_the_text(kind: type[errors.HiphingeError]) -> None:
    """What is shown is what was said."""
    extra = {"found": 9, "known": 1} if kind is errors.NewerFormatError else {}
    assert str(kind("sacrum.csv: empty.", **extra)) == "sacrum.csv: empty."


def test_values_travel_with_the_error() -> None:
    """A caller need not read the text."""
    folder = errors.SessionFolderError("x", file="sacrum.csv", line=7)
    newer = errors.NewerFormatError("x", found=9, known=1)
    refused = errors.CalibrationRefused("x", part="bend", value=0.4, limit=0.7)
    assert (folder.file, folder.line) == ("sacrum.csv", 7)
    assert (newer.found, newer.known) == (9, 1)
    assert (refused.part, refused.value, refused.limit) == ("bend", 0.4, 0.7)
    assert errors.SettingsError("x", name="rounding.on_share").name == "rounding.on_share"
    assert errors.DecodeError("x", payload=b"\x11").payload == b"\x11"
