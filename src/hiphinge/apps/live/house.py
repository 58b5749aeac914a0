"""What today brought, for ``hiphinge status`` and for Home Assistant, where its broker stands in secrets.toml."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hiphinge import __version__, settings
from hiphinge.apps.live.core import Live
from hiphinge.apps.live.day import Day
from hiphinge.apps.live.today import Today
from hiphinge.formats.home_assistant import Seat
from hiphinge.sinks import HomeAssistant


class House:
    """One line to the broker for all sessions of a program; begun with the first, until ``close``."""

    def __init__(self, wearer: str, told: Callable[[str], None]) -> None:
        self._wearer, self._told = wearer, told
        self._line: HomeAssistant | None = None
        self._day = Day()
        self._today = Today(self._show, wearer)

    @contextmanager
    def following(self, live: Live, day: Day) -> Iterator[None]:
        """While this session runs, whose ``day`` it tells as well; a replay is nobody's. Raises SettingsError."""
        if not live.source.live:
            yield
            return
        broker = settings.load_secrets().broker
        if broker and self._line is None:
            self._line = HomeAssistant(broker, self._wearer, __version__, self._told)
        self._day = day
        live.listeners.append(self._today)
        try:
            yield
        finally:
            self._today.end()

    def _show(self, seat: Seat | None) -> None:
        self._day.today = seat
        if self._line:
            self._line.show(seat)

    def close(self) -> None:
        """The program ends."""
        if self._line:
            self._line.close()
