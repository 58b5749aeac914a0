"""``hiphinge demo``: a virtual wearer through the whole path, no hardware."""

from __future__ import annotations

import asyncio
import importlib.util
import math
from pathlib import Path

import click

from hiphinge import session, simulate
from hiphinge.alerts.cues import SET, START
from hiphinge.apps.analyze import told, working, write, write_report
from hiphinge.apps.live.keeping import recorded
from hiphinge.apps.live.opening import calibration
from hiphinge.apps.on_air import on_air
from hiphinge.apps.replay import watched
from hiphinge.apps.simulate import header, write_recording
from hiphinge.apps.watch import Watch
from hiphinge.blocks import Calibration
from hiphinge.devices.registry import DRIVERS
from hiphinge.monitor import Params
from hiphinge.recording import replacing
from hiphinge.session import course
from hiphinge.settings import home, private_folder

SECONDS = 45.0
"""How long the replay takes, or the live session; the whole demo stays under two minutes."""
BROWSED = 2.5
"""Times real time in the browser: the workout is over within two minutes, and movements still look like some."""


@click.command(epilog="Example:  hiphinge demo")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder for the report  [default: demo in the home]")
@click.option("--seed", default=0, show_default=True, help="Another wearer, other sensors.")
@click.option("--fast", is_flag=True, help="Do not wait: as fast as it can.")
@click.option("--dashboard", is_flag=True, help="In the browser, until Ctrl-C.")
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="Of --dashboard.  [default: any that is free]")
@click.option("--no-open", is_flag=True, help="With --dashboard: print the address; open no browser.")
def command(*, out: Path | None, seed: int, fast: bool, dashboard: bool, port: int, no_open: bool) -> None:
    """A virtual workout: worn, heard over virtual Bluetooth, recorded, watched live, reported. Under two minutes.

    Without the extra [virtual], or with --fast, it is simulated as a recording
    and watched as if it were live.
    """
    if dashboard:
        return browsed(port, opens=not no_open)
    folder = out or home() / "demo"
    private_folder(folder)
    file = folder / "workout.mcap"
    played = simulate.scenario("workout", seed=seed)
    heard = not fast and importlib.util.find_spec("bumble") is not None
    lasts = f"{SECONDS:.0f} s" if heard else f"{played.duration / 60:.1f} min"
    click.echo(f"A virtual wearer works out for {lasts} with sensors on {', '.join(played.wearing.sites)}.")
    if not heard:
        replayed(played, seed, file, math.inf if fast else played.duration / SECONDS)
    else:
        live(played, seed, file)
    with working(file.name) as show:
        found = write(session.open(file), folder, {}, show)
        write_report(folder, found, "Demo: a virtual workout")
    click.echo(told(found, folder / "report.html"))
    click.echo("It shows how a virtual person moves. It is not a medical device.")


def browsed(port: int, *, opens: bool) -> None:
    """The same workout in the dashboard."""
    from hiphinge.apps.dashboard.command import run  # noqa: PLC0415  a second, which only this needs
    from hiphinge.apps.dashboard.running import Wish  # noqa: PLC0415  as above

    run(Wish("simulated", speed=BROWSED), port, opens=opens, begins=True)


def live(played: simulate.Simulation, seed: int, file: Path) -> None:
    """Three virtual Bluetooth sensors of three makes, connected, set up and heard as real ones are."""
    found = calibration(played, Params())
    click.echo(f"Calibration: {found.verdict}")
    with replacing(file) as temporary:
        asyncio.run(_live(seed, found, temporary))


async def _live(seed: int, found: Calibration, file: Path) -> None:
    async with on_air("workout", seed, Params(), found) as opened:
        makes = ", ".join(DRIVERS[s.device].maker for s in opened.source.sensors)
        click.echo(f"Live over a virtual Bluetooth radio: {makes}.")
        session_now = recorded(opened, file)
        session_now.ask(SET, START)
        zero = opened.source.now_ns() / 1e9
        with Watch("virtual workout, live", found.max_lumbar_flexion, zero=zero) as watch:
            session_now.listeners.append(lambda _, outcome: watch.show(outcome))
            await session_now.run(SECONDS)
        for one in session_now.health.sensors:
            click.echo(f"  {one.site}: {one.rate_hz:.0f} Hz, {one.loss_pct:.1f} % lost")


def replayed(played: simulate.Simulation, seed: int, file: Path, speed: float) -> None:
    """Simulated as a recording, then watched as if it were live."""
    with replacing(file) as temporary:
        write_recording(played, header(played, f"demo {seed}"), temporary)
    opened = session.open(file)
    plan = course.plan(opened.recording, {})
    click.echo(f"Calibration: {plan.calibration.verdict}")
    watched(opened, plan, speed, "virtual workout")
