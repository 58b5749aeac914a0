"""One process per home owns the sensors and the live recording; the others ask it.

The owner holds a lock on ``owner.lock`` for as long as it lives (the system
lets go when it dies) and answers on a local socket that its user alone may
open: one JSON line in, one out.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TextIO, TypeVar

from hiphinge.errors import HeldError
from hiphinge.settings import home, private_folder, write_private
from hiphinge.settings.places import OWNER_FILE

T = TypeVar("T")
Answer = Callable[[dict[str, Any]], dict[str, Any]]

LOCK, CARD = "owner.lock", "owner.json"
LONGEST_SOCKET = 100
"""Bytes of a socket's path: 103 on macOS, 107 on Linux."""
LARGEST_LINE = 1 << 20
TAKE_OVER_S, ASK_S = 15.0, 10.0
POLL_S = 0.05
GLANCE_S, GLANCES = 0.02, 15
"""Whoever only looks who has a lock holds it for some 0.1 ms; longer where the system takes its turn just then."""
if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@contextmanager
def owning(what: str, doing: str = "recording") -> Iterator[None]:
    """Own this home as ``what`` ("lift", "desk", …) that is ``doing`` something; HeldError says who does already."""
    with lock_file(home() / LOCK) as file:
        if not taken(file):
            raise HeldError(_held())
        since = datetime.now().astimezone().isoformat(timespec="seconds")
        _write_card({"what": what, "doing": doing, "since": since, "pid": os.getpid()})
        try:
            yield
        finally:
            (home() / CARD).unlink(missing_ok=True)


@asynccontextmanager
async def answering(answer: Answer) -> AsyncIterator[None]:
    """While inside, other processes of this user are answered; the home must be owned."""
    token = secrets.token_hex(16)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(ConnectionError, ValueError, TimeoutError):
            async with asyncio.timeout(ASK_S):
                question = json.loads(await reader.readline())
            # A question that is no object, or without the token, gets no answer.
            if isinstance(question, dict) and secrets.compare_digest(str(question.get("token")), token):
                writer.write((json.dumps(answer(question)) + "\n").encode())
                await writer.drain()

    server, place = await _listen(serve)
    try:
        async with server:
            await server.start_serving()
            _write_card({**(owner() or {}), **place, "token": token})
            yield
    finally:
        if "path" in place:
            Path(str(place["path"])).unlink(missing_ok=True)


async def unless_taken(what: str, work: Coroutine[Any, Any, T]) -> T:
    """``work`` of an owner that records nothing; HeldError when another command takes the home over meanwhile."""
    task, taken = asyncio.ensure_future(work), False

    def answer(question: dict[str, Any]) -> dict[str, Any]:
        nonlocal taken
        if question.get("ask") != "stop":
            return {}
        if not taken:
            taken = task.cancel()
        return {"taken": taken}

    async with answering(answer):
        try:
            return await task
        except asyncio.CancelledError as e:
            if taken:
                raise HeldError(f"{what}: another command has taken the sensors over. Nothing was kept.") from e
            raise


def owner() -> dict[str, Any] | None:
    """Who owns this home: what, doing, since, pid and where it answers; None when nobody does."""
    path = home() / LOCK
    if not path.exists():
        return None
    with lock_file(path) as file:
        return None if locked(file) else _card()


def ask(question: dict[str, Any]) -> dict[str, Any] | None:
    """The owner's answer, or None when there is no owner or it does not answer."""
    return asyncio.run(_ask(question))


def take_over() -> None:
    """Ask the owner to end in good order and wait until it has; HeldError when it does not."""
    until = time.monotonic() + TAKE_OVER_S
    while owner() is not None:
        ask({"ask": "stop"})  # more than once: it may have begun just now, and not have heard yet
        if time.monotonic() > until:
            raise HeldError(f"{_held()} It was asked to stop and has not.")
        time.sleep(POLL_S)


async def _ask(question: dict[str, Any]) -> dict[str, Any] | None:
    card = owner() or {}
    if "token" not in card:
        return None
    try:
        async with asyncio.timeout(ASK_S):
            reader, writer = await _connect(card)
            with contextlib.closing(writer):
                writer.write((json.dumps({**question, "token": card["token"]}) + "\n").encode())
                line = await reader.readline()
        found = json.loads(line)
    except (OSError, ValueError, TimeoutError):
        return None
    return found if isinstance(found, dict) else None


async def _listen(serve: Callable[..., Awaitable[None]]) -> tuple[asyncio.Server, dict[str, object]]:
    """A server that does not serve yet: cancelled while it is made, it would be left open."""
    if sys.platform == "win32":
        server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=LARGEST_LINE, start_serving=False)
        return server, {"port": server.sockets[0].getsockname()[1]}
    path = _socket_path()
    path.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(serve, path, limit=LARGEST_LINE, start_serving=False)
    os.chmod(path, OWNER_FILE)  # for its owner only; nobody is let in before it serves
    return server, {"path": str(path)}


async def _connect(card: dict[str, Any]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if "path" in card:
        return await asyncio.open_unix_connection(card["path"], limit=LARGEST_LINE)
    return await asyncio.open_connection("127.0.0.1", card["port"], limit=LARGEST_LINE)


def _socket_path() -> Path:
    """In the home; where that is too deep for a socket, in a private folder of the system's temporary one."""
    near = home() / "owner.sock"
    if len(os.fsencode(near)) <= LONGEST_SOCKET:
        return near
    digest = hashlib.sha256(os.fsencode(home())).hexdigest()[:16]
    return private_folder(Path(tempfile.gettempdir()) / f"hiphinge-{os.getuid()}") / digest


def _write_card(card: dict[str, object]) -> None:
    write_private(home() / CARD, json.dumps(card))


def _card() -> dict[str, Any]:
    try:
        found = json.loads((home() / CARD).read_text("utf-8"))
    except (OSError, ValueError):
        return {"what": "another command"}  # it has the lock and has not yet said who it is
    return found if isinstance(found, dict) else {}


def _held() -> str:
    card = _card()
    return f"The sensors are held: {in_words(card)}. Stop it, or add --take-over."


def in_words(card: dict[str, Any]) -> str:
    """Who, what and since when: "desk is recording since 09:12"."""
    since = str(card.get("since", ""))[11:16]
    doing = f" is {card['doing']}" if "doing" in card else " has begun"
    return f"{card.get('what', 'another command')}{doing}{f' since {since}' if since else ''}"


def taken(file: TextIO) -> bool:
    """As :func:`locked`, for whoever means to keep it: who only looks who has it is not taken for one who has."""
    for _ in range(GLANCES):
        if locked(file):
            return True
        time.sleep(GLANCE_S)
    return False


def lock_file(path: Path) -> TextIO:
    """Open; made for its owner only where it is not there."""
    return open(path, "a+", opener=partial(os.open, mode=OWNER_FILE))


def locked(file: TextIO) -> bool:
    """Whether the lock was free and is taken now; it goes with the file."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
