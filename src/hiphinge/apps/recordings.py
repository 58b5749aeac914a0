"""``hiphinge info`` and ``hiphinge repair``: what a recording holds, and saving a damaged one."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from hiphinge.apps.words import plural
from hiphinge.markers import ACTION as MARKER
from hiphinge.recording import Contents, Header, Repaired, SensorContents, open_recording
from hiphinge.recording import repair as write_repaired

AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
DAY_S = 86_400
FILE = click.argument("file", type=click.Path(path_type=Path))


@click.command(epilog="Example:  hiphinge info monday.mcap")
@FILE
@AS_JSON
def info(file: Path, as_json: bool) -> None:
    """What is in a recording: who, when, which sensors, what is missing."""
    with reading(file):
        opened = open_recording(file)
        contents = opened.contents()
    if as_json:
        click.echo(json.dumps(to_json(file, opened.header, contents), allow_nan=False))
    else:
        for line in in_words(file, opened.header, contents):
            click.echo(printable(line))


@click.command(epilog="Example:  hiphinge repair monday.mcap -o monday-saved.mcap")
@FILE
@click.option("-o", "--out", type=click.Path(path_type=Path), help="The new file.  [default: FILE.repaired.mcap]")
@AS_JSON
def repair(file: Path, out: Path | None, as_json: bool) -> None:
    """Write a clean recording from all that can be read of a damaged one.

    The damaged file stays as it is.
    """
    with reading(file):
        saved = write_repaired(file, out or file.with_name(f"{file.stem}.repaired.mcap"))
    if as_json:
        click.echo(json.dumps({**asdict(saved), "out": str(saved.out)}, allow_nan=False))
    else:
        for line in repaired_in_words(saved):
            click.echo(printable(line))


@contextmanager
def reading(file: Path) -> Iterator[None]:
    """Show on a terminal that it takes a moment; nothing in a pipe."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(f"Reading {file.name} …"):
        yield


def to_json(file: Path, header: Header, contents: Contents) -> dict[str, Any]:
    """The same as the text, by name; null where it is not known."""
    return {
        "file": str(file),
        "format_version": header.format_version,
        "software": header.software,
        "recording_id": header.recording_id,
        "created_utc": header.created_utc,
        "wearer": header.wearer,
        "source": header.source,
        "calibration": bool(header.calibration),
        "start_utc": start_utc(contents),
        "utc_offset_s": contents.utc_offset_s,
        "start_s": known(contents.start_s),
        "end_s": known(contents.end_s),
        "duration_s": contents.duration_s,
        "size_bytes": contents.size_bytes,
        "inputs": contents.inputs,
        "sensors": [sensor_to_json(s) for s in contents.sensors],
        "controls": contents.controls,
        "markers": [asdict(m) for m in contents.markers],
        "links": contents.links,
        "ticks": contents.ticks,
        "damage": list(contents.damage),
        "repairs": list(header.repairs),
    }


def sensor_to_json(s: SensorContents) -> dict[str, Any]:
    """One sensor's counts."""
    counts = {"packets": s.packets, "refused": s.refused, "samples": s.samples, "missing": s.missing}
    return {**asdict(s.sensor), **counts, "lost_share": s.lost_share, "rate_hz": known(s.rate_hz)}


def in_words(file: Path, header: Header, contents: Contents) -> Iterator[str]:
    """The lines of ``hiphinge info``."""
    yield f"{file.name}: {contents.size_bytes / 1e6:.1f} MB, recording format {header.format_version}"
    yield f"  written by   {header.software} ({header.source}), {header.created_utc}"
    yield f"  wearer       {header.wearer or 'not named'}"
    yield f"  begins       {wall_clock(contents)}"
    yield f"  lasts        {duration(contents.duration_s)}, {plural(contents.inputs, 'input')}"
    yield f"  calibration  {'yes' if header.calibration else 'no'}"
    for s in contents.sensors:
        yield f"  sensor       {sensor_in_words(s)}"
    for m in contents.markers:
        yield f"  marker       {m.label}, {m.start_s:.1f} to {m.end_s:.1f} s"
    others = {action: n for action, n in contents.controls.items() if action != MARKER}
    yield f"  controls     {', '.join(f'{action} {n}' for action, n in others.items()) or 'none'}"
    for text in header.repairs:
        yield f"  repaired     {text}"
    for text in contents.damage:
        yield f"  damage       {text}"
    yield f"  Save what can be read with: hiphinge repair {file}" if contents.damage else "  damage       none"


def sensor_in_words(s: SensorContents) -> str:
    """One line a sensor."""
    who = f"{s.sensor.site or 'not named'} ({s.sensor.sensor}, {s.sensor.device or 'unknown device'})"
    if s.samples is None:
        return f"{who}: {plural(s.packets, 'packet')}"
    refused = f", {plural(s.refused, 'packet')} refused" if s.refused else ""
    rate = "" if math.isnan(s.rate_hz) else f" at {s.rate_hz:.1f} Hz"
    heard = f"{plural(s.packets, 'packet')}, {plural(s.samples, 'sample')}"
    return f"{who}: {heard}{rate}, {100 * s.lost_share:.2f} % missing{refused}"


def repaired_in_words(saved: Repaired) -> Iterator[str]:
    """The lines of ``hiphinge repair``."""
    yield from (f"damage: {text}" for text in saved.damage)
    yield f"saved {plural(saved.saved_inputs, 'input')} over {duration(saved.saved_s)} to {saved.out}"
    if not saved.damage:
        yield "nothing was damaged; this is a plain copy"
        return
    tail = "; how much was lost at the end is not known" if saved.tail_unknown else ""
    yield f"lost {plural(saved.lost_inputs, 'input')} over {saved.lost_s:.2f} s in between{tail}"


def start_utc(contents: Contents) -> str | None:
    """ISO 8601 in UTC, to the millisecond."""
    if contents.start_utc_ns is None:
        return None
    return moment(contents.start_utc_ns).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def wall_clock(contents: Contents) -> str:
    """The wearer's own clock when the recording began."""
    if contents.start_utc_ns is None:
        return "at an unknown time of day"
    offset_s = contents.utc_offset_s or 0
    zone = timezone(timedelta(seconds=offset_s)) if abs(offset_s) < DAY_S else UTC
    return moment(contents.start_utc_ns).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %z")


def moment(utc_ns: int) -> datetime:
    """Unix nanoseconds -> a time in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=utc_ns // 1000)


def duration(seconds: float) -> str:
    """In the largest units that it fills.

    >>> duration(3725.0), duration(61.5), duration(2.25)
    ('1 h 2 min 5 s', '1 min 2 s', '2.2 s')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min {rest} s" if hours else f"{minutes} min {rest} s"


def known(value: float) -> float | None:
    """JSON has no NaN."""
    return None if math.isnan(value) else value


def printable(text: str) -> str:
    """Names come from files: no terminal commands among them."""
    return "".join(c if c.isprintable() else "�" for c in text)
