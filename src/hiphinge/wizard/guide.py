"""The guided calibration: inputs in, guidance out. A state machine without clock, file or screen.

Terminal and browser show what it says and hand the wearer's keys to it as
``Control("wizard", value)``: next, redo, skip, hurts, back, or the name of a step
to go to. Inputs are looked at one by one, so no grouping can matter: a
calibration is short. What it marks (``Guidance.marks``) belongs into the
recording behind the inputs that were fed; ``wizard.calibrate_recording`` then
gives the same calibration. Begin a recording with the step ``stand``: before it,
the names of the sensors may still change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hiphinge import wizard
from hiphinge.blocks import (
    SACRUM,
    THIGHS,
    TRUNK,
    UPPER_LUMBAR,
    Calibration,
    Control,
    Floats,
    Input,
    MotionBlock,
    Sensor,
)
from hiphinge.detect import taps
from hiphinge.errors import CalibrationRefused
from hiphinge.intake import Intake
from hiphinge.markers import GUIDED, MOVEMENTS
from hiphinge.monitor import Params as MonitorParams
from hiphinge.wizard import finding, judge, moves, steps
from hiphinge.wizard.judge import Judge, Verdict
from hiphinge.wizard.moments import Moment, Moments
from hiphinge.wizard.spans import Span, to_control
from hiphinge.wizard.steps import NAMES, Over, Step

ACTION = "wizard"
OPTIONAL = ("twist", "tap", "knee", "sit", "bend", "sit_tall", "slump")
"""Steps that may be left out."""
KEPT = ("half", "few")
"""Faults that the wearer may insist on: it may be as far as is comfortable."""
HURTS = "Stopped: what hurts is left out. See a clinician if it gets worse or spreads."

RENAMED = "It is noted: leave them where they are."


@dataclass(frozen=True)
class Params:
    """Those of the steps and of their judgement; ``sitting``: sit tall and slumped too.

    taps : who is asked to tap stands still: softer ones count than at any other time.
    silent : s without a sample after which a sensor is named [D].
    """

    steps: steps.Params = field(default_factory=steps.Params)
    judge: judge.Params = field(default_factory=judge.Params)
    taps: taps.Params = field(default_factory=lambda: taps.Params(jolt=3.0, clear=3.0))
    sitting: bool = True
    silent: float = 1.5


@dataclass(frozen=True, slots=True)
class Guidance:
    """What the wearer is told now.

    ``step`` with ``site`` where it is about one sensor; ``attempt`` from 1, begun at ``since`` s;
    ``number`` of ``count`` steps. ``say`` what to do, ``hint`` live, ``remaining``
    s (NaN: not by time), ``large`` what is read from three metres, ``progress`` 0 to 1,
    ``problem`` in words or "". ``verdict`` of the step that ended last. New in this
    feed: ``ended`` verdicts, ``marks`` for the recording. ``sensors``: as they turned
    out to be worn.
    """

    step: str
    site: str
    attempt: int
    since: float
    number: int
    count: int
    say: str
    hint: str
    remaining: float
    large: str
    progress: float
    problem: str
    verdict: Verdict | None
    ended: tuple[Verdict, ...]
    marks: tuple[Control, ...]
    sensors: tuple[Sensor, ...]
    done: bool = False
    calibration: Calibration | None = None


class Guide:
    """One guided calibration from the first input to its verdict."""

    def __init__(
        self,
        params: MonitorParams,
        sensors: Sequence[Sensor],
        *,
        wearer: str = "",
        created_utc: str = "",
        guide: Params | None = None,
    ) -> None:
        self.params, self.guide = params, guide or Params()
        self._who = {"wearer": wearer, "created_utc": created_utc}
        self._now = 0.0
        self._motion: list[MotionBlock] = []
        self._spans: dict[str, Span] = {}
        self._verdict: Verdict | None = None
        self._ended: list[Verdict] = []
        self._marks: list[Control] = []
        self._refused: tuple[Verdict, Span] | None = None
        self._calibration: Calibration | None = None
        self._index, self._attempt = 0, 1
        self._wear(tuple(sensors))
        self._begin(0)

    @property
    def done(self) -> bool:
        """Whether there is a calibration, and nothing more to do."""
        return self._calibration is not None

    def feed(self, inputs: Sequence[Input]) -> Guidance:
        """What the wearer is to be told after these inputs."""
        for one in inputs:
            if self.done:
                break
            self._take(one)
        told = self._guidance()
        self._ended, self._marks = [], []
        return told

    # --- What comes in ---------------------------------------------------------------

    def _take(self, one: Input) -> None:
        if isinstance(one, Control) and one.action == ACTION:
            self._now = max(self._now, one.arrival_ns / 1e9)
            self._answer(one.value)
        worn = self.sensors
        for motion in self._intake.take([one]):
            if len(motion) and self.sensors is worn and not self.done:  # else it is under other names
                self._watch(motion)
        self._intake.hearing.events.clear()

    def _watch(self, motion: MotionBlock) -> None:
        worn = self.sensors
        self._now = max(self._now, float(motion.t[-1]))
        self._motion.append(motion)
        for i, site in enumerate(motion.sites):
            heard = motion.t[np.isfinite(motion.acc[i, :, 0])]
            self._heard[site] = float(heard[-1]) if len(heard) else self._heard.get(site, float(motion.t[0]))
        for tap in self._taps.listen(motion):
            if isinstance(self._step, finding.Touch) and tap.t >= self._step.began:
                self._over(self._step.hear(tap))
        for moment in self._moments.take(motion):
            if self.sensors is worn and not self.done:
                self._look(moment)

    def _look(self, moment: Moment) -> None:
        stood = self._spans.get("stand")
        if stood and moment.t - stood.end > self.guide.steps.keep:
            self._go("stand")
        elif moment.t > self._step.began:
            self._over(self._step.follow(moment))
        if "stand" not in self._spans and not self._step.progress:  # nothing to be judged yet
            self._motion = [m for m in self._motion if m.t[-1] > moment.t - 2.0]

    # --- The wearer's keys -----------------------------------------------------------

    def _answer(self, value: str) -> None:
        names = [step for step, _ in self._plan]
        if value == "next":
            self._next()
        elif value == "redo":
            self._begin(self._index)
        elif value == "back":
            self._begin(max(self._index - 1, 0))
        elif value == "hurts" and self._step.name != "stand":
            self._end(Verdict(self._step.name, False, HURTS, "hurts"))
            self._advance()
        elif value == "skip":
            self._skip()
        elif value in names and (names.index(value) <= names.index("stand") or "stand" in self._spans):
            self._go(value)

    def _next(self) -> None:
        if self._refused and not self._step.progress:
            kept, span = self._refused
            self._spans[kept.step] = span
            self._end(replace(kept, passed=True, words=f"{kept.words.split('. ')[0]}. Kept as you wish."))
            self._advance()
        else:
            self._over(self._step.cut(self._now))

    def _skip(self) -> None:
        if self._step.name in OPTIONAL:
            self._end(Verdict(self._step.name, True, "Left out.", "skipped"))
            self._advance()
        elif self._step.name == "stand" and (silent := self._silent()) and len(silent) < len(self.sensors):
            self._wear(tuple(s for s in self.sensors if s.site not in silent))
            self._go("stand")

    # --- Steps -----------------------------------------------------------------------

    def _wear(self, sensors: tuple[Sensor, ...]) -> None:
        """Everything that hangs on which sensor sits where."""
        self.sensors = sensors
        self._intake = Intake(replace(self.params, sensors=sensors))
        self._moments = Moments(self.params.align.rate)
        self._taps = taps.Taps(self.guide.taps, self._intake.sites)
        self._plan = plan(self._intake.sites, sitting=self.guide.sitting)
        self._motion = []
        self._heard: dict[str, float] = {}
        self._ups: dict[str, Floats] = {}

    def _go(self, name: str) -> None:
        self._begin(next(i for i, (step, _) in enumerate(self._plan) if step == name))

    def _begin(self, index: int) -> None:
        """At this step, anew; what was found by it and by later ones is forgotten."""
        self._attempt = self._attempt + 1 if index == self._index and self._now else 1
        self._index = index
        name, site = self._plan[index]
        for later, _ in self._plan[index:]:
            self._spans.pop(later, None)
        self._step = self._made(name, site)

    def _made(self, name: str, site: str) -> Step:
        given = (self.guide.steps, self._now, self._ups)
        if name in ("sit_tall", "slump"):
            return moves.Pose(*given, name)
        if name in ("tap", "knee"):
            return (finding.Touch if name == "tap" else finding.Knee)(*given, site)
        kinds: dict[str, type[Step]] = {"twist": finding.Twist, "place": finding.Place}
        kinds |= {"stand": steps.Stand, "sit": moves.Sit, "bend": moves.Bend}
        return kinds[name](*given)

    def _over(self, over: Over | None) -> None:
        """A step is over: judge it, and go on, or do it again."""
        if over is None:
            return
        name = self._step.name
        self._spans[name] = over.span
        verdict = Verdict(name, False, over.words, over.fault, over.sites) if over.fault else self._judged(name)
        renamed = verdict.fault in ("exchanged", "wrong_leg")
        self._end(replace(verdict, words=f"{verdict.words} {RENAMED}") if renamed else verdict)
        if verdict.passed:
            self._pass(name, over.span)
        elif renamed:
            self._exchange(verdict)
        elif verdict.fault == "slipped":
            self._go("stand")
        else:
            refused = (verdict, over.span) if verdict.fault in KEPT and over.span.end > over.span.start else None
            self._begin(self._index)
            self._refused = refused

    def _judged(self, name: str) -> Verdict:
        if name not in ("stand", "sit", "bend", "slump"):
            return Verdict(name, True, self._step.seen)
        return Judge(self.params, self.guide.judge, self._since_stand(), self._of_motion()).verdict(name)

    def _pass(self, name: str, span: Span) -> None:
        if name == "twist":
            self._marks.append(to_control(span))
        if name == "stand":
            rests = Judge(self.params, self.guide.judge, self._since_stand(), self._of_motion()).rests("stand")
            self._ups = {site: rest.up for site, rest in rests.items() if rest.seconds}
        self._advance()

    def _exchange(self, verdict: Verdict) -> None:
        """Sensors are called after where they are worn, and the wearer stands once more where it matters."""
        one, other = verdict.sites
        names = {one: other, other: one}
        stood = "stand" in self._spans
        self._spans = {}
        self._wear(tuple(replace(s, site=names.get(s.site, s.site)) for s in self.sensors))
        if stood:
            self._go("stand")
        else:
            self._advance()

    def _advance(self) -> None:
        if self._index + 1 < len(self._plan):
            self._refused = None
            self._index += 1
            self._attempt = 1
            name, site = self._plan[self._index]
            self._step = self._made(name, site)
        else:
            self._finish()

    def _finish(self) -> None:
        """All steps are over: the calibration, and the marks by which the recording gives it again."""
        parts = sorted(self._of_motion().values(), key=lambda s: s.start)
        whole = Span(GUIDED, self._spans["stand"].start, max(s.end for s in parts))
        try:
            found = wizard.calibrate_guided(self.params, self._since_stand(), (whole, *parts), **self._who)
        except CalibrationRefused as refused:
            self._end(Verdict("stand", False, str(refused), "refused"))
            self._go("stand")
            return
        self._marks += [to_control(span) for span in (*parts, whole)]
        self._calibration = found
        self._end(Verdict("done", True, found.verdict))

    def _end(self, verdict: Verdict) -> None:
        self._verdict = verdict
        self._ended.append(verdict)

    def _of_motion(self) -> dict[str, Span]:
        """The spans that a calibration is made of."""
        return {n: s for n, s in self._spans.items() if n in MOVEMENTS}

    def _since_stand(self) -> MotionBlock:
        """Held as one block from then on."""
        motion = wizard.join(self._motion)
        self._motion = [wizard.cut(motion, motion.t >= self._spans["stand"].start - 1.0)]
        return wizard.cut(motion, motion.t >= self._spans["stand"].start)

    # --- What goes out ---------------------------------------------------------------

    def _silent(self) -> tuple[str, ...]:
        """Sites from which nothing has come for a while."""
        if not self._heard:
            return ()
        return tuple(s for s in self._intake.sites if self._now - self._heard.get(s, 0.0) > self.guide.silent)

    def _problem(self) -> str:
        if not self._heard:
            return "No sensor is heard yet. Switch them on and bring them near."
        if silent := self._silent():
            names = ", ".join(NAMES[s] for s in silent)
            without = "; press s to go on without" if len(silent) < len(self.sensors) else ""
            return f"Nothing is heard of {names}. Check battery and distance{without}."
        again = self._verdict is not None and not self._verdict.passed and not self._step.progress
        return self._verdict.words if self._verdict and again else ""

    def _guidance(self) -> Guidance:
        found, s = self._calibration, self._step
        return Guidance(
            step="done" if found else s.name,
            site="" if found else s.site,
            attempt=self._attempt + s.repeats,
            since=s.began,
            number=self._index + 1,
            count=len(self._plan),
            say=found.verdict if found else s.say,
            hint="" if found else s.hint,
            remaining=float("nan") if found else s.remaining,
            large="" if found else s.large,
            progress=1.0 if found else s.progress,
            problem="" if found else self._problem(),
            verdict=self._verdict,
            ended=tuple(self._ended),
            marks=tuple(self._marks),
            sensors=self.sensors,
            done=found is not None,
            calibration=found,
        )


def plan(sites: Sequence[str], *, sitting: bool) -> tuple[tuple[str, str], ...]:
    """The steps (name, site) that these sensors can show anything of."""
    thighs, trunk = [s for s in sites if s in THIGHS], [s for s in sites if s in TRUNK]
    found = [("twist", "")] if len(sites) > 1 else []
    found.append(("place", ""))
    found += [("tap", site) for site in trunk] if len(trunk) > 1 else []
    found += [("knee", thighs[-1])] if thighs else []
    found.append(("stand", ""))
    found += [("sit", "")] if thighs else []
    found += [("bend", "")] if trunk else []
    if sitting and thighs and {UPPER_LUMBAR, SACRUM} <= {*sites}:
        found += [("sit_tall", ""), ("slump", "")]
    return tuple(found)
