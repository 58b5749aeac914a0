"""``hiphinge wear``: which sensor sits where; by name, or by a tap on it; remembered in the settings."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import click

from hiphinge import monitor, settings
from hiphinge.apps import owner
from hiphinge.apps.scan import ADVICE, printable
from hiphinge.blocks import SITES, Sensor
from hiphinge.errors import InputError
from hiphinge.settings.drivers import load_drivers
from hiphinge.sources.ble.radio import Radio, radio
from hiphinge.sources.ble.scan import Scan, Sighting, nearby
from hiphinge.sources.ble.source import Bluetooth
from hiphinge.sources.ble.visit import visit
from hiphinge.sources.inbox import Inbox
from hiphinge.wizard import taps

FIND_S, LOOK_S, TAP_S = 15.0, 5.0, 60.0
WHERE = {
    "upper_lumbar": "over the upper low back (T12/L1, where the lowest ribs end)",
    "sacrum": "over the sacrum (between the two dimples above the buttocks)",
    "thigh_left": "on the left thigh, in front, a hand above the knee",
    "thigh_right": "on the right thigh, in front, a hand above the knee",
}


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
@click.option("--json", "as_json", is_flag=True, help="The assignment as JSON.")
def command(
    *, assigned: tuple[tuple[str, str], ...], remove: tuple[str, ...], blink: str | None, as_json: bool
) -> None:
    """Which sensor sits where.

    On a terminal, without options: tap the sensor that you want at each site.
    Otherwise say it with --set, or see what is remembered.
    """
    load_drivers()
    if blink:
        with owner.owning("wear"):
            asyncio.run(_blink(blink))
    if assigned or remove:
        with owner.owning("wear"):
            _keep(asyncio.run(_found(assigned)), remove)
    elif not blink and not as_json and sys.stdin.isatty():
        with owner.owning("wear"):
            _keep(asyncio.run(_tapped()), ())
    _show(as_json)


def _keep(new: Sequence[Sensor], remove: Sequence[str]) -> None:
    """Remember; a sensor that moves to another site leaves its old one. Raises InputError for one given two sites."""
    ids = [s.sensor for s in new]
    if doubled := [one for one in ids if ids.count(one) > 1]:
        raise InputError(f"{doubled[0]}: given two sites, expected one. A sensor can be worn at one place only.")
    sites = {s.site for s in new}
    if len(sites) < len(new):
        raise InputError("One site was given two sensors, expected one each. Leave one out.")
    params: monitor.Params = settings.load()
    left = [s for s in params.sensors if s.site not in {*sites, *remove} and s.sensor not in ids]
    worn = tuple(sorted((*left, *new), key=lambda s: SITES.index(s.site)))
    settings.save(replace(params, sensors=worn))


def _show(as_json: bool) -> None:
    worn = settings.load().sensors
    if as_json:
        click.echo(json.dumps({s.site: {"sensor": s.sensor, "device": s.device} for s in worn}))
        return
    for s in worn:
        click.echo(f"{s.site:13} {s.sensor}  ({s.device})")
    if not worn:
        click.echo("No sensor is assigned yet. See what is near: hiphinge scan", err=True)


async def _found(assigned: Sequence[tuple[str, str]]) -> list[Sensor]:
    """Each address seen on the air once, so that its driver is known. Raises InputError, RadioError."""
    if not assigned:
        return []
    async with radio() as air:
        scan = Scan(air)
        scanning = asyncio.create_task(scan.run())
        try:
            return [await _recognised(scan, site, address) for site, address in assigned]
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
    if seen.driver is None:
        raise InputError(
            f"{address}: {printable(seen.name) or 'it'} is no sensor that hiphinge knows. "
            "Describe its bytes in a driver file (firmware_notes/generic.md), or choose another."
        )
    return Sensor(seen.address, seen.driver.name, site)


async def _blink(address: str) -> None:
    async with radio() as air:
        seen = next((s for s in await nearby(air, LOOK_S) if s.address == address and s.driver), None)
        if seen is None or seen.driver is None:
            raise InputError(f"{address}: not near, expected a sensor that is switched on. See: hiphinge scan")
        shown = await visit(air, seen, seen.driver, seen.driver.blink())
        click.echo("It blinks now." if shown else f"A {seen.driver.maker} cannot blink; tap it instead: hiphinge wear")


async def _tapped() -> list[Sensor]:
    """All known sensors near are connected; the wearer taps the one for each site, Enter skips a site."""
    async with radio() as air:
        near = [s for s in await nearby(air, LOOK_S) if s.driver][: len(SITES)]
        if not near:
            raise InputError(ADVICE)
        click.echo(f"{len(near)} sensors near: {', '.join(printable(s.name) or s.address for s in near)}. Connecting …")
        return await _by_taps(air, near)


async def _by_taps(air: Radio, near: Sequence[Sighting]) -> list[Sensor]:
    placed = [Sensor(s.address, s.driver.name, site) for s, site in zip(near, SITES, strict=False) if s.driver]
    source, inbox = Bluetooth(air, placed), Inbox()
    listener = taps.Listener(placed)
    streaming = asyncio.create_task(source.run(inbox))
    chosen: dict[str, Sensor] = {}
    try:
        for site in SITES:
            if len(chosen) == len(placed):
                break
            click.echo(f"Tap the sensor that you will wear {WHERE[site]}; wait {TAP_S:.0f} s to leave it out.")
            with suppress(TimeoutError):
                async with asyncio.timeout(TAP_S):
                    address = await _next_tap(inbox, listener, set(chosen))
                device = next(s.device for s in placed if s.sensor == address)
                chosen[address] = Sensor(address, device, site)
                click.echo(f"  {address}")
    finally:
        streaming.cancel()
        await asyncio.gather(streaming, return_exceptions=True)
    return list(chosen.values())


async def _next_tap(inbox: Inbox, listener: taps.Listener, taken: set[str]) -> str:
    while True:
        for tap in listener.feed(await inbox.drain()):
            if tap.site not in taken:
                return tap.site
