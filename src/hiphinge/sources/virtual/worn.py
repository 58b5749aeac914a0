"""A virtual wearer with sensors on, on the air."""

from __future__ import annotations

import json
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import cycle
from types import MappingProxyType

from bleak.backends.client import BaseBleakClient
from bleak.backends.scanner import BaseBleakScanner

from hiphinge import simulate
from hiphinge.blocks import SITES
from hiphinge.errors import InputError, SettingsError
from hiphinge.settings import tree
from hiphinge.simulate.simulation import DEFAULT_SITES
from hiphinge.sources.virtual.faults import NONE, Params
from hiphinge.sources.virtual.motion import Motion
from hiphinge.sources.virtual.peripheral import Peripheral
from hiphinge.sources.virtual.space import Air, opened
from hiphinge.sources.virtual.twin import Identity
from hiphinge.sources.virtual.twins import TWINS, twin_class

VARIABLE = "HIPHINGE_VIRTUAL"


def address(site: str) -> str:
    """Of the sensor worn there; the same in every run, so that an assignment is remembered."""
    return f"C4:7F:51:5E:00:{SITES.index(site) + 1:02X}"


@dataclass(frozen=True)
class Worn:
    """Who wears what, and what goes wrong.

    scenario, hours, seed : as in ``hiphinge simulate``. twist : s that all sensors are twisted in one
    hand first, from the first stream on. sensors : site -> make, none: the three
    usual sites with the first makes of TWINS. Where a guide speaks, the scenario waits and the wearer
    does what it says. faults : of all sensors; faults_of : of one site,
    in place of them.
    """

    scenario: str = "workout"
    hours: float | None = None
    seed: int = 0
    twist: float = 0.0
    sensors: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    faults: Params = NONE
    faults_of: Mapping[str, Params] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def makes(self) -> dict[str, str]:
        """Site -> make."""
        return dict(self.sensors) or dict(zip(DEFAULT_SITES, cycle(TWINS)))


def told(text: str) -> Worn:
    """From the JSON of HIPHINGE_VIRTUAL; SettingsError names what is wrong in it."""
    try:
        content = json.loads(text or "{}")
    except json.JSONDecodeError as e:
        raise SettingsError(
            f'{VARIABLE}: {e.msg} at character {e.pos}, expected JSON like {{"seed": 3}}. Correct it, or unset it.'
        ) from e
    worn: Worn = tree.from_tree(Worn, content, VARIABLE)
    return worn


@dataclass(frozen=True)
class Wearer:
    """What runs on an air: ``peripherals`` by site, and the motion that they feel."""

    air: Air
    motion: Motion
    peripherals: Mapping[str, Peripheral]


@asynccontextmanager
async def wearing(worn: Worn, clock: Callable[[], float] = time.monotonic) -> AsyncIterator[Wearer]:
    """The sensors of ``worn``, switched on; the wearer moves from the first START on. For tests that reach in."""
    if unknown := [site for site in (*worn.makes, *worn.faults_of) if site not in SITES]:
        raise InputError(f"virtual sensors: site {', '.join(unknown)}, expected some of {', '.join(SITES)}.")
    played = simulate.scenario(worn.scenario, hours=worn.hours, seed=worn.seed, sites=tuple(worn.makes), faults=())
    motion = Motion(played, worn.twist)
    async with opened() as air, AsyncExitStack() as stack:
        air.follow = motion.follow
        peripherals = {}
        for number, (site, make) in enumerate(worn.makes.items()):
            # Each a little farther away than the one before, so that one is the nearest.
            params = worn.faults_of.get(site) or replace(worn.faults, rssi=worn.faults.rssi - 5.0 * number)
            identity = Identity(address(site), worn.seed)
            twin = twin_class(make)(identity, motion.sensor(site, number), params.drift_ppm)
            one = Peripheral(air, twin, params=params, clock=clock, on_stream=motion.begin)
            peripherals[site] = await stack.enter_async_context(one)
        yield Wearer(air, motion, peripherals)


@asynccontextmanager
async def backend() -> AsyncIterator[tuple[type[BaseBleakScanner], type[BaseBleakClient]]]:
    """As HIPHINGE_VIRTUAL says."""
    async with wearing(told(os.environ.get(VARIABLE, ""))) as wearer:
        yield wearer.air.scanner, wearer.air.client
