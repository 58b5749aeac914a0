"""Drivers from outside: descriptions in HIPHINGE_HOME/drivers/*.toml, and those of other packages."""

from __future__ import annotations

import tomllib
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from hiphinge.devices import generic, registry
from hiphinge.devices.description import Description
from hiphinge.devices.driver import Driver
from hiphinge.errors import SettingsError
from hiphinge.settings.places import home

GROUP = "hiphinge.drivers"
"""Entry points of this group name a subclass of Driver."""
FOLDER = "drivers"
LARGEST_FILE = 100_000
"""Bytes; a description has a thousand."""


def load_drivers(folder: Path | None = None) -> list[str]:
    """Make them known to the registry; their names. Once before sensors or recordings are opened; again does no harm.

    SettingsError names the file or the package, and what is wrong with it.
    """
    found = [_plugged_in(one) for one in sorted(entry_points(group=GROUP), key=lambda e: e.name)]
    described = (folder or home() / FOLDER).glob("*.toml")
    found += [read_description(path) for path in sorted(described)]
    return [driver.name for driver in found]


def read_description(path: Path) -> Driver:
    """The driver called ``generic:<name of the file>``, known from now on; one of that name is replaced."""
    try:
        text = path.read_bytes()[: LARGEST_FILE + 1]
        if len(text) > LARGEST_FILE:
            raise ValueError(f"more than {LARGEST_FILE} bytes, expected a description")
        driver = generic.driver(path.stem, Description.of(tomllib.loads(text.decode("utf-8"))))
    except (ValueError, RecursionError) as e:  # TOMLDecodeError and UnicodeDecodeError are ValueErrors
        raise SettingsError(f"{path}: {e}. Correct it (firmware_notes/generic.md), or move it away.") from e
    except OSError as e:
        raise SettingsError(f"{path}: cannot be read ({e.strerror}). Give yourself the right, or move it away.") from e
    registry.DRIVERS[driver.name] = driver
    return driver


def _plugged_in(entry: EntryPoint) -> Driver:
    package = entry.dist.name if entry.dist else "?"
    try:
        kind = entry.load()
    except (ImportError, AttributeError, SyntaxError) as e:
        raise SettingsError(f"{package}: its driver {entry.value} cannot be loaded ({e}). Update or remove it.") from e
    if not (isinstance(kind, type) and issubclass(kind, Driver) and isinstance(getattr(kind, "name", None), str)):
        raise SettingsError(f"{package}: {entry.value} is no subclass of Driver, expected one. Update or remove it.")
    known = registry.DRIVERS.get(kind.name)
    if type(known) is kind:
        return known
    try:
        driver = kind()
        registry.add(driver)
    except (TypeError, ValueError) as e:
        raise SettingsError(f"{package}: its driver {entry.value} cannot be used ({e}). Update or remove it.") from e
    return driver
