"""Movement monitor for the low back. ``import hiphinge as hh; hh.open("monday.mcap")``."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

try:
    __version__ = version("hiphinge")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+unknown"

__all__ = ["__version__", "open"]


def __getattr__(name: str) -> Any:
    """Load :mod:`hiphinge.session` only when its names are used: pandas is slow to import."""
    if name in {"open", "Session", "Result"}:
        from hiphinge import session  # noqa: PLC0415  see the docstring

        return getattr(session, name)
    raise AttributeError(f"module 'hiphinge' has no attribute {name!r}")
