"""A line to a broker of MQTT 3.1.1 for somebody who only publishes, by paho-mqtt (extra [push])."""

from __future__ import annotations

import hashlib
import platform
import queue
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from hiphinge.errors import SinkError
from hiphinge.formats.home_assistant import Message
from hiphinge.settings import Secret, home
from hiphinge.sinks.optional import optional

PORTS = {"mqtt": 1883, "mqtts": 8883}
KEEP_ALIVE_S = 60
"""The broker gives a silent client up after one and a half times this [MQTT 3.1.2.10]; [D]."""
PATIENCE_S = 5.0
"""For a connection, and for each answer [D]."""

Publish = Callable[[Message], None]


@contextmanager
def connected(
    secret: Secret, will: Message, lost: Callable[[], None] = lambda: None, name: str = ""
) -> Iterator[Publish]:
    """What publishes, retained, and returns when the broker has it. Blocking: for a thread of its own.

    The broker publishes ``will`` when we vanish; without an exception we leave in good order. ``lost``, from paho's
    thread: the line has ended. ``name``: whoever comes again under the one that it had, a broker ends its old line and
    does that will first [MQTT-3.1.4-2]. SinkError, without a word of the address; MissingExtraError.
    """
    (address, port), answers = _address(secret), queue.SimpleQueue[Any]()
    client = _client(address, will, name or new_name())
    client.on_connect = lambda *told: answers.put(told[3])
    client.on_publish = lambda *told: answers.put(told[2])

    def end(*_: object) -> None:
        answers.put(None)
        lost()

    client.on_disconnect = end

    def publish(message: Message) -> None:
        number = client.publish(message.topic, message.text, qos=1, retain=True).mid
        if _next(answers) != number:
            raise _gone()

    try:
        client.connect(address.hostname, port, KEEP_ALIVE_S)
    except (OSError, ValueError):  # the latter of a host that no name server would take
        raise _gone() from None
    client.loop_start()
    try:
        _check(_next(answers))
        yield publish
        client.disconnect()
    except BaseException:
        _vanish(client)
        raise
    finally:
        client.loop_stop()


def _address(secret: Secret) -> tuple[SplitResult, int]:
    """The parts of ``mqtt[s]://name:password@host:port``, and its port; SinkError, without a word of it."""
    with suppress(ValueError, KeyError):
        parts = urlsplit(secret.reveal())
        port = parts.port or PORTS[parts.scheme]
        if parts.hostname:
            return parts, port
    raise SinkError(
        "home assistant: the broker in secrets.toml cannot be read, expected an address like "
        "mqtt://name:password@host. Correct it there."
    )


def new_name() -> str:
    """Of a client; two at the same time with one name would push each other out."""
    return f"hiphinge{secrets.token_hex(6)}"


def lasting_name(of: str) -> str:
    """The same in every program of this home, one after the other: a home has one owner."""
    whole = "\0".join((platform.node(), str(home()), of))
    return f"hiphinge{hashlib.sha256(whole.encode()).hexdigest()[:12]}"


def _client(address: SplitResult, will: Message, name: str) -> Any:
    paho = optional("paho.mqtt.client", "push")
    client = paho.Client(
        paho.CallbackAPIVersion.VERSION2, name, True, protocol=paho.MQTTv311, reconnect_on_failure=False
    )
    client.connect_timeout = PATIENCE_S
    client.will_set(will.topic, will.text, qos=1, retain=True)
    if address.username:
        client.username_pw_set(unquote(address.username), unquote(address.password or "") or None)
    if address.scheme == "mqtts":
        client.tls_set_context()
    return client


def _next(answers: queue.SimpleQueue[Any]) -> Any:
    """The broker's answer; SinkError when the line has ended or nothing comes."""
    with suppress(queue.Empty):
        if (found := answers.get(timeout=PATIENCE_S)) is not None:
            return found
    raise _gone()


def _check(reason: Any) -> None:
    if reason.is_failure:
        raise SinkError(
            f"home assistant: the broker refuses the connection ({str(reason).lower()}), expected it "
            "to take what stands in secrets.toml. Correct it there; it is tried again."
        )


def _vanish(client: Any) -> None:
    """Without DISCONNECT, so that the will is done; paho's thread sees the end and ends."""
    if line := client.socket():
        with suppress(OSError):  # it is gone already
            socket.socket.shutdown(line, socket.SHUT_RDWR)  # below TLS: its own would pull it away under that thread


def _gone() -> SinkError:
    return SinkError(
        "home assistant: the broker in secrets.toml does not answer as one, expected a connection over MQTT 3.1.1. "
        "Check the network, the address and its certificate; it is tried again."
    )
