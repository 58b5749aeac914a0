"""Trees of frozen dataclasses <-> plain trees (dict, list, number, text) as they stand in files.

Any tree: fields are float, int, bool, str, dataclasses, tuples and mappings of
these, or one of them or None. The outer name of an angle says so: a field with
``metadata={"unit": "rad"}`` is called ``<name>_deg`` outside and stands there in
degrees (``rad/s``: ``<name>_deg_s``). Order is that of the fields; NaN stays NaN.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from hiphinge.blocks import Calibration, Mounting
from hiphinge.errors import SettingsError
from hiphinge.settings.degrees import to_degrees, to_radians

SUFFIXES = {"rad": "_deg", "rad/s": "_deg_s"}
"""Unit inside -> what the outer name ends in."""

BLOCK_ANGLES: Mapping[type, frozenset[str]] = {
    Mounting: frozenset({"tilt_sd", "axis_sd"}),
    Calibration: frozenset({"max_lumbar_flexion", "max_hip_flexion", "upright", "slump"}),
}
"""Angles (rad) of the types in blocks.py, which carry no metadata."""

EXPECTED = {float: "a number", int: "a whole number", bool: "true or false", str: "text"}


@dataclass(frozen=True, slots=True)
class Slot:
    """One field as the outside sees it: ``name`` outside, ``field`` inside, its type and unit."""

    name: str
    field: str
    kind: Any
    unit: str
    required: bool


def slots(cls: Any) -> dict[str, Slot]:
    """The fields of a dataclass by their outer names."""
    hints = get_type_hints(cls)
    found = []
    for f in fields(cls):
        unit = "rad" if f.name in BLOCK_ANGLES.get(cls, ()) else f.metadata.get("unit", "")
        unit = unit if unit in SUFFIXES else ""
        required = f.default is MISSING and f.default_factory is MISSING
        found.append(Slot(f.name + SUFFIXES.get(unit, ""), f.name, hints[f.name], unit, required))
    return {slot.name: slot for slot in found}


def to_tree(value: Any, unit: str = "") -> Any:
    """A tree of dataclasses -> a plain tree."""
    if is_dataclass(value):
        return {name: to_tree(getattr(value, s.field), s.unit) for name, s in slots(type(value)).items()}
    if isinstance(value, Mapping):
        return {key: to_tree(value[key]) for key in sorted(value)}
    if isinstance(value, tuple | list):
        return [to_tree(item, unit) for item in value]
    if isinstance(value, float) or (unit and isinstance(value, int)):
        return to_degrees(value) if unit else float(value)
    return value


def from_tree(kind: Any, tree: Any, where: str = "", unit: str = "") -> Any:
    """A plain tree -> a value of the type ``kind``; what is missing takes its default.

    SettingsError names what does not fit by its dotted path.
    """
    if is_dataclass(kind):
        return _dataclass(kind, tree, where)
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        (inner,) = (part for part in parts if part is not NoneType)
        return None if tree is None else from_tree(inner, tree, where, unit)
    if origin is tuple:
        return _tuple(parts, tree, where, unit)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        entries = _checked(dict, "a table", tree, where).items()
        return {key: from_tree(parts[1], value, joined(where, key)) for key, value in entries}
    return _scalar(kind, tree, where, unit)


def joined(where: str, name: str) -> str:
    """A dotted path, one step longer."""
    return f"{where}.{name}" if where else name


def unknown(name: str, known: Iterable[str]) -> SettingsError:
    """The refusal of a name, with the known ones nearest to it."""
    known = sorted(known)
    tail = name.rpartition(".")[2]
    same_end = [k for k in known if tail and k.rpartition(".")[2].startswith(tail)]
    near = list(dict.fromkeys([*difflib.get_close_matches(name, known, n=3, cutoff=0.5), *same_end]))[:3]
    meant = f"one like {', '.join(near)}" if near else f"one of {', '.join(known[:12]) or 'no settings'}"
    return SettingsError(f"{name}: an unknown name, expected {meant}. Correct the name, or leave it out.", name=name)


def _dataclass(cls: Any, tree: Any, where: str) -> Any:
    known = slots(cls)
    for key in _checked(dict, "a table", tree, where):
        if key not in known:
            raise unknown(joined(where, key), (joined(where, name) for name in known))
    for slot in known.values():
        if slot.required and slot.name not in tree:
            name = joined(where, slot.name)
            raise SettingsError(f"{name}: missing, expected {_expected(slot.kind)}. Add it.", name=name)
    given = {known[key]: value for key, value in tree.items()}
    return cls(**{s.field: from_tree(s.kind, value, joined(where, s.name), s.unit) for s, value in given.items()})


def _tuple(parts: tuple[Any, ...], tree: Any, where: str, unit: str) -> tuple[Any, ...]:
    items = _checked(list, "a list", tree, where)
    kinds = parts[:1] * len(items) if parts[1:] == (...,) else parts
    if len(items) != len(kinds):
        raise SettingsError(
            f"{where}: a list of {len(items)}, expected one of {len(kinds)}. Correct the list.", name=where
        )
    pairs = zip(kinds, items, strict=True)
    return tuple(from_tree(kind, item, joined(where, str(i)), unit) for i, (kind, item) in enumerate(pairs))


def _scalar(kind: Any, tree: Any, where: str, unit: str) -> Any:
    if kind is float:
        return _float(tree, where, unit)
    if isinstance(tree, bool) and kind is not bool:
        raise _misfit(kind, tree, where)
    return _checked(kind, _expected(kind), tree, where)


def _float(tree: Any, where: str, unit: str) -> float:
    if tree is None:
        return float("nan")
    if tree in ("inf", "-inf"):
        return float(tree)
    if isinstance(tree, bool) or not isinstance(tree, int | float | Decimal):
        raise _misfit(float, tree, where)
    try:
        return to_radians(tree) if unit else float(tree)
    except OverflowError as e:
        raise SettingsError(f"{where}: a number too large, expected a number. Correct the value.", name=where) from e


def _checked(kind: Any, expected: str, tree: Any, where: str) -> Any:
    if not isinstance(tree, kind):
        raise _misfit(kind, tree, where, expected)
    return tree


def _misfit(kind: Any, tree: Any, where: str, expected: str = "") -> SettingsError:
    what = "a table" if isinstance(tree, dict) else f"a list of {len(tree)}" if isinstance(tree, list) else repr(tree)
    text = f"{where or 'the settings'}: {what}, expected {expected or _expected(kind)}. Correct the value."
    return SettingsError(text, name=where)


def _expected(kind: Any) -> str:
    if get_origin(kind) is tuple:
        return "a list"
    return EXPECTED.get(kind, "a table")
