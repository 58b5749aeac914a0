"""A live session over the virtual air, in this process: sensors worn, real clients, a recording, a monitor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hiphinge.apps.live import keeping
from hiphinge.apps.live.core import Live
from hiphinge.apps.live.opening import Opened
from hiphinge.devices.driver import Wanted
from hiphinge.monitor import Monitor, Params
from hiphinge.recording import Writer
from hiphinge.sources.ble.radio import Radio
from hiphinge.sources.ble.source import Bluetooth
from hiphinge.sources.virtual.worn import Wearer, Worn, wearing
from tests.benchmarks.worn_home import SEED, assigned, calibrated


@dataclass(frozen=True)
class OnAir:
    """Who wears them, and the session that follows."""

    wearer: Wearer
    live: Live
    source: Bluetooth


@asynccontextmanager
async def on_air(worn: Worn, file: Path, wanted: Wanted | None = None) -> AsyncIterator[OnAir]:
    """Calibrated, ready to ``run``; a workout of the known wearer."""
    worn = replace(worn, scenario="workout", seed=SEED)
    calibration = calibrated(tuple(worn.makes))
    params = Params(sensors=assigned(worn.makes))
    async with wearing(worn) as wearer:
        source = Bluetooth(Radio(wearer.air.scanner, wearer.air.client), params.sensors, wanted)
        writer = Writer(file, keeping.header(Opened(source, params, calibration, "")), threaded=True)
        yield OnAir(wearer, Live(source, Monitor(params, calibration), writer), source)
