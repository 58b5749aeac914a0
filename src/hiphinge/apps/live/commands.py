"""``hiphinge lift`` and ``hiphinge desk``: live, a workout or a quiet day."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from hiphinge.apps.live.opening import BLE
from hiphinge.apps.live.run import Wish, run
from hiphinge.apps.numbers import Number
from hiphinge.apps.plain import PLAIN

SOURCE = "ble (the sensors you wear), simulated, or the name of a recording."


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What both have."""
    for option in (
        PLAIN,
        click.option("--take-over", is_flag=True, help="End the session that holds the sensors, then begin."),
        click.option("--json", "as_json", is_flag=True, help="One JSON line an event."),
        click.option("--wearer", default="", metavar="NAME", help="Whose calibration."),
        click.option("-o", "--output", type=click.Path(path_type=Path), help="Recording  [default: in the home]"),
        click.option("--for", "seconds", type=Number(0, min_open=True), help="Seconds; else until Ctrl-C."),
        click.option("--source", default=BLE, show_default=True, metavar="ble|simulated|FILE", help=SOURCE),
    ):
        command = option(command)
    return command


@click.command(epilog="Example:  hiphinge lift --for 1800 -o monday.mcap")
@options
def lift(
    *,
    source: str,
    seconds: float | None,
    output: Path | None,
    wearer: str,
    as_json: bool,
    take_over: bool,
    plain: bool,
) -> None:
    """A workout: repetitions counted, lumbar against hip, a cue when it is due."""
    run(Wish("lift", source, "workout", seconds, output, wearer, as_json, take_over, plain=plain))


@click.command(epilog="Example:  hiphinge desk --wearer anna")
@click.option("--install", is_flag=True, help="Begin it at every login, from now on, as a service.")
@click.option("--uninstall", is_flag=True, help="Remove that service.")
@click.option("--service", is_flag=True, help="As the service does: waits for sensors, a recording a day.")
@options
def desk(
    *,
    install: bool,
    uninstall: bool,
    service: bool,
    source: str,
    seconds: float | None,
    output: Path | None,
    wearer: str,
    as_json: bool,
    take_over: bool,
    plain: bool,
) -> None:
    """A quiet day: sitting measured, a reminder when it is time to move.

    What it does now, and how to pause it: hiphinge status.
    """
    wish = Wish("desk", source, "desk-day", seconds, output, wearer, as_json, take_over, plain=plain)
    if sum((install, uninstall, service)) > 1:
        raise click.UsageError("--install, --uninstall and --service exclude each other.")
    if (install or uninstall or service) and (output or as_json or take_over):
        raise click.UsageError("The service names its own recordings: -o, --json and --take-over do not go with it.")
    if (install or uninstall) and (seconds or source != BLE):
        raise click.UsageError("The service hears the sensors you wear, every day: no --source, no --for.")
    if install or uninstall:
        from hiphinge.apps.live import installing  # noqa: PLC0415  nobody else needs it

        click.echo(installing.install(wearer) if install else installing.uninstall())
    elif service:
        from hiphinge.apps.live.service import serve  # noqa: PLC0415  the same

        serve(wish, lambda words: click.echo(words, err=True))
    else:
        run(wish)
