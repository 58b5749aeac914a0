"""``hiphinge demo``: a virtual wearer through the whole path, no hardware."""

from __future__ import annotations

import math
from pathlib import Path

import click

from hiphinge import session, simulate
from hiphinge.apps.analyze import told, working, write, write_report
from hiphinge.apps.simulate import header, write_recording
from hiphinge.apps.watch import Watch
from hiphinge.monitor import Monitor
from hiphinge.recording import replacing
from hiphinge.session import course
from hiphinge.settings import home, private_folder
from hiphinge.sources.pace import paced

SECONDS = 45.0
"""How long the replay takes; the whole demo stays under two minutes."""


@click.command(epilog="Example:  hiphinge demo")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder for the report  [default: demo in the home]")
@click.option("--seed", default=0, show_default=True, help="Another wearer, other sensors.")
@click.option("--fast", is_flag=True, help="Do not wait: as fast as it can.")
def command(*, out: Path | None, seed: int, fast: bool) -> None:
    """A virtual workout: simulated, recorded, watched as if live, reported. Under two minutes."""
    folder = out or home() / "demo"
    private_folder(folder)
    file = folder / "workout.mcap"
    wearing = simulate.scenario("workout", seed=seed)
    sites = ", ".join(wearing.wearing.sites)
    click.echo(f"A virtual wearer works out for {wearing.duration / 60:.1f} min with sensors on {sites}.")
    with replacing(file) as temporary:
        write_recording(wearing, header(wearing, f"demo {seed}"), temporary)
    opened = session.open(file)
    plan = course.plan(opened.recording, {})
    if plan.calibration:
        click.echo(f"Calibration: {plan.calibration.verdict}")
    watch_it(opened, plan, math.inf if fast else wearing.duration / SECONDS)
    with working(file.name) as show:
        found = write(opened, folder, {}, show)
        write_report(folder, found, "Demo: a virtual workout")
    click.echo(told(found, folder / "report.html"))
    click.echo("It shows how a virtual person moves. It is not a medical device.")


def watch_it(opened: session.Session, plan: course.Plan, speed: float) -> None:
    """The recording through the monitor as it once came, shown as it happens."""
    watched = Monitor(plan.params, plan.calibration)
    own_range = plan.calibration.max_lumbar_flexion if plan.calibration else math.nan
    with Watch("virtual workout", own_range) as watch:
        for group in paced(opened.recording.batches(), speed):
            watch.show(watched.feed(group))
        watch.show(watched.finish())
