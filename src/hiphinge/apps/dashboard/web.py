"""Requests and replies: a table of paths, nothing else. What is not in the table does not exist."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from hiphinge.apps.dashboard.security import Receive, Scope, Send
from hiphinge.errors import HiphingeError, InputError, in_words

GET, POST = "GET", "POST"


@dataclass(frozen=True)
class Request:
    """What a page asks: ``query`` of the address, ``body`` of a POST (a JSON object)."""

    query: Mapping[str, str]
    body: Mapping[str, Any] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A text of the body; InputError where it is missing or none."""
        value = self.body.get(name)
        if not isinstance(value, str):
            raise InputError(f"{name}: {value!r}, expected text.")
        return value

    def number(self, name: str) -> float:
        """A finite number of the query; InputError where it is missing or none."""
        try:
            value = float(self.query.get(name, ""))
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise InputError(f"{name}: {self.query.get(name)!r}, expected a number.")
        return value


@dataclass(frozen=True)
class Reply:
    """What it gets; ``saved_as``: the name under which a browser saves it instead of showing it."""

    body: bytes
    kind: str
    status: int = 200
    saved_as: str = ""


Handler = Callable[[Request], Awaitable[Reply]]
Table = Mapping[tuple[str, str], Handler]
"""(method, path) -> what answers."""


def as_json(value: Any, status: int = 200) -> Reply:
    """NaN must have become None before."""
    return Reply(json.dumps(value, allow_nan=False, separators=(",", ":")).encode(), "application/json", status)


def page(text: str) -> Reply:
    """HTML."""
    return Reply(text.encode("utf-8", "replace"), "text/html; charset=utf-8")


class Web:
    """The table as an ASGI application. What hiphinge can explain becomes a sentence (422), nothing else is caught."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        reply = await self._reply(scope, await receive())
        length = str(len(reply.body)).encode()
        headers = [(b"content-type", reply.kind.encode()), (b"content-length", length)]
        if reply.saved_as:
            headers.append((b"content-disposition", f'attachment; filename="{reply.saved_as}"'.encode()))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})

    async def _reply(self, scope: Scope, message: dict[str, Any]) -> Reply:
        handler = self._table.get((scope["method"], scope["path"]))
        if handler is None:
            return as_json({"error": "There is no such page."}, 404)
        try:
            return await handler(_request(scope, message))
        except (HiphingeError, OSError) as e:
            return as_json({"error": in_words(e)}, 422)


def _request(scope: Scope, message: dict[str, Any]) -> Request:
    try:
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True, max_num_fields=20))
        body = json.loads(message["body"]) if message.get("body") else {}
    except (ValueError, RecursionError) as e:
        raise InputError("The request cannot be read.") from e
    if not isinstance(body, dict):
        raise InputError("The request is no JSON object.")
    return Request(query, body)
