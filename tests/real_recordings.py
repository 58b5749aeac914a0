"""Where real recordings lie on this machine; they are no part of the project."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def folder(name: str) -> Path:
    """``name`` in HIPHINGE_TEST_DATA, else in ``../shared/data`` beside the checkout; FileNotFoundError if absent."""
    base = Path(os.environ.get("HIPHINGE_TEST_DATA") or ROOT / ".." / "shared" / "data").resolve()
    if not (base / name).is_dir():
        raise FileNotFoundError(
            f"no folder {name} of real recordings where HIPHINGE_TEST_DATA or ../shared/data points"
        )
    return base / name
