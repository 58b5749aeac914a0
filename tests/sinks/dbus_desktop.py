"""A D-Bus session of its own, and on it a desktop that keeps the notices that it is asked to show."""

from __future__ import annotations

import asyncio
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

NAME = "org.freedesktop.Notifications"
INTROSPECTION = f"""<node><interface name="{NAME}">
<method name="GetCapabilities"><arg type="as" direction="out"/></method>
<method name="GetServerInformation"><arg type="s" direction="out"/><arg type="s" direction="out"/>
  <arg type="s" direction="out"/><arg type="s" direction="out"/></method>
<method name="Notify"><arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
  <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/>
  <arg type="a{{sv}}" direction="in"/><arg type="i" direction="in"/><arg type="u" direction="out"/></method>
</interface></node>"""


@contextmanager
def session_bus() -> Iterator[str]:
    """The address of a session bus; FileNotFoundError where there is no dbus-daemon."""
    daemon = shutil.which("dbus-daemon")
    if daemon is None:
        raise FileNotFoundError("no dbus-daemon")
    command = [daemon, "--session", "--nofork", "--print-address=1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as bus:
        assert bus.stdout is not None
        try:
            yield bus.stdout.readline().strip()
        finally:
            bus.terminate()


class Desktop(threading.Thread):
    """Answers on the bus from a thread of its own; ``refusing``: it is there, and shows nothing."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.shown: queue.Queue[tuple[str, str, str]] = queue.Queue()
        self.refusing = False
        self._address, self._ready = address, threading.Event()
        self.start()
        assert self._ready.wait(60)

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        bus = await MessageBus(bus_address=self._address).connect()
        bus.add_message_handler(self._answer)
        await bus.request_name(NAME)
        self._ready.set()
        await self._end.wait()
        bus.disconnect()

    def _answer(self, message: Message) -> Message | None:
        if message.message_type is not MessageType.METHOD_CALL:
            return None
        if message.member == "Introspect":
            return Message.new_method_return(message, "s", [INTROSPECTION])
        if message.member == "GetCapabilities":
            return Message.new_method_return(message, "as", [["body"]])
        if message.member == "GetServerInformation":
            return Message.new_method_return(message, "ssss", ["test", "hiphinge", "1", "1.2"])
        if self.refusing:
            return Message.new_error(message, f"{NAME}.Error", "not now")
        app, _, _, title, body, *_ = message.body
        self.shown.put((app, title, body))
        return Message.new_method_return(message, "u", [1])

    def leave(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self.join(10)
