"""The real dashboard on a real port, and plain sockets to speak with it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection

from hiphinge.apps.dashboard.pages import Pages
from hiphinge.apps.dashboard.running import Running, Wish
from hiphinge.apps.dashboard.server import UNENCRYPTED, Server, until_up

PATIENCE_S = 150.0


@dataclass
class Answer:
    """What the server said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.body)


class Dashboard:
    """A running one; ``open`` swaps a token for the cookie."""

    def __init__(self, wish: Wish, *, share: bool = False) -> None:
        self.running = Running(wish)
        self.server = Server(0, share=share)
        self.pages = Pages(self.running, self.server.addresses, UNENCRYPTED if share else "")
        self.host = f"127.0.0.1:{self.server.port}"
        self.loop = asyncio.new_event_loop()

    async def serve(self, up: threading.Event) -> None:
        serving = asyncio.create_task(self.server.run(self.pages.table()))
        await until_up(self.server, serving)
        up.set()
        await serving
        await self.pages.close()

    def call(self, work) -> object:
        """Run a coroutine on the dashboard's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE_S)

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
        """One request on a connection of its own."""
        link = HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE_S)
        with contextlib.closing(link):
            link.putrequest(method, path, skip_host=True)
            given = {"Host": self.host} | ({"Content-Length": str(len(body))} if body else {}) | (headers or {})
            for name, value in given.items():
                if value is not None:
                    link.putheader(name, value)
            link.endheaders(body or None)
            reply = link.getresponse()
            return Answer(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())

    def open(self) -> dict[str, str]:
        """The headers of a browser that was let in."""
        path = self.server.address().partition(self.host)[2]
        cookie = self.ask("GET", path).headers["set-cookie"].partition(";")[0]
        return {"Cookie": cookie, "Origin": f"http://{self.host}"}

    def socket(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE_S)


@contextlib.contextmanager
def dashboard(wish: Wish | None = None, *, share: bool = False) -> Iterator[Dashboard]:
    """Serve in a thread; ended in good order."""
    one = Dashboard(wish or Wish("simulated"), share=share)
    up = threading.Event()
    thread = threading.Thread(target=one.loop.run_until_complete, args=(one.serve(up),))
    thread.start()
    try:
        if not up.wait(PATIENCE_S):
            raise TimeoutError("The dashboard did not start.")
        yield one
        one.call(one.running.end())
    finally:
        one.server.stop()
        thread.join(PATIENCE_S)
        one.loop.close()
