"""desktop-notifier on a real session bus, with a desktop that answers, refuses, or is not there."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from hiphinge.settings import feedback
from hiphinge.sinks import Backoff, Delivery, Desktop, desktop, ring
from tests.sinks.cues import MESSAGE, Told, cue

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="dbus: this system has other notices")

ONCE = Backoff(first=3600.0, longest=3600.0)
READY = "desktop: ready, this desktop shows notices."


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    from tests.sinks import dbus_desktop  # noqa: PLC0415 - its library is there on Linux alone

    try:
        with dbus_desktop.session_bus() as address:
            monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
            yield address
    except FileNotFoundError as e:
        pytest.skip(f"dbus: {e}")


@pytest.fixture
def shows(bus: str) -> Iterator[Any]:
    from tests.sinks import dbus_desktop  # noqa: PLC0415 - its library is there on Linux alone

    there = dbus_desktop.Desktop(bus)
    yield there
    there.leave()


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)


def test_a_cue_is_a_notice(shows: Any) -> None:
    told = Told()
    with Delivery([Desktop(feedback.Desktop())], told) as delivery:
        delivery.offer(cue("rounded_back", "not about lifts"))
        delivery.offer(cue())
        assert shows.shown.get(timeout=60) == ("hiphinge", "hiphinge", MESSAGE)
        assert delivery.states() == (READY,)
    assert shows.shown.empty()
    assert told.all() == []


def test_a_desktop_that_shows_nothing_is_told_once_and_the_other_way_has_it(shows: Any) -> None:
    told, instead = Told(), Told()
    shows.refusing = True
    with Delivery([Desktop(feedback.Desktop(), lambda c: instead(c.message))], told, ONCE) as delivery:
        delivery.offer(cue(message="one"))
        assert told.next() == desktop.NO_DESKTOP
        delivery.offer(cue(message="two"))
        assert [instead.next(), instead.next()] == ["one", "two"]
    assert told.all() == []


def test_a_desktop_that_comes_later_is_used(bus: str) -> None:
    from tests.sinks import dbus_desktop  # noqa: PLC0415 - its library is there on Linux alone

    told = Told()
    with Delivery([Desktop(feedback.Desktop())], told, Backoff(first=0.01, longest=0.01)) as delivery:
        assert told.next() == desktop.NO_DESKTOP
        delivery.offer(cue())
        there = dbus_desktop.Desktop(bus)
        assert there.shown.get(timeout=60)[2] == MESSAGE
    there.leave()
    assert told.all() == []


def test_without_a_session_the_terminal_rings(
    nowhere: None, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    told, rung = Told(), Told()

    def bell(one: Any) -> None:
        ring(one)
        rung("rung")

    with Delivery([Desktop(feedback.Desktop(), bell)], told, ONCE) as delivery:
        assert told.next() == desktop.NO_DESKTOP
        delivery.offer(cue())
        rung.next()
    out, err = capfd.readouterr()
    assert (out, err) == ("", f"\a{MESSAGE}\n")
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


def test_check_tells_both(shows: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Desktop(feedback.Desktop()).check() == READY
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    assert Desktop(feedback.Desktop()).check() == desktop.NO_DESKTOP


def test_a_bus_without_a_desktop(bus: str) -> None:
    assert Desktop(feedback.Desktop()).check() == desktop.NO_DESKTOP
