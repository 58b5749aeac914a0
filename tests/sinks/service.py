"""A real HTTP server on 127.0.0.1, as a service to push to."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from hiphinge.settings import Secret


class Service(ThreadingHTTPServer):
    """Keeps what is posted; answers ``status``, or waits while ``gate`` is shut."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Post)
        self.posts: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.status = 200
        self.gate = threading.Event()
        self.gate.set()

    def address(self, path: str) -> Secret:
        """One for which apprise waits a minute, not 4 s; or as long as ``path`` says."""
        patient = path if "?" in path else f"{path}?rto=60&cto=60"
        return Secret(f"json://127.0.0.1:{self.server_port}/{patient}")

    def next(self) -> tuple[str, Any]:
        return self.posts.get(timeout=60)


class Post(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.posts.put((self.path, body))
        self.server.gate.wait(300)
        try:
            self.send_response(self.server.status)
            self.end_headers()
        except OSError:  # whoever asked has given up
            return

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def service() -> Iterator[Service]:
    server = Service()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.gate.set()
        server.shutdown()
        thread.join()
        server.server_close()
