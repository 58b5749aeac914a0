"""A quiet day as the house hears of it: Home Assistant, where its broker stands in secrets.toml."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hiphinge import __version__, settings
from hiphinge.apps.live.core import Live
from hiphinge.apps.live.today import Today
from hiphinge.sinks import HomeAssistant


class House:
    """One line to the broker for all sessions of a program; begun with the first, until ``close``."""

    def __init__(self, wearer: str, told: Callable[[str], None]) -> None:
        self._wearer, self._told = wearer, told
        self._line: HomeAssistant | None = None
        self._today: Today | None = None

    @contextmanager
    def following(self, live: Live) -> Iterator[None]:
        """While this session runs; a replay is nobody's day. Raises SettingsError."""
        today = self._begun() if live.source.live else None
        if today:
            live.listeners.append(today)
        try:
            yield
        finally:
            if today:
                today.end()

    def _begun(self) -> Today | None:
        broker = settings.load_secrets().broker
        if broker and self._line is None:
            self._line = HomeAssistant(broker, self._wearer, __version__, self._told)
            self._today = Today(self._line.show)
        return self._today

    def close(self) -> None:
        """The program ends."""
        if self._line:
            self._line.close()
