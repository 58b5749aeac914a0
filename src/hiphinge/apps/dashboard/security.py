"""Who may speak with the dashboard: the outermost layer, on loopback too.

Any page that a browser has open can send requests to 127.0.0.1, and a name that
resolves to it makes them look like its own (DNS rebinding). So: the Host must be
the address that was connected to, an Origin that host, and every request but the
first carries a cookie. The address that is opened holds a token that works once
and is swapped for the cookie. Bodies are read here, bounded, before anything sees
them. There are no WebSockets: pages ask for what is new.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from markupsafe import escape

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BODY = 1 << 14
"""Bytes; a setting or a key has a hundred [D]."""
BODY_S = 10.0
COOKIE_S = 86_400
MOST_TOKENS, MOST_SESSIONS = 16, 64
"""Addresses not yet opened, and browsers let in; the oldest go first."""
TOKEN = "token"

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}
PAGE = (
    "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
    "<meta name=color-scheme content='light dark'>{}"
    "<link rel=icon href='data:,'><title>hiphinge</title><h1>hiphinge</h1><p>{}</p></html>"
)
ENTER = "<meta http-equiv=refresh content='0;url=/'>"
"""The cookie is Strict: after a link from elsewhere only a page of our own may go on with it."""
CLOSED = (
    "This address is not let in, or was used already: each opens one browser, once. "
    "Take a new one from Settings, “Another device”, in a browser that is in, or start the dashboard again."
)


class Keys:
    """Tokens that open a browser once, and the sessions that they became; kept as digests."""

    def __init__(self, cookie: str) -> None:
        self.cookie = cookie
        self._tokens: dict[bytes, None] = {}
        self._sessions: dict[bytes, None] = {}

    def token(self) -> str:
        """A new one."""
        return _new(self._tokens, MOST_TOKENS)

    def swap(self, token: str) -> str | None:
        """The session for a token that was not used yet, or None."""
        if _digest(token) not in self._tokens:
            return None
        del self._tokens[_digest(token)]
        return _new(self._sessions, MOST_SESSIONS)

    def knows(self, cookies: str) -> bool:
        """Whether a Cookie header holds a session."""
        try:
            found = SimpleCookie(cookies).get(self.cookie)
        except CookieError:
            return False
        return found is not None and _digest(found.value) in self._sessions


class Guard:
    """An ASGI application around another one; ``trusted`` hears (host, port) of who showed the cookie."""

    def __init__(self, app: App, keys: Keys, trusted: Callable[[tuple[str, int]], None] = lambda peer: None) -> None:
        self._app, self._keys, self._trusted = app, keys, trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, let in, or hand on."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if words := _foreign(scope, headers):
            return await _answer(send, 403, words)
        if not self._keys.knows(headers.get("cookie", "")):
            return await self._enter(scope, send)
        self._trusted(scope["client"])
        body = await _body(headers, receive)
        if body is None:
            return await _answer(send, 413, f"The request is longer than {LARGEST_BODY} bytes, or too slow.")
        await self._app(scope, _once(body, receive), _with_headers(send))

    async def _enter(self, scope: Scope, send: Send) -> None:
        """A token is swapped for the cookie; anything else stays outside."""
        tokens = parse_qs(scope["query_string"].decode("latin-1")).get(TOKEN, [""])
        session = self._keys.swap(tokens[0]) if (scope["method"], scope["path"]) == ("GET", "/") else None
        if session is None:
            return await _answer(send, 403, CLOSED)
        kept = f"{self._keys.cookie}={session}; Path=/; Max-Age={COOKIE_S}; HttpOnly; SameSite=Strict"
        await _answer(send, 200, "One moment …", {"set-cookie": kept}, ENTER)


def _foreign(scope: Scope, headers: dict[str, str]) -> str:
    """Why a request comes from elsewhere, or ""."""
    host = headers.get("host", "")
    if host not in _own_hosts(*scope["server"]):
        return f"Host {host!r}, expected the address that the dashboard printed. Open that one."
    origin = headers.get("origin", "" if scope["method"] != "GET" else f"http://{host}")
    if origin != f"http://{host}":
        return f"Origin {origin!r}, expected a page of the dashboard itself."
    return ""


def _own_hosts(address: str, port: int) -> set[str]:
    """The address that was connected to, and its plain name on loopback."""
    loopback = address.startswith("127.") or address == "::1"
    shown = f"[{address}]" if ":" in address else address
    return {f"{shown}:{port}", *([f"localhost:{port}"] if loopback else [])}


async def _body(headers: dict[str, str], receive: Receive) -> bytes | None:
    """The whole body, or None where it is too long or does not come."""
    length = headers.get("content-length", "0")
    if not length.isdecimal() or len(length) > 9 or int(length) > LARGEST_BODY:
        return None
    body, more = b"", True
    try:
        async with asyncio.timeout(BODY_S):
            while more:
                message = await receive()
                body += message.get("body", b"")
                more = message.get("more_body", False)
                if len(body) > LARGEST_BODY:
                    return None
    except TimeoutError:
        return None
    return body


def _once(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that gives the body that was read."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def given() -> dict[str, Any]:
        return waiting.pop() if waiting else await receive()

    return given


def _with_headers(send: Send) -> Send:
    async def sent(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *_raw(HEADERS)]
        await send(message)

    return sent


async def _answer(send: Send, status: int, words: str, more: dict[str, str] | None = None, head: str = "") -> None:
    """A page of one sentence; whoever gets it has to connect anew."""
    body = PAGE.format(head, escape(words)).encode()
    headers = {"content-type": "text/html; charset=utf-8", "content-length": str(len(body)), "connection": "close"}
    start = {"type": "http.response.start", "status": status, "headers": _raw(headers | (more or {}))}
    await _with_headers(send)(start)
    await send({"type": "http.response.body", "body": body})


def _raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def _new(kept: dict[bytes, None], most: int) -> str:
    fresh = secrets.token_urlsafe(32)
    kept[_digest(fresh)] = None
    while len(kept) > most:
        del kept[next(iter(kept))]
    return fresh


def _digest(secret: str) -> bytes:
    """Compared instead of the secret: its timing says nothing."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
