"""What a calibration of one sensor found, and its verdict in words and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hiphinge.blocks import GRAVITY, Floats, SensorCalibration
from hiphinge.errors import CalibrationRefused
from hiphinge.streams.poses import Pose, rest_gyr

MILLI_G = GRAVITY / 1000.0

LARGEST_BIAS = 2.0
"""m/s². Data sheets of the sensors in firmware_notes promise 0.4 to 1.5; the real ones at hand have 0.6."""
LARGEST_SCALE = 0.1
"""Share. Data sheets promise 0.03; the real ones at hand have 0.03."""
LARGEST_RESIDUAL = 0.03
"""m/s², rms over the poses used: 0.2° of tilt; a hand or a soft ground gives more."""

SIX = 6
"""Poses whose lengths alone the fit can meet exactly: they prove nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What a fit rests on: all still poses, those it used, ``turns`` (3,) rad as the gyroscope saw them."""

    method: str
    poses: Sequence[Pose]
    used: Sequence[Pose]
    turns: Floats
    off_face: float = 0.0


@dataclass(frozen=True, slots=True)
class SensorFit:
    """A sensor's calibration with what speaks for it.

    ``before``, ``after``: rms of | |f| − g | m/s² over the poses used; ``apart`` the same over
    ``apart_poses`` still poses that were not used (NaN: none). ``off_face`` rad: the largest
    angle of a pose from its face (0: not asked). ``turns`` (3 numbers) rad: what the gyroscope
    makes of a full turn about x, y, z (NaN: no such turn in the data).
    """

    calibration: SensorCalibration
    method: str
    poses: int
    before: float
    after: float
    apart: float
    apart_poses: int
    off_face: float
    turns: tuple[float, float, float]
    has_gyr: bool

    @property
    def verdict(self) -> str:
        """Sentences for a person."""
        return " ".join(part for part in (self._acc(), self._apart(), self._gyr(), self._turned()) if part)

    def _acc(self) -> str:
        off = f" Its faces are square within {np.rad2deg(self.off_face):.1f}°." if self.off_face else ""
        met = ", which six poses always allow" if self.poses == SIX else ""
        return (
            f"Gravity in the {self.poses} poses used is off by {in_words(self.after)}{met}; "
            f"before, by {in_words(self.before)}.{off}"
        )

    def _apart(self) -> str:
        if not self.apart_poses:
            return "No further pose checks it: put the sensor down on some faces a second time."
        return f"In {self.apart_poses} further poses it is off by {in_words(self.apart)}."

    def _gyr(self) -> str:
        if not self.has_gyr:
            return "It has no gyroscope."
        bias = ", ".join(f"{x:.2f}" for x in np.rad2deg(self.calibration.gyr_bias))
        return f"At rest the gyroscope reads {bias} °/s, which is taken off."

    def _turned(self) -> str:
        seen = [f"{axis} {np.rad2deg(t):.1f}°" for axis, t in zip("xyz", self.turns, strict=True) if not np.isnan(t)]
        return f"A full turn reads {', '.join(seen)}; that is told, not corrected." if seen else ""


def judged(evidence: Evidence, bias: Floats, scale: Floats) -> SensorFit:
    """The fit with its residuals, or CalibrationRefused when it cannot be true; bias (3,) m/s², scale (3, 3)."""
    used, others = evidence.used, [pose for pose in evidence.poses if pose not in evidence.used]
    after = residual(used, bias, scale)
    unit = "Check the unit of acc."
    _refuse_above("accelerometer bias", float(np.abs(bias).max()), LARGEST_BIAS, "m/s²", unit)
    _refuse_above("accelerometer scale", float(np.abs(scale - np.eye(3)).max()), LARGEST_SCALE, "off 1", unit)
    ground = "Lay the sensor on a hard, still ground."
    _refuse_above("gravity over the poses", after, LARGEST_RESIDUAL, "m/s² rms", ground)
    rest = rest_gyr(evidence.poses)
    has_gyr = bool(np.isfinite(rest).all())
    return SensorFit(
        calibration=SensorCalibration(
            _triple(rest if has_gyr else np.zeros(3)),
            _triple(bias),
            tuple(_triple(row) for row in scale),
            # A full turn is 2π: what the gyroscope made of it tells its scale; 1 where nobody turned it.
            _triple(np.where(np.isfinite(evidence.turns), 2 * np.pi / np.abs(evidence.turns), 1.0)),
        ),
        method=evidence.method,
        poses=len(used),
        before=residual(used, np.zeros(3), np.eye(3)),
        after=after,
        apart=residual(others, bias, scale),
        apart_poses=len(others),
        off_face=evidence.off_face,
        turns=_triple(evidence.turns),
        has_gyr=has_gyr,
    )


def residual(poses: Sequence[Pose], bias: Floats, scale: Floats) -> float:
    """Rms of |scale · (measured − bias)| − g, m/s²; bias (3,), scale (3, 3); NaN without poses."""
    if not poses:
        return float("nan")
    force = (np.array([pose.acc for pose in poses]) - bias) @ scale.T
    return float(np.sqrt(np.mean((np.linalg.norm(force, axis=1) - GRAVITY) ** 2)))


def in_words(acc: float) -> str:
    """An error of acceleration.

    >>> in_words(0.0098)
    '9.8 mm/s² (1.0 mg)'
    """
    return f"{1000 * acc:.1f} mm/s² ({acc / MILLI_G:.1f} mg)"


def _refuse_above(what: str, value: float, limit: float, unit: str, advice: str) -> None:
    if not value <= limit:
        raise CalibrationRefused(
            f"{what}: {value:.3g} {unit}, expected {limit} or less. {advice}", part=what, value=value, limit=limit
        )


def _triple(x: Floats) -> tuple[float, float, float]:
    return float(x[0]), float(x[1]), float(x[2])
