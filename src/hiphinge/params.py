"""Who wears what, and the Params of every stage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hiphinge.alerts import cues, reminders, rules
from hiphinge.blocks import SITES, Calibration, Sensor
from hiphinge.detect import lifts, rounding, signal, sitting, taps, wear
from hiphinge.devices.registry import DECODERS
from hiphinge.errors import SettingsError
from hiphinge.fusion import heading, orientation
from hiphinge.kinematics import joint_angles, mounting, range_of_motion, split, zero
from hiphinge.streams import align, calibrate, clock

UNCALIBRATED = Calibration(id="", created_utc="", wearer="", sensors={}, mountings={}, verdict="not calibrated")


@dataclass(frozen=True)
class Params:
    """Who wears what, and the Params of every stage."""

    sensors: tuple[Sensor, ...] = ()
    calibrate: calibrate.Params = field(default_factory=calibrate.Params)
    clock: clock.Params = field(default_factory=clock.Params)
    align: align.Params = field(default_factory=align.Params)
    orientation: orientation.Params = field(default_factory=orientation.Params)
    heading: heading.Params = field(default_factory=heading.Params)
    joint_angles: joint_angles.Params = field(default_factory=joint_angles.Params)
    split: split.Params = field(default_factory=split.Params)
    lifts: lifts.Params = field(default_factory=lifts.Params)
    rounding: rounding.Params = field(default_factory=rounding.Params)
    sitting: sitting.Params = field(default_factory=sitting.Params)
    wear: wear.Params = field(default_factory=wear.Params)
    signal: signal.Params = field(default_factory=signal.Params)
    alerts: rules.Params = field(default_factory=rules.Params)
    reminders: reminders.Params = field(default_factory=reminders.Params)
    cues: cues.Params = field(default_factory=cues.Params)
    taps: taps.Params = field(default_factory=taps.Params)
    zero: zero.Params = field(default_factory=zero.Params)
    mounting: mounting.Params = field(default_factory=mounting.Params)
    range_of_motion: range_of_motion.Params = field(default_factory=range_of_motion.Params)


_CURE = "Assign them anew: hiphinge wear"


def worn_sites(sensors: Iterable[Sensor]) -> tuple[str, ...]:
    """The sites in the order of blocks; an unknown or doubled site, sensor or device raises SettingsError."""
    sensors = tuple(sensors)
    ids = [s.sensor for s in sensors]
    for s in sensors:
        if s.device not in DECODERS:
            raise SettingsError(
                f"sensors: {s.sensor!r} is a {s.device!r}, expected one of {', '.join(DECODERS)}. {_CURE}"
            )
        if ids.count(s.sensor) > 1:
            raise SettingsError(f"sensors: {s.sensor!r} is worn at {ids.count(s.sensor)} sites, expected one. {_CURE}")
    found = [s.site for s in sensors]
    for site in found:
        if site not in SITES or found.count(site) > 1:
            raise SettingsError(
                f"sensors: {site!r} worn by {found.count(site)}, expected each of {', '.join(SITES)} at most once. "
                f"{_CURE}"
            )
    return tuple(site for site in SITES if site in found)
