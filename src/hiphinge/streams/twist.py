"""What remains between the clocks of sensors that are turned together in one hand.

All parts of a rigid body turn at the same rate, however each sensor lies in the hand.
The squared rates are compared: smooth where the rate itself has a kink at every
reversal. (Faizullin and others, Sensors 2021 21(1) 68, align gyroscopes the same way.)

Only a twist before strapping on can do this. A heel drop when worn is a coarse check:
the shock reaches sacrum and T12 some 10 to 20 ms apart. Bends say nothing: the pelvis
lags the spine by 0.2 to 0.4 s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hiphinge.blocks import Floats, Times
from hiphinge.errors import CalibrationRefused


@dataclass(frozen=True)
class Params:
    """When a twist counts.

    seconds : least common time, of the 5 s that are asked for. [D]
    rate : rad/s rms that a hand reaches without effort and worn sensors rarely reach together. [D]
    correlation : of squared rates. [D] One rigid body has 0.999; trunk and thigh in a lift below 0.9.
    reach : s, largest offset that is looked for: the longest wait for connection events, and a
        half of the shortest period in which a hand repeats itself. [D]
    apart : s between two peaks of the correlation that are not the same one. [D]
    lead : by which the best peak must beat another. [D] A twist as even as a pendulum fits twice.
    gap : s, longest time without a sample. [D]
    least_error : s. [D] Sensors of one make filter alike; interpolation leaves a tenth of this.
    """

    seconds: float = 3.0
    rate: float = 1.5
    correlation: float = 0.98
    reach: float = 0.2
    apart: float = 0.06
    lead: float = 0.01
    gap: float = 0.1
    least_error: float = 0.0003


@dataclass(frozen=True)
class Offset:
    """To be added to a sensor's times: ``offset_ns``, known to ``error`` s (one standard deviation)."""

    offset_ns: int
    error: float
    correlation: float


Turning = Mapping[str, tuple[Times, Floats]]
"""By sensor: placed times (n,) ns, rising, and rates (n, 3) rad/s in its own axes."""

COARSE, GRID = 0.005, 0.01
"""s: steps of the search, and of the time grid (the rate of most sensors)."""


def offsets(turning: Turning, reference: str, params: Params | None = None) -> dict[str, Offset]:
    """What each sensor's times need to agree with those of ``reference``; refuses with the reason in words.

    ``turning``: the samples of the twist alone, times (n,) and rates (n, 3) of each sensor.
    """
    params = params or Params()
    zero = int(turning[reference][0][0]) if len(turning[reference][0]) else 0
    speeds = {name: _speed(name, t, gyr, zero) for name, (t, gyr) in turning.items()}
    start = max(t[0] for t, _ in speeds.values()) + params.reach
    end = min(t[-1] for t, _ in speeds.values()) - params.reach
    if end - start < params.seconds:
        short = f"twist: all sensors seen for {max(end - start, 0.0):.1f} s, expected {params.seconds:g} or more"
        raise _refused(f"{short}. Twist for five seconds.", end - start, params.seconds)
    at = np.arange(start, end, GRID)
    for name, (t, speed) in speeds.items():
        _check_motion(name, t, speed, (start, end), params)
    own = np.interp(at, *speeds[reference])
    others = {name: _fit(name, at, own, speeds[name], params) for name in turning if name != reference}
    return {reference: Offset(0, 0.0, 1.0), **others}


def found(turning: Turning, params: Params | None = None) -> tuple[int, int] | None:
    """The first five seconds (start, end; ns) of times (n,) and rates (n, 3) in which all turn as one body, if any.

    To be asked before the sensors are strapped on: fast swings may turn two neighbours alike.
    """
    params = params or Params()
    if not turning or min(len(t) for t, _ in turning.values()) < 2:
        return None
    first = max(int(t[0]) for t, _ in turning.values())
    last = min(int(t[-1]) for t, _ in turning.values())
    for start in range(first, last - SPAN_NS + 1, STEP_NS):
        span = {name: _between(t, gyr, start, start + SPAN_NS) for name, (t, gyr) in turning.items()}
        if all(_lively(gyr, params.rate) for _, gyr in span.values()):
            try:
                offsets(span, next(iter(span)), params)
            except CalibrationRefused:
                continue
            return start, start + SPAN_NS
    return None


SPAN_NS, STEP_NS = 5_000_000_000, 500_000_000
"""What is asked of the wearer, and the steps in which it is looked for."""


def _between(t: Times, gyr: Floats, start: int, end: int) -> tuple[Times, Floats]:
    inside = slice(*np.searchsorted(t, (start, end)))
    return t[inside], gyr[inside]


def _lively(gyr: Floats, rate: float) -> bool:
    """Whether rates (n, 3) are those of a hand that twists, in every fifth of them; NaN are not."""
    fifths = np.array_split((gyr**2).sum(axis=1), 5)
    return len(gyr) > 4 and all(float(x.mean()) > rate**2 for x in fifths)


def _speed(name: str, t: Times, gyr: Floats, zero: int) -> tuple[Floats, Floats]:
    """Times (m,) s after ``zero`` and squared rates (m,) of the samples that have one; an old one again is left out."""
    known = np.isfinite(gyr).all(axis=1) & (np.diff(np.maximum.accumulate(t), prepend=t[:1] - 1) > 0)
    if known.sum() < 2:
        message = f"{name}: no rates of turn, expected some. Without a gyroscope a twist cannot align it."
        raise _refused(message, float(known.sum()), 2.0)
    return (t[known] - zero) / 1e9, (gyr[known] ** 2).sum(axis=1)


def _check_motion(name: str, t: Floats, speed: Floats, span: tuple[float, float], params: Params) -> None:
    """Refuse a sensor that hardly turned, or whose samples have gaps, between ``span`` s."""
    inside = (t >= span[0]) & (t <= span[1])
    rate = float(np.sqrt(speed[inside].mean())) if inside.any() else 0.0
    if rate < params.rate:
        message = (
            f"{name}: turned at {rate:.2g} rad/s rms, expected {params.rate:g} or more. Twist faster, all in one hand."
        )
        raise _refused(message, rate, params.rate)
    gap = float(np.diff(t[inside]).max(initial=0.0))
    if gap > params.gap:
        message = (
            f"{name}: {gap:.2g} s without a sample, expected {params.gap:g} or less. Bring it closer, twist again."
        )
        raise _refused(message, gap, params.gap)


def _fit(name: str, at: Floats, own: Floats, other: tuple[Floats, Floats], params: Params) -> Offset:
    """Offset of ``other`` (times, squared rates) against the reference's squared rates ``own`` (n,) at (n,) s."""
    lags = np.arange(-params.reach, params.reach + COARSE / 2, COARSE)
    likeness = np.array([_likeness(own, np.interp(at - lag, *other)) for lag in lags])
    best = int(likeness.argmax())
    rival = float(likeness[np.abs(lags - lags[best]) > params.apart].max(initial=-1.0))
    offset, correlation, error = _refine(at, own, other, float(lags[best]))
    if correlation < params.correlation:
        found = f"{name}: its turning correlates by {correlation:.3f}, expected {params.correlation:g} or more"
        raise _refused(f"{found}. Hold all sensors firmly in one hand.", correlation, params.correlation)
    if rival > likeness[best] - params.lead or abs(offset) > params.reach:
        found = f"{name}: two offsets fit alike ({rival:.3f}, {likeness[best]:.3f}), expected one"
        raise _refused(f"{found}. Twist unevenly, fast and slow.", rival, float(likeness[best]) - params.lead)
    return Offset(round(offset * 1e9), max(error, params.least_error), correlation)


def _refine(at: Floats, own: Floats, other: tuple[Floats, Floats], offset: float) -> tuple[float, float, float]:
    """Least squares of own (n,) against other, moved, scaled and raised: offset s, correlation, its error s."""
    slope = np.gradient(other[1], other[0])
    for _ in range(4):
        moved = np.interp(at - offset, *other)
        change = -np.interp(at - offset, other[0], slope)
        design = np.stack((moved, np.ones_like(moved), change), axis=1)
        (scale, _, step), *_ = np.linalg.lstsq(design, own, rcond=None)
        offset += float(np.clip(step / scale, -COARSE, COARSE)) if scale else 0.0
    moved = np.interp(at - offset, *other)
    left = own - design @ np.linalg.lstsq(design, own, rcond=None)[0]
    # Neighbouring residuals are alike, for interpolated rates are: two for each sample count as one.
    alike = 2 * max(float(np.median(np.diff(other[0]))) / GRID, 1.0)
    error = np.sqrt(alike * left.var() / max(float((scale * change) @ (scale * change)), 1e-12))
    return offset, _likeness(own, moved), float(error)


def _likeness(one: Floats, other: Floats) -> float:
    """Pearson's correlation of two (n,); 0 where one does not change."""
    one, other = one - one.mean(), other - other.mean()
    size = np.sqrt((one @ one) * (other @ other))
    return float(one @ other / size) if size else 0.0


def _refused(message: str, value: float, limit: float) -> CalibrationRefused:
    return CalibrationRefused(message, part="twist", value=value, limit=limit)
