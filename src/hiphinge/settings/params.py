"""Params as text: JSON for recordings, dotted names and their values for the command line."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from decimal import Decimal
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin

from hiphinge.errors import SettingsError
from hiphinge.monitor import Params as MonitorParams
from hiphinge.settings import json_text, limits
from hiphinge.settings.degrees import number
from hiphinge.settings.tree import SUFFIXES, Slot, from_tree, joined, slots, to_tree, unknown

P = TypeVar("P")

_RADIANS = re.compile(r"\brad\b")
_EXPLAINED = re.compile(r"^(\w+(?:, \w+)*) : (.*(?:\n[ \t]+.*)*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Setting:
    """One number or word that can be set: dotted ``name``, ``value`` as text, unit, what it means."""

    name: str
    value: str
    unit: str
    comment: str


def to_json(params: Any) -> str:
    """Any tree of dataclasses as JSON: order of the fields, angles in degrees, NaN as null."""
    return json_text.dumps(to_tree(params)) + "\n"


def from_json(text: str, root: Any = MonitorParams) -> Any:
    """JSON -> ``root``: missing names take their defaults, so that older recordings load.

    SettingsError names an unknown name with the nearest known one, or a value of another type.
    """
    return from_tree(root, json_text.loads(text, "the settings"))


def from_recording(text: str, root: Any = MonitorParams) -> tuple[Any, tuple[str, ...]]:
    """As :func:`from_json`, but names that this version does not know any more are left out and named."""
    tree = json_text.loads(text, "the settings")
    dropped: list[str] = []
    while True:
        try:
            return from_tree(root, tree), tuple(dropped)
        except SettingsError as e:
            if not _drop(tree, e.name):
                raise
            dropped.append(e.name)


def _drop(tree: Any, name: str) -> bool:
    """Take a dotted name out of a plain tree; False where it does not stand there."""
    *above, last = name.split(".")
    for step in above:
        tree = tree.get(step) if isinstance(tree, dict) else None
    return isinstance(tree, dict) and tree.pop(last, _drop) is not _drop


def override(params: P, changes: Mapping[str, str]) -> P:
    """New params with values set by dotted name, as somebody types them.

    ``override(params, {"rounding.on_share": "0.7"})``. SettingsError: an unknown
    name with the nearest known ones, or a value of another type.
    """
    tree = to_tree(params)
    known = dict(_leaves(type(params)))
    for name, text in changes.items():
        if name not in known:
            raise unknown(name, known)
        *above, last = name.split(".")
        table = tree
        for step in above:
            table = table[step]
        table[last] = _typed(known[name].kind, text, name)
    changed: P = from_tree(type(params), tree)
    limits.check(changed)
    return changed


def names(params: Any) -> list[Setting]:
    """Everything that :func:`override` can set, in order."""
    return list(_settings(params, ""))


def _settings(params: Any, where: str) -> Iterator[Setting]:
    tree, comments = to_tree(params), _comments(type(params))
    for name, slot in slots(type(params)).items():
        if is_dataclass(slot.kind):
            yield from _settings(getattr(params, slot.field), joined(where, name))
        elif _settable(slot.kind):
            unit = SUFFIXES.get(slot.unit, "").removeprefix("_").replace("_", "/")
            yield Setting(joined(where, name), _shown(tree[name]), unit, comments[slot.field])


def _leaves(cls: Any, where: str = "") -> Iterator[tuple[str, Slot]]:
    for name, slot in slots(cls).items():
        if is_dataclass(slot.kind):
            yield from _leaves(slot.kind, joined(where, name))
        elif _settable(slot.kind):
            yield joined(where, name), slot


def _settable(kind: Any) -> bool:
    """Numbers, words and flat lists of them; who wears what is set elsewhere."""
    parts = get_args(kind) if get_origin(kind) else (kind,)
    return all(part in (float, int, bool, str, NoneType, ...) for part in parts)


def _comments(cls: type) -> dict[str, str]:
    """``name : what it is`` in the docstring of a class, several names together allowed; in the units of outside."""
    found = dict.fromkeys((slot.field for slot in slots(cls).values()), "")
    for listed, text in _EXPLAINED.findall(inspect.getdoc(cls) or ""):
        found.update(dict.fromkeys(listed.split(", "), " ".join(text.split())))
    of_angles = {found[slot.field] for slot in slots(cls).values() if slot.unit}
    return {name: _RADIANS.sub("deg", text) if text in of_angles else text for name, text in found.items()}


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(_shown(item) for item in value)
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.12g}" if isinstance(value, float | Decimal) else str(value)


def _typed(kind: Any, text: str, name: str) -> Any:
    """Text as typed -> a leaf of a plain tree; what it should be says :func:`from_tree`."""
    text = text.strip() if kind is not str else text
    parts = get_args(kind)
    if NoneType in parts:
        (kind,) = (part for part in parts if part is not NoneType)
        return None if text == "none" else _typed(kind, text, name)
    if get_origin(kind) is tuple:
        items = text.split(",") if text else []
        kinds = parts[:1] * len(items) if parts[1:] == (...,) else parts
        return [_typed(part, item, name) for part, item in zip(kinds, items, strict=False)] + items[len(kinds) :]
    if kind is bool:
        return {"true": True, "false": False}.get(text, text)
    if kind is str:
        return text
    return _number(kind, text, name)


def _number(kind: type, text: str, name: str) -> Any:
    try:
        return int(text) if kind is int else number(text)
    except ValueError as e:
        expected = "a whole number" if kind is int else "a number with a decimal point"
        raise SettingsError(f"{name}: {text!r}, expected {expected}. Correct the value.", name=name) from e
