"""The dashboard under attack, on loopback and shared: what is refused, and whether the service goes on.

Against the real server. Each attack is tried; ``refused`` is the share of tries that
were. After each the wearer's own browser asks for a page: ``served`` is the share of
those that were answered.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, MutableMapping
from typing import Any
from unittest.mock import patch

from tests.apps.dashboard.served import Dashboard, dashboard

SOCKETS = {"small": 100, "full": 1000}
BODY = 10**8
HOSTS = ("evil.example", "evil.example:{port}", "127.0.0.1:1", "127.0.0.1:{port}.evil.example", "")
ORIGINS = ("http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1")
DOTS = (
    "../settings.toml",
    "..%2fsettings.toml",
    "%2e%2e%2fsettings.toml",
    "%2fetc%2fpasswd",
    "..%5csettings.toml",
    "%00",
)

LIMITS = {f"{where}.{what}": (1.0, 1.0) for where in ("loopback", "share") for what in ("refused", "served")}


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """Both ways of serving, each attack by its name."""
    return {"loopback": attacked(SOCKETS[size], share=False), "share": attacked(SOCKETS[size], share=True)}


def attacked(sockets: int, *, share: bool) -> dict[str, Any]:
    """Shares of refused attacks, and of own requests served after each."""
    with tempfile.TemporaryDirectory() as home, patch.dict(os.environ, HIPHINGE_HOME=home):  # noqa: SIM117  one in the other
        with dashboard(share=share) as one:
            known, port = one.open(), one.server.port
            attacks: dict[str, Callable[[], list[bool]]] = {
                "foreign_host": lambda: [refused(one, known | {"Host": h.format(port=port)}) for h in HOSTS],
                "foreign_origin": lambda: [refused(one, known | {"Origin": o.format(port=port)}) for o in ORIGINS],
                "foreign_websocket": lambda: [websocket(one, known, o.format(port=port)) for o in ORIGINS],
                "no_token": lambda: [refused(one, {}), refused(one, {"Cookie": "hiphinge=1"})],
                "replayed_token": lambda: [replayed(one)],
                "dots": lambda: [dotted(one, known, name) for name in DOTS],
                "long_body": lambda: [
                    one.ask("POST", "/api/press", known | {"Content-Length": str(BODY)}).status == 413
                ],
                "endless_body": lambda: [endless(one, known)],
                "sockets": lambda: [crowded(one, known, sockets)],
            }
            found, served = {}, []
            for name, attack in attacks.items():
                tries = attack()
                found[name] = {"tries": len(tries), "refused": sum(tries) / len(tries)}
                served.append(one.ask("GET", "/api/live", known).status == 200)
    shares = [one["refused"] for one in found.values()]
    return {
        "refused": sum(shares) / len(shares),
        "served": sum(served) / len(served),
        "sockets": sockets,
        "each": found,
    }


def refused(one: Dashboard, headers: dict[str, str]) -> bool:
    """Neither a page nor a key."""
    return all(one.ask(*what, headers).status == 403 for what in (("GET", "/"), ("POST", "/api/begin")))


def websocket(one: Dashboard, known: dict[str, str], origin: str) -> bool:
    """No switch of protocols."""
    asked = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "eA==",
    }
    return one.ask("GET", "/api/live", known | asked | {"Origin": origin}).status == 403


def replayed(one: Dashboard) -> bool:
    """The second use of an address."""
    path = one.server.address().partition(one.host)[2]
    return (one.ask("GET", path).status, one.ask("GET", path).status) == (200, 403)


def dotted(one: Dashboard, known: dict[str, str], name: str) -> bool:
    """Neither as a path nor as the name of a recording."""
    as_name = one.ask("GET", f"/api/opened?name={name}", known).status
    return one.ask("GET", f"/{name}", known).status == 404 and as_name == 422


def endless(one: Dashboard, known: dict[str, str]) -> bool:
    """A body that does not tell its length is cut off long before its end."""
    head = "".join(f"{k}: {v}\r\n" for k, v in known.items()) + "Transfer-Encoding: chunked\r\n\r\n"
    sent = 0
    with one.socket() as link, contextlib.suppress(ConnectionError):
        link.sendall(f"POST /api/press HTTP/1.1\r\nHost: {one.host}\r\n{head}".encode())
        while sent < BODY:
            link.sendall(b"10000\r\n" + bytes(0x10000) + b"\r\n")
            sent += 0x10000
    return sent < BODY / 10


def crowded(one: Dashboard, known: dict[str, str], sockets: int) -> bool:
    """Silent connections do not add up, and the wearer gets in between them."""
    with contextlib.ExitStack() as stack:
        for _ in range(sockets):
            with contextlib.suppress(OSError):
                stack.enter_context(one.socket())
        crowd = one.server.crowd
        answered = one.ask("GET", "/api/live", known).status == 200
        return answered and len(crowd.strangers) + len(crowd.known) <= crowd.most
