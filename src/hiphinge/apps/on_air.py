"""A virtual wearer with three virtual Bluetooth sensors of three makes: the whole live path, without hardware."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from hiphinge.apps.live.opening import Opened
from hiphinge.blocks import Calibration, Sensor
from hiphinge.monitor import Params
from hiphinge.sources.ble.radio import Radio
from hiphinge.sources.ble.source import Bluetooth

BEFORE_S = 6.0
"""The wearer stands for so long before the first lift: sensors connect in less."""


@asynccontextmanager
async def on_air(name: str, seed: int, params: Params, found: Calibration) -> AsyncIterator[Opened]:
    """The sensors of the scenario's wearer on a virtual radio, who is about to begin the first lift.

    MissingExtraError without bumble.
    """
    from hiphinge.sources.virtual import worn  # noqa: PLC0415  imports bumble, which a plain install lacks

    wearing = worn.Worn(name, seed=seed)
    async with worn.wearing(wearing) as wearer:
        lifts = wearer.motion.simulation.lifts
        wearer.motion.begin(time.monotonic() - max(lifts[0].start - BEFORE_S, 0.0))
        radio = Radio(wearer.air.scanner, wearer.air.client)
        sensors = tuple(Sensor(worn.address(site), make, site) for site, make in wearing.makes.items())
        yield Opened(Bluetooth(radio, sensors), replace(params, sensors=sensors), found, found.wearer)
