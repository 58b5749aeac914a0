"""Movement monitor for the low back. ``import hiphinge as hh; hh.open("monday.mcap")``."""

from __future__ import annotations

from typing import Any

__all__ = ["__version__", "open"]


def __getattr__(name: str) -> Any:
    """Load what is slow to import only when it is used: :mod:`hiphinge.session` (pandas), the version's metadata."""
    if name in {"open", "Session", "Result"}:
        from hiphinge import session  # noqa: PLC0415  see the docstring

        return getattr(session, name)
    if name == "__version__":
        return _version()
    raise AttributeError(f"module 'hiphinge' has no attribute {name!r}")


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415  the same

    try:
        return version("hiphinge")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "0+unknown"
