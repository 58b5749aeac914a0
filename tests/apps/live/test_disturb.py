"""Do-not-disturb as real desktops tell it: a property on a session bus, a setting of GNOME."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dbus_fast import BusType, PropertyAccess
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, dbus_property

from hiphinge.apps.live import disturb
from tests.sinks.dbus_desktop import session_bus

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone tells")


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.delenv("XDG_CURRENT_DESKTOP", raising=False)
    try:
        with session_bus() as address:
            monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
            yield address
    except FileNotFoundError as e:
        pytest.skip(f"dbus: {e}")


async def desktop(address: str, inhibited: list[bool]) -> MessageBus:
    """A desktop with the property; its connection, which ends it."""

    class Notifications(ServiceInterface):
        @dbus_property(access=PropertyAccess.READ)
        def Inhibited(self) -> "b":  # type: ignore[name-defined]  # noqa: F821, UP037  D-Bus signature and name
            return inhibited[0]

    bus = await MessageBus(bus_address=address, bus_type=BusType.SESSION).connect()
    bus.export(disturb.PATH, Notifications(disturb.NAME))
    await bus.request_name(disturb.NAME)
    return bus


def test_what_the_desktop_says_goes_into_the_log_when_it_changes(bus: str) -> None:
    async def story() -> list[tuple[str, str]]:
        inhibited, heard = [False], asyncio.Queue[tuple[str, str]]()
        served = await desktop(bus, inhibited)
        async with disturb.following(lambda *wish: heard.put_nowait(wish), every=0.01):
            assert await disturb.wanted() is False
            inhibited[0] = True
            first = await asyncio.wait_for(heard.get(), 10)
            inhibited[0] = False
            second = await asyncio.wait_for(heard.get(), 10)
        served.disconnect()
        return [first, second, *iter_all(heard)]

    assert asyncio.run(story()) == [("do-not-disturb", "on"), ("do-not-disturb", "off")]


def iter_all(queue: asyncio.Queue[tuple[str, str]]) -> list[tuple[str, str]]:
    return [queue.get_nowait() for _ in range(queue.qsize())]


def test_a_bus_without_such_a_desktop_tells_nothing(bus: str) -> None:
    assert asyncio.run(disturb.wanted()) is None


def test_no_bus_tells_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("XDG_CURRENT_DESKTOP", raising=False)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    assert asyncio.run(disturb.wanted()) is None


@pytest.mark.parametrize(("said", "quiet"), [("false", True), ("true", False), ("No such schema", None)])
def test_gnome_without_banners_wants_quiet(
    said: str, quiet: bool | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "gsettings"
    tool.write_text(f'#!/bin/sh\n[ "$3" = show-banners ] && echo "{said}"\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "ubuntu:GNOME")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    assert asyncio.run(disturb.wanted()) is quiet


def test_other_systems_do_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert asyncio.run(disturb.wanted()) is None
