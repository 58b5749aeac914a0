"""Whether a kept calibration still holds: ten seconds of standing against the zero that was kept.

It sees what gravity shows: a sensor that sits otherwise by more than 5°, one
upside down, two at each other's places. A turn about the vertical it cannot see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np

from hiphinge.blocks import THIGHS, Calibration, Floats, Input, MotionBlock, Sensor
from hiphinge.intake import Intake
from hiphinge.kinematics import mounting
from hiphinge.kinematics.zero import between, up
from hiphinge.monitor import Params as MonitorParams
from hiphinge.wizard import steps
from hiphinge.wizard.moments import Moments
from hiphinge.wizard.spans import within
from hiphinge.wizard.steps import NAMES, Over, Stand


@dataclass(frozen=True)
class Params:
    """Limits of the check; [D] where nothing else is said.

    lead, stand : s to take one's place, and of quiet standing. longest : s of it all.
    moved : rad at a trunk sensor (``cal_expiry``, biomechanics 0.1); ``moved_thigh`` rad,
        since people stand with one knee bent.
    quarter, reversed : rad from which a sensor was turned on the skin, or is upside down: on skin that
        leans by 40°, up and down are but 100° apart, a quarter turn is never 90°.
    """

    lead: float = 2.0
    stand: float = 5.0
    longest: float = 10.0
    moved: float = field(default=np.deg2rad(5), metadata={"unit": "rad"})
    moved_thigh: float = field(default=np.deg2rad(10), metadata={"unit": "rad"})
    quarter: float = field(default=np.deg2rad(55), metadata={"unit": "rad"})
    reversed: float = field(default=np.deg2rad(92), metadata={"unit": "rad"})

    def limit(self, site: str) -> float:
        """How far, rad, a site may be from its zero."""
        return self.moved_thigh if site in THIGHS else self.moved


@dataclass(frozen=True, slots=True)
class Held:
    """``holds`` once ``done``, None: nobody can tell. ``moved`` rad by site; ``fault`` is for programs."""

    done: bool
    holds: bool | None
    words: str
    hint: str = ""
    remaining: float = float("nan")
    fault: str = ""
    sites: tuple[str, ...] = ()
    moved: Mapping[str, float] = field(default_factory=dict)


class Check:
    """Inputs in, whether the calibration holds out; about ten seconds from its first input on."""

    def __init__(
        self,
        params: MonitorParams,
        sensors: Sequence[Sensor],
        calibration: Calibration,
        limits: Params | None = None,
    ) -> None:
        self.params, self.calibration, self.limits = params, calibration, limits or Params()
        self._intake = Intake(replace(params, sensors=tuple(sensors)))
        self._moments = Moments(params.align.rate)
        self._motion: list[MotionBlock] = []
        self._stand: Stand | None = None
        self._held = Held(False, None, "Stand tall and still for a moment: is your calibration still right?")

    def feed(self, inputs: Sequence[Input]) -> Held:
        """What is known after these inputs, which are looked at one by one."""
        for one in inputs:
            for motion in self._intake.take([one]):
                if len(motion) and not self._held.done:
                    self._watch(motion)
        return self._held

    def _watch(self, motion: MotionBlock) -> None:
        self._motion.append(motion)
        for moment in self._moments.take(motion):
            if self._stand is None:
                p = steps.Params(lead=self.limits.lead, stand=self.limits.stand)
                self._stand = Stand(p, moment.t, {})
            if self._held.done:
                return
            over = self._stand.follow(moment)
            waited = moment.t - self._stand.began
            if over and not over.fault:
                self._held = self._judged(over)
            elif over or waited > self.limits.longest:
                words = "You did not stand still, so nobody can tell whether the calibration holds."
                self._held = Held(True, None, words, fault="moved_about")
            else:
                self._held = replace(self._held, hint=self._stand.hint, remaining=self._stand.remaining)

    def _judged(self, over: Over) -> Held:
        motion = MotionBlock(
            np.concatenate([m.t for m in self._motion]),
            self._intake.sites,
            *(np.concatenate([getattr(m, name) for m in self._motion], axis=1) for name in ("acc", "gyr", "flags")),
        )
        inside = within(motion.t, [over.span], "stand")
        rests = {
            site: mounting.rest(motion.acc[i][inside], motion.gyr[i][inside], self.params.mounting)
            for i, site in enumerate(motion.sites)
        }
        return compare(self.calibration, {s: r.up for s, r in rests.items() if r.seconds}, self.limits)


def compare(calibration: Calibration, ups: Mapping[str, Floats], limits: Params | None = None) -> Held:
    """``ups``: site -> unit vector (3,) that points up in quiet standing, in sensor axes; against the kept zero."""
    p = limits or Params()
    zeros = {site: up(m) for site, m in calibration.mountings.items() if m.axis_from}
    worn_otherwise = [s for s in zeros if s not in ups] or [s for s in ups if s not in calibration.mountings]
    if missing := worn_otherwise or ([] if zeros else list(ups)):
        names = ", ".join(NAMES[s] for s in missing)
        words = f"Not the sensors of the calibration: {names}. Calibrate again."
        return Held(True, False, words, fault="other_sites", sites=(*missing,))
    moved = {site: between(ups[site], zeros[site]) for site in zeros}
    off = [site for site in moved if moved[site] > p.limit(site)]
    if not off:
        most = max(moved, key=lambda s: moved[s])
        words = f"Your calibration holds: {NAMES[most]} moved most, by {np.rad2deg(moved[most]):.0f}°."
        return Held(True, True, words, moved=moved)
    if pair := _exchanged(ups, zeros, off, p):
        names = " and ".join(NAMES[s] for s in pair)
        words = f"{names.capitalize()} are at each other's places. Exchange them, or calibrate again."
        return Held(True, False, words, fault="exchanged", sites=pair, moved=moved)
    return _moved(moved, off, p)


def _exchanged(
    ups: Mapping[str, Floats], zeros: Mapping[str, Floats], off: Sequence[str], limits: Params
) -> tuple[str, str] | None:
    """Two that are off where they are, and right where the other one is."""
    for a, b in combinations(off, 2):
        if between(ups[a], zeros[b]) <= limits.limit(b) and between(ups[b], zeros[a]) <= limits.limit(a):
            return a, b
    return None


def _moved(moved: Mapping[str, float], off: Sequence[str], limits: Params) -> Held:
    told, fault = [], "moved"
    for site in off:
        by, most = np.rad2deg(moved[site]), np.rad2deg(limits.limit(site))
        name = NAMES[site].capitalize()
        if moved[site] >= limits.reversed:
            fault = "upside_down"
            told.append(f"{name} is upside down ({by:.0f}° from its zero).")
        elif moved[site] >= limits.quarter:
            fault = "turned" if fault == "moved" else fault
            told.append(f"{name} was turned ({by:.0f}° from its zero), or you do not stand.")
        else:
            told.append(f"{name} has moved by {by:.0f}°, expected at most {most:.0f}°.")
    return Held(True, False, " ".join([*told, "Calibrate again."]), fault=fault, sites=(*off,), moved=moved)
