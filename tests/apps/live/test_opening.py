"""What a session is run on, and whose it is."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from hiphinge.apps.live import keeping
from hiphinge.apps.live.opening import SIMULATED, Opened, open_source, renamed, uncalibrated
from hiphinge.kinematics.identity import identity


def opened(name: str, wearer: str) -> Opened:
    """Of the shortest scenario."""

    async def of() -> Opened:
        async with AsyncExitStack() as stack:
            return await open_source(name, stack, wearer, "calibration-only")

    return asyncio.run(of())


@pytest.fixture(scope="module")
def by_itself() -> Opened:
    """A simulation under its own name."""
    return opened(SIMULATED, "")


def test_a_simulation_names_its_wearer(by_itself: Opened) -> None:
    assert by_itself.wearer == by_itself.calibration.wearer != ""
    assert by_itself.calibration.id == identity(by_itself.calibration)


def test_whoever_is_named_owns_the_session_whatever_its_source(by_itself: Opened) -> None:
    """The movements stay; recording and calibration bear the name."""
    found = opened(SIMULATED, "ada")
    assert (found.wearer, found.calibration.wearer, keeping.header(found).wearer) == ("ada", "ada", "ada")
    assert found.calibration.mountings == by_itself.calibration.mountings
    assert found.calibration.id == identity(found.calibration) != by_itself.calibration.id


def test_who_is_not_calibrated_is_not_by_another_name_either(by_itself: Opened) -> None:
    nobody = replace(by_itself, calibration=uncalibrated(""))
    assert keeping.header(renamed(nobody, "ada")).calibration == ""
