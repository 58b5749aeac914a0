"""How many may be connected: a crowd of silent sockets neither fills the server nor keeps the wearer out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

MOST = 64
"""Connections at a time; a browser opens six [D]."""
SILENT_S = 10.0
"""In which a connection must have shown the cookie."""

Peer = tuple[str, int]


class Crowd:
    """Makes the protocol of each connection around ``make``'s; the oldest stranger goes when it is full."""

    def __init__(self, make: Callable[..., Any], most: int = MOST, silent: float = SILENT_S) -> None:
        self.make, self.most, self.silent = make, most, silent
        self.strangers: dict[Peer, asyncio.Transport] = {}
        self.known: dict[Peer, asyncio.Transport] = {}

    def __call__(self, **given: Any) -> asyncio.Protocol:
        """The protocol of a new connection."""
        return Visitor(self, self.make(**given))

    def trust(self, peer: Peer) -> None:
        """Whoever this is has shown the cookie."""
        if peer in self.strangers:
            self.known[peer] = self.strangers.pop(peer)

    def came(self, peer: Peer, transport: asyncio.Transport) -> None:
        """One more; the oldest stranger, or else the oldest of all, makes room."""
        self.strangers[peer] = transport
        if len(self.strangers) + len(self.known) > self.most:
            among = self.strangers if len(self.strangers) > 1 or not self.known else self.known
            among.pop(next(iter(among))).abort()

    def went(self, peer: Peer) -> None:
        """One less."""
        self.strangers.pop(peer, None)
        self.known.pop(peer, None)

    def lost_patience(self, peer: Peer) -> None:
        """Time to be known is over."""
        if peer in self.strangers:
            self.strangers.pop(peer).abort()


class Visitor(asyncio.Protocol):
    """One connection: counted, timed, else handed on as it is."""

    def __init__(self, crowd: Crowd, inner: Any) -> None:
        self._crowd, self._inner = crowd, inner
        self._peer: Peer = ("", 0)
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Counted first."""
        self._inner.connection_made(transport)
        self._peer = tuple(transport.get_extra_info("peername")[:2])
        self._timer = asyncio.get_running_loop().call_later(self._crowd.silent, self._crowd.lost_patience, self._peer)
        self._crowd.came(self._peer, transport)  # type: ignore[arg-type]  # a server's transports are whole ones

    def connection_lost(self, exc: Exception | None) -> None:
        """No longer counted."""
        if self._timer:
            self._timer.cancel()
        self._crowd.went(self._peer)
        self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """To the server."""
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        """To the server."""
        ended: bool | None = self._inner.eof_received()
        return ended

    def pause_writing(self) -> None:
        """To the server."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """To the server."""
        self._inner.resume_writing()
