"""To a broker, and nothing back: the few packets of MQTT 3.1.1 that somebody needs who only publishes.

Source: OASIS Standard MQTT 3.1.1, 29 October 2014; section numbers stand at the lines. apprise, which the extra [push]
brings, knows no last will and no topic for each message, and would need paho-mqtt as well.
"""

from __future__ import annotations

import secrets
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from hiphinge.errors import SinkError
from hiphinge.settings import Secret

PORTS = {"mqtt": 1883, "mqtts": 8883}
KEEP_ALIVE_S = 60
"""The broker gives a silent client up after one and a half times this [3.1.2.10]; [D]."""
PATIENCE_S = 5.0
"""For a connection, and for each answer [D]."""
UNASKED, LONGEST = 1000, 1 << 20
"""Publications, and bytes of each, that are passed over before an answer: amqtt 0.12 sends what is retained to whoever
publishes the same, subscribed or not."""
REFUSALS = {1: "it speaks another version", 2: "it wants another name", 3: "it is not ready", 4: "name or password"}
"""Return codes [3.2.2.3]; 5, and whatever else, is not allowed."""

CONNECT, CONNACK, PUBLISH, PUBACK, PINGREQ, PINGRESP, DISCONNECT = 0x10, 0x20, 0x33, 0x40, 0xC0, 0xD0, 0xE0
"""First bytes; PUBLISH at least once (QoS 1), retained [3.3.1]."""


@dataclass(frozen=True)
class Address:
    """Where a broker listens, and as whom."""

    host: str
    port: int
    is_tls: bool
    name: str
    password: str

    @classmethod
    def of(cls, secret: Secret) -> Address:
        """From ``mqtt[s]://name:password@host:port``; SinkError, without a word of it."""
        found = _split(secret.reveal())
        if found is None:
            raise SinkError(
                "home assistant: the broker in secrets.toml cannot be read, expected an address like "
                "mqtt://name:password@host. Correct it there."
            )
        return found


def _split(text: str) -> Address | None:
    try:
        parts = urlsplit(text)
        port = parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    name, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Address(parts.hostname, port, parts.scheme == "mqtts", name, password) if parts.hostname else None


def connect(client: str, address: Address, will: tuple[str, str]) -> bytes:
    """A clean session; ``will``: topic and text, retained, that the broker publishes when we vanish [3.1]."""
    # Clean session, will at QoS 1 and retained; name; password only with a name [3.1.2.3 to 3.1.2.9].
    flags = 0x02 | 0x04 | 0x08 | 0x20
    payload = _text(client) + _text(will[0]) + _text(will[1])
    if address.name:
        flags |= 0xC0 if address.password else 0x80
        payload += _text(address.name) + (_text(address.password) if address.password else b"")
    return _packet(CONNECT, _text("MQTT") + bytes([4, flags]) + KEEP_ALIVE_S.to_bytes(2, "big") + payload)


def publish(number: int, topic: str, text: str) -> bytes:
    """``number`` 1 to 65535 comes back in the answer [3.3]."""
    return _packet(PUBLISH, _text(topic) + number.to_bytes(2, "big") + text.encode())


def _packet(first: int, content: bytes = b"") -> bytes:
    """With its length, seven bits a byte [2.2.3].

    >>> _packet(PUBLISH, bytes(321))[:3].hex(" ")
    '33 c1 02'
    """
    left, length = len(content), []
    while True:
        length.append(left & 0x7F | (0x80 if left > 0x7F else 0))
        left >>= 7
        if not left:
            return bytes([first, *length]) + content


def _text(text: str) -> bytes:
    """With its length before it [1.5.3]."""
    return len(text.encode()).to_bytes(2, "big") + text.encode()


class Broker:
    """One connection; blocking, for a thread of its own. All of it raises SinkError, without a word of the address."""

    def __init__(self, secret: Secret, will: tuple[str, str]) -> None:
        self._number = 0
        self._socket: socket.socket | None = None
        address = Address.of(secret)
        client = f"hiphinge{secrets.token_hex(6)}"  # two with one name would push each other out
        try:
            self._socket = _opened(address)
            code = self._ask(connect(client, address, will), CONNACK)[1]
        except SinkError:
            self.drop()
            raise
        if code:
            self.drop()
            raise SinkError(
                f"home assistant: the broker refuses the connection ({REFUSALS.get(code, 'not allowed')}), expected it "
                "to take what stands in secrets.toml. Correct it there; it is tried again."
            )

    def publish(self, topic: str, text: str) -> None:
        """Retained; returns when the broker has it."""
        self._number = self._number % 65535 + 1
        if self._ask(publish(self._number, topic, text), PUBACK) != self._number.to_bytes(2, "big"):
            raise _gone()

    def ping(self) -> None:
        """Say that we are there, and hear the same."""
        self._ask(_packet(PINGREQ), PINGRESP)

    def leave(self) -> None:
        """In good order: the last will is not published."""
        if self._socket is not None:
            try:
                self._socket.sendall(_packet(DISCONNECT))
            except OSError:
                raise _gone() from None
            finally:
                self.drop()

    def drop(self) -> None:
        """Without a word."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _ask(self, packet: bytes, answer: int) -> bytes:
        """What the answer says, two bytes or none."""
        if self._socket is None:
            raise _gone()
        try:
            self._socket.sendall(packet)
            for _ in range(UNASKED):
                first, content = self._answer()
                if first == answer and len(content) == (0 if answer == PINGRESP else 2):
                    return content
                if first & 0xF0 != PUBLISH & 0xF0:
                    break
        except OSError:
            raise _gone() from None
        raise _gone()

    def _answer(self) -> tuple[int, bytes]:
        """First byte and content of the next packet."""
        first, length = self._read(1)[0], 0
        for i in range(4):
            digit = self._read(1)[0]
            length |= (digit & 0x7F) << 7 * i
            if not digit & 0x80:
                break
        if length > LONGEST:
            raise ConnectionResetError
        return first, self._read(length)

    def _read(self, n: int) -> bytes:
        found = b""
        while self._socket is not None and len(found) < n:
            more = self._socket.recv(n - len(found))
            if not more:
                raise ConnectionResetError
            found += more
        return found


def _opened(address: Address) -> socket.socket:
    plain = None
    try:
        plain = socket.create_connection((address.host, address.port), PATIENCE_S)
        if address.is_tls:
            return ssl.create_default_context().wrap_socket(plain, server_hostname=address.host)
        return plain
    except (OSError, UnicodeError):  # the latter of a host that no name server would take
        if plain is not None:
            plain.close()
        raise _gone() from None


def _gone() -> SinkError:
    return SinkError(
        "home assistant: the broker in secrets.toml does not answer as one, expected a connection over MQTT 3.1.1. "
        "Check the network, the address and its certificate; it is tried again."
    )
