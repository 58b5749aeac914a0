"""``hiphinge replay``: a recording through the same path as live, and what other settings would have changed."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from hiphinge import session
from hiphinge.apps.analyze import overrides
from hiphinge.apps.differences import differences
from hiphinge.apps.live.telling import events, line
from hiphinge.apps.watch import Watch
from hiphinge.apps.words import plural
from hiphinge.blocks import Alert, Outcome, Repetition
from hiphinge.errors import SettingsError
from hiphinge.monitor import Monitor
from hiphinge.session import Session, course
from hiphinge.sources.pace import paced


class Speed(click.ParamType):
    """A factor above 0, or ``max``."""

    name = "speed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The factor; ``max`` is infinite."""
        if value == "max":
            return math.inf
        try:
            speed = float(value)
        except (TypeError, ValueError):
            speed = math.nan
        if not speed > 0:
            self.fail(f"{value!r}, expected a number above 0, or max.", param, ctx)
        return speed


@click.command(epilog="Example:  hiphinge replay monday.mcap --speed 10   ·   --set rounding.on_share=0.7")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--speed", type=Speed(), default="max", show_default=True, help="1 real time, 10 ten times, max.")
@click.option("--set", "settings", multiple=True, metavar="RULE.NAME=VALUE", help="What if? Print what would change.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line an event.")
def command(*, file: Path, speed: float, settings: tuple[str, ...], as_json: bool) -> None:
    """Replay a recording: repetitions and alerts as they were.

    With --set, run it twice, as it was and with the other settings, and print
    which repetitions and alerts change, and why.
    """
    chosen = overrides(settings)
    opened = session.open(file)
    try:
        if chosen:
            what_if(opened, chosen, as_json)
        else:
            run(opened, speed, as_json)
    except SettingsError as e:
        if e.name in chosen:
            raise click.BadParameter(str(e), param_hint="--set") from e
        raise
    for damage in opened.recording.damage:
        click.echo(f"{file}: {damage}", err=True)


def run(opened: Session, speed: float, as_json: bool) -> None:
    """Feed at ``speed`` and show what happens."""
    plan = course.plan(opened.recording, {})
    if plan.refused:
        click.echo(f"{opened.recording.path.name}: {plan.refused}", err=True)
    if as_json:
        for outcome in outcomes(opened, plan, speed):
            tell(outcome)
        return
    seen = watched(opened, plan, speed, opened.recording.path.name)
    click.echo(f"{plural(len(seen.reps), 'repetition')}, {plural(len(seen.alerts), 'alert')}.")


def watched(opened: Session, plan: course.Plan, speed: float, title: str) -> Watch:
    """The recording through the monitor as it once came, shown as it happens."""
    with Watch(title, plan.calibration.max_lumbar_flexion) as watch:
        for outcome in outcomes(opened, plan, speed):
            watch.show(outcome)
    return watch


def outcomes(opened: Session, plan: course.Plan, speed: float) -> Iterator[Outcome]:
    """All that a monitor says of the recording; a gap of hours in pieces."""
    monitor = Monitor(plan.params, plan.calibration)
    groups = paced(opened.recording.batches(), speed) if math.isfinite(speed) else opened.recording.batches()
    for group in groups:
        yield from monitor.steps(group)
    yield monitor.finish()


def tell(outcome: Outcome) -> None:
    """One JSON line for each repetition and alert."""
    for kind, row in events(outcome):
        if kind in ("repetition", "alert"):
            line(kind, **row)


def what_if(opened: Session, chosen: dict[str, str], as_json: bool) -> None:
    """Print what the other settings change in repetitions and alerts."""
    before, after = found(opened, {}), found(opened, chosen)
    lines = differences(before, after)
    if as_json:
        click.echo(json.dumps({"settings": chosen, "changes": lines}))
        return
    for change in lines:
        click.echo(change)
    changed = ", ".join(f"{name}={value}" for name, value in chosen.items())
    counted = f"{plural(len(before[0]), 'repetition')} and {plural(len(before[1]), 'alert')}"
    click.echo(f"With {changed}: {plural(len(lines), 'change')} in {counted}.")


def found(opened: Session, chosen: dict[str, str]) -> tuple[list[Repetition], list[Alert]]:
    """All repetitions and alerts of the recording with these settings."""
    run = course.Course(opened.recording, course.plan(opened.recording, chosen))
    reps: list[Repetition] = []
    alerts: list[Alert] = []
    for outcome in run.outcomes():
        reps += outcome.repetitions
        alerts += outcome.alerts
    return reps, alerts
