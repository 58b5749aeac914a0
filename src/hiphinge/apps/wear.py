"""``hiphinge wear``: which sensor sits where; by name, or by a tap on it; remembered in the settings."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Collection, Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

import click

from hiphinge import monitor, settings
from hiphinge.apps import owner
from hiphinge.apps.guided.keys import pressed
from hiphinge.apps.recordings import printable
from hiphinge.apps.scan import ADVICE, in_order
from hiphinge.apps.words import plural
from hiphinge.blocks import SITES, Control, Input, Link, Packet, Sensor
from hiphinge.detect.taps import Tap
from hiphinge.devices.driver import Driver, Steps
from hiphinge.devices.registry import DRIVERS
from hiphinge.errors import InputError, RadioError
from hiphinge.settings.drivers import load_drivers
from hiphinge.sources.ble.radio import radio
from hiphinge.sources.ble.scan import Scan, nearby
from hiphinge.sources.ble.source import Bluetooth
from hiphinge.sources.ble.visit import visit
from hiphinge.sources.inbox import Inbox
from hiphinge.wizard import taps
from hiphinge.wizard.placement import HOW_TO_FIND, SPOTS

T = TypeVar("T")
FIND_S, LOOK_S, CONNECT_S, PULSE_S = 15.0, 5.0, 20.0, 0.3
NAME_S = 3.0
"""For an advertisement that says more: the first may come without the name, which some systems hear apart [D]."""
INDENTED = 76
KEY = "key"
"""Control of a key pressed while a tap is waited for; nothing is recorded here."""


class Assignment(click.ParamType):
    """SITE=ADDRESS."""

    name = "SITE=ADDRESS"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Site and address; exit 2 for anything else."""
        if isinstance(value, tuple):
            return value
        site, _, address = str(value).partition("=")
        if site not in SITES or not address:
            self.fail(f"{value!r}, expected SITE=ADDRESS with a site of {', '.join(SITES)}.", param, ctx)
        return site, address


@click.command(epilog="Example:  hiphinge wear   ·   hiphinge wear --set sacrum=C4:7F:51:5E:00:02")
@click.option("--set", "assigned", multiple=True, type=Assignment(), help="This sensor is worn there.")
@click.option("--remove", multiple=True, type=click.Choice(SITES), help="Nothing is worn there any more.")
@click.option("--blink", metavar="ADDRESS", help="Let a sensor show itself, where it can.")
@click.option("--vibrate", metavar="ADDRESS", help="Let a sensor be felt: try its motor, where it may have one.")
@click.option("--take-over", is_flag=True, help="End the session that holds the sensors, then begin.")
@click.option("--json", "as_json", is_flag=True, help="The assignment as JSON.")
def command(
    *,
    assigned: tuple[tuple[str, str], ...],
    remove: tuple[str, ...],
    blink: str | None,
    vibrate: str | None,
    take_over: bool,
    as_json: bool,
) -> None:
    """Which sensor sits where.

    On a terminal, without options: tap the sensor that you want at each site.
    Otherwise say it with --set, or see what is remembered.
    """
    load_drivers()
    taps_wanted = not (assigned or remove or blink or vibrate or as_json) and sys.stdin.isatty()
    if assigned or remove or blink or vibrate or taps_wanted:
        if take_over:
            owner.take_over()
        with owner.owning("wear", "assigning sensors"):
            if blink:
                _run(_blink(blink))
            if vibrate:
                _run(_vibrate(vibrate))
            if assigned or remove:
                _keep(_run(_found(assigned)), remove)
            if taps_wanted:
                _keep(_run(_tapped()), ())
    _show(as_json)


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(in_order(owner.unless_taken("wear", work)))


def _keep(new: Sequence[Sensor], remove: Sequence[str]) -> None:
    """Remember; a sensor that moves to another site leaves its old one. Raises InputError for one given two sites."""
    ids = [s.sensor for s in new]
    if doubled := [one for one in ids if ids.count(one) > 1]:
        raise InputError(f"{doubled[0]}: given two sites, expected one. A sensor can be worn at one place only.")
    sites = {s.site for s in new}
    if len(sites) < len(new):
        raise InputError("One site was given two sensors, expected one each. Leave one out.")
    params: monitor.Params = settings.load()
    stays = {*SITES} - {*sites, *remove}  # a place that is none was written by hand
    left = [s for s in params.sensors if s.site in stays and s.sensor not in ids]
    worn = tuple(sorted((*left, *new), key=lambda s: SITES.index(s.site)))
    settings.save(replace(params, sensors=worn))


def _show(as_json: bool) -> None:
    worn = settings.load().sensors
    if as_json:
        click.echo(json.dumps({s.site: {"sensor": s.sensor, "device": s.device} for s in worn}))
        return
    for s in worn:
        may = s.device in DRIVERS and DRIVERS[s.device].motor
        tail = f"  may vibrate: hiphinge wear --vibrate {s.sensor}" if may else ""
        click.echo(f"{s.site:13} {s.sensor}  ({s.device}){tail}")
    if not worn:
        click.echo("No sensor is assigned yet. See what is near: hiphinge scan", err=True)


async def _found(assigned: Sequence[tuple[str, str]]) -> list[Sensor]:
    """Each address seen on the air once, so that its driver is known. Raises InputError, RadioError."""
    if not assigned:
        return []
    async with radio() as air:
        troubles: list[RadioError | None] = []
        scan = Scan(air, troubles.append)
        scanning = asyncio.create_task(scan.run())
        try:
            return [await _recognised(scan, site, address) for site, address in assigned]
        except InputError as e:
            raise ((troubles and troubles[-1]) or e) from e  # an adapter that does not work sees nobody
        finally:
            scanning.cancel()
            await asyncio.gather(scanning, return_exceptions=True)


async def _recognised(scan: Scan, site: str, address: str) -> Sensor:
    try:
        async with asyncio.timeout(FIND_S):
            seen = await scan.wait_for(address, -float("inf"))
    except TimeoutError as e:
        raise InputError(
            f"{address}: not seen for {FIND_S:.0f} s, expected a sensor that is switched on and near. "
            "Wake it and try again; what is near shows: hiphinge scan"
        ) from e
    with suppress(TimeoutError):
        async with asyncio.timeout(NAME_S):
            seen = await scan.wait_for(address, -float("inf"), known=True)
    if seen.driver is None:
        raise InputError(
            f"{address}: {printable(seen.name) or 'it'} is no sensor that hiphinge knows. "
            "Describe its bytes in a driver file (firmware_notes/generic.md), or choose another."
        )
    return Sensor(seen.address, seen.driver.name, site)


async def _blink(address: str) -> None:
    maker, shown = await _asked(address, lambda driver: driver.blink())
    click.echo("It blinks now." if shown else f"A {maker} cannot blink; tap it instead: hiphinge wear")


async def _vibrate(address: str) -> None:
    maker, felt = await _asked(address, _pulses)
    if felt:
        click.echo("It was told to vibrate twice. If nothing was felt, no motor hangs on its pin.")
    else:
        click.echo(f"This {maker} tells of no motor. Cues come other ways: tones, notices, messages.")


def _pulses(driver: Driver) -> Steps[bool]:
    if not (yield from driver.has_motor()):
        return False
    yield from driver.vibrate(PULSE_S, 2)
    return True


async def _asked(address: str, steps: Callable[[Driver], Steps[bool]]) -> tuple[str, bool]:
    """Maker and answer of the sensor there. Raises InputError, SensorRefused."""
    async with radio() as air:
        seen = next((s for s in await nearby(air, LOOK_S) if s.address.upper() == address.upper() and s.driver), None)
        if seen is None or seen.driver is None:
            raise InputError(f"{address}: not near, expected a sensor that is switched on. See: hiphinge scan")
        return seen.driver.maker, await visit(air, seen, seen.driver, steps(seen.driver))


async def _tapped() -> list[Sensor]:
    """All known sensors near are connected; the wearer taps the one for each site."""
    click.echo("Looking for sensors …")
    async with radio() as air:
        near = [s for s in await nearby(air, LOOK_S) if s.driver][: len(SITES)]
        if not near:
            raise InputError(ADVICE)
        names = ", ".join(printable(s.name) or s.address for s in near)
        click.echo(f"{plural(len(near), 'sensor')} near: {names}. Connecting …")
        placed = [Sensor(s.address, s.driver.name, site) for s, site in zip(near, SITES, strict=False) if s.driver]
        source, inbox = Bluetooth(air, placed), Inbox()
        streaming = asyncio.create_task(source.run(inbox))
        try:
            async with pressed(lambda key: inbox.ask(KEY, key)):
                return await Taps(source, inbox).all()
        finally:
            streaming.cancel()
            await asyncio.gather(streaming, return_exceptions=True)


class Taps:
    """Which sensor the wearer taps for each site."""

    def __init__(self, source: Bluetooth, inbox: Inbox) -> None:
        self._source, self._inbox = source, inbox
        self._listener = taps.Listener(source.sensors)
        self._silent = {s.sensor for s in source.sensors}
        self._trouble = ""

    async def all(self) -> list[Sensor]:
        """Site by site, until each has its sensor or none is left."""
        await self._connected()
        left = {s.sensor: s for s in self._source.sensors if s.sensor not in self._silent}
        found = []
        click.echo("Tap with a fingertip; Enter leaves a place out.")
        for site in SITES:
            if not left:
                break
            click.echo(f"\nTap the sensor that you will wear {SPOTS[site]}.")
            click.echo(click.wrap_text(HOW_TO_FIND[site], INDENTED, "  ", "  "))
            self._source.follow("tap", site)
            if tapped := await self._next(left):
                found.append(replace(left.pop(tapped), site=site))
            click.echo(f"→ {tapped or 'left out'}")
        click.echo()
        return found

    async def _connected(self) -> None:
        """Wait until all are heard, though not for ever. Raises InputError, RadioError where none is."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CONNECT_S):
                while self._silent:
                    await self._hear()
        names = ", ".join(s.sensor for s in self._source.sensors if s.sensor in self._silent)
        if len(self._silent) == len(self._source.sensors):
            if self._trouble:
                raise RadioError(self._trouble)
            raise InputError(f"{names}: near, and nothing is heard. Close the maker's app, wake them and try again.")
        if names:
            click.echo(f"{names}: nothing is heard. Go on without, or wake it and begin again (Ctrl-C).")

    async def _next(self, left: Collection[str]) -> str:
        """The sensor that is tapped, one of ``left``; "" for Enter."""
        while True:
            inputs, heard = await self._hear()
            if any(isinstance(one, Control) and one.value in "\r\n" for one in inputs):
                return ""
            if tapped := next((tap.site for tap in heard if tap.site in left), ""):
                return tapped

    async def _hear(self) -> tuple[list[Input], Sequence[Tap]]:
        inputs = await self._inbox.drain()
        self._silent -= {one.sensor for one in inputs if isinstance(one, Packet)}
        self._trouble = next((one.value for one in inputs if isinstance(one, Link) and not one.sensor), self._trouble)
        return inputs, self._listener.feed(inputs)
