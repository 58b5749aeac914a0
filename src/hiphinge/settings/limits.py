"""Values that no stage can work with, refused before one is built."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from hiphinge.errors import SettingsError
from hiphinge.monitor import Params
from hiphinge.settings.tree import joined

POSITIVE = frozenset({"tau", "tau_acc", "window", "largest", "hold", "spells", "axis_cutoff", "on_share"})
"""Things that are divided by, or counted up to."""
FARTHEST = 1000.0
"""Times the default: beyond it memory or patience ends."""


def check(params: Any) -> None:
    """Refuse with SettingsError what is not finite, negative where nothing is, or far out.

    Only of the monitor's Params. The rate of the grid is fixed: all that counts
    instants was measured at it.
    """
    if not isinstance(params, Params):
        return
    for name, value, default in _numbers(params, type(params)()):
        last = name.rpartition(".")[2]
        if math.isnan(default):
            continue
        if last == "rate" and value != default:
            raise _refused(name, value, f"{default:g}: all detectors are measured on that grid")
        if not math.isfinite(value) or abs(value) > FARTHEST * max(abs(default), 1.0):
            raise _refused(name, value, f"something nearer to {default:g}")
        if default > 0 and (value < 0 or (last in POSITIVE and value == 0)):
            raise _refused(name, value, "more than 0" if last in POSITIVE else "0 or more")


def _refused(name: str, value: float, expected: str) -> SettingsError:
    return SettingsError(f"{name}: {value:g}, expected {expected}. Correct the value.", name=name)


def _numbers(params: Any, defaults: Any, where: str = "") -> Iterator[tuple[str, float, float]]:
    """Every number of the tree by dotted name, beside its default."""
    for field in fields(params):
        value, default = getattr(params, field.name), getattr(defaults, field.name, None)
        name = joined(where, field.name)
        if is_dataclass(value):
            yield from _numbers(value, default, name)
        elif isinstance(value, (int, float)) and isinstance(default, (int, float)) and not isinstance(value, bool):
            yield name, float(value), float(default)
