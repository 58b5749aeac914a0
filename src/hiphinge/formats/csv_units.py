"""Is this accelerometer in m/s², this gyroscope in rad/s? Judged by gravity, never by a name.

Specific force has a median magnitude near 9.81 m/s² on anybody who is awake or
asleep. A gyroscope and gravity see the same turning: dĝ/dt = −ω × ĝ in the
sensor's axes, so the slope between them is the gyroscope's unit, and a
constant bias is fitted beside it and never taken for a unit. Only where that
cannot be told (a sensor at rest, or moving too briefly) a peak above any
sensor's range decides. A unit that somebody named is believed; what then
looks wrong is a note.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hiphinge.blocks import GRAVITY, Floats
from hiphinge.errors import SessionFolderError
from hiphinge.formats.csv_table import Rows

ACC_UNITS = {"m/s2": 1.0, "g": GRAVITY, "mg": GRAVITY / 1000}
"""Name -> m/s²; the standard gravity of ISO 80000-3."""
GYR_UNITS = {"rad/s": 1.0, "deg/s": np.pi / 180}
"""Name -> rad/s."""

GRAVITY_TOLERANCE = 2.5
"""A median this many times larger or smaller still counts; running stays within 1.5."""
GYR_PEAK = 35.0
"""rad/s: above the ±2000 °/s (34.9 rad/s) of the sensors in firmware_notes; a jogging thigh reaches 10."""

BIN_S = 0.5
"""Half a stride and a quarter of a bend: shorter, heel strikes hide gravity; longer, the bend is one step."""
LEAST_BINS = 20
LEAST_TURN = np.deg2rad(0.5)
"""rms change of gravity's direction per bin; below it there is nothing to follow."""
LEAST_CERTAINTY = 6.0
"""Slope over its standard error. Real recordings of a few minutes reach 12 to 80, standing still 1 to 9."""
STEADY = 0.15
"""Relative deviation of a bin's magnitude from the median: beyond it, the wearer's push hides gravity."""


@dataclass(frozen=True, slots=True)
class Turning:
    """How gravity's turning follows the gyroscope: ``slope`` 1 means rad/s, π/180 deg/s.

    ``certainty`` is the slope over its standard error, 0 where there is too little to see.
    """

    slope: float = np.nan
    certainty: float = 0.0

    @property
    def certain(self) -> bool:
        """Whether there was enough turning to tell a unit."""
        return abs(self.certainty) >= LEAST_CERTAINTY

    def fits(self, factor: float) -> bool:
        """Whether the gyroscope's unit is ``factor`` rad/s. Soft tissue and steps bring the slope down to 0.7 of it."""
        return self.certain and factor / 4 < self.slope < factor * 4


class Units:
    """Brings the rows of one file to SI; refuses a file that seems to be in another unit.

    ``acc_unit``, ``gyr_unit``: a name of ACC_UNITS, GYR_UNITS, or None for SI that is to be checked.
    """

    def __init__(self, name: str, acc_unit: str | None = None, gyr_unit: str | None = None) -> None:
        self.name = name
        self.notes: list[str] = []
        self._acc_unit, self._gyr_unit = acc_unit, gyr_unit
        self._acc_judged = False
        self._turning = Turning()
        self._noted: set[str] = set()

    def convert(self, rows: Rows) -> Rows:
        """The rows in m/s² and rad/s."""
        acc = rows.acc * ACC_UNITS[self._acc_unit or "m/s2"]
        rows = replace(rows, acc=acc, gyr=rows.gyr * GYR_UNITS[self._gyr_unit or "rad/s"])
        if len(rows) and not self._acc_judged:
            self._judge_acc(rows)
            self._acc_judged = True
        if len(rows) and np.isfinite(rows.gyr[0, 0]):
            self._judge_gyr(rows)
        return rows

    def _judge_acc(self, rows: Rows) -> None:
        unit, median = acc_unit(rows.acc)
        if unit == "m/s2":
            return
        cure = f"The file seems to be in {unit}: convert it, or pass --acc-unit {unit}."
        if not unit:
            cure = "It is in no unit known here (m/s2, g, mg), or gravity was taken off: convert it."
        self._refuse(f"acc has a median magnitude of {median:.4g}, expected 9.81 (m/s²)", cure, self._acc_unit)

    def _judge_gyr(self, rows: Rows) -> None:
        if not self._turning.certain:
            self._turning = turning(rows.t_ns / 1e9, rows.acc, rows.gyr)
        row, axis = np.unravel_index(np.argmax(np.abs(rows.gyr)), rows.gyr.shape)
        peak = abs(float(rows.gyr[row, axis]))
        line = int(rows.line[row])
        found = f"gyr_{'xyz'[axis]} peaks at {peak:.4g}, expected rad/s below {GYR_PEAK:.0f}"
        if peak <= GYR_PEAK and self._turning.certain:
            ratio = 1 / self._turning.slope
            found = f"gyr turns {ratio:.3g} times as far as gravity does, expected the same (rad/s)"
        if peak == 0:
            zero = "gyr is 0 from here on, expected a gyroscope's noise. Remove its columns if there is none."
            self._note("zero", zero, line)
        elif self._turning.fits(1.0):
            if peak > GYR_PEAK:
                self._note("peak", f"{found}. It is kept: gravity shows that the rest is in rad/s.", line)
        elif peak > GYR_PEAK or self._turning.fits(GYR_UNITS["deg/s"]):
            cure = "The file seems to be in deg/s: convert it, or pass --gyr-unit deg/s."
            self._refuse(found, cure, self._gyr_unit)
        elif self._turning.certain:
            self._note("turning", f"{found}. Check the gyroscope's unit and axes.")

    def _refuse(self, found: str, cure: str, named: str | None) -> None:
        if named is None:
            raise SessionFolderError(f"{self.name}: {found}. {cure}", file=self.name)
        self._note(named, f"{found}. It is kept, as {named} was asked for.")

    def _note(self, kind: str, text: str, line: int | None = None) -> None:
        """Once for each kind."""
        if kind not in self._noted:
            self._noted.add(kind)
            self.notes.append(f"{self.name}{f', line {line}' if line else ''}: {text}")


def acc_unit(acc: Floats) -> tuple[str, float]:
    """The unit that brings the median magnitude of acc (n, 3) near gravity ("" if none), and that median."""
    median = float(np.median(np.linalg.norm(acc, axis=1)))
    for name, factor in ACC_UNITS.items():
        if 1 / GRAVITY_TOLERANCE < median * factor / GRAVITY < GRAVITY_TOLERANCE:
            return name, median
    return "", median


def turning(t: Floats, acc: Floats, gyr: Floats) -> Turning:
    """Fit gravity's turning to the gyroscope's, with a free bias; t (n,) s rising, acc and gyr (n, 3).

    Least squares of Δĝ = slope · (ĝ × ω Δt) + (β × ĝ Δt) over neighbouring bins.
    """
    t_bin, acc_bin, gyr_bin = _bins(t, acc, gyr)
    size = np.linalg.norm(acc_bin, axis=1)
    steady = np.abs(size - np.median(size)) < STEADY * np.median(size)
    step = np.diff(t_bin)
    use = steady[1:] & steady[:-1] & (step < 2.5 * BIN_S)
    g = acc_bin / np.where(size > 0, size, 1.0)[:, None]
    change = np.diff(g, axis=0)[use]
    if len(change) < LEAST_BINS or np.sqrt((change**2).sum(axis=1).mean()) < LEAST_TURN:
        return Turning()
    middle = ((g[1:] + g[:-1]) / 2 * step[:, None])[use]
    omega = ((gyr_bin[1:] + gyr_bin[:-1]) / 2)[use]
    of_bias = [np.cross(axis, middle).ravel() for axis in np.eye(3)]
    return _slope(np.column_stack([np.cross(middle, omega).ravel(), *of_bias]), change.ravel())


def _slope(columns: Floats, y: Floats) -> Turning:
    x = np.linalg.lstsq(columns, y, rcond=None)[0]
    variance = ((y - columns @ x) ** 2).sum() / (len(y) - len(x))
    error = np.sqrt(variance * np.linalg.pinv(columns.T @ columns)[0, 0])
    return Turning(float(x[0]), float(x[0] / error)) if error > 0 else Turning()


def _bins(t: Floats, acc: Floats, gyr: Floats) -> tuple[Floats, Floats, Floats]:
    first = np.flatnonzero(np.diff(np.floor((t - t[0]) / BIN_S), prepend=-1))
    count = np.diff(first, append=len(t))
    rows = np.add.reduceat(np.column_stack([t - t[0], acc, gyr]), first, axis=0) / count[:, None]
    return rows[:, 0], rows[:, 1:4], rows[:, 4:]
