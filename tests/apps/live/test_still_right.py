"""The first ten seconds: does the kept calibration still hold?"""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace

import numpy as np
import pytest

from hiphinge import simulate
from hiphinge.apps.live.core import Live
from hiphinge.apps.live.opening import Opened
from hiphinge.apps.live.still_right import StillRight
from hiphinge.monitor import Monitor
from hiphinge.sources.replayed import Replayed
from hiphinge.wizard import calibrate
from tests.wizard.wearings import CALIBRATION, worn

SLIP = simulate.Slip("sacrum", 0.0, (0.0, 0.0, float(np.deg2rad(9.0))))


@pytest.mark.parametrize(("faults", "words"), [((), "calibration holds"), ((SLIP,), "sacrum")])
def test_it_is_said_once_at_the_start(faults: tuple[object, ...], words: str) -> None:
    first = worn(CALIBRATION, seed=4)
    found = calibrate(first.params, first.motion, first.spans, wearer="Ada")
    today = worn((simulate.Stand(14.0),), seed=4, faults=faults)
    source = Replayed("replay", today.params.sensors, [today.log], math.inf)
    opened = Opened(source, replace(today.params), found, "Ada")
    told: list[str] = []
    live = Live(source, Monitor(opened.params, found))
    live.listeners.append(StillRight(opened, told.append))
    asyncio.run(live.run())
    assert len(told) <= 2
    assert words in told[-1].lower()
