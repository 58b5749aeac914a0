"""The web server: one socket, bound before anything else, and uvicorn behind guard and crowd."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator
from typing import Any

from hiphinge.apps.dashboard.crowd import Crowd
from hiphinge.apps.dashboard.security import TOKEN, Guard, Keys
from hiphinge.apps.dashboard.web import Table, Web
from hiphinge.errors import InputError
from hiphinge.sinks.optional import optional

LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"
PORT = 8471
BACKLOG = 256
"""Connections taken at once: the crowd judges each lot before the next comes."""
FAREWELL_S = 2
UNENCRYPTED = (
    "Shared: whoever is on this network can read the traffic, which is not encrypted. "
    "Do it at home, not in a café; stop it when you are done."
)


class Server:
    """A bound port; ``run`` serves. MissingExtraError without uvicorn, InputError where the port is taken."""

    def __init__(self, port: int = PORT, *, share: bool = False) -> None:
        self._uvicorn = optional("uvicorn", "dashboard")
        self.share = share
        self._socket = _bound(EVERYWHERE if share else LOOPBACK, port)
        self.port: int = self._socket.getsockname()[1]
        self.keys = Keys(f"hiphinge_{self.port}")
        self.crowd = Crowd(optional("uvicorn.protocols.http.h11_impl", "dashboard").H11Protocol)
        self._server: Any = None

    @property
    def is_up(self) -> bool:
        """Whether it takes connections."""
        return self._server is not None and bool(self._server.started)

    def address(self, host: str = LOOPBACK) -> str:
        """One that opens one browser."""
        return f"http://{host}:{self.port}/?{TOKEN}={self.keys.token()}"

    def addresses(self) -> list[str]:
        """For another device: on the network where it is shared, else on this machine."""
        return [self.address(host) for host in own_addresses()] if self.share else [self.address()]

    async def run(self, table: Table) -> None:
        """Serve it until ``stop``."""
        config = self._uvicorn.Config(
            Guard(Web(table), self.keys, self.crowd.trust),
            http=self.crowd,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_graceful_shutdown=FAREWELL_S,
        )
        self._server = self._uvicorn.Server(config)
        # Ctrl-C ends the session first and this then: signals are the command's.
        self._server.capture_signals = contextlib.nullcontext
        await self._server.serve(sockets=[self._socket])

    def stop(self) -> None:
        """Soon; whoever is connected is sent away."""
        if self._server is not None:
            self._server.should_exit = True


def _bound(host: str, port: int) -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        one.bind((host, port))
        one.listen(BACKLOG)
    except OSError as e:
        one.close()
        found = "in use" if e.errno == errno.EADDRINUSE else (e.strerror or str(e)).lower()
        raise InputError(
            f"Port {port}: {found}, expected a free one. Another dashboard may run there; choose: --port {port + 1}"
        ) from e
    return one


def own_addresses() -> list[str]:
    """Of this machine on its network; without one, loopback."""
    found = list(dict.fromkeys(_asked()))
    return found or [LOOPBACK]


def _asked() -> Iterator[str]:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.connect(("192.0.2.1", 9))  # of the documentation: nothing is sent, the route tells the own address
        yield one.getsockname()[0]


async def until_up(server: Server, serving: asyncio.Task[None]) -> None:
    """Connections are taken, or it has failed."""
    while not server.is_up and not serving.done():
        await asyncio.sleep(0.01)
