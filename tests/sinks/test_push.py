"""Apprise itself against a real server. No sentence, log line or error holds an address."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from hiphinge.errors import HiphingeError, MissingExtraError, SinkError
from hiphinge.settings import Feedback, Secret, feedback, load_secrets
from hiphinge.sinks import Backoff, Delivery, Push, wanted
from tests.sinks.broker import broker
from tests.sinks.cues import MESSAGE, Told, cue
from tests.sinks.service import Service, service

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # inside apprise

PLANTED = "hunter2topic"
NOBODY = Secret(f"json://name:{PLANTED}@127.0.0.1:1/{PLANTED}")
DOWN = "the service of address 1 in secrets.toml does not take messages now"
QUICK = Backoff(first=0.001, longest=0.01)


@pytest.fixture
def there() -> Iterator[Service]:
    with service() as server:
        yield server


def test_the_message_arrives_and_nothing_else_of_the_wearer(there: Service) -> None:
    told = Told()
    with Delivery([Push(feedback.Push(), there.address("abc"))], told) as delivery:
        delivery.offer(cue())
        path, body = there.next()
    assert path == "/abc"
    assert (body["title"], body["message"], body["type"]) == ("hiphinge", MESSAGE, "info")
    assert body["attachments"] == []
    assert told.all() == []


def test_a_warning_says_so(there: Service) -> None:
    with Delivery([Push(feedback.Push(), there.address("abc"))], Told()) as delivery:
        delivery.offer(cue("sensor_lost", severity="warning"))
        assert there.next()[1]["type"] == "warning"


def test_a_service_that_refuses_is_told_once_and_gets_it_later(there: Service) -> None:
    told = Told()
    there.status = 503
    with Delivery([Push(feedback.Push(), there.address("abc"))], told, QUICK) as delivery:
        delivery.offer(cue(message="one"))
        delivery.offer(cue(message="two"))
        assert DOWN in told.next()
        assert [there.next()[1]["message"] for _ in range(3)] == ["one"] * 3
        there.status = 200
        while there.next()[1]["message"] != "two":
            pass
    assert told.all() == []
    assert delivery.states()[0].startswith("push 1: ready")


def test_a_broker_of_mqtt_is_a_service_too() -> None:
    """By paho-mqtt, which the extra brings for it."""
    with broker() as there:
        address = Secret(f"{there.address().reveal()}/a/topic?client_id=ada")
        with Delivery([Push(feedback.Push(), address)], Told()) as delivery:
            delivery.offer(cue())
            topic, text = there.next()
        assert topic == "a/topic"
        assert MESSAGE in text


def test_an_unreachable_service_is_one_sentence() -> None:
    told = Told()
    with Delivery([Push(feedback.Push(), NOBODY)], told, Backoff(first=3600.0, longest=3600.0)) as delivery:
        delivery.offer(cue())
        assert DOWN in told.next()
        assert DOWN in delivery.states()[0]


def test_a_slow_service_holds_up_neither_the_others_nor_the_end(there: Service) -> None:
    with service() as quick:
        there.gate.clear()
        sinks = [Push(feedback.Push(), there.address("slow?rto=300")), Push(feedback.Push(), quick.address("quick"), 2)]
        delivery = Delivery(sinks, Told())
        for n in range(5):
            delivery.offer(cue(message=str(n)))
        assert [quick.next()[1]["message"] for _ in range(5)] == list("01234")
        assert there.next()[1]["message"] == "0"
        began = time.monotonic()
        delivery.close(0.05)
        assert time.monotonic() - began < 60  # the service would keep it for 300
        there.gate.set()


def test_a_program_ends_while_a_service_hangs(there: Service) -> None:
    there.gate.clear()
    code = (
        "import sys; from hiphinge.settings import Secret, feedback; from hiphinge.sinks import Delivery, Push\n"
        "from tests.sinks.cues import cue\n"
        "delivery = Delivery([Push(feedback.Push(), Secret(sys.argv[1]))], print)\n"
        "delivery.offer(cue()); sys.stdin.read(); delivery.close(0.05)"
    )
    address = there.address("abc?rto=300").reveal()
    command = [sys.executable, "-c", code, address]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        there.next()
        out, _ = process.communicate(timeout=120)  # the service would keep it for 300
    assert (process.returncode, out) == (0, "")


@pytest.mark.parametrize("address", [f"bogus://{PLANTED}", f"json://{PLANTED}:port:x/", PLANTED, "json://"])
def test_an_address_that_cannot_be_read_is_called_by_its_place(address: str) -> None:
    with pytest.raises(SinkError) as e:
        Push(feedback.Push(), Secret(address), 3).open()
    assert str(e.value).startswith("push 3: apprise cannot read address 3 of secrets.toml, expected one like ntfy://")


def test_check_sends_nothing(there: Service) -> None:
    assert Push(feedback.Push(), there.address("abc")).check() == (
        "push 1: ready, address 1 of secrets.toml is understood; nothing was sent to try it."
    )
    assert there.posts.empty()


def test_a_plugin_that_raises_its_address_is_one_sentence(there: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = Push(feedback.Push(), there.address("abc"))
    sink.open()

    def raising(**_: object) -> bool:
        raise ValueError(PLANTED)

    monkeypatch.setattr(sink._service, "notify", raising)
    with pytest.raises(SinkError, match=DOWN) as e:
        sink.deliver(cue())
    assert e.value.__cause__ is e.value.__context__ is None


def test_without_the_extra_the_line_for_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'hiphinge\[push\]'"):
        Push(feedback.Push(), NOBODY).open()


def test_a_planted_secret_is_in_nothing_that_is_told_logged_raised_or_written(
    there: Service, hiphinge_home: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Log at its most talkative; services that work, refuse, are not there, or cannot be read."""
    caplog.set_level(logging.NOTSET)
    logging.getLogger().setLevel(1)
    told = Told()
    plant(hiphinge_home, there)
    sinks = [sink for sink in wanted(Feedback(), load_secrets()) if isinstance(sink, Push)]
    raised = [tried(sink) for sink in sinks]
    assert PLANTED in there.next()[0]
    there.status = 500
    with Delivery(sinks, told, QUICK) as delivery:
        delivery.offer(cue())
        sentences = [told.next() for _ in sinks]
    assert [text[:6] for text in sorted(sentences)] == ["push 1", "push 2", "push 3", "push 4"]
    assert [bool(text) for text in raised] == [False, True, True, True]
    shown = [repr(sinks), *(repr(vars(sink)) for sink in sinks), *(sink.check() for sink in sinks)]
    everything = [*sentences, *told.all(), *delivery.states(), *raised, caplog.text, *capfd.readouterr(), *shown]
    assert [text for text in everything if PLANTED in text] == []
    assert [path.name for path in hiphinge_home.rglob("*")] == ["secrets.toml"]


def plant(home: Path, there: Service) -> None:
    """One that works, one where nobody is, two that cannot be read."""
    works = f"json://{PLANTED}:{PLANTED}@127.0.0.1:{there.server_port}/{PLANTED}"
    path = home / "secrets.toml"
    path.write_text(f"[push]\nurls = {[works, NOBODY.reveal(), f'bogus://{PLANTED}', PLANTED]!r}\n")
    path.chmod(0o600)


def tried(sink: Push) -> str:
    """What a careless program would print of a failure: all causes, with the local names of every step."""
    try:
        sink.open()
        sink.deliver(cue())
    except HiphingeError as e:
        return "".join(traceback.TracebackException.from_exception(e, capture_locals=True).format())
    return ""


def test_the_check_above_would_find_it(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without our silence apprise logs the address at its most talkative."""
    caplog.set_level(1)
    monkeypatch.setattr("hiphinge.sinks.push.hush", lambda: logging.getLogger("apprise").setLevel(1))
    sink = Push(feedback.Push(), NOBODY)
    sink.open()
    with pytest.raises(SinkError):
        sink.deliver(cue())
    assert PLANTED in caplog.text
