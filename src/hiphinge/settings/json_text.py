"""Plain trees <-> JSON for people: short lists on one line, NaN as null, numbers of any length."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any, NoReturn

from hiphinge.errors import SettingsError
from hiphinge.settings.degrees import number


def dumps(tree: Any, indent: str = "") -> str:
    """JSON text, two blanks a level; an infinite number as "inf" or "-inf".

    >>> print(dumps({"a": [1.5, float("nan")], "b": {}}))
    {
      "a": [1.5, null],
      "b": {}
    }
    """
    deeper = indent + "  "
    if isinstance(tree, dict) and tree:
        rows = [f"{deeper}{_scalar(str(key))}: {dumps(value, deeper)}" for key, value in tree.items()]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    if isinstance(tree, list) and any(isinstance(item, dict | list) for item in tree):
        return "[\n" + ",\n".join(deeper + dumps(item, deeper) for item in tree) + f"\n{indent}]"
    if isinstance(tree, list):
        return f"[{', '.join(_scalar(item) for item in tree)}]"
    return _scalar(tree)


def loads(text: str, who: str) -> Any:
    """A plain tree; SettingsError begins with ``who`` and says where the text is no JSON."""
    try:
        return json.loads(text, parse_float=number, parse_constant=_no_constant)
    except json.JSONDecodeError as e:
        raise SettingsError(
            f"{who}: no JSON in line {e.lineno}, column {e.colno} ({e.msg}), expected a JSON object. "
            f"Correct that place, or make the file anew."
        ) from e
    except (ValueError, RecursionError) as e:
        raise SettingsError(
            f"{who}: JSON that is nested too deep or with a number that is none, expected a JSON object. "
            f"Make the file anew."
        ) from e


def _no_constant(text: str) -> NoReturn:
    raise ValueError(text)


def _scalar(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, float):
        return _float(float(value))
    return json.dumps(value, ensure_ascii=False)


def _float(value: float) -> str:
    if math.isnan(value):
        return "null"
    return repr(value) if math.isfinite(value) else f'"{value}"'
