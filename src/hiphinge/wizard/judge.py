"""What a finished step is worth, in numbers: from the calibrator's own functions on that span."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from hiphinge.blocks import THIGHS, TRUNK, UPPER_LUMBAR, Bools, Calibration, Floats, MotionBlock
from hiphinge.errors import CalibrationRefused
from hiphinge.kinematics import mounting
from hiphinge.kinematics.mounting import Rest
from hiphinge.kinematics.zero import between
from hiphinge.monitor import Params as MonitorParams
from hiphinge.wizard.calibrator import calibrate, measured
from hiphinge.wizard.spans import Span, within
from hiphinge.wizard.steps import NAMES


@dataclass(frozen=True)
class Params:
    """Limits that a step must keep; [D] where nothing else is said.

    quiet : share of a stand that must be still.
    deep, deep_pelvis : rad of trunk inclination, or of the pelvis where it alone tells, that a full
        bend reaches; people reach 93 to 111°, and 48 to 59° (Laird 2018).
    past_seat : lumbar flexion on the seat over that of the bends, at most: sitting as
        usual takes 43 to 79 % of the maximum (biomechanics 0.4), so more is no full bend.
    straight : rad of thigh elevation in a bend with straight knees.
    backward : rad of lumbar extension at the bottom of a bend that no spine has.
    slipped, slipped_thigh : rad between the stands before and after the bends (``cal_expiry``).
    apart : rad between sitting tall and slumped, at least.
    """

    quiet: float = 0.6
    deep: float = field(default=np.deg2rad(55), metadata={"unit": "rad"})
    deep_pelvis: float = field(default=np.deg2rad(28), metadata={"unit": "rad"})
    past_seat: float = 0.80
    straight: float = field(default=np.deg2rad(32), metadata={"unit": "rad"})
    backward: float = field(default=np.deg2rad(12), metadata={"unit": "rad"})
    slipped: float = field(default=np.deg2rad(5), metadata={"unit": "rad"})
    slipped_thigh: float = field(default=np.deg2rad(10), metadata={"unit": "rad"})
    apart: float = field(default=np.deg2rad(5), metadata={"unit": "rad"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """A step ``passed`` or not, in ``words`` for the wearer; ``fault`` and ``sites`` say for programs why not."""

    step: str
    passed: bool
    words: str
    fault: str = ""
    sites: tuple[str, ...] = ()


class Judge:
    """Motion since the wearer stood, and the spans of the steps; asked once a step."""

    def __init__(self, params: MonitorParams, limits: Params, motion: MotionBlock, spans: Mapping[str, Span]) -> None:
        self.params, self.limits, self.motion = params, limits, motion
        self.spans = tuple(spans.values())

    def verdict(self, step: str) -> Verdict:
        """Of the step whose span came last."""
        try:
            judged = {"stand": self._stand, "sit": self._sit, "bend": self._bend, "slump": self._slump}.get(step)
            return judged() if judged else Verdict(step, True, "Seen.")
        except CalibrationRefused as refused:
            return Verdict(step, False, str(refused), "moved" if refused.part == "stand" else "refused")

    def rests(self, label: str, last: float = np.inf) -> dict[str, Rest]:
        """Quiet standing of each site within a span, or within its last seconds."""
        inside = within(self.motion.t, self.spans, label)
        inside &= self.motion.t > max((s.end for s in self.spans if s.label == label), default=0.0) - last
        both = zip(self.motion.sites, self.motion.acc, self.motion.gyr, strict=True)
        return {s: mounting.rest(acc[inside], gyr[inside], self.params.mounting) for s, acc, gyr in both}

    def _stand(self) -> Verdict:
        rests = self.rests("stand")
        span = next(s for s in self.spans if s.label == "stand")
        asked = self.limits.quiet * (span.end - span.start)
        site = min(rests, key=lambda s: rests[s].seconds)
        if rests[site].seconds < asked:
            words = f"{_name(site)} was still for {rests[site].seconds:.1f} s, expected {asked:.1f} s or more."
            return Verdict("stand", False, words, "moved", (site,))
        return Verdict("stand", True, f"Stood still for {span.end - span.start:.0f} s.")

    def _sit(self) -> Verdict:
        found = calibrate(self.params, self.motion, self.spans)
        least = self.params.mounting.axis_share
        told = []
        for site in (s for s in THIGHS if s in found.mountings):
            m = found.mountings[site]
            if m.axis_from != "sit":
                words = f"{_name(site)} moved in no single plane (less than {100 * least:.0f} % of it)."
                return Verdict("sit", False, f"{words} Sit straight down, without turning.", "impure", (site,))
            told.append(f"{NAMES[site]} {100 * m.axis_share:.0f} %")
        return Verdict("sit", True, f"Sitting down showed the axes: {', '.join(told)} of the movement explained.")

    def _bend(self) -> Verdict:
        found = calibrate(self.params, self.motion, self.spans)
        angles = measured(self.params, found, self.motion)
        inside = within(angles.t, self.spans, "bend")
        thighs = [x for name, x in angles.angles.items() if name.startswith("thigh_elevation")]
        trunk = angles["trunk_inclination" if "trunk_inclination" in angles.angles else "pelvis_tilt"]
        depth = float(np.nanmax(np.where(inside & np.isfinite(trunk), trunk, -np.inf)))
        lumbar = angles.angles.get("lumbar_flexion") if {*TRUNK} <= {*found.mountings} else None
        checks = (
            self._exchanged(lumbar, trunk, inside, depth),
            self._slipped(),
            self._bent_knees(thighs, inside & (np.nan_to_num(trunk) > 0.6 * depth)),
            self._half(found, lumbar, thighs, inside, depth),
        )
        return next((v for v in checks if v), self._told(found, depth))

    def _exchanged(self, lumbar: Floats | None, trunk: Floats, inside: Bools, depth: float) -> Verdict | None:
        if lumbar is None:
            return None
        deep = inside & (trunk > 0.8 * depth)
        flexion = float(np.nanmedian(lumbar[deep])) if np.isfinite(lumbar[deep]).any() else 0.0
        if flexion > -self.limits.backward:
            return None
        a, b = np.rad2deg(depth), np.rad2deg(depth - flexion)
        words = f"At the bottom the sensor called upper lumbar leaned by {a:.0f}° and the one called sacrum by {b:.0f}°"
        return Verdict("bend", False, f"{words}: these two are worn at each other's places.", "exchanged", TRUNK)

    def _slipped(self) -> Verdict | None:
        """Standing after the bends against standing before."""
        before, after = self.rests("stand"), self.rests("bend", 1.5)
        for site in before:
            moved = between(before[site].up, after[site].up) if after[site].seconds else np.nan
            most = self.limits.slipped_thigh if site in THIGHS else self.limits.slipped
            if moved > most:
                words = f"Standing after the bends, {NAMES[site]} is {np.rad2deg(moved):.0f}° from where it was"
                words += f", expected at most {np.rad2deg(most):.0f}°: it slipped, or you stand otherwise."
                return Verdict("bend", False, f"{words} Press it on firmly.", "slipped", (site,))
        return None

    def _bent_knees(self, thighs: Sequence[Floats], deep: Bools) -> Verdict | None:
        rose = max((float(np.nanmax(x[deep], initial=0.0)) for x in thighs), default=0.0)
        if rose <= self.limits.straight:
            return None
        most = np.rad2deg(self.limits.straight)
        words = (
            f"Your thigh rose by {np.rad2deg(rose):.0f}° in the bends, expected at most {most:.0f}°: knees straight."
        )
        return Verdict("bend", False, words, "knees")

    def _half(
        self, found: Calibration, lumbar: Floats | None, thighs: Sequence[Floats], inside: Bools, depth: float
    ) -> Verdict | None:
        words, least = "", self.limits.deep if UPPER_LUMBAR in found.mountings else self.limits.deep_pelvis
        if depth < least:
            words = f"The bends reached {np.rad2deg(depth):.0f}°, expected {np.rad2deg(least):.0f}° or more"
        elif lumbar is not None and thighs:
            seated = np.any([np.nan_to_num(x) > np.deg2rad(50) for x in thighs], axis=0)
            seated &= within(self.motion.t, self.spans, "sit") & np.isfinite(lumbar)
            on_seat = float(np.median(lumbar[seated])) if seated.any() else 0.0
            reached = float(np.nanmax(lumbar[inside], initial=0.0))
            if on_seat > self.limits.past_seat * reached:
                a, b = np.rad2deg(reached), np.rad2deg(on_seat)
                words = f"Your low back bent by {a:.0f}°, on the chair already by {b:.0f}°: that is no full bend"
        if not words:
            return None
        words += ". Bend further, if comfortable; or press n if that is as far as is comfortable."
        return Verdict("bend", False, words, "half")

    def _told(self, found: Calibration, depth: float) -> Verdict:
        words = f"The bends reached {np.rad2deg(depth):.0f}°."
        if np.isfinite(found.max_lumbar_flexion):
            words += f" Your own lumbar flexion is {np.rad2deg(found.max_lumbar_flexion):.0f}°."
        return Verdict("bend", True, words)

    def _slump(self) -> Verdict:
        found = calibrate(self.params, self.motion, self.spans)
        apart = found.slump - found.upright
        if "sit_tall" not in {s.label for s in self.spans} or not np.isfinite(apart):
            return Verdict("slump", True, "Seen.")
        tall, slump = np.rad2deg(found.upright), np.rad2deg(found.slump)
        if apart < self.limits.apart:
            least = np.rad2deg(self.limits.apart)
            words = (
                f"Slumped {slump:.0f}°, tall {tall:.0f}°: expected {least:.0f}° or more between them. Slump further."
            )
            return Verdict("slump", False, words, "same")
        return Verdict("slump", True, f"Sitting tall {tall:.0f}°, slumped {slump:.0f}° of lumbar flexion.")


def _name(site: str) -> str:
    return NAMES[site].capitalize()
