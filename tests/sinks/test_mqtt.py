"""Publishing over a real socket, to a broker that was written from the standard."""

from __future__ import annotations

import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.errors import SinkError
from hiphinge.settings import Secret
from hiphinge.sinks import mqtt
from tests.sinks.broker import Packet, broker

WILL = ("hiphinge/ada/availability", "offline")
PLANTED = "hunter2"


def test_who_it_is_and_its_last_will() -> None:
    with broker() as there:
        mqtt.Broker(there.address(), WILL).leave()
        client = there.clients.get(timeout=20)
        assert (client.user, client.password, client.clean) == ("ada", "s@crets", True)
        assert client.will == (*WILL, True)
        assert client.keep_alive == mqtt.KEEP_ALIVE_S
        mqtt.Broker(there.address(""), WILL).leave()
        other = there.clients.get(timeout=20)
        assert (other.user, other.password) == (None, None)
        assert other.name != client.name
    assert there.heard.empty()  # who leaves in good order has no will


def test_what_is_published_is_retained_whatever_its_length() -> None:
    """Lengths of one, two and three bytes; text beyond ASCII."""
    texts = {"a": "x", "b/c": "ä" * 100, "d": "y" * 20_000}
    with broker() as there:
        line = mqtt.Broker(there.address(), WILL)
        for topic, text in texts.items():
            line.publish(topic, text)
        line.ping()
        assert there.pings.acquire(timeout=20)
        line.leave()
    assert there.retained == texts


def test_numbers_wrap_and_are_never_zero() -> None:
    with broker() as there:
        line = mqtt.Broker(there.address(), WILL)
        line._number = 65534
        for i in range(3):
            line.publish("a", str(i))
        line.leave()
    assert there.retained == {"a": "2"}


@pytest.mark.parametrize("n", [3, 200, 20_000])
def test_what_nobody_asked_for_is_passed_over(n: int) -> None:
    """As amqtt does: somebody else's retained publication before the answer."""
    with broker() as there:
        there.unasked = mqtt._packet(0x31, b"\0\1x" + bytes(n - 3)) * 2
        line = mqtt.Broker(there.address(), WILL)
        for i in range(3):
            line.publish("a", str(i))
        line.leave()
    assert there.retained == {"a": "2"}


@pytest.mark.parametrize(
    "unasked",
    [b"\x31\xff\xff\xff\x7f", b"\x31\xff\xff\xff\xff\x01", b"\x90\x03\0\1\0", b"\x31\0" * 1000],
)
def test_but_not_without_end(unasked: bytes) -> None:
    """A length that would fill the memory, another's answer, publications for ever."""
    with broker() as there:
        there.unasked = unasked
        line = mqtt.Broker(there.address(), WILL)
        with pytest.raises(SinkError, match="does not answer as one"):
            line.publish("a", "1")
        line.drop()


def test_a_line_that_breaks_is_told_and_its_will_is_done() -> None:
    with broker() as there:
        line = mqtt.Broker(there.address(), WILL)
        line.publish("a", "1")
        there.cut()
        with pytest.raises(SinkError, match="does not answer as one"):
            line.publish("a", "2")
        line.drop()
        there.until(*WILL)


@pytest.mark.parametrize(("code", "why"), [(4, "name or password"), (5, "not allowed"), (3, "it is not ready")])
def test_a_refusal_says_why(code: int, why: str) -> None:
    with broker() as there:
        there.refuse = code
        with pytest.raises(SinkError, match=f"refuses the connection \\({why}\\)"):
            mqtt.Broker(there.address(), WILL)


@pytest.mark.parametrize(
    "address",
    ["", PLANTED, f"http://{PLANTED}", f"mqtt://{PLANTED}:x@", f"mqtt://{PLANTED}:99999", f"mqtt://[{PLANTED}"],
)
def test_an_address_that_is_none_is_told_without_it(address: str) -> None:
    with pytest.raises(SinkError, match="expected an address like mqtt://name:password@host") as e:
        mqtt.Broker(Secret(address), WILL)
    assert PLANTED not in str(e.value)


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\x02\x00", b"\x20\x7f", b"\x40\x02\x00\x01"]
)
def test_something_else_that_listens_there(answer: bytes) -> None:
    """A web server, a line cut in its first answer: told in words, at once."""

    def talk(listener: socket.socket) -> None:
        other, _ = listener.accept()
        with other:
            other.recv(1024)
            other.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=talk, args=(listener,))
        thread.start()
        with pytest.raises(SinkError, match="does not answer as one"):
            mqtt.Broker(Secret(f"mqtt://127.0.0.1:{listener.getsockname()[1]}"), WILL)
        thread.join()


def test_nobody_there_and_no_such_host() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for host in (f"127.0.0.1:{port}", f"{PLANTED}.invalid", "x" * 70):
        with pytest.raises(SinkError, match="does not answer as one") as e:
            mqtt.Broker(Secret(f"mqtt://{host}"), WILL)
        assert PLANTED not in str(e.value)


def test_tls_is_asked_for_and_a_broker_without_it_is_no_broker() -> None:
    """What comes first is a hello of TLS; the password is not sent in the clear to somebody who has none."""
    first = []

    def talk(listener: socket.socket) -> None:
        other, _ = listener.accept()
        with other:
            first.append(other.recv(1024))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=talk, args=(listener,))
        thread.start()
        with pytest.raises(SinkError, match="its certificate"):
            mqtt.Broker(Secret(f"mqtts://a:{PLANTED}@127.0.0.1:{listener.getsockname()[1]}"), WILL)
        thread.join()
    assert first[0][0] == 22  # a record of the handshake
    assert PLANTED.encode() not in first[0]


@given(st.integers(0, 3_000_000))
def test_lengths_are_read_back(n: int) -> None:
    packet = mqtt._packet(mqtt.PUBLISH, bytes(n))
    value, shift, i = 0, 0, 1
    while True:
        value |= (packet[i] & 0x7F) << shift
        shift, i = shift + 7, i + 1
        if not packet[i - 1] & 0x80:
            break
    assert (value, len(packet) - i) == (n, n)
    assert Packet(packet[0], packet[i:]).kind == 3
