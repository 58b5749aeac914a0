"""A home with three sensors assigned and a virtual wearer's calibration kept: the next start is a real one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from hiphinge import settings, simulate, wizard
from hiphinge.blocks import Calibration, Sensor
from hiphinge.monitor import Params
from hiphinge.simulate import Simulation
from hiphinge.sources.virtual.worn import address

SEED = 3
CALIBRATED_S = 120.0
"""The calibration's movements are over by then."""


def workout(hours: float, sites: tuple[str, ...] | None = None) -> Simulation:
    """What the virtual wearer does; the same one, sensors at the same places, for any length."""
    return simulate.scenario("workout", hours=hours, seed=SEED, sites=sites, faults=())


def assigned(makes: Mapping[str, str]) -> tuple[Sensor, ...]:
    """Site -> make, as ``hiphinge wear`` remembers it of sensors on the virtual air."""
    return tuple(Sensor(address(site), make, site) for site, make in makes.items())


@cache
def calibrated(sites: tuple[str, ...] | None = None) -> Calibration:
    """What the wizard finds in the beginning of the workout."""
    played = workout(0.1, sites)
    log = [one for batch in played.batches() for one in batch if one.arrival_ns < CALIBRATED_S * 1e9]
    spans = wizard.marked(log)
    return wizard.calibrate_recording(Params(sensors=played.sensors), [log], spans)


def furnish(folder: Path, makes: Mapping[str, str]) -> Path:
    """Sensors assigned, calibration kept."""
    folder.mkdir(exist_ok=True)
    settings.save(replace(Params(), sensors=assigned(makes)), folder)
    settings.keep_calibration(calibrated(tuple(makes)), folder)
    return folder
