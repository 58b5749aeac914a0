"""Publishing over a real socket, to a broker that was written from the standard."""

from __future__ import annotations

import gc
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from hiphinge.errors import MissingExtraError, SinkError
from hiphinge.formats.home_assistant import Message
from hiphinge.settings import Secret
from hiphinge.sinks import mqtt
from hiphinge.sinks.mqtt import connected
from tests.sinks.broker import Broker, broker

WILL = Message("hiphinge/ada/availability", "offline")
PLANTED = "hunter2"


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    yield
    assert [t.name for t in threading.enumerate() if t.name.startswith("paho-mqtt-client-hiphinge")] == []


@pytest.fixture(autouse=True, scope="module")
def no_socket_stays() -> Iterator[None]:
    """One that is left unclosed warns when it is collected."""
    yield
    gc.collect()


def reach(secret: Secret) -> None:
    with connected(secret, WILL):
        pass


def test_who_it_is_and_its_last_will() -> None:
    with broker() as there:
        reach(there.address())
        client = there.clients.get(timeout=60)
        assert (client.user, client.password, client.clean) == ("ada", "s@crets", True)
        assert client.will == (WILL.topic, WILL.text, True)
        assert client.keep_alive == mqtt.KEEP_ALIVE_S
        reach(there.address(""))
        other = there.clients.get(timeout=60)
        assert (other.user, other.password) == (None, None)
        assert other.name != client.name
    assert there.heard.empty()  # who leaves in good order has no will


def test_what_is_published_is_retained_whatever_its_length() -> None:
    """Lengths of one, two and three bytes; text beyond ASCII."""
    kept = {"a": "x", "b/c": "ä" * 100, "d": "y" * 20_000}
    with broker() as there:
        with connected(there.address(), WILL) as publish:
            for topic, text in kept.items():
                publish(Message(topic, text))
                assert there.retained[topic] == text  # it returned when the broker had it
            publish(Message("a", ""))
        assert there.retained == {topic: kept[topic] for topic in ("b/c", "d")}


def test_what_nobody_asked_for_is_passed_over() -> None:
    """As amqtt does: somebody else's retained publication before the answer."""
    with broker() as there:
        there.unasked = b"\x31\x05\0\1xab" * 2
        with connected(there.address(), WILL) as publish:
            for i in range(3):
                publish(Message("a", str(i)))
    assert there.retained == {"a": "2"}


def test_a_line_that_breaks_is_told_and_its_will_is_done() -> None:
    lost = threading.Event()

    def story(there: Broker) -> None:
        with connected(there.address(), WILL, lost.set) as publish:
            publish(Message("a", "1"))
            there.cut()
            assert lost.wait(60)
            publish(Message("a", "2"))

    with broker() as there:
        with pytest.raises(SinkError, match="does not answer as one"):
            story(there)
        there.until(WILL.topic, WILL.text)


def test_whoever_gives_up_has_a_will() -> None:
    """A broker that stops answering; an error of our own."""
    with broker() as there:
        there.answers = False
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(mqtt, "PATIENCE_S", 0.1)
            with pytest.raises(SinkError, match="does not answer"), connected(there.address(), WILL) as publish:
                publish(Message("a", "1"))
        there.until(WILL.topic, WILL.text)
        with pytest.raises(KeyboardInterrupt), connected(there.address(), WILL):
            raise KeyboardInterrupt
        there.until(WILL.topic, WILL.text)


def test_without_the_extra_the_line_for_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "paho.mqtt.client", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'hiphinge\[push\]'"):
        reach(Secret(f"mqtt://a:{PLANTED}@127.0.0.1:1"))


@pytest.mark.parametrize(
    ("code", "why"),
    [(4, "bad user name or password"), (5, "not authorized"), (3, "server unavailable"), (77, "unspecified error")],
)
def test_a_refusal_says_why(code: int, why: str) -> None:
    with broker() as there:
        there.refuse = code
        with pytest.raises(SinkError, match=f"refuses the connection \\({why}\\)"):
            reach(there.address())


@pytest.mark.parametrize(
    "address",
    ["", PLANTED, f"http://{PLANTED}", f"mqtt://{PLANTED}:x@", f"mqtt://{PLANTED}:99999", f"mqtt://[{PLANTED}"],
)
def test_an_address_that_is_none_is_told_without_it(address: str) -> None:
    with pytest.raises(SinkError, match="expected an address like mqtt://name:password@host") as e:
        reach(Secret(address))
    assert PLANTED not in str(e.value)


@contextmanager
def listening(talk: Callable[[socket.socket], object]) -> Iterator[int]:
    """The port of somebody who takes one connection, talks, and hangs up."""

    def serve(listener: socket.socket) -> None:
        other, _ = listener.accept()
        with other:
            talk(other)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        yield int(listener.getsockname()[1])
        thread.join()


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\x02\x00", b"\x20\x7f", b"\x40\x02\x00\x01"]
)
def test_something_else_that_listens_there(answer: bytes) -> None:
    """A web server, a line cut in its first answer: told in words, at once."""

    def talk(other: socket.socket) -> None:
        other.recv(1024)
        other.sendall(answer)

    with listening(talk) as port, pytest.raises(SinkError, match="does not answer as one"):
        reach(Secret(f"mqtt://127.0.0.1:{port}"))


def test_nobody_there_and_no_such_host() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for host in (f"127.0.0.1:{port}", f"{PLANTED}.invalid", "x" * 70):
        with pytest.raises(SinkError, match="does not answer as one") as e:
            reach(Secret(f"mqtt://{host}"))
        assert PLANTED not in str(e.value)


@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")  # paho leaves it to be collected
def test_tls_is_asked_for_and_a_broker_without_it_is_no_broker() -> None:
    """What comes first is a hello of TLS; the password is not sent in the clear to somebody who has none."""
    first: list[bytes] = []
    with (
        listening(lambda other: first.append(other.recv(1024))) as port,
        pytest.raises(SinkError, match="its certificate"),
    ):
        reach(Secret(f"mqtts://a:{PLANTED}@127.0.0.1:{port}"))
    assert first[0][0] == 22  # a record of the handshake
    assert PLANTED.encode() not in first[0]
