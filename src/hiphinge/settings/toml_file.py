"""``settings.toml``: read with tomllib; written with tomlkit, which keeps a person's comments."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import AoT

from hiphinge.errors import SettingsError
from hiphinge.monitor import Params as MonitorParams
from hiphinge.settings import limits
from hiphinge.settings.degrees import number
from hiphinge.settings.feedback import Feedback
from hiphinge.settings.keeping import Goals, Retention
from hiphinge.settings.places import private_folder, settings_file, write_private
from hiphinge.settings.safety import Safety
from hiphinge.settings.tree import from_tree, to_tree

TABLES: dict[Any, str] = {Feedback: "feedback", Retention: "retention", Goals: "goals", Safety: "safety"}
"""What stands in a table of its own; the rest of the file is the monitor's."""


def load(folder: Path | None = None, root: Any = MonitorParams) -> Any:
    """Params from ``settings.toml``; what it does not name, or no file, is the default.

    ``root`` is a class of :data:`TABLES`, or that of all that is in none of them.

    SettingsError names the file and what is wrong in it.
    """
    path = settings_file(folder)
    if not path.exists():
        return root()
    try:
        tree = tomllib.loads(path.read_text("utf-8"), parse_float=number)
        found = from_tree(root, *_part(tree, root))
        limits.check(found)
        return found
    except SettingsError as e:
        raise SettingsError(f"{path}: {e}", name=e.name) from e
    except (ValueError, RecursionError) as e:  # TOMLDecodeError, UnicodeDecodeError
        raise SettingsError(f"{path}: no TOML ({e}), expected settings. Correct that place.") from e


def save(params: Any, folder: Path | None = None) -> Path:
    """Write what differs from the defaults or stands in the file already; the rest of it stays."""
    path = settings_file(folder)
    private_folder(path.parent)
    if path.exists():
        load(folder, type(params))  # refuses what save could only spoil
    document = tomlkit.parse(path.read_text("utf-8")) if path.exists() else tomlkit.document()
    new, default = _plain(to_tree(params)), _plain(to_tree(type(params)()))
    table = TABLES.get(type(params))
    _merge(document, {table: new} if table else new, {table: default} if table else default)
    write_private(path, tomlkit.dumps(document))
    return path


def _part(tree: dict[str, Any], root: Any) -> tuple[Any, str]:
    """What of a file is the business of ``root``, and where it stands there."""
    if root in TABLES:
        return tree.get(TABLES[root], {}), TABLES[root]
    return {key: value for key, value in tree.items() if key not in TABLES.values()}, ""


def _merge(table: Any, tree: dict[str, Any], default: dict[str, Any]) -> None:
    for key, value in tree.items():
        stands = _plain(tomlkit.item(table[key]).unwrap()) if key in table else default[key]
        if isinstance(value, dict):
            inner = table.get(key, tomlkit.table())
            _merge(inner, value, default[key])
            if len(inner) and key not in table:
                table[key] = inner
        elif repr(value) == repr(stands) or value == stands:  # repr: NaN is NaN
            continue
        elif value is None or value == default[key] == []:  # TOML has no word for none
            table.pop(key, None)
        else:
            table[key] = _tables(value) if _has_tables(value) else value


def _has_tables(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _tables(rows: list[dict[str, Any]]) -> AoT:
    several = tomlkit.aot()
    for row in rows:
        one = tomlkit.table()
        one.update(row)
        several.append(one)
    return several


def _plain(tree: Any) -> Any:
    """Without Decimal, which TOML's writer does not know: degrees there have 17 digits."""
    if isinstance(tree, dict):
        return {key: _plain(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_plain(item) for item in tree]
    return float(tree) if isinstance(tree, Decimal) else tree
