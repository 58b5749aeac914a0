"""Calibrations as JSON that a person can read, with units and version that are checked on reading.

A file says what it is (``format``), in which ``version``, and names the unit of
every kind of number in it (``units``); another unit is refused, never converted.
See calibration/README.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hiphinge.blocks import Calibration, SensorCalibration
from hiphinge.errors import CalibrationFileError, SettingsError
from hiphinge.kinematics.identity import identity
from hiphinge.settings import json_text
from hiphinge.settings.tree import from_tree, to_tree

WEARER_FORMAT, SENSOR_FORMAT = "hiphinge calibration", "hiphinge sensor calibration"
VERSION = 1
UNITS: Mapping[str, str] = {"acceleration": "m/s^2", "angular_rate": "rad/s", "angle": "deg", "time": "s"}

UNIT_NORM_TOLERANCE = 1e-6
"""A rotation's |q| may differ so much from 1: a file typed with seven digits."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SensorRecord:
    """A sensor's own errors with where they come from; ``sensor`` is its id or address."""

    sensor: str
    created_utc: str
    method: str
    verdict: str
    calibration: SensorCalibration = field(default_factory=SensorCalibration)


def calibration_to_json(calibration: Calibration) -> str:
    """A wearer's calibration as JSON; read back it is the same to the last bit."""
    return _sealed(WEARER_FORMAT, calibration)


def calibration_from_json(text: str, who: str = "calibration") -> Calibration:
    """Raises CalibrationFileError: ``who``, what was found and what was expected."""
    calibration: Calibration = _opened(WEARER_FORMAT, Calibration, text, who)
    for site, mounting in calibration.mountings.items():
        unknown = not mounting.axis_from and all(map(math.isnan, mounting.q_s_b))  # no movement showed its axis
        if not unknown and not abs(math.hypot(*mounting.q_s_b) - 1.0) < UNIT_NORM_TOLERANCE:
            _refuse(who, f"mountings.{site}.q_s_b of length {math.hypot(*mounting.q_s_b):.6g}", "1, a rotation")
    for site, sensor in calibration.sensors.items():
        _check_sensor(sensor, who, f"sensors.{site}")
    return calibration


def sensor_record_to_json(record: SensorRecord) -> str:
    """A sensor's calibration as JSON; read back it is the same to the last bit."""
    return _sealed(SENSOR_FORMAT, record)


def sensor_record_from_json(text: str, who: str = "sensor calibration") -> SensorRecord:
    """Raises CalibrationFileError: ``who``, what was found and what was expected."""
    record: SensorRecord = _opened(SENSOR_FORMAT, SensorRecord, text, who)
    _check_sensor(record.calibration, who, "calibration")
    return record


def calibration_id(calibration: Calibration) -> str:
    """12 hexadecimal digits of the content: the same numbers, the same id, whenever they were made."""
    return identity(calibration)


def _sealed(name: str, value: Any) -> str:
    return json_text.dumps({"format": name, "version": VERSION, "units": dict(UNITS), **to_tree(value)}) + "\n"


def _opened(name: str, kind: Callable[..., T], text: str, who: str) -> T:
    with _blaming(who):
        tree = json_text.loads(text, who)
        if not isinstance(tree, dict) or tree.pop("format", None) != name:
            _refuse(who, "another kind of file", f"the format {name!r}")
        _check_version(tree.pop("version", None), who)
        _check_units(tree.pop("units", None), who)
        value: T = from_tree(kind, tree)
        return value


@contextmanager
def _blaming(who: str) -> Iterator[None]:
    try:
        yield
    except SettingsError as e:
        text = str(e)
        raise CalibrationFileError(text if text.startswith(f"{who}: ") else f"{who}: {text}") from e


def _check_version(version: object, who: str) -> None:
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        _refuse(who, f"version {version!r}", f"{VERSION}")
    elif version > VERSION:
        _refuse(who, f"version {version} of the format", f"{VERSION} or older", "Update hiphinge to read it.")


def _check_units(units: object, who: str) -> None:
    found = units if isinstance(units, dict) else {}
    for quantity, unit in UNITS.items():
        if found.get(quantity) != unit:
            said = repr(found[quantity]) if quantity in found else "no unit"
            _refuse(who, f"{said} for {quantity}", repr(unit), "Convert the numbers and name that unit.")


def _check_sensor(sensor: SensorCalibration, who: str, where: str) -> None:
    if len(sensor.acc_scale) != 3:
        _refuse(who, f"{where}.acc_scale with {len(sensor.acc_scale)} rows", "3")
    numbers = (*sensor.gyr_bias, *sensor.gyr_scale, *sensor.acc_bias, *(x for row in sensor.acc_scale for x in row))
    if not all(math.isfinite(x) for x in numbers):
        _refuse(who, f"{where} with a number that is missing or infinite", "finite numbers")


def _refuse(who: str, found: str, expected: str, advice: str = "Make the calibration anew.") -> None:
    raise CalibrationFileError(f"{who}: {found}, expected {expected}. {advice}")
