from __future__ import annotations

from pathlib import Path

import pytest

from hiphinge.settings import (
    calibration_id,
    calibration_to_json,
    read_calibration,
    read_sensor_record,
    sensor_record_to_json,
)

EXAMPLES = Path(__file__).resolve().parents[2] / "calibration"


def test_the_wearers_example_is_read_and_would_be_written_so() -> None:
    path = EXAMPLES / "example-wearer.json"
    calibration = read_calibration(path)
    assert calibration_to_json(calibration) == path.read_text("utf-8")
    assert calibration.id == calibration_id(calibration)


def test_the_sensors_example_is_read_and_would_be_written_so() -> None:
    path = EXAMPLES / "example-sensor.json"
    assert sensor_record_to_json(read_sensor_record(path)) == path.read_text("utf-8")


@pytest.mark.parametrize("name", ["example-wearer.json", "example-sensor.json"])
def test_the_page_names_every_field_of_the_examples(name: str) -> None:
    page = (EXAMPLES / "README.md").read_text("utf-8")
    fields = [
        line.split('"')[1] for line in (EXAMPLES / name).read_text("utf-8").splitlines() if line.startswith('  "')
    ]
    assert [field for field in fields if f"`{field}`" not in page] == []
