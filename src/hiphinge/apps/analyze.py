"""``hiphinge analyze``: one recording in; tables, summary and report out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.markup import escape

from hiphinge import session
from hiphinge.apps.doubts import doubts
from hiphinge.apps.words import plural, span
from hiphinge.errors import CalibrationRefused, InputError, SettingsError
from hiphinge.recording import replacing
from hiphinge.session import Found, Session

ANGLES, SUMMARY, REPORT = "angles.parquet", "summary.json", "report.html"


@click.command(epilog="Example:  hiphinge analyze monday.mcap -o monday --set rounding.on_share=0.7")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="Folder for the results.")
@click.option("--set", "settings", multiple=True, metavar="RULE.NAME=VALUE", help="Another value for a setting.")
@click.option("--title", default="", help="Title of the report.")
@click.option("--no-report", is_flag=True, help="Tables and summary only.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def command(*, file: Path, out: Path, settings: tuple[str, ...], title: str, no_report: bool, as_json: bool) -> None:
    """Tables, summary and report of one recording.

    OUT gets angles.parquet, reps.csv, bouts.csv, alerts.csv, summary.json and
    report.html; other files in it are left alone.
    """
    chosen = overrides(settings)
    try:
        opened = session.open(file)
        with made_folder(out), working(file.name) as show:
            found = write(opened, out, chosen, show)
            if not no_report:
                write_report(out, found, title)
    except CalibrationRefused as e:
        raise CalibrationRefused(f"{file.name}: {unsaid(opened, str(e))}", part=e.part) from e
    except SettingsError as e:
        if e.name in chosen:
            raise click.BadParameter(str(e), param_hint="--set") from e
        raise
    if as_json:
        click.echo(json.dumps(found.summary, allow_nan=False))
    else:
        click.echo(told(found, out / (REPORT if not no_report else SUMMARY)))
    for doubt in doubts(opened, found, datetime.now(UTC)):
        click.echo(doubt, err=True)


def overrides(settings: tuple[str, ...]) -> dict[str, str]:
    """``rule.name=value`` texts as a dict. Raises click's error (exit 2) for one without "="."""
    for text in settings:
        if "=" not in text:
            raise click.BadParameter(f"{text!r}, expected rule.name=value.", param_hint="--set")
    return {name.strip(): value.strip() for name, value in (text.split("=", 1) for text in settings)}


def write(opened: Session, out: Path, chosen: Mapping[str, str], show: Callable[[float], object]) -> Found:
    """Analyze, and write the tables and summary.json; each file appears whole or not at all."""
    with replacing(out / ANGLES) as path, AngleFile(path) as angles:
        found = opened.stream(angles.write, chosen, show)
    for name, table in found.tables.items():
        write_text(out / f"{name}.csv", table.csv())
    write_text(out / SUMMARY, json.dumps(found.summary, indent=1, allow_nan=False, ensure_ascii=False) + "\n")
    return found


class AngleFile:
    """angles.parquet while it grows, a table a row group."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> AngleFile:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()

    def write(self, table: pa.Table) -> None:
        """Add these instants."""
        if self._writer is None:
            # Splitting the bytes of floats before zstd: measured 0.3 s and 79 MB a day, against 0.2 s and 140 MB plain.
            packing = {"compression": "zstd", "compression_level": 1, "use_byte_stream_split": True}
            self._writer = pq.ParquetWriter(self._path, table.schema, use_dictionary=False, **packing)
        self._writer.write_table(table)


def write_report(out: Path, found: Found, title: str) -> None:
    """report.html, from the tables that stand in ``out`` and the summary."""
    from hiphinge.apps.report import build  # noqa: PLC0415  Bokeh takes half a second, which --no-report saves

    write_text(out / REPORT, build.render(StoredAngles(out / ANGLES), found, title))


class StoredAngles(Mapping[str, Any]):
    """Columns (n,) of angles.parquet, each read when it is first asked for: a report draws a few of them."""

    def __init__(self, path: Path) -> None:
        self._file = pq.ParquetFile(path)
        self._names: list[str] = self._file.schema_arrow.names
        self._read: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._read:
            self._read[name] = self._file.read([name], use_threads=False)[name].to_numpy()
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def write_text(path: Path, text: str) -> None:
    """A text file that appears whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


@contextmanager
def made_folder(out: Path) -> Iterator[None]:
    """The folder for the results; one that was made here and stays empty is taken away again."""
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: a file, expected a folder for the results. Choose another name.")
    new = not out.exists()
    out.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        if new and not any(out.iterdir()):
            out.rmdir()


@contextmanager
def working(name: str) -> Iterator[Callable[[float], object]]:
    """Show on a terminal how far into the recording the analysis is; nothing in a pipe."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda t: None
        return
    with console.status(f"Reading {name} …") as status:
        yield lambda t: status.update(f"Analyzing {escape(name)}: {span(t)} …")


def unsaid(opened: Session, why: str) -> str:
    """Why nothing can be said of a recording: there is nothing in it, or too little."""
    contents = opened.recording.contents()
    if not any(sensor.samples for sensor in contents.sensors):
        return "no samples, expected at least one sensor with some. Choose another."
    return f"{span(contents.duration_s)} recorded. {why}"


def told(found: Found, where: Path) -> str:
    """What came out, in a few lines."""
    counts, sitting = found.summary["counts"], found.summary["sitting"]
    rounded = f", {counts['rounded']} of {counts['judged']} rounded" if counts["judged"] else ""
    seated = "not observable" if sitting["total_s"] is None else span(sitting["total_s"])
    lines = [
        f"{span(found.summary['duration_s'])} recorded: {plural(counts['repetitions'], 'repetition')}{rounded}; "
        f"sitting {seated}; {plural(counts['alerts'], 'alert')}.",
        f"Calibration: {found.summary['calibration']['verdict']}",
        f"See {where}",
    ]
    return "\n".join(lines)
