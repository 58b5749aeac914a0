"""Which worn sensor can be felt, as ``wear`` and ``doctor`` say it; and a try over the virtual radio."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from hiphinge import settings
from hiphinge.apps import doctor, wear
from hiphinge.blocks import SACRUM, UPPER_LUMBAR, Sensor
from hiphinge.monitor import Params
from hiphinge.sources.ble.radio import BACKEND
from hiphinge.sources.virtual.worn import VARIABLE, address

R, WIT = Sensor(address(SACRUM), "metamotion", SACRUM), Sensor(address(UPPER_LUMBAR), "witmotion", UPPER_LUMBAR)


def vibration() -> str:
    return next(sign.words for sign in doctor.signs(radio=False) if sign.what == "vibration")


def test_the_doctor_names_the_sensors_that_may() -> None:
    settings.save(Params(sensors=(WIT,)))
    assert vibration() == "no sensor that is worn has a motor"
    settings.save(Params(sensors=(WIT, R)))
    assert vibration().startswith("may be felt: sacrum (MbientLab MetaMotion: an R+ has one, ")


@pytest.mark.parametrize(
    ("sensor", "words"), [(R, "It was told to vibrate twice."), (WIT, "This WitMotion tells of no motor.")]
)
def test_a_try(sensor: Sensor, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BACKEND, "hiphinge.sources.virtual:air")
    monkeypatch.setenv(VARIABLE, json.dumps({"sensors": {sensor.site: sensor.device}}))
    monkeypatch.setattr(wear, "LOOK_S", 3.0)
    settings.save(Params(sensors=(sensor,)))
    done = CliRunner().invoke(wear.command, ["--vibrate", sensor.sensor])
    assert done.exit_code == 0, done.output
    assert done.output.startswith(words)
    assert ("may vibrate: hiphinge wear --vibrate" in done.output) is (sensor is R)
