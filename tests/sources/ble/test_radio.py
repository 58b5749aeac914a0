"""Another radio: what HIPHINGE_BLE_BACKEND names, or a sentence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hiphinge.errors import SettingsError
from hiphinge.sources.ble.radio import BACKEND, Radio, radio
from hiphinge.sources.ble.scan import Sighting, nearby
from tests.sources.virtual.playing import run


@asynccontextmanager
async def made() -> AsyncIterator[tuple[str, str]]:
    yield "scanner", "client"


not_callable = 5


async def opened() -> Radio:
    async with radio() as air:
        return air


def test_without_it_the_machines_own() -> None:
    assert asyncio.run(opened()).scanner_class is None


def test_a_callable_of_anyones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BACKEND, f"{__name__}:made")
    air = asyncio.run(opened())
    assert (air.scanner_class, air.client_class) == ("scanner", "client")


@pytest.mark.parametrize(
    "named", ["nonsense", "no.such.module:x", f"{__name__}:absent", f"{__name__}:not_callable", ":"]
)
def test_what_cannot_be_imported_is_a_sentence(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BACKEND, named)
    with pytest.raises(SettingsError, match=rf"{BACKEND}: .* expected module:name"):
        asyncio.run(opened())


def test_the_virtual_radio_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BACKEND, "hiphinge.sources.virtual:air")

    async def story() -> None:
        async with radio() as air:
            near: list[Sighting] = []
            while sum(s.driver is not None for s in near) < 3:  # on a busy machine one may be heard in the next scan
                near = await nearby(air, 0.5)
            assert [s.rssi for s in near] == sorted((s.rssi for s in near), reverse=True)

    run(story())
