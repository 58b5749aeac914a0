"""``hiphinge doctor``: what this machine has, what it lacks, and what to do about it."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import platform
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass

import click

from hiphinge import __version__, settings
from hiphinge.apps import owner
from hiphinge.apps.words import plural
from hiphinge.devices.registry import DRIVERS
from hiphinge.errors import HiphingeError
from hiphinge.fusion import filters
from hiphinge.params import worn_sites
from hiphinge.settings.drivers import load_drivers
from hiphinge.sinks import wanted
from hiphinge.sinks.home_assistant import checked

GOOD, WEAK, BAD = "ok", "note", "missing"
SIGNS = {GOOD: "✓", WEAK: "·", BAD: "✗"}
ROOM_MB = 500
"""Free for a day: eight hours of three sensors take 280 MB (ecosystem: containers measured)."""
EXTRAS = {
    "dashboard": ("uvicorn", "the dashboard in the browser"),
    "sound": ("miniaudio", "tones"),
    "push": ("apprise", "messages to a phone"),
    "virtual": ("bumble", "virtual sensors"),
}
SCAN_S = 3.0


@dataclass(frozen=True)
class Sign:
    """One thing looked at: ``state`` ok, note (works without) or missing."""

    what: str
    state: str
    words: str


@click.command(epilog="Example:  hiphinge doctor")
@click.option("--no-radio", is_flag=True, help="Leave Bluetooth out.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line a sign.")
def command(*, no_radio: bool, as_json: bool) -> None:
    """Check this machine: Bluetooth, sensors, disk, settings, sound. Exit 1 where something needed is missing."""
    bad = False
    for sign in signs(radio=not no_radio):
        bad |= sign.state == BAD
        click.echo(json.dumps(asdict(sign)) if as_json else f"{SIGNS[sign.state]} {sign.what:12} {sign.words}")
    sys.exit(1 if bad else 0)


def signs(*, radio: bool) -> Iterator[Sign]:
    """All of them, in the order in which they are needed."""
    yield Sign("hiphinge", GOOD, f"{__version__} on Python {platform.python_version()}, {platform.platform()}")
    yield _filter()
    yield _asked("home", _home)
    yield _asked("settings", _settings)
    yield _asked("secrets", _secrets)
    yield _asked("sensors", _sensors)
    yield _asked("running", _running)
    if radio:
        yield _asked("bluetooth", _bluetooth)
    yield from _extras()
    with suppress(HiphingeError, OSError):  # files that cannot be read were told above
        yield from _ways_out()


def _ways_out() -> Iterator[Sign]:
    """How the wearer is told of what is found."""
    secrets = settings.load_secrets()
    for sink in wanted(settings.load(root=settings.Feedback), secrets):
        yield Sign(sink.name, WEAK, sink.check().removeprefix(f"{sink.name}: "))
    yield _motors()
    if secrets.broker:
        yield Sign("house", WEAK, checked(secrets.broker))


def _asked(what: str, look: Callable[[], Sign]) -> Sign:
    """What ``look`` finds; an error is a finding too."""
    try:
        return look()
    except HiphingeError as e:
        return Sign(what, BAD, str(e))
    except OSError as e:
        return Sign(what, BAD, f"{e.filename or what}: {(e.strerror or str(e)).lower()}. Check its permissions.")


def _filter() -> Sign:
    found = filters.available("vqf")
    if found == "vqf":
        return Sign("filter", GOOD, "vqf")
    return Sign("filter", WEAK, f"vqf is not installed, {found} steps in with a larger error. pip install vqf")


def _home() -> Sign:
    home = settings.home()
    free = shutil.disk_usage(home).free // 10**6
    if not os.access(home, os.W_OK):
        return Sign("home", BAD, f"{home}: not writable. Choose another with HIPHINGE_HOME")
    if free < ROOM_MB:
        return Sign("home", BAD, f"{home}: {free} MB free, expected {ROOM_MB} for a day. Make room")
    if os.name == "posix" and stat.S_IMODE(home.stat().st_mode) & 0o077:
        return Sign("home", WEAK, f"{home}: others may read it. chmod 700 {home}")
    return Sign("home", GOOD, f"{home}, {free} MB free")


def _settings() -> Sign:
    settings.load()
    path = settings.settings_file()
    return Sign(
        "settings", GOOD, f"{path}" if path.exists() else "all as they come; hiphinge writes some when you choose"
    )


def _secrets() -> Sign:
    found = settings.load_secrets()
    some = [plural(len(found.push), "push address", "push addresses")] if found.push else []
    some += ["a broker of Home Assistant"] if found.broker else []
    return Sign("secrets", GOOD, ", ".join(some) or "none")


def _sensors() -> Sign:
    load_drivers()
    worn = settings.load().sensors
    if not worn:
        return Sign("sensors", WEAK, "none assigned yet. Say which is worn where: hiphinge wear")
    worn_sites(worn)  # SettingsError where they cannot be worn so
    if strange := next((s for s in worn if s.device not in DRIVERS), None):
        words = f"{strange.site} {strange.sensor} is a {strange.device!r}, which no driver serves"
        return Sign("sensors", BAD, f"{words}. Assign it anew: hiphinge wear")
    return Sign("sensors", GOOD, ", ".join(f"{s.site} {s.sensor} ({s.device})" for s in worn))


def _motors() -> Sign:
    """Which worn sensor may vibrate: its kind tells, the sensor itself when it is connected."""
    worn = [(s.site, DRIVERS[s.device]) for s in settings.load().sensors if s.device in DRIVERS]
    may = [f"{site} ({driver.maker}: {driver.motor})" for site, driver in worn if driver.motor]
    if not may:
        return Sign("vibration", WEAK, "no sensor that is worn has a motor")
    return Sign("vibration", WEAK, f"may be felt: {'; '.join(may)}. Try it: hiphinge wear --vibrate ADDRESS")


def _running() -> Sign:
    held = owner.owner()
    return Sign("running", GOOD, owner.in_words(held) if held else "nothing is being recorded")


def _bluetooth() -> Sign:
    if owner.owner():
        return Sign("bluetooth", GOOD, "in use by the session that runs; hiphinge status shows its sensors")
    from hiphinge.sources.ble.radio import radio  # noqa: PLC0415  bleak takes 0.2 s
    from hiphinge.sources.ble.scan import nearby  # noqa: PLC0415  the same

    async def look() -> str:
        async with radio() as air:
            near = await nearby(air, SCAN_S)
        known = sum(one.driver is not None for one in near)
        return f"works; {plural(len(near), 'device')} near, hiphinge knows {known} of them"

    return Sign("bluetooth", GOOD, asyncio.run(look()))


def _extras() -> Iterator[Sign]:
    for extra, (module, use) in EXTRAS.items():
        if importlib.util.find_spec(module):
            yield Sign(extra, GOOD, f"{use}: installed")
        else:
            yield Sign(extra, WEAK, f"{use}: not installed. pip install 'hiphinge[{extra}]'")
