"""The story: what one input sets off, from bytes to what the wearer is told.

``feed`` decodes packets, takes each sensor's own errors off, brings the
samples to one time grid, estimates attitudes, turns them into body angles,
looks for repetitions, rounding, postures and trouble, and admits alerts.
Live use, replay and analysis call nothing else. The outcome depends on the
inputs, the Params and the calibration alone, however the inputs are grouped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np

from hiphinge.alerts import cues, findings, reminders, rules
from hiphinge.blocks import (
    SACRUM,
    Alert,
    AngleBlock,
    Calibration,
    Control,
    Event,
    Fed,
    Link,
    MotionBlock,
    Outcome,
    Packet,
    Tick,
)
from hiphinge.detect import heard, lifts, rounding, signal, sitting, taps, wear
from hiphinge.detect.cells import Cells
from hiphinge.devices.driver import VIBRATED, Pulses
from hiphinge.errors import CalibrationRefused
from hiphinge.fusion import heading, orientation
from hiphinge.intake import Intake
from hiphinge.kinematics import body, joint_angles, split, zero
from hiphinge.params import UNCALIBRATED, Params
from hiphinge.reception import Reception
from hiphinge.streams import clock

__all__ = ["REZERO", "UNCALIBRATED", "AnglePath", "Monitor", "Params"]

REZERO = "re-zero"
"""Action of a Control: take the zero anew from the next quiet standing. A double tap on a sensor does the same."""
KNOWN_S = 1.0
"""After the second tap it is known that nothing followed (taps.Params: quiet and together)."""
STARTS_S, LATE_S = 0.1, 1.0
"""A motor that was told to run begins with the next turn of the radio; the sensors' clocks are off by less [D]."""


class AnglePath:
    """Instants in sensor axes -> body angles."""

    def __init__(self, params: Params, calibration: Calibration, sites: Sequence[str]) -> None:
        self._sites = tuple(sites)
        self._orientation = orientation.Orientation(params.orientation, sites)
        self._body = body.Body(calibration.mountings, sites)
        self._heading = heading.Heading(params.heading, sites)
        # A sensor whose axis is unknown says no more than one that is not worn.
        known = tuple(s for s in sites if s in calibration.mountings and calibration.mountings[s].axis_from)
        self._joints = joint_angles.JointAngles(params.joint_angles, known)
        self._split = split.Split(params.split, calibration.max_lumbar_flexion)

    def follow(self, motion: MotionBlock) -> AngleBlock:
        """The angles at the block's instants."""
        attitudes = self._orientation.estimate(motion)
        angles = self._joints.measure(self._heading.relate(self._body.place(attitudes)))
        if SACRUM in motion.sites:
            i = motion.sites.index(SACRUM)
            turn = body.vertical_rate(attitudes.q_e_s[i], motion.gyr[i])
            angles = AngleBlock(angles.t, {**angles.angles, "pelvis_yaw_rate": turn}, angles.flags)
        return self._split.bound(angles)

    def remount(self, calibration: Calibration) -> None:
        """From the next instant on the sensors sit as this calibration says."""
        self._body = body.Body(calibration.mountings, self._sites)


class Monitor:
    """One wearer, from the first input to the last."""

    def __init__(self, params: Params, calibration: Calibration | None = None) -> None:
        self.params = params
        self.calibration = calibration or UNCALIBRATED
        self._intake = Intake(params, self.calibration)
        self._hearing = self._intake.hearing
        self.sites = self._intake.sites
        self._angles = AnglePath(params, self.calibration, self.sites)
        own_range = self.calibration.max_lumbar_flexion
        movements = self.calibration.movements
        self._lifts = lifts.Lifts(params.lifts, params.rounding, own_range, movements)
        self._rounding = rounding.Rounding(params.rounding, own_range, movements)
        cells = Cells(params.wear.rate)
        self._wear = wear.Wear(params.wear, cells)
        known = self.calibration
        self._postures = sitting.Postures(params.sitting, known.upright, known.slump, cells, known.mountings)
        self.heard = heard.Heard(self.sites)
        self._signal = signal.Signal(params.signal, self.sites)
        self._admission = rules.Admission(params.alerts, self.calibration.id, params.reminders)
        self._cues = cues.Cues(params.cues, self.calibration.id)
        self._taps = taps.DoubleTaps(params.taps, self.sites)
        self._zeroing = zero.Zeroing(params.zero, params.mounting, self.calibration)
        self._now = -float("inf")

    @property
    def receptions(self) -> Mapping[str, Reception]:
        """What each site's sensor has said so far, and how its clock runs."""
        return {site: self._hearing.receptions[sensor] for sensor, site in self._hearing.site.items()}

    @property
    def sync_error(self) -> float | None:
        """One standard deviation, s, of the time between the two worst clocks; None: all on the host's already."""
        return clock.between(self._hearing.sharing.values())

    @property
    def is_twisted(self) -> bool:
        """Whether a twist aligned all clocks, as they are now."""
        timed = [r for r in self._hearing.receptions.values() if r.clock]
        return len(timed) > 1 and all(r.twisted for r in timed)

    @property
    def is_synchronised(self) -> bool:
        """Whether all clocks are one by the sensors' own synchronisation, as they are now."""
        return clock.are_one(self._hearing.sharing.values())

    @property
    def phase(self) -> str:
        """Of the repetition as it happens: standing, descent or ascent."""
        return self._lifts.phase

    def feed(self, inputs: Sequence[Fed]) -> Outcome:
        """What these inputs bring; the same over all however they are grouped."""
        return _together(list(self.steps(inputs)))

    def steps(self, inputs: Sequence[Fed]) -> Iterator[Outcome]:
        """As ``feed``, in pieces of at most ``align.largest`` instants: a gap of days needs no memory for days."""
        for one in inputs:
            if type(one) is Control:
                self._obey(one)
            elif type(one) is Link and one.state == VIBRATED:
                self._shake(one)
        for motion in self._intake.take(inputs):
            seen = self._follow(motion)
            seen = replace(seen, events=(*self._drain(), *seen.events))
            yield self._admitted(seen, inputs)
            inputs = ()

    def finish(self) -> Outcome:
        """What still waited, once nothing more will come."""
        parts = [self._follow(motion) for motion in self._intake.finish()]
        worn = self._wear.finish()
        last = self._postures.finish(worn.idle)
        parts.append(
            Outcome(nothing(parts[0].angles), _ordered(worn.events, last.events), self._lifts.finish(), last.bouts)
        )
        seen = self._admitted(_together(parts), ())
        late = self._admission.finish()
        return replace(seen, alerts=(*seen.alerts, *recorded(late)), cues=(*seen.cues, *late))

    def _obey(self, wish: Control) -> None:
        """What the stages themselves must know; the rest is a matter of admission."""
        t = wish.arrival_ns / 1e9
        if wish.action in rules.WRONG and wish.said in (None, "", rules.ROUNDED):
            self._rounding.wrong(t)
        elif wish.action == REZERO:
            self._zeroing.ask(t)

    def _shake(self, link: Link) -> None:
        """A motor runs: what jolts then is no finger."""
        t = link.arrival_ns / 1e9
        with suppress(ValueError, RecursionError):  # of a log that somebody else wrote
            self._taps.shaken(t - STARTS_S, t + Pulses.from_text(link.value).lasts + LATE_S)

    def _follow(self, motion: MotionBlock) -> Outcome:
        """From instants to findings; a new zero counts from the instant on at which it is found."""
        for tap in self._taps.listen(motion):
            self._zeroing.ask(tap.t + KNOWN_S)
        parts = []
        for part, fresh in self._zeroing.take(motion):
            parts.append(self._look(part))
            if fresh is not None:
                parts.append(Outcome(nothing(parts[-1].angles), (self._rezero(fresh, float(part.t[-1])),)))
        return _together(parts)

    def _rezero(self, fresh: Calibration | CalibrationRefused, t: float) -> Event:
        if isinstance(fresh, CalibrationRefused):
            return Event(t, "zero_refused", {"message": str(fresh)})
        self.calibration = fresh
        self._angles.remount(fresh)
        return Event(t, "zero", {"calibration_id": fresh.id, "message": fresh.verdict})

    def _look(self, motion: MotionBlock) -> Outcome:
        angles = self._angles.follow(motion)
        lifted = self._lifts.update(angles)
        rounded = self._rounding.update(angles)
        worn = self._wear.update(angles, motion)
        seen = self._postures.update(angles, motion, worn.idle)
        troubles = self._signal.update(motion)
        self.heard.count(motion)
        events = _ordered(lifted.events, rounded, worn.events, seen.events, troubles)
        return Outcome(angles, events, lifted.repetitions, seen.bouts, counted=lifted.counted)

    def _admitted(self, seen: Outcome, inputs: Sequence[Fed]) -> Outcome:
        """The outcome with the alerts that the wearer is to get."""
        found = [f for f in (findings.from_event(e, self.params.alerts) for e in seen.events) if f]
        others = [one for one in inputs if type(one) is not Packet]
        controls = [one for one in others if isinstance(one, Control)]
        clocks = [one for one in others if isinstance(one, Tick) and one.utc_ns is not None]
        if len(seen.angles):
            self._now = float(seen.angles.t[-1])
        alerts = self._admission.update(found, self._now, controls, clocks, seen.events)
        phases = [e for e in seen.events if e.kind == "phase"]
        told = self._cues.update(alerts, seen.counted, phases, controls, self._now)
        heard = tuple(c for c in told if c in alerts or self._admission.hears(c.kind, c.t))
        return replace(seen, alerts=recorded(alerts), cues=heard)

    def _drain(self) -> tuple[Event, ...]:
        events, self._hearing.events = tuple(self._hearing.events), []
        return events


def recorded(told: Iterable[Alert]) -> tuple[Alert, ...]:
    """What of it is an alert: "shift a little" is said, not recorded."""
    return tuple(alert for alert in told if alert.kind != reminders.SHIFT)


def nothing(like: AngleBlock) -> AngleBlock:
    """A block of no instants with the same columns."""
    return AngleBlock(like.t[:0], {name: x[:0] for name, x in like.angles.items()}, like.flags[:0])


def _ordered(*events: tuple[Event, ...]) -> tuple[Event, ...]:
    return tuple(sorted((e for some in events for e in some), key=lambda e: e.t))


def _together(parts: list[Outcome]) -> Outcome:
    """Several outcomes as one."""
    if len(parts) == 1:
        return parts[0]
    names = parts[0].angles.angles.keys()
    angles = AngleBlock(
        np.concatenate([p.angles.t for p in parts]),
        {name: np.concatenate([p.angles[name] for p in parts]) for name in names},
        np.concatenate([p.angles.flags for p in parts]),
    )
    fields = ("events", "repetitions", "bouts", "alerts", "cues", "counted")
    return Outcome(angles, *(tuple(x for p in parts for x in getattr(p, name)) for name in fields))
