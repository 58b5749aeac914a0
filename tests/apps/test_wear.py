"""``hiphinge wear``: who is tapped is worn there, who is not heard is named. Virtual Bluetooth, simulated time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from hiphinge.apps import wear
from hiphinge.apps.wear import KEY, Taps
from hiphinge.blocks import Sensor
from hiphinge.errors import InputError
from hiphinge.sources.ble.radio import Radio
from hiphinge.sources.ble.source import Bluetooth
from hiphinge.sources.inbox import Inbox
from hiphinge.wizard.placement import SPOTS
from tests.integration.leaping import leap

worn = pytest.importorskip("hiphinge.sources.virtual.worn", reason="virtual: the extra [virtual] is not installed")

T = TypeVar("T")
WORN = worn.Worn(sensors={"sacrum": "hiphinge_ble", "thigh_left": "witmotion"})
SACRUM, THIGH, NOBODY = worn.address("sacrum"), worn.address("thigh_left"), worn.address("thigh_right")


@pytest.fixture
def tapping(monkeypatch: pytest.MonkeyPatch) -> Callable[..., T]:
    """``tapping(addresses, story)``: a story of Taps on sensors with these addresses, of which those of WORN are on."""
    clock = leap(monkeypatch)

    async def told(addresses: tuple[str, ...], story: Callable[[Taps, Inbox], Awaitable[T]]) -> T:
        async with worn.wearing(WORN, clock) as wearer:
            makes = {worn.address(site): make for site, make in WORN.sensors.items()}
            # Nobody knows yet where they are: the sites are as good as any.
            sites = ("upper_lumbar", "thigh_right", "sacrum")
            placed = [Sensor(a, makes.get(a, "witmotion"), s) for a, s in zip(addresses, sites, strict=False)]
            radio = Radio(wearer.air.scanner, wearer.air.client)
            source, inbox = Bluetooth(radio, placed), Inbox(lambda: round(clock.now * 1e9))
            streaming = asyncio.create_task(source.run(inbox))
            try:
                return await story(Taps(source, inbox), inbox)
            finally:
                streaming.cancel()
                await asyncio.gather(streaming, return_exceptions=True)

    return lambda addresses, story: asyncio.run(told(addresses, story))


def test_each_is_worn_where_it_was_tapped(tapping: Callable[..., T], capsys: pytest.CaptureFixture[str]) -> None:
    async def story(taps: Taps, inbox: Inbox) -> list[Sensor]:
        asyncio.get_running_loop().call_later(9.0, inbox.ask, KEY, "\n")  # nothing is worn on the upper low back
        return await taps.all()

    assert tapping((THIGH, SACRUM), story) == [
        Sensor(SACRUM, "hiphinge_ble", "sacrum"),
        Sensor(THIGH, "witmotion", "thigh_left"),
    ]
    said = capsys.readouterr().out
    assert f"Tap the sensor that you will wear {SPOTS['upper_lumbar']}." in said
    assert "→ left out" in said
    assert SPOTS["thigh_right"] not in said  # none was left


def test_one_that_is_not_heard_is_named_and_the_others_asked_for(
    tapping: Callable[..., T], capsys: pytest.CaptureFixture[str]
) -> None:
    async def story(taps: Taps, inbox: Inbox) -> list[Sensor]:
        asyncio.get_running_loop().call_later(wear.CONNECT_S + 4.0, inbox.ask, KEY, "\n")
        return await taps.all()

    assert [s.sensor for s in tapping((NOBODY, SACRUM), story)] == [SACRUM]
    assert f"{NOBODY}: nothing is heard." in capsys.readouterr().out


def test_none_heard_is_a_sentence(tapping: Callable[..., T], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wear, "CONNECT_S", 3.0)
    with pytest.raises(InputError, match=f"{NOBODY}: near, and nothing is heard"):
        tapping((NOBODY,), lambda taps, _: taps.all())
