"""Packages that only some people install."""

from __future__ import annotations

import importlib
from typing import Any

from hiphinge.errors import MissingExtraError


def optional(module: str, extra: str) -> Any:
    """The module; MissingExtraError with the line for pip where the extra that brings it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as e:
        raise MissingExtraError(
            f"{extra}: {module} is not installed, expected the extra [{extra}]. Run: pip install 'hiphinge[{extra}]'"
        ) from e
