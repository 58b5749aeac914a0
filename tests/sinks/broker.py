"""A broker of a few lines on 127.0.0.1: what MQTT 3.1.1 asks of one towards somebody who only publishes.

Written from the standard and not from the sink, so that the one checks the other; it keeps what is retained,
publishes the last will of whoever vanishes, and drops a client that says anything else.
"""

from __future__ import annotations

import queue
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hiphinge.settings import Secret


class Violation(Exception):
    """Something that the standard forbids."""


@dataclass
class Client:
    """What CONNECT said."""

    name: str
    clean: bool
    keep_alive: int
    will: tuple[str, str, bool] | None = None
    user: str | None = None
    password: str | None = None


@dataclass
class Packet:
    """One packet, taken apart from its front."""

    first: int
    rest: bytes

    @property
    def kind(self) -> int:
        return self.first >> 4

    def take(self, n: int) -> bytes:
        if len(self.rest) < n:
            raise Violation("a packet shorter than it says")
        found, self.rest = self.rest[:n], self.rest[n:]
        return found

    def number(self) -> int:
        return int(struct.unpack(">H", self.take(2))[0])

    def text(self) -> str:
        return self.take(self.number()).decode()


class Broker(socketserver.ThreadingTCPServer):
    """``retained``: topic -> text now; ``heard``: each publication in its order; ``violations`` must stay empty.

    ``refuse``: the code that CONNECT is answered with; ``unasked``: bytes said before each answer; until ``notices``
    is set it takes a line that has broken for one that is only quiet.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        """The port is taken; nobody listens there yet."""
        super().__init__(("127.0.0.1", 0), Line, bind_and_activate=False)
        self.server_bind()
        self.retained: dict[str, str] = {}
        self.heard: queue.Queue[tuple[str, str]] = queue.Queue()
        self.clients: queue.Queue[Client] = queue.Queue()
        self.violations: list[str] = []
        self.refuse, self.answers, self.unasked = 0, True, b""
        self.lines: list[Line] = []
        self.wills = threading.Lock()
        self.notices = threading.Event()
        self.notices.set()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def address(self, who: str = "ada:s%40crets@") -> Secret:
        return Secret(f"mqtt://{who}127.0.0.1:{self.port}")

    def next(self) -> tuple[str, str]:
        return self.heard.get(timeout=60)

    def until(self, topic: str, text: str) -> None:
        """Wait for this publication."""
        while self.next() != (topic, text):
            pass

    def take(self, topic: str, text: str, *, retain: bool) -> None:
        if retain and text:
            self.retained[topic] = text
        elif retain:
            self.retained.pop(topic, None)
        self.heard.put((topic, text))

    def cut(self) -> None:
        """Every connection breaks."""
        for line in self.lines:
            line.hang_up()


class Line(socketserver.BaseRequestHandler):
    """One client."""

    server: Broker
    client: Client | None = None
    will: tuple[str, str, bool] | None = None

    def do_will(self) -> None:
        """Once; whoever asks meanwhile goes on when it is done."""
        with self.server.wills:
            will, self.will = self.will, None
            if will:
                self.server.take(will[0], will[1], retain=will[2])

    def hang_up(self) -> None:
        try:
            self.request.shutdown(2)
        except OSError:  # it is gone already
            return

    def handle(self) -> None:
        self.server.lines.append(self)
        try:
            while (packet := self._packet()) and self._obey(packet):
                continue
            if packet:
                self.will = None  # it left in good order
        except Violation as e:
            self.server.violations.append(str(e))
        except OSError:
            pass
        self.server.notices.wait()
        self.do_will()

    def _obey(self, packet: Packet) -> bool:
        """False after DISCONNECT."""
        if (packet.kind == 1) == (self.client is not None):
            raise Violation("CONNECT must come first, and once")
        match packet.kind:
            case 1:
                self._connect(packet)
            case 3:
                self._publish(packet)
            case 12:
                self._bare(packet)
                self.request.sendall(b"\xd0\x00")
            case 14:
                self._bare(packet)
                return False
            case _:
                raise Violation(f"a packet of kind {packet.kind}, of somebody who only publishes")
        return True

    def _connect(self, packet: Packet) -> None:
        if packet.first != 0x10 or packet.text() != "MQTT" or packet.take(1) != b"\x04":
            raise Violation("expected CONNECT of MQTT 3.1.1")
        flags = packet.take(1)[0]
        if flags & 1 or (flags >> 3 & 3) == 3 or (not flags & 0x04 and flags & 0x38) or (flags & 0xC0 == 0x40):
            raise Violation(f"flags {flags:08b}")
        client = Client("", bool(flags & 2), packet.number())
        client.name = packet.text()
        if not (1 <= len(client.name) <= 23 and client.name.isascii() and client.name.isalnum()):
            raise Violation("a name that a broker may refuse")
        if flags & 0x04:
            client.will = packet.text(), packet.text(), bool(flags & 0x20)
        client.user = packet.text() if flags & 0x80 else None
        client.password = packet.text() if flags & 0x40 else None
        self._bare(packet, packet.first)
        if self.server.refuse:
            self.request.sendall(bytes([0x20, 2, 0, self.server.refuse]))
            raise OSError
        self._push_out(client.name)
        self.client, self.will = client, client.will
        self.request.sendall(b"\x20\x02\x00\x00")
        self.server.clients.put(client)

    def _push_out(self, name: str) -> None:
        """Who had the name before ends first [MQTT-3.1.4-2]."""
        for line in self.server.lines:
            if line.client and line.client.name == name:
                line.hang_up()
                line.do_will()

    def _publish(self, packet: Packet) -> None:
        qos, retain = packet.first >> 1 & 3, bool(packet.first & 1)
        topic = packet.text()
        if not topic or set(topic) & {"+", "#", "\0"} or qos == 3 or packet.first & 8:
            raise Violation(f"topic {topic!r} at QoS {qos}")
        number = packet.number() if qos else 0
        if qos and not number:
            raise Violation("number 0")
        self.server.take(topic, packet.rest.decode(), retain=retain)
        self.request.sendall(self.server.unasked)
        if qos == 1 and self.server.answers:
            self.request.sendall(struct.pack(">BBH", 0x40, 2, number))

    @staticmethod
    def _bare(packet: Packet, first: int = -1) -> None:
        if packet.rest or (first < 0 and packet.first & 0x0F):
            raise Violation("more than there should be")

    def _packet(self) -> Packet | None:
        """None at the end."""
        first = self.request.recv(1)
        if not first:
            return None
        length, shift = 0, 0
        while True:
            digit = self._read(1)[0]
            length |= (digit & 0x7F) << shift
            shift += 7
            if not digit & 0x80:
                return Packet(first[0], self._read(length))
            if shift > 21:
                raise Violation("a length of more than four bytes")

    def _read(self, n: int) -> bytes:
        found = b""
        while len(found) < n:
            more = self.request.recv(n - len(found))
            if not more:
                raise OSError
            found += more
        return found


def connect_house(home: Path, address: Secret) -> None:
    """Into the secrets of a home."""
    path = home / "secrets.toml"
    path.write_text(f'[home_assistant]\nbroker = "{address.reveal()}"\n')
    path.chmod(0o600)


@contextmanager
def broker(server: Broker | None = None) -> Iterator[Broker]:
    server = server or Broker()
    server.server_activate()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
        assert server.violations == []
    finally:
        server.notices.set()
        server.cut()
        server.shutdown()
        thread.join()
        server.server_close()
