"""A recording's course through the monitor: with which settings, with which calibration, and its outcomes.

The one place where this room meets monitor, wizard and settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hiphinge import monitor, settings, wizard
from hiphinge.blocks import Calibration, Fed, Outcome, Tick
from hiphinge.detect.heard import Gap, Heard
from hiphinge.errors import CalibrationRefused
from hiphinge.intake import Intake
from hiphinge.recording import Recording


@dataclass(frozen=True)
class Plan:
    """What a monitor is built from; ``attached``: the calibration came with the recording.

    ``refused`` says why there is none; then no angle is known, walking may be.
    ``forgotten`` names settings of the recording that this version does not have.
    """

    params: monitor.Params
    calibration: Calibration
    attached: bool
    refused: CalibrationRefused | None = None
    forgotten: tuple[str, ...] = ()


def plan(recording: Recording, overrides: Mapping[str, str]) -> Plan:
    """The recording's own settings (else the defaults) with ``overrides``; its calibration, or the one found in it.

    Raises SettingsError, CalibrationFileError.
    """
    header = recording.header
    params, forgotten = settings.from_recording(header.monitor) if header.monitor else (monitor.Params(), ())
    params = replace(settings.override(params, overrides), sensors=header.sensors)
    if header.calibration:
        attached = settings.calibration_from_json(header.calibration)
        return Plan(params, attached, attached=True, forgotten=forgotten)
    spans = marked(recording)
    try:
        found = wizard.calibrate_recording(
            params, recording.batches(), spans, wearer=header.wearer, created_utc=header.created_utc
        )
    except CalibrationRefused as refused:
        none = replace(monitor.UNCALIBRATED, verdict=str(refused), missing=("standing",))
        return Plan(params, none, attached=False, refused=refused, forgotten=forgotten)
    return Plan(params, found, attached=False, forgotten=forgotten)


def marked(recording: Recording) -> tuple[wizard.Span, ...]:
    """What the wearer was asked to do, and when."""
    return wizard.marked(recording.controls())


SPAN_S = 150.0
"""Seconds fed at once: fewer, larger steps; the outcome is the same. A sixth quicker than 60, no slower than 300."""


STEP_S = 2.0
"""Between two pairs of clocks, a second apart: more than any drift or wait."""


class Course:
    """One run of a recording through a monitor.

    ``clock`` is its first pair with a wall clock; ``steps`` those at which the
    wall clock was stepped, the host had slept, or the zone was another.
    """

    def __init__(self, recording: Recording, plan: Plan) -> None:
        self.recording = recording
        self.monitor = monitor.Monitor(plan.params, plan.calibration)
        self.clock: Tick | None = None
        self.steps: list[Tick] = []
        self._latest: Tick | None = None

    def outcomes(self) -> Iterator[Outcome]:
        """All outcomes, in order; call it once."""
        for inputs in self.recording.runs(SPAN_S):
            self._read_clocks(inputs)
            yield from self.monitor.steps(inputs)
        yield self.monitor.finish()

    def _read_clocks(self, inputs: Sequence[Fed]) -> None:
        for one in inputs:
            if type(one) is Tick and one.utc_ns is not None:
                self.clock = self.clock or one
                if self._latest is not None and _stepped(self._latest, one):
                    self.steps.append(one)
                self._latest = one


def _stepped(before: Tick, now: Tick) -> bool:
    """Whether the wall clock went otherwise than the host's between two pairs, or shows another zone."""
    went = (now.utc_ns or 0) - (before.utc_ns or 0) - (now.arrival_ns - before.arrival_ns)
    return abs(went) > STEP_S * 1e9 or now.utc_offset_s != before.utc_offset_s


def gaps(recording: Recording) -> tuple[Gap, ...]:
    """What could not be heard, sensor by sensor; reads the recording once, needs no calibration."""
    intake = Intake(monitor.Params(sensors=recording.header.sensors))
    heard = Heard(intake.sites)
    for inputs in recording.runs(SPAN_S):
        for motion in intake.take(inputs):
            heard.count(motion)
    for motion in intake.finish():
        heard.count(motion)
    return heard.gaps()
