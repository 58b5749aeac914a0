"""A new zero from three seconds of quiet standing: the axes and the own range stay as they were calibrated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from hiphinge import rotation
from hiphinge.blocks import Calibration, Floats, MotionBlock, Mounting, SensorCalibration
from hiphinge.errors import CalibrationRefused
from hiphinge.kinematics import mounting
from hiphinge.kinematics.identity import identity
from hiphinge.kinematics.mounting import Axis, Rest

AGAIN = " Zero taken anew:"


@dataclass(frozen=True)
class Params:
    """What a new zero may be.

    seconds : s of standing that it is taken from. still : share of them that must be quiet [D].
    furthest : rad from the old zero [D]: beyond, the sensor sits otherwise and its axes are wrong too.
    settle, patience : s after the wish before standing is looked at, and until it is given up [D].
    rate : Hz of the grid.
    """

    seconds: float = 3.0
    still: float = 0.7
    furthest: float = field(default=np.deg2rad(20), metadata={"unit": "rad"})
    settle: float = 1.0
    patience: float = 20.0
    rate: float = 100.0


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


def between(a: Floats, b: Floats) -> float:
    """Angle rad between two unit vectors (3,)."""
    return float(np.arccos(np.clip(a @ b, -1.0, 1.0)))


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


class Zeroing:
    """Waits, once asked, for quiet standing, and takes the zero anew from it; until then it lets all pass."""

    def __init__(self, params: Params, limits: mounting.Params, calibration: Calibration) -> None:
        self.params, self.limits, self.calibration = params, limits, calibration
        self._length = round(params.seconds * params.rate)
        self._asked: list[float] = []
        self._kept: MotionBlock | None = None  # since the wish that is under way
        self._due = self._first = self._length + round(params.settle * params.rate)

    def ask(self, t: float) -> None:
        """The wearer wants a new zero from ``t`` s on."""
        if self.calibration.mountings:
            first = int(self._kept is not None)  # the one that is under way stays the first
            self._asked[first:] = sorted([*self._asked[first:], t])

    def take(self, motion: MotionBlock) -> list[tuple[MotionBlock, Calibration | CalibrationRefused | None]]:
        """``motion`` in parts, each with what holds after it: a new zero, why there is none, or nothing new."""
        parts: list[tuple[MotionBlock, Calibration | CalibrationRefused | None]] = []
        while self._asked and len(motion) and motion.t[-1] > self._asked[0]:
            if self._kept is None:
                before = int(np.searchsorted(motion.t, self._asked[0], side="right"))
                parts.append((rows(motion, 0, before), None))
                motion = rows(motion, before, len(motion))
                self._kept = rows(motion, 0, 0)
            n = min(self._due - len(self._kept), len(motion))
            head, motion = rows(motion, 0, n), rows(motion, n, len(motion))
            self._kept = joined(self._kept, head)
            parts.append((head, self._look(self._kept) if len(self._kept) == self._due else None))
        return [*parts, (motion, None)]

    def _look(self, kept: MotionBlock) -> Calibration | CalibrationRefused | None:
        try:
            found = rezero(self.calibration, rows(kept, len(kept) - self._length, len(kept)), self.limits, self.params)
        except CalibrationRefused as why:
            self._due += round(self.params.rate)  # a second later
            return why if self._over(len(kept)) else None
        # The gyroscope's rest bias was taken off before: it stays as it was.
        fresh = replace(found, sensors=self.calibration.sensors)
        self.calibration = replace(fresh, id=identity(fresh))
        self._over(len(kept), found=True)
        return self.calibration

    def _over(self, instants: int, *, found: bool = False) -> bool:
        """Whether the wish is done with."""
        done = found or instants >= self.params.patience * self.params.rate
        if done:
            self._asked.pop(0)
            self._kept, self._due = None, self._first
        return done


def rows(motion: MotionBlock, start: int, stop: int) -> MotionBlock:
    """Instants from ``start`` up to ``stop``."""
    cut = slice(start, stop)
    return MotionBlock(motion.t[cut], motion.sites, motion.acc[:, cut], motion.gyr[:, cut], motion.flags[:, cut])


def joined(a: MotionBlock, b: MotionBlock) -> MotionBlock:
    """One after the other."""
    acc, gyr = np.concatenate((a.acc, b.acc), axis=1), np.concatenate((a.gyr, b.gyr), axis=1)
    return MotionBlock(np.concatenate((a.t, b.t)), a.sites, acc, gyr, np.concatenate((a.flags, b.flags), axis=1))
