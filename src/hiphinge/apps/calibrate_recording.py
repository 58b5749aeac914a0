"""``hiphinge calibrate recording``: the wearer's calibration in a recording, judged and kept."""

from __future__ import annotations

from pathlib import Path

import click

from hiphinge import session, settings
from hiphinge.recording import replacing
from hiphinge.session import course


@click.command(epilog="Example:  hiphinge calibrate recording monday.mcap -o anna.json")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where to write  [default: kept for the wearer]")
@click.option("--json", "as_json", is_flag=True, help="Print the calibration as JSON.")
def command(*, file: Path, output: Path | None, as_json: bool) -> None:
    """Find the calibration movements in FILE, say what they give, and keep it.

    Standing gives the zero, bends and sitting down the axes, bends the person's
    own range. A refusal says which part failed and why.
    """
    plan = course.plan(session.open(file).recording, {})
    if plan.refused:
        raise plan.refused
    found = plan.calibration
    if output:
        with replacing(output) as temporary:
            settings.write_calibration(temporary, found)
    else:
        output = settings.keep_calibration(found)
    if as_json:
        click.echo(settings.calibration_to_json(found), nl=False)
    else:
        click.echo(f"{found.verdict}\nKept as {output} ({found.id}).")
