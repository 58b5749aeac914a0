"""Calibration files, and the folder where a sensor's and a wearer's are found again."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from hiphinge.blocks import Calibration
from hiphinge.errors import CalibrationFileError
from hiphinge.settings.calibration_text import (
    SensorRecord,
    calibration_from_json,
    calibration_id,
    calibration_to_json,
    sensor_record_from_json,
    sensor_record_to_json,
)
from hiphinge.settings.places import SENSORS, file_name, home, private_folder, write_private

CALIBRATION = "calibration"
LARGEST = 1 << 20
"""Bytes; a calibration has some thousand."""


def read_calibration(path: str | os.PathLike[str]) -> Calibration:
    """A wearer's calibration; CalibrationFileError names the file and what is wrong."""
    return calibration_from_json(_text(Path(path)), str(path))


def write_calibration(path: str | os.PathLike[str], calibration: Calibration) -> None:
    """Replace ``path``; a calibration without an id gets that of its content."""
    named = calibration if calibration.id else replace(calibration, id=calibration_id(calibration))
    write_private(Path(path), calibration_to_json(named))


def read_sensor_record(path: str | os.PathLike[str]) -> SensorRecord:
    """A sensor's own calibration; CalibrationFileError names the file and what is wrong."""
    return sensor_record_from_json(_text(Path(path)), str(path))


def write_sensor_record(path: str | os.PathLike[str], record: SensorRecord) -> None:
    """Replace ``path``."""
    write_private(Path(path), sensor_record_to_json(record))


def wearer_path(wearer: str, folder: Path | None = None) -> Path:
    """Where the calibration of ``wearer`` is kept under ``folder`` (default: the home)."""
    return (folder or home()) / CALIBRATION / f"{file_name(wearer)}.json"


def sensor_path(sensor: str, folder: Path | None = None) -> Path:
    """Where the calibration of the sensor with this id is kept."""
    return (folder or home()) / CALIBRATION / SENSORS / f"{file_name(sensor)}.json"


def keep_calibration(calibration: Calibration, folder: Path | None = None) -> Path:
    """Store it as its wearer's; the file."""
    path = wearer_path(calibration.wearer, folder)
    private_folder(path.parent)
    write_calibration(path, calibration)
    return path


def keep_sensor_record(record: SensorRecord, folder: Path | None = None) -> Path:
    """Store it as its sensor's; the file."""
    path = sensor_path(record.sensor, folder)
    private_folder(path.parent)
    write_sensor_record(path, record)
    return path


def kept_calibration(wearer: str, folder: Path | None = None) -> Calibration | None:
    """What is stored for ``wearer``, or None."""
    path = wearer_path(wearer, folder)
    if not path.exists():
        return None
    calibration = read_calibration(path)
    _check_owner(path, "wearer", calibration.wearer, wearer)
    return calibration


def kept_sensor_record(sensor: str, folder: Path | None = None) -> SensorRecord | None:
    """What is stored for the sensor with this id, or None."""
    path = sensor_path(sensor, folder)
    if not path.exists():
        return None
    record = read_sensor_record(path)
    _check_owner(path, "sensor", record.sensor, sensor)
    return record


def _check_owner(path: Path, what: str, found: str, expected: str) -> None:
    if found != expected:
        raise CalibrationFileError(
            f"{path}: made for {what} {found!r}, expected {expected!r}. Remove the file and calibrate again."
        )


def _text(path: Path) -> str:
    with path.open("rb") as file:
        raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise CalibrationFileError(f"{path}: more than {LARGEST} bytes, expected a calibration. Choose another file.")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as e:
        raise CalibrationFileError(f"{path}: bytes that are no text, expected JSON. Choose another file.") from e
