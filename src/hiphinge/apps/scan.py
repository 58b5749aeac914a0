"""``hiphinge scan``: sensors nearby, strongest first, and what to do when there are none."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from hiphinge.apps import owner
from hiphinge.apps.numbers import Number
from hiphinge.apps.recordings import printable
from hiphinge.errors import SensorRefused
from hiphinge.settings.drivers import load_drivers
from hiphinge.sources.ble.radio import Radio, radio
from hiphinge.sources.ble.scan import Sighting, nearby
from hiphinge.sources.ble.visit import visit

T = TypeVar("T")

ADVICE = """No sensor was found. What helps most often:
  · switch the sensor on, or shake it: most sleep after some minutes;
  · close the maker's app, here and on the phone: a sensor that is connected does not advertise;
  · charge it; bring it within two metres;
  · hiphinge doctor checks this machine's Bluetooth."""


@dataclass(frozen=True)
class Found:
    """A sighting, and what a visit brought: ``battery_pct``, or ``trouble`` in words."""

    seen: Sighting
    battery_pct: float | None = None
    trouble: str = ""


@click.command(epilog="Example:  hiphinge scan --for 10")
@click.option("--for", "seconds", type=Number(0.5, 120), default=5.0, show_default=True, help="Seconds.")
@click.option("--all", "everything", is_flag=True, help="Also devices that no driver knows.")
@click.option("--no-battery", is_flag=True, help="Do not connect to ask for the battery.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line a device.")
def command(*, seconds: float, everything: bool, no_battery: bool, as_json: bool) -> None:
    """Sensors nearby, strongest first, with maker and battery."""
    load_drivers()
    held = owner.owner()
    if held and not no_battery:
        click.echo(f"No sensor is asked for its battery: {owner.in_words(held)}. See: hiphinge status", err=True)
    found = asyncio.run(in_order(look(seconds, battery=not (held or no_battery))))
    shown = [one for one in found if everything or one.seen.driver]
    for one in shown:
        click.echo(json.dumps(row(one)) if as_json else told(one))
    if not as_json and not any(one.seen.driver for one in found):
        near = "device is" if len(found) == 1 else "devices are"
        others = f" {len(found)} other {near} near (--all shows them)." if found else ""
        click.echo(f"{ADVICE}{others}", err=True)


async def in_order(work: Coroutine[Any, Any, T]) -> T:
    """``work``, which a closed terminal or the system's stop ends as Ctrl-C does: sensors are let go."""
    ctrl_c = signal.getsignal(signal.SIGINT)  # asyncio's own
    ends = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    taken = [one for one in ends if callable(ctrl_c) and signal.getsignal(one) is signal.SIG_DFL]  # not with nohup
    for one in taken:
        signal.signal(one, ctrl_c)
    try:
        return await work
    finally:
        for one in taken:
            signal.signal(one, signal.SIG_DFL)


async def look(seconds: float, *, battery: bool) -> list[Found]:
    """Scan, then visit the known ones in turn. Raises RadioError."""
    async with radio() as air:
        return [await _visited(air, seen, battery) for seen in await nearby(air, seconds)]


async def _visited(air: Radio, seen: Sighting, battery: bool) -> Found:
    if not battery or seen.driver is None:
        return Found(seen)
    try:
        return Found(seen, await visit(air, seen, seen.driver, seen.driver.battery()))
    except SensorRefused as e:
        return Found(seen, trouble=str(e))


def told(one: Found) -> str:
    """In one line; names from the air are printed as what they are, control characters apart."""
    seen = one.seen
    maker = seen.driver.maker + ("" if seen.driver.verified else " (unverified)") if seen.driver else "unknown"
    strength = f"{seen.rssi} dBm" if seen.rssi else "not now"
    battery = f"{one.battery_pct:.0f} %" if one.battery_pct is not None else one.trouble or "–"
    return f"{seen.address:18} {strength:>8}  {printable(seen.name):20} {maker:28} battery {battery}"


def row(one: Found) -> dict[str, object]:
    """As JSON."""
    seen = one.seen
    return {
        "address": seen.address,
        "name": seen.name,
        "rssi_dbm": seen.rssi or None,
        "device": seen.driver.name if seen.driver else None,
        "maker": seen.driver.maker if seen.driver else None,
        "verified": seen.driver.verified if seen.driver else None,
        "battery_pct": one.battery_pct,
        "trouble": one.trouble,
    }
