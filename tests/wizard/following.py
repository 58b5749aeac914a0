"""A virtual wearer and a guide in the same room: what was asked, what was done, what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hiphinge import monitor, simulate
from hiphinge.blocks import Control, Floats, Input
from hiphinge.wizard.guide import ACTION, Guidance, Guide, Params
from hiphinge.wizard.judge import Verdict

LOSS = (simulate.Loss(),)
STEP_S = 0.8
"""Between two looks of the wearer at the guide."""
LONGEST = 400.0
"""s after which a guide that is not done never will be."""


@dataclass
class Followed:
    """One guided calibration: ``log`` is its recording, ``seconds`` count from the first "stand tall"."""

    wearer: simulate.Responsive
    told: Guidance
    seconds: float
    ended: list[Verdict] = field(default_factory=list)
    log: list[Input] = field(default_factory=list)

    @property
    def faults(self) -> list[tuple[str, str]]:
        """(step, fault) of every refused step."""
        return [(v.step, v.fault) for v in self.ended if not v.passed]

    @property
    def words(self) -> str:
        """Of the first refused step."""
        return next((v.words for v in self.ended if not v.passed), "")

    def true_lumbar(self, t: Floats) -> Floats:
        """The wearer's own, rad, at t (n,)."""
        return self.wearer.score.at("lumbar", t)


def followed(
    seed: int,
    *mistakes: str,
    faults: Sequence[simulate.Fault] = (),
    sites: tuple[str, ...] = simulate.Wearing().sites,
    guide: Params | None = None,
    begin: str = "",
    until: str = "done",
) -> Followed:
    """Somebody with these habits and sensors is guided until it is done, or LONGEST s are over.

    ``begin`` with this step; ``until`` this one is asked for, or "fault": until something was refused.
    """
    wearing = simulate.Wearing(sites=sites, faults=(*LOSS, *faults))
    wearer = simulate.Responsive(seed=seed, manner=simulate.Manner(mistakes=mistakes), wearing=wearing)
    asking = Guide(monitor.Params(), wearer.sensors, wearer="Ada", created_utc="2026-01-05T09:00:00Z", guide=guide)
    run, stood = Followed(wearer, asking.feed([Control(0, ACTION, begin)]), 0.0), float("inf")
    while (
        not run.told.done and wearer.now < LONGEST and run.told.step != until and not (until == "fault" and run.faults)
    ):
        inputs = wearer.inputs(STEP_S)
        run.told = asking.feed(inputs)
        run.ended += run.told.ended
        run.log += [*inputs, *run.told.marks]
        stood = min(stood, wearer.now) if run.told.step == "stand" else stood
        wearer.follow(run.told.step, run.told.site, run.told.attempt)
    run.seconds = wearer.now - stood
    return run


def keyed(inputs: Iterable[Input], keys: Sequence[tuple[float, str]]) -> list[Input]:
    """A log with the wearer's keys (s, value) put in."""
    said: list[Input] = [Control(round(t * 1e9), ACTION, value) for t, value in keys]
    return sorted([*inputs, *said], key=lambda one: one.arrival_ns)
