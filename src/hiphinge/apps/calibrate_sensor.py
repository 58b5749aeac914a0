"""``hiphinge calibrate sensor``: a sensor's own bias and scale from lying still in several positions."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import numpy as np

from hiphinge.apps.recordings import printable, reading
from hiphinge.blocks import Floats, ImuBlock, Link, Packet, Sensor
from hiphinge.devices.registry import DECODERS
from hiphinge.errors import InputError
from hiphinge.formats.csv_table import SensorFile
from hiphinge.formats.csv_units import ACC_UNITS, GYR_UNITS, Units
from hiphinge.reception import Reception
from hiphinge.recording import Recording, open_recording
from hiphinge.settings import SensorRecord, keep_sensor_record, write_sensor_record
from hiphinge.streams.ellipsoid import fit_ellipsoid
from hiphinge.streams.sensor_fit import SensorFit
from hiphinge.streams.six_position import fit_six_position

METHODS = {"six-position": fit_six_position, "ellipsoid": fit_ellipsoid}

Samples = tuple[Floats, Floats, Floats]


@click.command("sensor", epilog="Example:  hiphinge calibrate sensor six-faces.csv --sensor C4:7F:12")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--sensor", required=True, help="Its id or address; of a recording also the site that wore it.")
@click.option("--method", type=click.Choice(list(METHODS)), default="six-position", show_default=True)
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write this file, instead of keeping it at home.")
@click.option("--acc-unit", type=click.Choice(list(ACC_UNITS)), help="Of a CSV file: believe this unit.")
@click.option("--gyr-unit", type=click.Choice(list(GYR_UNITS)), help="Of a CSV file: believe this unit.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
def command(
    *,
    file: Path,
    sensor: str,
    method: str,
    out: Path | None,
    acc_unit: str | None,
    gyr_unit: str | None,
    as_json: bool,
) -> None:
    """Find a sensor's own bias and scale, and say how good they are.

    FILE is a CSV file (t_s,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z) or a recording in which
    the sensor lies still for 3 s in each position: on its six faces (six-position), or in
    nine or more positions all around (ellipsoid). A full turn about each upright axis
    between two rests shows what the gyroscope makes of 360°.
    """
    with reading(file):
        name, samples = read_samples(file, sensor, acc_unit, gyr_unit)
        fit = METHODS[method](*samples)
    created = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    record = SensorRecord(name, created, fit.method, fit.verdict, fit.calibration)
    if out is None:
        out = keep_sensor_record(record)
    else:
        write_sensor_record(out, record)
    if as_json:
        click.echo(json.dumps(to_json(record, fit, out), allow_nan=False))
    else:
        click.echo(printable(f"{name}: {fit.verdict}"))
        click.echo(printable(f"Written to {out}"))


def to_json(record: SensorRecord, fit: SensorFit, out: Path) -> dict[str, Any]:
    """Verdict and numbers by name; null where there is none."""
    return {
        "sensor": record.sensor,
        "created_utc": record.created_utc,
        "method": record.method,
        "verdict": record.verdict,
        "poses": fit.poses,
        "apart_poses": fit.apart_poses,
        "before_m_s2": fit.before,
        "after_m_s2": fit.after,
        "apart_m_s2": None if math.isnan(fit.apart) else fit.apart,
        "off_face_deg": math.degrees(fit.off_face),
        "full_turns_deg": [None if math.isnan(turn) else math.degrees(turn) for turn in fit.turns],
        "calibration": asdict(fit.calibration),
        "file": str(out),
    }


def read_samples(file: Path, sensor: str, acc_unit: str | None, gyr_unit: str | None) -> tuple[str, Samples]:
    """The sensor's id and its samples: t (n,) s, acc (n, 3) m/s², gyr (n, 3) rad/s or NaN."""
    if file.suffix == ".mcap":
        recording = open_recording(file)
        worn = worn_sensor(recording, sensor)
        return worn.sensor, from_recording(recording, worn)
    return sensor, from_csv(file, acc_unit, gyr_unit)


def from_csv(file: Path, acc_unit: str | None = None, gyr_unit: str | None = None) -> Samples:
    """All rows of one sensor's file, in SI: (n,), (n, 3), (n, 3). What is odd goes to stderr."""
    rows, units = SensorFile(file), Units(file.name, acc_unit, gyr_unit)
    blocks = [units.convert(block) for block in rows.blocks()]
    for note in (*units.notes, *rows.notes):
        click.echo(printable(note), err=True)
    t_ns = np.concatenate([block.t_ns for block in blocks])
    return t_ns / 1e9, np.concatenate([b.acc for b in blocks]), np.concatenate([b.gyr for b in blocks])


def worn_sensor(recording: Recording, name: str) -> Sensor:
    """The one of this id or site; InputError names those that are there."""
    there = recording.header.sensors
    for worn in there:
        if name in (worn.sensor, worn.site):
            return worn
    known = ", ".join(f"{worn.sensor} ({worn.site})" for worn in there) or "none"
    raise InputError(f"{recording.path}: no sensor {name!r}, expected one of: {known}. Name one with --sensor.")


def from_recording(recording: Recording, worn: Sensor) -> Samples:
    """All samples of one sensor as it sent them, on the recording's clock: (n,), (n, 3), (n, 3)."""
    if worn.device not in DECODERS:
        known = ", ".join(DECODERS)
        raise InputError(
            f"{recording.path}: {worn.sensor} is a {worn.device!r}, expected one of: {known}. Choose another sensor."
        )
    reception = Reception(worn)
    blocks: list[ImuBlock] = []
    for batch in recording.batches():
        heard = [one for one in batch if isinstance(one, (Packet, Link)) and one.sensor == worn.sensor]
        blocks.append(reception.take(heard)[0])
    for text in recording.damage:
        click.echo(printable(f"damage: {text}"), err=True)
    if not sum(map(len, blocks)):
        raise InputError(f"{recording.path}: no samples of {worn.sensor}, expected some. Choose another sensor.")
    t_ns = np.concatenate([block.t_ns for block in blocks])
    acc, gyr = (np.concatenate([getattr(block, name) for block in blocks]) for name in ("acc", "gyr"))
    # A duplicate, a step back in time and a sample without a value tell nothing.
    new = t_ns > np.concatenate(([t_ns[0] - 1], np.maximum.accumulate(t_ns)[:-1]))
    good = new & np.isfinite(acc).all(axis=1)
    return t_ns[good] / 1e9, acc[good], gyr[good]
