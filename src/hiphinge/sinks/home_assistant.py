"""The wearer's state to Home Assistant, over a broker of MQTT: entities that find themselves, state, availability."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from hiphinge.errors import HiphingeError, MissingExtraError, SinkError
from hiphinge.formats import home_assistant as texts
from hiphinge.settings import Secret
from hiphinge.sinks.delivery import PATIENCE, Backoff
from hiphinge.sinks.mqtt import Publish, connected, lasting_name


class HomeAssistant:
    """Tells the newest state from a thread of its own: whoever shows one never waits.

    A state that changed while the broker was away is not missed: it is the one that is sent then. ``told`` gets each
    sentence of trouble once, from that thread.
    """

    def __init__(
        self, address: Secret, wearer: str, version: str, told: Callable[[str], None], backoff: Backoff | None = None
    ) -> None:
        self._address, self._wearer, self._version = address, wearer, version
        self._told, self._backoff = told, backoff or Backoff()
        self._name = lasting_name(wearer)
        self._said: set[str] = set()
        self._sent: dict[str, str] = {}
        self._seat: texts.Seat | None = None
        self._changed = threading.Condition()
        self._is_new = self._finishing = self._left = False
        self._failures = 0
        # A daemon: a broker that does not answer must not keep the program from ending.
        self._thread = threading.Thread(target=self._run, name="hiphinge home assistant", daemon=True)
        self._thread.start()

    def show(self, seat: texts.Seat | None) -> None:
        """What holds now; None: nobody measures. Returns at once."""
        with self._changed:
            self._is_new = self._is_new or seat != self._seat
            self._seat = seat
            self._changed.notify()

    def close(self, patience: float = PATIENCE) -> None:
        """Say that nobody measures any more; returns after ``patience`` s at the latest."""
        with self._changed:
            self._finishing = True
            self._changed.notify()
        self._thread.join(patience)
        with self._changed:
            self._left = True

    def _run(self) -> None:
        while not self._finishing:
            try:
                with connected(self._address, _will(self._wearer), self._lost, self._name) as publish:
                    self._talk(publish)
            except MissingExtraError as e:
                self._tell(str(e))
                return
            except SinkError as e:
                self._fail(e)

    def _talk(self, publish: Publish) -> None:
        """Until the end; then in good order."""
        self._sent = {}
        while not self._finishing:
            self._send(publish)
            self._failures = 0
            with self._changed:
                self._changed.wait_for(lambda: self._is_new or self._finishing)
                self._is_new = False
        self._seat = None
        self._send(publish)

    def _send(self, publish: Publish) -> None:
        """What this connection has not sent yet: the entities once, state and availability when they change."""
        seat = self._seat
        wanted = [*texts.discovery(self._wearer, self._version), *([texts.state(self._wearer, seat)] if seat else [])]
        for message in (*wanted, texts.availability(self._wearer, seat is not None)):
            if self._sent.get(message.topic) != message.text:
                publish(message)
                self._sent[message.topic] = message.text

    def _lost(self) -> None:
        """All of it is to be sent again: that fails on this line, and is done on the next."""
        with self._changed:
            self._sent, self._is_new = {}, True
            self._changed.notify()

    def _fail(self, e: SinkError) -> None:
        self._failures += 1
        self._tell(str(e))
        with self._changed:
            self._changed.wait_for(lambda: self._finishing, self._backoff.pause(self._failures))

    def _tell(self, sentence: str) -> None:
        if sentence not in self._said and not self._left:
            self._said.add(sentence)
            self._told(sentence)


def checked(address: Secret) -> str:
    """One sentence: whether the broker takes a connection, or why not."""
    began = time.monotonic()
    try:
        with connected(address, _will("")):
            taken = 1000 * (time.monotonic() - began)
    except HiphingeError as e:
        return str(e)
    return f"home assistant: ready, the broker took the connection in {taken:.0f} ms; nothing was sent to try it."


def forget(address: Secret, wearer: str) -> str:
    """One sentence: that the broker, and with it Home Assistant, has forgotten the wearer, or why not."""
    empty = tuple(texts.forgotten(wearer))
    try:
        with connected(address, empty[-1]) as publish:
            for message in empty:
                publish(message)
    except HiphingeError as e:
        return str(e)
    return f"home assistant: {wearer or 'the wearer'} is forgotten there too."


def _will(wearer: str) -> texts.Message:
    return texts.availability(wearer, online=False)
