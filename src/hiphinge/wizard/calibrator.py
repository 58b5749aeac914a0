"""Calibration movements -> a Calibration, with a verdict in words and degrees, or a refusal.

The zero is quiet standing. The axis of the trunk comes from bends, else from
sitting down, never from walking (which gave 3.7° in place of 28° of seated
flexion at a convincing share); the thigh's from sitting down, else from walking.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

import numpy as np

from hiphinge.blocks import (
    SACRUM,
    UPPER_LUMBAR,
    AngleBlock,
    Bools,
    Calibration,
    Floats,
    MotionBlock,
    Mounting,
    SensorCalibration,
)
from hiphinge.errors import CalibrationRefused
from hiphinge.kinematics import mounting, range_of_motion
from hiphinge.kinematics.mounting import Axis, Rest
from hiphinge.monitor import AnglePath, Params
from hiphinge.wizard.spans import Span, within

NAN = float("nan")
TRUNK_SOURCES = ("bend", "sit")
THIGH_SOURCES = ("sit", "walk", "lift")
"""Where a mediolateral axis may come from, best first."""


def calibrate(
    params: Params, motion: MotionBlock, spans: Sequence[Span], *, wearer: str = "", created_utc: str = ""
) -> Calibration:
    """Calibrate from raw ``motion`` (sensor axes) that contains ``spans``.

    Raises CalibrationRefused where nothing at all can be had: no sensor stood still.
    """
    body = _Movements(params, motion, spans)
    rests = body.rests()
    axes = {site: body.axis(site, rests) for site in rests}
    axes = body.signed(axes, rests)
    mountings = {site: mounting.mount(rests[site], *axes[site]) for site in rests}
    sensors = {s: SensorCalibration(gyr_bias=_triple(rests[s].gyr_bias)) for s in rests}
    moved = tuple((s.start, s.end) for s in spans if s.label in ("bend", "sit", "stand"))
    draft = Calibration("", created_utc, wearer, sensors, mountings, movements=moved)
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
            raise CalibrationRefused(
                f"standing: {site} was still for {r.seconds:.1f} s (moving at {np.rad2deg(r.stirring):.1f} °/s), expected "
                f"{self.limits.still_seconds:.1f} s below {np.rad2deg(self.limits.still_rate):.0f} °/s. "
                "Stand upright and still for ten seconds and calibrate again.",
                part="stand",
                value=r.seconds,
                limit=self.limits.still_seconds,
            )
        return good

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
            return np.linalg.norm(mounting.tilt_vectors(self.acc[site], rest.up, self.limits), axis=1) > np.sin(np.pi / 6)
        return within(self.t, self.spans, source)

    def _principal(self, site: str, rest: Rest, moving: Bools) -> Axis:
        if np.isfinite(self.gyr[site]).any():
            return mounting.axis_by_rotation(self.acc[site], self.gyr[site] - rest.gyr_bias, rest.up, moving, self.limits)
        return mounting.axis_by_gravity(self.acc[site], rest.up, moving, self.limits)

    def _walking(self, site: str) -> Bools:
        """Seconds in which a thigh swings: brisk, outside of every marked movement."""
        size = round(self.limits.rate)
        n = len(self.t) // size
        moves = mounting.stirring(self.acc[site][: n * size].reshape(n, size, 3), self.gyr[site][: n * size].reshape(n, size, 3))
        brisk = np.isfinite(moves) & (moves > np.deg2rad(50))
        walking = np.zeros(len(self.t), bool)
        walking[: n * size] = np.repeat(brisk & np.roll(brisk, 1) & np.roll(brisk, -1), size)
        return walking & ~within(self.t, self.spans, "stand", "bend", "sit", "sit_tall", "slump")

    def signed(
        self, axes: Mapping[str, tuple[Axis | None, str]], rests: Mapping[str, Rest]
    ) -> dict[str, tuple[Axis | None, str]]:
        """Axes that point to the wearer's right: which way gravity tilted says so."""
        out = {}
        for site, (axis, source) in axes.items():
            if axis is None:
                out[site] = (axis, source)
                continue
            tilt = mounting.tilt_vectors(self.acc[site], rests[site].up, self.limits)
            if site.startswith("thigh"):
                # Raised far more than it ever goes back.
                direction = -tilt[self._moving(site, rests[site], source)].sum(axis=0)
            elif source == "bend":
                direction = tilt[within(self.t, self.spans, "bend")].sum(axis=0)
            else:
                direction = self._leaning(site, tilt)
            out[site] = (mounting.toward(axis, direction), source)
        self._agree(out, rests)
        return out

    def _leaning(self, site: str, tilt: Floats) -> Floats:
        """Direction of the trunk's tilt while it leans forward to sit down: before and after, not seated."""
        sit = within(self.t, self.spans, "sit")
        size = np.linalg.norm(tilt, axis=1)
        if site == SACRUM:  # seated, the pelvis rolls back and stays so
            return -tilt[sit].sum(axis=0)
        return tilt[sit & (size > 0.7 * np.max(size[sit], initial=0.0))].sum(axis=0)

    def _agree(self, axes: dict[str, tuple[Axis | None, str]], rests: Mapping[str, Rest]) -> None:
        """From sitting down, the pelvis turns with the trunk: that decides its sign."""
        (trunk, _), (pelvis, source) = axes.get(UPPER_LUMBAR, (None, "")), axes.get(SACRUM, (None, ""))
        gyr = [self.gyr.get(s) for s in (UPPER_LUMBAR, SACRUM)]
        if trunk is None or pelvis is None or source != "sit" or any(g is None or not np.isfinite(g).any() for g in gyr):
            return
        sit = within(self.t, self.spans, "sit")
        rates = [
            mounting.slow_rate(self.gyr[s] - rests[s].gyr_bias, self.limits)[sit] @ a.right
            for s, a in ((UPPER_LUMBAR, trunk), (SACRUM, pelvis))
        ]
        if float(rates[0] @ rates[1]) < 0:
            axes[SACRUM] = (Axis(-pelvis.right, pelvis.share, pelvis.sd), source)


def _finished(
    params: Params, draft: Calibration, motion: MotionBlock, spans: Sequence[Span], rests: Mapping[str, Rest]
) -> Calibration:
    """Own ranges, verdict and id, measured with the draft's own angles."""
    angles = _angles(params, draft, motion)
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
        upright=upright,
        slump=slump,
        missing=missing,
        verdict=_verdict(draft, rests, bends, own, missing, params),
    )
    return replace(done, id=identity(done))


def _angles(params: Params, draft: Calibration, motion: MotionBlock) -> AngleBlock:
    bias = np.array([draft.sensors[s].gyr_bias if s in draft.sensors else (0.0, 0.0, 0.0) for s in motion.sites])
    unbiased = MotionBlock(motion.t, motion.sites, motion.acc, motion.gyr - bias[:, None, :], motion.flags)
    return AnglePath(params, draft, motion.sites).follow(unbiased)


def _missing(draft: Calibration, own: float, upright: float, slump: float, sites: Sequence[str]) -> tuple[str, ...]:
    missing = [f"standing of {s}" for s in sites if s not in draft.mountings]
    missing += [f"axis of {s}" for s, m in draft.mountings.items() if not m.axis_from]
    if UPPER_LUMBAR in sites and SACRUM in sites:
        missing += ["bends"] if np.isnan(own) else []
        missing += ["sit_tall and slump"] if np.isnan(upright) or np.isnan(slump) else []
    return tuple(missing)


def _verdict(
    draft: Calibration,
    rests: Mapping[str, Rest],
    bends: range_of_motion.Range,
    own: float,
    missing: Sequence[str],
    params: Params,
) -> str:
    """One paragraph that a wearer understands."""
    words = [f"Stood still for {min(r.seconds for r in rests.values()):.0f} s."]
    for site, m in draft.mountings.items():
        if m.axis_from:
            words.append(f"{_plain(site)}: axis from {_PLAIN[m.axis_from]}, {100 * m.axis_share:.0f} % explained.")
        else:
            words.append(f"{_plain(site)}: no movement showed its axis (less than {100 * params.mounting.axis_share:.0f} % explained).")
    if np.isfinite(own):
        words.append(f"Own lumbar flexion {np.rad2deg(own):.0f}° over {len(bends.peaks)} bends (spread {np.rad2deg(bends.spread):.0f}°).")
        if bends.spread > params.range_of_motion.spread:
            words.append("The bends differ much: repeat them if you can.")
    elif np.isfinite(bends.value):
        words.append(f"The bends reached {np.rad2deg(bends.value):.0f}°, which is not plausible: own range not set.")
    if missing:
        words.append(f"Not known: {', '.join(missing)}.")
    return " ".join(words)


_PLAIN = {"bend": "bends", "sit": "sitting down", "walk": "walking", "lift": "raising the thigh"}


def _plain(site: str) -> str:
    return site.replace("_", " ").capitalize()


def _median(x: Floats) -> float:
    return float(np.nanmedian(x)) if np.isfinite(x).any() else NAN


def _triple(v: Floats) -> tuple[float, float, float]:
    x, y, z = (float(c) for c in v)
    return x, y, z


def identity(calibration: Calibration) -> str:
    """Twelve hex digits of the content, without id and date: the same movements, the same id."""
    content = asdict(replace(calibration, id="", created_utc=""))
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
