"""``hiphinge import`` and ``hiphinge export``: other people's files into a recording, and back."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from hiphinge import __version__, settings
from hiphinge.apps.recordings import reading
from hiphinge.blocks import SITES, Input, Sensor
from hiphinge.errors import InputError
from hiphinge.formats.registry import FORMATS, RESULTS, Session, load, load_result
from hiphinge.monitor import Params
from hiphinge.recording import Header, Writer, open_recording, replacing
from hiphinge.streams import calibrate

FLUSH_S = 10.0
"""Recorded time per chunk: nothing is live here, larger chunks pack better, a bad one still costs little."""
YEARS = range(1970, 2262)
"""What 64 bits of nanoseconds can say."""


class Start(click.ParamType):
    """An ISO 8601 time; one without a zone is this machine's local time."""

    name = "ISO8601"

    def convert(self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The time with its zone; exit 2 for anything else."""
        if isinstance(value, datetime):
            return value
        try:
            start = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no time, expected ISO 8601. Write it as 2026-03-01T09:00:00+01:00.", param, ctx)
        if start.year not in YEARS:
            self.fail(f"{value!r} is out of range, expected a year from 1970 to 2261.", param, ctx)
        if start.tzinfo is None:
            start = start.astimezone()
            click.echo(f"--start has no zone: taken as local time, {start.isoformat()}.", err=True)
        return start


class Physical(click.ParamType):
    """Which physical sensor was worn where."""

    name = "SITE=ID"

    def convert(
        self, value: str | tuple[str, str], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Site and id; exit 2 for anything else."""
        if isinstance(value, tuple):
            return value
        site, equals, name = value.partition("=")
        if site not in SITES or not equals or not name:
            self.fail(f"{value!r}, expected SITE=ID with a site of {', '.join(SITES)}.", param, ctx)
        return site, name


@click.command("import")
@click.argument("format_name", metavar="FORMAT", type=click.Choice(sorted(FORMATS)))
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", "output", required=True, type=click.Path(path_type=Path), help="The recording to write."
)
@click.option("--start", type=Start(), help="Wall clock at the first sample, with its zone.")
@click.option("--wearer", default="", help="Name of the person who wore the sensors.")
@click.option("--acc-unit", type=click.Choice(["m/s2", "g", "mg"]), help="Believe this unit; else m/s2, checked.")
@click.option("--gyr-unit", type=click.Choice(["rad/s", "deg/s"]), help="Believe this unit; else rad/s, checked.")
@click.option(
    "--sensor",
    "physical",
    type=Physical(),
    multiple=True,
    help="Take off what `calibrate sensor` found of ID.",
)
@click.option("--drop-bad-rows", is_flag=True, help="Leave out rows that are no numbers or repeat a time.")
def import_command(
    *,
    format_name: str,
    path: Path,
    output: Path,
    start: datetime | None,
    wearer: str,
    acc_unit: str | None,
    gyr_unit: str | None,
    drop_bad_rows: bool,
    physical: tuple[tuple[str, str], ...],
) -> None:
    """Turn other people's files into a recording.

    \b
    csv   a folder with one file per site: sacrum.csv, upper_lumbar.csv,
          thigh_left.csv, thigh_right.csv (or .csv.gz), header
          t_s,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z in s, m/s² and rad/s,
          and markers.csv (start_s,end_s,label) if you have one

    \b
    Example:
      hiphinge import csv monday/ -o monday.mcap --start 2026-03-01T09:00:00+01:00
    """  # noqa: D301  \b is click's mark for lines that it shall not join
    session = load(format_name).read(
        path, start=start, acc_unit=acc_unit, gyr_unit=gyr_unit, drop_bad_rows=drop_bad_rows
    )
    header = Header(
        recording_id=str(uuid.uuid4()),
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        wearer=wearer,
        source=f"import {format_name}",
        software=f"hiphinge {__version__}",
        sensors=session.sensors,
        monitor=settings.to_json(recorded_with(session.sensors, dict(physical))),
    )
    with replacing(output) as temporary, Writer(temporary, header, flush_s=FLUSH_S) as writer:
        for batch in with_progress(session):
            writer.write(batch)
    tell(session.notes)


def recorded_with(sensors: tuple[Sensor, ...], physical: Mapping[str, str]) -> Params:
    """The settings of this home for these sensors, with what is kept of the ``physical`` ones, by site.

    Raises SettingsError, CalibrationFileError, InputError for a sensor of which nothing is kept.
    """
    own = {}
    for site, name in physical.items():
        record = settings.kept_sensor_record(name)
        if record is None:
            raise InputError(
                f"--sensor {site}={name}: no calibration of {name} is kept. Run hiphinge calibrate sensor."
            )
        own[site] = record.calibration
    params: Params = settings.load()
    return replace(params, sensors=sensors, calibrate=calibrate.Params(own))


@click.command("export")
@click.argument("format_name", metavar="FORMAT", type=click.Choice(sorted({**FORMATS, **RESULTS})))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--output", "output", required=True, type=click.Path(path_type=Path), help="Where to write.")
def export_command(*, format_name: str, file: Path, output: Path) -> None:
    """Write a recording as other people's files.

    \b
    csv   a folder with one file per site and markers.csv; importing it again
          gives the same times to 1 µs and the same values to 32-bit float

    \b
    activpal   postures as an activPAL events file, for tools of sitting research
    fit        a FIT activity with sets and repetitions, for sport diaries

    \b
    Example:
      hiphinge export csv monday.mcap -o monday/
    """  # noqa: D301  \b is click's mark for lines that it shall not join
    if format_name in RESULTS:
        tell(export_results(format_name, file, output))
        return
    recording = open_recording(file)
    notes = load(format_name).write(recording.batches(), recording.header.sensors, output, replacing)
    tell([*map(str, recording.damage), *notes])


def export_results(format_name: str, file: Path, output: Path) -> list[str]:
    """Analyze the recording and write what was found; notes."""
    from hiphinge import session  # noqa: PLC0415  the monitor and pandas take half a second

    opened = session.open(file)
    with reading(file):
        found = opened.stream(lambda angles: None)
    return [*found.summary["quality"]["damage"], *load_result(format_name).write(found, output, replacing)]


def with_progress(session: Session) -> Iterator[Sequence[Input]]:
    """The batches, with a bar on stderr if that is a terminal."""
    columns = TextColumn("reading"), BarColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("reading", total=1.0)
        for batch in session.batches():
            bar.update(task, completed=session.progress)
            yield batch


def tell(notes: Sequence[str]) -> None:
    """Notes go to stderr, one a line: stdout is for results."""
    for note in notes:
        click.echo(note, err=True)
