"""A recording's course through the monitor: with which settings, with which calibration, and its outcomes.

The one place where this room meets monitor, wizard and settings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from hiphinge import monitor, settings, wizard
from hiphinge.blocks import Calibration, Input, Outcome
from hiphinge.recording import Recording


@dataclass(frozen=True)
class Plan:
    """What a monitor is built from; ``attached``: the calibration came with the recording."""

    params: monitor.Params
    calibration: Calibration | None
    attached: bool


def plan(recording: Recording, overrides: Mapping[str, str]) -> Plan:
    """The recording's own settings (else the defaults) with ``overrides``; its calibration, or the one found in it.

    Raises SettingsError, CalibrationFileError, CalibrationRefused.
    """
    header = recording.header
    params = settings.from_json(header.monitor) if header.monitor else monitor.Params(sensors=header.sensors)
    params = settings.override(params, overrides)
    if header.calibration:
        return Plan(params, settings.calibration_from_json(header.calibration), attached=True)
    spans = wizard.from_controls(recording.controls())
    found = wizard.calibrate_recording(
        params, recording.batches(), spans, wearer=header.wearer, created_utc=header.created_utc
    )
    return Plan(params, found, attached=False)


def outcomes(recording: Recording, plan: Plan, hear: Callable[[list[Input]], object]) -> Iterator[Outcome]:
    """All outcomes of the recording, in order; ``hear`` sees the inputs pass."""
    fed = monitor.Monitor(plan.params, plan.calibration)
    for inputs in recording.batches():
        hear(inputs)
        yield fed.feed(inputs)
    yield fed.finish()
