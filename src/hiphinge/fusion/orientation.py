"""One orientation filter per sensor: gyroscope and gravity -> attitude.

Default VQF (Laidig & Seel 2023, doi 10.1016/j.inffus.2022.10.014), 6-axis:
no magnetometer, since the wearer may stand next to iron weights. Its heading
is arbitrary and drifts slowly; its inclination does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hiphinge import rotation, runs
from hiphinge.blocks import (
    CLIPPED,
    FILLED,
    GRAVITY,
    LEVEL_ONLY,
    MISSING,
    SETTLING,
    Flags,
    Floats,
    MotionBlock,
    OrientationBlock,
)
from hiphinge.fusion.filters import SD_FACTOR, Filter, GravityFilter, available, make_filter
from hiphinge.fusion.low_pass import LowPass


@dataclass(frozen=True)
class Params:
    """How attitude follows the samples.

    filter : vqf, madgwick, mahony, ekf (of the package ahrs) or gravity.
    rate : Hz of the grid.
    tau_acc : s. Time constant of the correction by gravity. VQF's own default is
        3 s; worn sensors (gyroscope errors of soft tissue, lifts of 2 to 4 s
        between stillness) do better at 2: docs/decisions.
    settle : s. After a gap longer than the bridge the attitude begins anew, the
        gyroscope's bias is kept, and angles are withheld this long. (A filter that
        runs on with a shorter time constant meanwhile was 2 to 12 times worse.)
    sd_floor : rad. Inclination error at rest: accelerometer bias, sway.
    sd_motion : rad per (m/s²) of low-passed departure of |acc| from gravity.
    sd_turned : rad of error per rad turned while samples were bridged or clipped;
        fades with tau_acc.
    """

    filter: str = "vqf"
    rate: float = 100.0
    tau_acc: float = 2.0
    settle: float = 2.0
    sd_floor: float = field(default=np.deg2rad(0.2), metadata={"unit": "rad"})
    sd_motion: float = field(default=np.deg2rad(0.25), metadata={"unit": "rad"})
    sd_turned: float = 0.1


class Orientation:
    """Attitudes of all worn sensors, each with a filter of its own."""

    def __init__(self, params: Params, sites: Sequence[str]) -> None:
        self.params = params
        self._sensors = [_SensorAttitude(params) for _ in sites]

    def estimate(self, motion: MotionBlock) -> OrientationBlock:
        """q_e_s (k, n, 4); NaN where the sensor is MISSING."""
        k, n = motion.flags.shape
        q, sd = np.full((k, n, 4), np.nan), np.full((k, n), np.nan)
        flags = motion.flags.copy()
        for i, sensor in enumerate(self._sensors):
            sensor.estimate(motion.acc[i], motion.gyr[i], flags[i], q[i], sd[i])
        return OrientationBlock(motion.t, motion.sites, q, sd, flags)


class _SensorAttitude:
    """The filter of one sensor, its gaps and its error model."""

    def __init__(self, params: Params) -> None:
        self.params = params
        self._filter: Filter | None = None
        self._sd_factor = 1.0
        self._settled_in = round(params.settle * params.rate)  # instants left to settle
        self._shake = LowPass(params.tau_acc * params.rate)
        self._turned = LowPass(params.tau_acc * params.rate)

    def estimate(self, acc: Floats, gyr: Floats, flags: Flags, q: Floats, sd: Floats) -> None:
        """Fill q (n, 4) and sd (n,) and mark SETTLING in flags (n,)."""
        after = 0
        for start, stop in runs.of_true((flags & MISSING) == 0):
            if start > after:
                self._lose()
            span, after = slice(start, stop), stop
            q[span] = self._follow(acc[span], gyr[span], flags[span])
            sd[span] = self._error(acc[span], gyr[span], flags[span])
        if after < len(flags):
            self._lose()

    def _lose(self) -> None:
        """Nothing was heard for longer than is bridged."""
        self._settled_in = round(self.params.settle * self.params.rate)
        if self._filter is not None:
            self._filter.resume()

    def _follow(self, acc: Floats, gyr: Floats, flags: Flags) -> Floats:
        if self._filter is None:
            name = available(self.params.filter) if np.isfinite(gyr[0]).all() else "gravity"
            self._sd_factor = SD_FACTOR.get(name, 1.0)
            self._filter = make_filter(name, self.params.rate, self.params.tau_acc)
        if isinstance(self._filter, GravityFilter):
            flags |= LEVEL_ONLY
        settling = min(self._settled_in, len(acc))
        flags[:settling] |= SETTLING
        self._settled_in -= settling
        return self._filter.follow(gyr, acc)

    def _error(self, acc: Floats, gyr: Floats, flags: Flags) -> Floats:
        p = self.params
        shake = self._shake.follow(np.abs(_size(acc) - GRAVITY))
        doubtful = (flags & (FILLED | CLIPPED)) != 0
        rate = np.zeros(len(acc))
        if doubtful.any():
            rate[doubtful] = np.nan_to_num(_size(gyr[doubtful]))
        turned = self._turned.follow(rate)  # rad/s, forgotten as gravity corrects the attitude
        variance = p.sd_floor**2 + (p.sd_motion * shake) ** 2 + (p.sd_turned * p.tau_acc * turned) ** 2
        return self._sd_factor * np.sqrt(variance)


def _size(v: Floats) -> Floats:
    """Length (n,) of vectors (n, 3), column by column: a sum over three is slow."""
    x, y, z = rotation.parts(v)
    return np.sqrt(x * x + y * y + z * z)
