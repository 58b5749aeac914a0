"""Sensors written into the settings by hand that cannot be: a sentence, and no recording of nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from hiphinge import settings
from hiphinge.apps import wear
from hiphinge.apps.cli import main
from hiphinge.apps.dashboard.running import IDLE, Running
from hiphinge.apps.dashboard.running import Wish as DashboardWish
from hiphinge.apps.live import keeping
from hiphinge.apps.live.run import Wish
from hiphinge.apps.live.service import Service
from hiphinge.blocks import Sensor

WORN = '[[sensors]]\nsensor = "{}"\ndevice = "witmotion"\nsite = "{}"\n'
TWICE = WORN.format("A", "sacrum") + WORN.format("B", "sacrum")
HEAD = WORN.format("A", "head") + WORN.format("B", "sacrum")


def by_lift() -> str:
    with pytest.raises(SystemExit) as left:
        main(["lift", "--for", "1"])
    assert left.value.code == 1
    return ""


def by_service() -> str:
    said: list[str] = []

    async def story() -> None:
        service = Service(Wish("desk", "ble", "desk-day", None, None, "", False), said.append, lambda words: None)
        await service._try()

    asyncio.run(story())
    return " ".join(said)


def by_dashboard() -> str:
    async def story() -> str:
        running = Running(DashboardWish("ble"))
        running.begin()
        while running.doing != IDLE:
            await asyncio.sleep(0.01)
        return running.words

    return asyncio.run(story())


@pytest.mark.parametrize("begin", [by_lift, by_service, by_dashboard])
@pytest.mark.parametrize(("text", "words"), [(TWICE, "'sacrum' worn by 2"), (HEAD, "'head' worn by 1")])
def test_a_sentence_and_no_recording(
    begin: Callable[[], str], text: str, words: str, hiphinge_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (hiphinge_home / "settings.toml").write_text(text)
    said = begin() + capsys.readouterr().err
    assert words in said
    assert "hiphinge wear" in said
    assert list(keeping.recordings().iterdir()) == []


def test_wear_puts_it_right(hiphinge_home: Path) -> None:
    (hiphinge_home / "settings.toml").write_text(HEAD)
    wear._keep([Sensor("C", "witmotion", "thigh_left")], ())
    assert [(s.sensor, s.site) for s in settings.load().sensors] == [("B", "sacrum"), ("C", "thigh_left")]
