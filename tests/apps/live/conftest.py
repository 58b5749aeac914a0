"""What every test of a live session leaves behind is nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

PATIENCE_S = 20.0


@pytest.fixture(autouse=True)
def sinks_ended() -> Iterator[None]:
    """A session leaves a sink that is slow to end alone; the next test must not hear of it."""
    yield
    for one in threading.enumerate():
        if one.name.startswith("hiphinge"):
            one.join(PATIENCE_S)
