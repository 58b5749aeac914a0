"""Whether the desktop asks for quiet, put into the log when it changes.

KDE and others tell by the property Inhibited of org.freedesktop.Notifications (also while
a call or a presentation fills the screen), GNOME by its setting show-banners. macOS and
Windows have no way for a program to ask: there quiet hours and ``hiphinge status --pause`` do.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from hiphinge.alerts.rules import DISTURB

EVERY_S = 30.0
"""Between two questions [D]."""
ANSWER_S = 10.0
"""Patience with the desktop: nobody waits for it, and a busy machine takes its time [D]."""
NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
BANNERS = ("gsettings", "get", "org.gnome.desktop.notifications", "show-banners")

Ask = Callable[[str, str], None]


@asynccontextmanager
async def following(ask: Ask, every: float = EVERY_S) -> AsyncIterator[None]:
    """While inside, ``ask`` hears "do-not-disturb" with "on" or "off" whenever the desktop changes its mind."""
    task = asyncio.create_task(_follow(ask, every))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _follow(ask: Ask, every: float) -> None:
    known = False
    while True:
        now = await wanted()
        if now is not None and now != known:
            ask(DISTURB, "on" if now else "off")
            known = now
        await asyncio.sleep(every)


async def wanted() -> bool | None:
    """Whether it asks for quiet now; None where it does not tell."""
    if not sys.platform.startswith("linux"):
        return None
    told = [one for one in (await _inhibited(), await _without_banners()) if one is not None]
    return any(told) if told else None


async def _inhibited() -> bool | None:
    # Imported now, and only here: Linux alone has it.
    from dbus_fast import Message, MessageFlag  # noqa: PLC0415  see above
    from dbus_fast.aio import MessageBus  # noqa: PLC0415  see above
    from dbus_fast.errors import DBusFastError  # noqa: PLC0415  see above

    question = Message(NAME, PATH, "org.freedesktop.DBus.Properties", "Get", signature="ss", body=[NAME, "Inhibited"])
    question.flags = MessageFlag.NO_AUTOSTART
    bus = None
    try:
        async with asyncio.timeout(ANSWER_S):
            bus = await MessageBus().connect()
            answer = await bus.call(question)
        value = answer.body[0].value if answer and answer.signature == "v" else None
    except (DBusFastError, OSError, EOFError, ValueError, TimeoutError):
        return None
    finally:
        if bus is not None:
            bus.disconnect()
    return value if isinstance(value, bool) else None


async def _without_banners() -> bool | None:
    if "GNOME" not in os.environ.get("XDG_CURRENT_DESKTOP", ""):
        return None
    asked = None
    try:
        asked = await asyncio.create_subprocess_exec(
            *BANNERS,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(ANSWER_S):
            told, _ = await asked.communicate()
    except (OSError, TimeoutError):
        return None
    finally:
        if asked is not None:
            await _over(asked)
    return {b"false": True, b"true": False}.get(told.strip())


async def _over(asked: Process) -> None:
    """End it where it still runs: a loop that is closed before would complain of it."""
    if asked.returncode is None:
        with suppress(ProcessLookupError):
            asked.kill()
        await asked.wait()
