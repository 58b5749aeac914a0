"""``hiphinge calibrate``: the wearer, guided; with ``sensor``, a sensor's own errors."""

from __future__ import annotations

import click

from hiphinge.apps.calibrate_recording import command as recording
from hiphinge.apps.calibrate_sensor import command as sensor

WHAT_TO_DO = """\
A calibration is found in the recording itself: stand still and upright for ten seconds,
bend forward fully three times with straight knees, sit down and up twice. Then:
  hiphinge analyze monday.mcap -o monday        or, to keep what it gives:
  hiphinge calibrate recording monday.mcap
A sensor's own bias and scale, once for each sensor:
  hiphinge calibrate sensor FILE --sensor ID"""


@click.group(invoke_without_command=True, epilog="Example:  hiphinge calibrate sensor six-faces.csv --sensor C4:7F:12")
@click.pass_context
def command(ctx: click.Context) -> None:
    """Zero, axes and range of a wearer; or a sensor's own errors."""
    if ctx.invoked_subcommand is None:
        click.echo(WHAT_TO_DO)


command.add_command(recording, "recording")
command.add_command(sensor, "sensor")
