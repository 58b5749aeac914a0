"""Calibration movements -> a Calibration, with a verdict in words and degrees, or a refusal.

The zero is quiet standing. The axis of the trunk comes from bends, else from
sitting down, never from walking (which gave 3.7° in place of 28° of seated
flexion at a convincing share); the thigh's from sitting down, else from walking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from hiphinge.blocks import (
    GRAVITY,
    SACRUM,
    TRUNK,
    UPPER_LUMBAR,
    AngleBlock,
    Bools,
    Calibration,
    Floats,
    MotionBlock,
    SensorCalibration,
)
from hiphinge.kinematics import mounting, range_of_motion
from hiphinge.kinematics.identity import identity
from hiphinge.kinematics.mounting import Axis, Rest
from hiphinge.markers import MOVEMENTS
from hiphinge.monitor import AnglePath, Params
from hiphinge.wizard import swing, verdict
from hiphinge.wizard.spans import Span, within

NAN = float("nan")
TRUNK_SOURCES = ("bend", "sit", "lean")
THIGH_SOURCES = ("sit", "walk", "lift")
"""Where a mediolateral axis may come from, best first."""
HIPS = ("hip_flexion", "hip_flexion_left", "hip_flexion_right")
LEANED = np.deg2rad(15)
"""Tilt of a trunk that leans, rad: walking and standing stay below."""
RAISED = np.deg2rad(30)
"""Tilt of a thigh that shows its axis, rad."""
LAIN, LAIN_WINDOWS, SEATED_STILL = np.deg2rad(60), 4, np.deg2rad(25)
"""Tilt of what lies on a seat, rad; half-seconds of it that convince; rad/s rms of sitting still [D]."""
BRISK = np.deg2rad(50)
"""Rate of a thigh in walking, rad/s rms; quiet standing has a tenth of it."""


def calibrate(
    params: Params, motion: MotionBlock, spans: Sequence[Span], *, wearer: str = "", created_utc: str = ""
) -> Calibration:
    """Calibrate from raw ``motion`` (sensor axes) that contains ``spans``.

    Raises CalibrationRefused where nothing at all can be had: no sensor stood still.
    """
    body = _Movements(params, motion, spans)
    standing = body.rests()
    pair = body.exchanged(standing)
    rests = {site: r for site, r in standing.items() if site not in pair}
    if not rests:
        raise verdict.exchanged(pair)
    axes = {site: body.axis(site, rests) for site in rests}
    axes = body.signed(axes, rests)
    mountings = {site: mounting.mount(rests[site], *axes[site]) for site in rests}
    sensors = {s: SensorCalibration(gyr_bias=_triple(rests[s].gyr_bias)) for s in rests}
    moved = tuple((s.start, s.end) for s in spans if s.label in ("bend", "sit", "stand"))
    unplaced = tuple(f"{verdict.PLACE}{site}" for site in pair)
    draft = Calibration("", created_utc, wearer, sensors, mountings, movements=moved, missing=unplaced)
    return _finished(params, draft, motion, spans, rests)


class _Movements:
    """The raw motion of a calibration, asked for zeros and axes."""

    def __init__(self, params: Params, motion: MotionBlock, spans: Sequence[Span]) -> None:
        self.limits = params.mounting
        self.spans = spans
        self.t = motion.t
        self.acc = dict(zip(motion.sites, motion.acc, strict=True))
        self.gyr = dict(zip(motion.sites, motion.gyr, strict=True))

    def rests(self) -> dict[str, Rest]:
        """Quiet standing of each site that had enough of it."""
        stand = within(self.t, self.spans, "stand")
        all_rests = {s: mounting.rest(self.acc[s][stand], self.gyr[s][stand], self.limits) for s in self.acc}
        good = {s: r for s, r in all_rests.items() if r.seconds >= self.limits.still_seconds}
        if not good:
            site, r = max(all_rests.items(), key=lambda item: item[1].seconds)
            raise verdict.moved_while_standing(site, r, self.limits)
        return good

    def exchanged(self, rests: Mapping[str, Rest]) -> tuple[str, ...]:
        """A trunk sensor that lay still on the seat, as only thighs do, and a thigh's that stayed upright; or none."""
        size = round(self.limits.rate / 2)
        inside = within(self.t, self.spans, "sit")
        seated = inside[: len(inside) // size * size].reshape(-1, size).all(axis=1)
        tilts = {site: self._still_tilt(site, rest, size) for site, rest in rests.items()}
        for trunk in (s for s in TRUNK if s in tilts):
            for thigh in (s for s in tilts if s.startswith("thigh")):
                wrong = seated & (tilts[trunk] > LAIN) & (tilts[thigh] < RAISED)
                right = seated & (tilts[thigh] > LAIN) & (tilts[trunk] < RAISED)
                if wrong.sum() >= LAIN_WINDOWS and wrong.sum() > 2 * right.sum():
                    return trunk, thigh
        return ()

    def _still_tilt(self, site: str, rest: Rest, size: int) -> Floats:
        """From standing, rad, of each window (windows,); NaN where the site moves."""
        acc, gyr = (mounting.windows(x, size) for x in (self.acc[site], self.gyr[site]))
        up = acc.mean(axis=1)
        cosine = (up @ rest.up) / np.maximum(np.linalg.norm(up, axis=1), 1e-9)
        return np.where(mounting.stirring(acc, gyr) < SEATED_STILL, np.arccos(np.clip(cosine, -1, 1)), NAN)

    def axis(self, site: str, rests: Mapping[str, Rest]) -> tuple[Axis | None, str]:
        """The site's mediolateral axis and the movement it came from; its sign is still open."""
        for source in THIGH_SOURCES if site.startswith("thigh") else TRUNK_SOURCES:
            axis = self._principal(site, rests[site], self._moving(site, rests[site], source))
            if axis.share >= self.limits.axis_share:
                return axis, source
        return None, ""

    def _moving(self, site: str, rest: Rest, source: str) -> Bools:
        if source == "walk":
            return self._walking(site)
        if source == "lift":  # whatever raised the thigh: squats, a stair, an unmarked chair
            tilt = mounting.tilt_vectors(self.acc[site], rest.up, self.limits)
            return np.linalg.norm(tilt, axis=1) > np.sin(RAISED)
        if source == "lean":
            return self._leaning_forward(site, rest)
        return within(self.t, self.spans, source)

    def _leaning_forward(self, site: str, rest: Rest) -> Bools:
        """A second around every lean of the trunk: without a thigh sensor nobody sees the sitting down."""
        tilt = np.linalg.norm(mounting.tilt_vectors(self.acc[site], rest.up, self.limits), axis=1)
        second = np.ones(2 * round(self.limits.rate) + 1)
        near = np.convolve(tilt > np.sin(LEANED), second, mode="same") > 0.5
        return near & ~self._walking(site)

    def _principal(self, site: str, rest: Rest, moving: Bools) -> Axis:
        if np.isfinite(self.gyr[site]).any():
            gyr = self.gyr[site] - rest.gyr_bias
            return mounting.axis_by_rotation(self.acc[site], gyr, rest.up, moving, self.limits)
        return mounting.axis_by_gravity(self.acc[site], rest.up, moving, self.limits)

    def _walking(self, site: str) -> Bools:
        """Seconds in which a thigh swings: brisk, outside of every marked movement."""
        size = round(self.limits.rate)
        moves = mounting.stirring(mounting.windows(self.acc[site], size), mounting.windows(self.gyr[site], size))
        brisk = np.isfinite(moves) & (moves > BRISK)
        walking = np.zeros(len(self.t), bool)
        walking[: len(moves) * size] = np.repeat(brisk & np.roll(brisk, 1) & np.roll(brisk, -1), size)
        return walking & ~within(self.t, self.spans, *MOVEMENTS)

    def signed(
        self, axes: Mapping[str, tuple[Axis | None, str]], rests: Mapping[str, Rest]
    ) -> dict[str, tuple[Axis | None, str]]:
        """Axes that point to the wearer's right: which way gravity tilted says so."""
        out: dict[str, tuple[Axis | None, str]] = {}
        for site, (axis, source) in axes.items():
            if axis is None:
                out[site] = (axis, source)
                continue
            tilt = mounting.tilt_vectors(self.acc[site], rests[site].up, self.limits)
            if source == "walk" and np.isfinite(self.gyr[site]).any():
                out[site] = self._walked(site, rests[site], axis)
                continue
            if site.startswith("thigh"):
                # Raised far more than it ever goes back.
                direction = -tilt[self._moving(site, rests[site], source)].sum(axis=0)
            elif source == "bend":
                direction = tilt[within(self.t, self.spans, "bend")].sum(axis=0)
            else:
                direction = self._leaning(site, tilt, self._moving(site, rests[site], source))
            out[site] = (mounting.toward(axis, direction), source)
        self._agree(out, rests)
        return out

    def _walked(self, site: str, rest: Rest, axis: Axis) -> tuple[Axis | None, str]:
        """By the rhythm of the swing; unknown where there is none."""
        acc = np.where(np.isfinite(self.acc[site]), self.acc[site], GRAVITY * rest.up)
        gyr = np.nan_to_num(self.gyr[site] - rest.gyr_bias)
        sign = swing.forward(acc, gyr, axis.right, self._walking(site), self.limits.rate)
        return (mounting.toward(axis, sign * axis.right), "walk") if abs(sign) >= swing.SURE else (None, "")

    def _leaning(self, site: str, tilt: Floats, moving: Bools) -> Floats:
        """Direction of the trunk's tilt while it leans forward, before and after it is seated."""
        size = np.linalg.norm(tilt, axis=1)
        if site == SACRUM:  # seated, the pelvis rolls back and stays so
            return -tilt[moving].sum(axis=0)
        return tilt[moving & (size > 0.7 * np.max(size[moving], initial=0.0))].sum(axis=0)

    def _agree(self, axes: dict[str, tuple[Axis | None, str]], rests: Mapping[str, Rest]) -> None:
        """Where no bend shows it, the pelvis turns with the trunk: that decides its sign."""
        (trunk, _), (pelvis, source) = axes.get(UPPER_LUMBAR, (None, "")), axes.get(SACRUM, (None, ""))
        if trunk is None or pelvis is None or source not in ("sit", "lean"):
            return
        if not all(np.isfinite(self.gyr[s]).any() for s in TRUNK):
            return
        moving = self._moving(UPPER_LUMBAR, rests[UPPER_LUMBAR], source)
        rates = [
            mounting.slow_rate(self.gyr[s] - rests[s].gyr_bias, self.limits)[moving] @ a.right
            for s, a in ((UPPER_LUMBAR, trunk), (SACRUM, pelvis))
        ]
        if float(rates[0] @ rates[1]) < 0:
            axes[SACRUM] = (Axis(-pelvis.right, pelvis.share, pelvis.sd), source)


def _finished(
    params: Params, draft: Calibration, motion: MotionBlock, spans: Sequence[Span], rests: Mapping[str, Rest]
) -> Calibration:
    """Own ranges, verdict and id, measured with the draft's own angles."""
    angles = measured(params, draft, motion)
    lumbar, trunk = angles.angles.get("lumbar_flexion"), angles.angles.get("trunk_inclination")
    bends = range_of_motion.Range(NAN, NAN, ())
    upright = slump = NAN
    if lumbar is not None and trunk is not None:
        bends = range_of_motion.maximal(lumbar, trunk, within(angles.t, spans, "bend"), params.range_of_motion)
        upright, slump = (_median(lumbar[within(angles.t, spans, label)]) for label in ("sit_tall", "slump"))
    low, high = params.range_of_motion.plausible_low, params.range_of_motion.plausible_high
    own = bends.value if low <= bends.value <= high else NAN
    missing = _missing(draft, own, upright, slump, motion.sites)
    done = replace(
        draft,
        max_lumbar_flexion=own,
        max_hip_flexion=_hip_range(params, angles, spans),
        upright=upright,
        slump=slump,
        missing=missing,
        verdict=verdict.words(replace(draft, max_lumbar_flexion=own, missing=missing), rests, bends, params),
    )
    return replace(done, id=identity(done))


def _hip_range(params: Params, angles: AngleBlock, spans: Sequence[Span]) -> float:
    """Largest hip flexion rad in the bends, which are with straight knees; of the side that went further."""
    depth = angles.angles.get("trunk_inclination", angles.angles.get("pelvis_tilt"))
    hips = [x for name, x in angles.angles.items() if name in HIPS]
    if depth is None or not hips:
        return NAN
    bent = within(angles.t, spans, "bend")
    reached = [range_of_motion.maximal(hip, depth, bent, params.range_of_motion).value for hip in hips]
    return float(np.fmax.reduce(reached))


def measured(params: Params, draft: Calibration, motion: MotionBlock) -> AngleBlock:
    """The body's angles in raw ``motion``, by a calibration."""
    bias = np.array([draft.sensors[s].gyr_bias if s in draft.sensors else (0.0, 0.0, 0.0) for s in motion.sites])
    unbiased = MotionBlock(motion.t, motion.sites, motion.acc, motion.gyr - bias[:, None, :], motion.flags)
    return AnglePath(params, draft, motion.sites).follow(unbiased)


def _missing(draft: Calibration, own: float, upright: float, slump: float, sites: Sequence[str]) -> tuple[str, ...]:
    missing = [
        f"standing of {s}" for s in sites if s not in draft.mountings and f"{verdict.PLACE}{s}" not in draft.missing
    ]
    missing += draft.missing
    missing += [f"axis of {s}" for s, m in draft.mountings.items() if not m.axis_from]
    if UPPER_LUMBAR in sites and SACRUM in sites:
        missing += ["bends"] if np.isnan(own) else []
        missing += ["sit_tall and slump"] if np.isnan(upright) or np.isnan(slump) else []
    return tuple(missing)


def _median(x: Floats) -> float:
    return float(np.nanmedian(x)) if np.isfinite(x).any() else NAN


def _triple(v: Floats) -> tuple[float, float, float]:
    x, y, z = (float(c) for c in v)
    return x, y, z
