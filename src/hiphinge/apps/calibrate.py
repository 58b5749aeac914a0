"""``hiphinge calibrate``: the wearer, guided; ``recording``: one that was made; ``sensor``: a sensor's own errors."""

from __future__ import annotations

from pathlib import Path

import click

from hiphinge.apps.calibrate_recording import command as recording
from hiphinge.apps.calibrate_sensor import command as sensor
from hiphinge.apps.numbers import Number
from hiphinge.apps.plain import PLAIN

SOURCE = "ble (the sensors you wear), simulated (a virtual wearer), or the name of a recording."


@click.group(
    invoke_without_command=True,
    epilog="Example:  hiphinge calibrate --wearer anna   ·   hiphinge calibrate --source simulated",
)
@click.option("--source", default="ble", show_default=True, metavar="ble|simulated|FILE", help=SOURCE)
@click.option("--wearer", metavar="NAME", help="Whose calibration.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Record it too.")
@click.option("--no-sitting", is_flag=True, help="Leave out sitting tall and slumped.")
@click.option("--check", is_flag=True, help="Ten seconds: does the calibration that was kept still hold?")
@click.option("--speed", type=Number(0, min_open=True), default=1.0, help="Of a recording or a simulation.")
@click.option("--seed", default=0, help="Another virtual wearer.")
@PLAIN
@click.option("--take-over", is_flag=True, help="End the session that holds the sensors, then begin.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line an event.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    source: str,
    wearer: str | None,
    output: Path | None,
    no_sitting: bool,
    check: bool,
    speed: float,
    seed: int,
    take_over: bool,
    plain: bool,
    as_json: bool,
) -> None:
    """Zero, axes and own range of a wearer, guided step by step in under two minutes.

    Stand tall, sit down and up, bend forward, sit tall and slumped: each step is
    judged at once and only a failed one is done again. The verdict comes in words
    and degrees; the calibration is kept for the wearer. Without a terminal it
    begins at once with standing, and keys are lines of standard input: next, redo,
    skip, back, hurts, quit.
    """
    if ctx.invoked_subcommand is not None:
        return
    from hiphinge.apps.guided.run import Wish, run  # noqa: PLC0415  what only the guide needs takes 0.3 s

    run(Wish(source, wearer, output, not no_sitting, check, speed, seed, as_json, take_over, plain))


command.add_command(recording, "recording")
command.add_command(sensor, "sensor")
