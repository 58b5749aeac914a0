"""The service of a home, whether it holds the sensors or waits for them: one at a time, and what it waits for."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from hiphinge.apps.owner import lock_file, locked, taken
from hiphinge.errors import HeldError
from hiphinge.settings import home, write_private

LOCK, CARD = "service.lock", "service.json"

Tell = Callable[[str], None]


@contextmanager
def standing_by() -> Iterator[Tell]:
    """Be the service of this home; what is yielded takes the sentence that ``hiphinge status`` shows.

    HeldError when there is one already.
    """
    since = datetime.now().astimezone().isoformat(timespec="seconds")

    def tell(words: str) -> None:
        with suppress(OSError):  # a full disk takes no card, and must not end the service
            write_private(home() / CARD, json.dumps({"pid": os.getpid(), "since": since, "words": words}))

    with lock_file(home() / LOCK) as file:
        if not taken(file):
            raise HeldError("desk --service: it runs already for this home, expected one. See: hiphinge status")
        tell("Starting.")
        try:
            yield tell
        finally:
            (home() / CARD).unlink(missing_ok=True)


def service() -> dict[str, Any] | None:
    """Pid, since and words of the service that runs; None when none does."""
    path = home() / LOCK
    if not path.exists():
        return None
    with lock_file(path) as file:
        if locked(file):
            return None
    try:
        found = json.loads((home() / CARD).read_text("utf-8"))
    except (OSError, ValueError):
        return {"words": "Starting."}
    return found if isinstance(found, dict) else {"words": "Starting."}
