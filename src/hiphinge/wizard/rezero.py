"""A new zero from three seconds of quiet standing: the axes and the own range stay as they were calibrated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from hiphinge import rotation
from hiphinge.blocks import Calibration, Floats, MotionBlock, Mounting, SensorCalibration
from hiphinge.errors import CalibrationRefused
from hiphinge.kinematics import mounting
from hiphinge.kinematics.mounting import Axis, Rest
from hiphinge.wizard.calibrator import identity
from hiphinge.wizard.moments import between

AGAIN = " Zero taken anew:"


@dataclass(frozen=True)
class Params:
    """What a new zero may be.

    seconds : s of standing that it is taken from. still : share of them that must be quiet [D].
    furthest : rad from the old zero [D]: beyond, the sensor sits otherwise and its axes are wrong too.
    """

    seconds: float = 3.0
    still: float = 0.7
    furthest: float = field(default=np.deg2rad(20), metadata={"unit": "rad"})


def rezero(
    calibration: Calibration,
    motion: MotionBlock,
    limits: mounting.Params | None = None,
    params: Params | None = None,
) -> Calibration:
    """``calibration`` with the zero of ``motion``, about ``seconds`` s; another id.

    ``motion`` as the monitor's intake gives it: sensor axes, the calibration's own
    rest bias taken off. A site that is silent keeps its zero. Raises CalibrationRefused where somebody
    moved, or a site is too far from its old zero.
    """
    p, limits = params or Params(), limits or mounting.Params()
    rests = {
        site: mounting.rest(motion.acc[i], motion.gyr[i], limits)
        for i, site in enumerate(motion.sites)
        if site in calibration.mountings and np.isfinite(motion.acc[i]).any()
    }
    moved = _moved(calibration, rests, p)
    told = ", ".join(f"{site.replace('_', ' ')} {np.rad2deg(by):.0f}°" for site, by in moved.items())
    fresh = replace(
        calibration,
        mountings={**calibration.mountings, **{s: _turned(calibration.mountings[s], rests[s]) for s in moved}},
        sensors={**calibration.sensors, **{s: _rested(calibration.sensors.get(s), rests[s]) for s in moved}},
        verdict=f"{calibration.verdict.split(AGAIN)[0]}{AGAIN} {told} from the one before.",
    )
    return replace(fresh, id=identity(fresh))


def _moved(calibration: Calibration, rests: Mapping[str, Rest], params: Params) -> dict[str, float]:
    """How far, rad, each site's zero is from the old one."""
    moved = {}
    for site, rest in rests.items():
        if rest.seconds < params.still * params.seconds:
            raise _refused(site, f"still for {rest.seconds:.1f} s", f"{params.seconds:.0f} s", rest.seconds, 3.0)
        if not calibration.mountings[site].axis_from:
            continue
        moved[site] = between(rest.up, up(calibration.mountings[site]))
        if moved[site] > params.furthest:
            far, most = np.rad2deg(moved[site]), np.rad2deg(params.furthest)
            raise _refused(site, f"{far:.0f}° from its old zero", f"at most {most:.0f}°", moved[site], params.furthest)
    if not moved:
        raise _refused("no sensor", "heard", "some that are calibrated", 0.0, 1.0)
    return moved


def up(mounted: Mounting) -> Floats:
    """Unit vector (3,) that points up in quiet standing, in sensor axes."""
    return rotation.rotate(mounted.q_s_b, np.array([0.0, 1.0, 0.0]))


def _turned(old: Mounting, rest: Rest) -> Mounting:
    right = rotation.rotate(old.q_s_b, np.array([0.0, 0.0, 1.0]))
    return mounting.mount(rest, Axis(right, old.axis_share, old.axis_sd), old.axis_from)


def _rested(old: SensorCalibration | None, rest: Rest) -> SensorCalibration:
    known = old or SensorCalibration()
    x, y, z = (float(a + b) for a, b in zip(known.gyr_bias, rest.gyr_bias, strict=True))
    return replace(known, gyr_bias=(x, y, z))


def _refused(site: str, found: str, expected: str, value: float, limit: float) -> CalibrationRefused:
    advice = "Stand upright and still and try again; if that does not help, calibrate anew."
    return CalibrationRefused(
        f"zero: {site} was {found}, expected {expected}. {advice}", part="stand", value=value, limit=limit
    )
