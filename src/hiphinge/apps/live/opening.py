"""What a session is run on: the sensors worn, a simulation, or a recording; with settings and calibration."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from hiphinge import monitor, session, settings, simulate, wizard
from hiphinge.blocks import SITES, Calibration, Input
from hiphinge.errors import InputError
from hiphinge.kinematics.identity import identity
from hiphinge.session import course
from hiphinge.settings.drivers import load_drivers
from hiphinge.sources.replayed import Replayed
from hiphinge.sources.source import Source

BLE, SIMULATED = "ble", "simulated"
CALIBRATED_S = 180.0
"""A simulated wearer has shown stand, bends and sitting down by then."""


@dataclass(frozen=True)
class Opened:
    """A source with all that a monitor needs; ``wearer`` as the recording names it."""

    source: Source
    params: monitor.Params
    calibration: Calibration
    wearer: str


async def open_source(name: str, stack: AsyncExitStack, wearer: str, scenario: str, speed: float = 1.0) -> Opened:
    """``ble``, ``simulated`` (of ``scenario``) or the name of a recording; ``wearer`` "": as the source names him.

    Raises InputError, SettingsError.
    """
    if name == BLE:
        return await _bluetooth(stack, wearer)
    opened = _simulated(scenario, speed) if name == SIMULATED else _recorded(Path(name), speed)
    return renamed(opened, wearer) if wearer else opened


def renamed(opened: Opened, wearer: str) -> Opened:
    """The same movements, of somebody who goes by this name."""
    calibration = replace(opened.calibration, wearer=wearer)
    if calibration.id:  # else there is none
        calibration = replace(calibration, id=identity(calibration))
    return replace(opened, wearer=wearer, calibration=calibration)


async def _bluetooth(stack: AsyncExitStack, wearer: str) -> Opened:
    from hiphinge.sources.ble.radio import radio  # noqa: PLC0415  bleak takes 0.2 s, which only a radio needs
    from hiphinge.sources.ble.source import Bluetooth  # noqa: PLC0415  the same

    load_drivers()
    params = settings.load()
    if not params.sensors:
        raise InputError(
            "No sensor is assigned to a site, expected at least one. Say which is worn where: hiphinge wear"
        )
    source = Bluetooth(await stack.enter_async_context(radio()), params.sensors, one_clock=True)
    return Opened(source, params, settings.kept_calibration(wearer) or uncalibrated(wearer), wearer)


def _simulated(scenario: str, speed: float) -> Opened:
    played = simulate.scenario(scenario)
    params = settings.load()
    source = Replayed(SIMULATED, played.sensors, played.batches(), speed)
    found = calibration(played, params)
    return Opened(source, replace(params, sensors=played.sensors), found, found.wearer)


def calibration(played: simulate.Simulation, params: monitor.Params) -> Calibration:
    """What the movements at the beginning of the scenario tell; later they would take two minutes to watch."""
    beginning = list(until(played.batches(), CALIBRATED_S))
    spans = wizard.marked(one for batch in beginning for one in batch)
    worn = replace(params, sensors=played.sensors)
    return wizard.calibrate_recording(worn, beginning, spans, wearer=played.score.wearer.name)


def _recorded(path: Path, speed: float) -> Opened:
    opened = session.open(path)
    plan = course.plan(opened.recording, {})
    source = Replayed("replay", opened.header.sensors, opened.recording.batches(), speed)
    return Opened(source, plan.params, plan.calibration, opened.header.wearer)


def uncalibrated(wearer: str) -> Calibration:
    """Nothing is known of this wearer yet."""
    return replace(monitor.UNCALIBRATED, wearer=wearer)


def until(batches: Iterable[Sequence[Input]], seconds: float) -> Iterator[list[Input]]:
    """The inputs of the first ``seconds`` on the recording's clock."""
    for batch in batches:
        yield [one for one in batch if one.arrival_ns < seconds * 1e9]
        if batch and batch[-1].arrival_ns >= seconds * 1e9:
            return


def shown(opened: Opened) -> str:
    """In one sentence: what is worn, and whether it is calibrated."""
    sites = [site for site in SITES if site in {s.site for s in opened.source.sensors}]
    own = opened.calibration.max_lumbar_flexion
    if not opened.calibration.mountings:
        verdict = "Not calibrated: no posture, angle or repetition can be told. Calibrate first: hiphinge calibrate"
    elif math.isnan(own):
        verdict = "Own range not measured: no rounded back is cued. Add bends: hiphinge calibrate"
    else:
        verdict = f"Own lumbar range {math.degrees(own):.0f}°."
    return f"Sensors on {', '.join(site.replace('_', ' ') for site in sites)}. {verdict}"
