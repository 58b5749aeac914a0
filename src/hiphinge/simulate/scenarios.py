"""Movements in a row that make a session."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from hiphinge.errors import InputError
from hiphinge.simulate import amc, desk, hard_day
from hiphinge.simulate.daily import Reach, Sit, SitDown, SitDowns, StandUp
from hiphinge.simulate.faults import Fault
from hiphinge.simulate.gait import Walk, jog
from hiphinge.simulate.movements import Bends, Lift, Movement, Stand, deadlifts, hinge, quick, squat, stoop
from hiphinge.simulate.score import Score
from hiphinge.simulate.simulation import Simulation, Wearing, checked
from hiphinge.simulate.wearer import Wearer, drawn

Rng = np.random.Generator
SPINE_SHARES = (0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.1)
"""Of the natural lumbar flexion, on one trunk path each (as in the captured floor placements)."""


def scenario(
    name: str,
    *,
    hours: float | None = None,
    seed: int = 0,
    sites: tuple[str, ...] | None = None,
    rate_hz: float | None = None,
    faults: tuple[Fault, ...] | None = None,
    wearer: Wearer | None = None,
    wearing: Wearing | None = None,
) -> Simulation:
    """A session by name; ``sites``, ``rate_hz`` and ``faults`` go before those of ``wearing``.

    Without ``wearer`` the seed draws one. ``hours`` stretches a desk-day
    (8 without it) and repeats the sets of the others. Raises InputError for a
    name, length, site or rate that cannot be had.
    """
    if name not in SCENARIOS:
        raise InputError(f"simulate: scenario {name!r}, expected one of {', '.join(SCENARIOS)}.")
    if hours is not None and not 0.02 <= hours <= 48.0:
        raise InputError(f"simulate: {hours} hours, expected 0.02 to 48.")
    base = wearing or Wearing()
    worn = replace(
        base,
        sites=base.sites if sites is None else sites,
        rate_hz=base.rate_hz if rate_hz is None else rate_hz,
        faults=base.faults if faults is None else faults,
    )
    return wear(SCENARIOS[name](np.random.default_rng([seed, 10]), hours), wearer=wearer, wearing=worn, seed=seed)


def wear(
    movements: Sequence[Movement], *, wearer: Wearer | None = None, wearing: Wearing | None = None, seed: int = 0
) -> Simulation:
    """Somebody does these movements with sensors on; without ``wearer`` the seed draws one."""
    worn = checked(wearing or Wearing())
    score = Score(wearer or drawn(seed), seed)
    for movement in movements:
        score.begin()
        movement.play(score)
    return Simulation(score, worn, seed)


def play_amc(
    asf: amc.FilePath,
    takes: amc.FilePath | Sequence[amc.FilePath],
    *,
    spine_share: float = 1.0,
    rate_hz: float = 120.0,
    wearer: Wearer | None = None,
    wearing: Wearing | None = None,
    seed: int = 0,
) -> Simulation:
    """Captured takes, worn like any other movement: a calibration, then one after the other between standing.

    Without ``wearer`` the seed draws one whose own range holds the captured flexion.
    ``rate_hz`` of the capture; ``spine_share`` of its lumbar flexion on the same trunk path.
    """
    files = [takes] if isinstance(takes, str | os.PathLike) else list(takes)
    captured = [amc.capture(asf, file, rate_hz=rate_hz, spine_share=spine_share) for file in files]
    session = calibration()
    for take in captured:
        session += [take, Stand(3.0)]
    return wear(session, wearer=wearer or _supple(captured, seed), wearing=wearing, seed=seed)


def _supple(takes: Sequence[amc.Captured], seed: int) -> Wearer:
    """Somebody whose own range holds the captured flexion with a tenth to spare."""
    somebody = drawn(seed)
    most = max((float(np.ptp(take.coordinates["lumbar"])) for take in takes), default=0.0)
    return replace(somebody, max_lumbar=max(somebody.max_lumbar, 1.1 * most))


def calibration() -> list[Movement]:
    """Quiet standing, full bends, sitting down, sitting tall and slumped, each marked."""
    seated: list[Movement] = [
        SitDown(),
        Sit(8.0, "tall", "sit_tall", False),
        Sit(8.0, "slumped", "slump", False),
        StandUp(),
    ]
    return [Stand(12.0, "stand"), Bends(5), Stand(2.0), SitDowns(3), *seated, Stand(3.0)]


def _calibration_only(rng: Rng, hours: float | None) -> list[Movement]:
    return [*calibration(), Stand(3600.0 * hours if hours else 4.0)]


def _workout(rng: Rng, hours: float | None) -> list[Movement]:
    """A walk in, hinges, deadlifts, squats, some rounded, some reaching; four to five minutes."""
    return _repeated([*calibration(), Walk(20.0), Stand(3.0)], _sets, rng, hours)


def _sets(rng: Rng) -> list[Movement]:
    sets: list[Movement] = []
    for lifts in (
        [hinge(share) for share in (0.3, 0.35, 0.4, 1.1, 0.35)],
        deadlifts(5, 0.55),
        [squat() for _ in range(5)],
        [stoop() for _ in range(3)],
    ):
        for lift in lifts:
            sets += [varied(lift, rng), Stand(float(rng.uniform(0.9, 1.8)))] if isinstance(lift, Lift) else [lift]
        sets += [Stand(4.0), Reach(), Stand(4.0)]
    return [*sets, Walk(12.0), Stand(3.0)]


def _hinge_or_rounded(rng: Rng, hours: float | None) -> list[Movement]:
    """Lifts of one depth each, with every share of spine flexion on the same trunk path."""
    return _repeated(calibration(), _shares, rng, hours)


def _shares(rng: Rng) -> list[Movement]:
    lifts: list[Movement] = []
    for share in rng.permutation(SPINE_SHARES):
        depth, seconds = float(rng.uniform(60, 95)), float(rng.uniform(1.2, 2.0))
        lifts += [hinge(float(share), depth, lowering=seconds, lifting=seconds), Stand(float(rng.uniform(2.0, 3.5)))]
    return lifts


def _mixed(rng: Rng, hours: float | None) -> list[Movement]:
    """Lifts of every kind among reaching, walking and jogging."""
    return _repeated(calibration(), _anything, rng, hours)


def _anything(rng: Rng) -> list[Movement]:
    kinds: list[Movement] = [hinge(), hinge(1.1), squat(), squat(100.0, wink_deg=14.0), stoop(), quick(0.5), quick(1.0)]
    kinds += [Reach(), Reach(), Walk(12.0), jog(10.0)]
    order: list[Movement] = []
    for i in rng.permutation(len(kinds)):
        kind = kinds[i]
        order += [varied(kind, rng) if isinstance(kind, Lift) else kind, Stand(float(rng.uniform(2.0, 4.0)))]
    return order


def varied(lift: Lift, rng: Rng) -> Lift:
    """The same as somebody does it the next time: depth ± 4 %, tempo ± 10 %."""
    deep, quicker = float(rng.normal(1.0, 0.04)), rng.uniform(0.9, 1.1, 2)
    return replace(
        lift,
        depth_deg=lift.depth_deg * deep,
        thigh_deg=lift.thigh_deg * deep,
        lowering=lift.lowering * float(quicker[0]),
        lifting=lift.lifting * float(quicker[1]),
    )


def _repeated(
    first: list[Movement], again: Callable[[Rng], list[Movement]], rng: Rng, hours: float | None
) -> list[Movement]:
    """The sets once, or as often as fit into ``hours`` by the length of the first round."""
    session = [*first, *again(rng)]
    if hours:
        # Chance decides the exact length: it is measured on a plain body, as often as needed.
        round_seconds = desk.length(again(np.random.default_rng(0)))
        for _ in range(int((3600.0 * hours - desk.length(session)) // round_seconds)):
            session += again(rng)
    return session


def _desk_day(rng: Rng, hours: float | None) -> list[Movement]:
    return [*calibration(), *desk.day(rng, 3600.0 * (hours or 8.0) - desk.length(calibration()))]


def _hard_day(rng: Rng, hours: float | None) -> list[Movement]:
    return [*calibration(), *hard_day.day(rng, 3600.0 * (hours or 8.0) - desk.length(calibration()))]


SCENARIOS: dict[str, Callable[[Rng, float | None], list[Movement]]] = {
    "workout": _workout,
    "desk-day": _desk_day,
    "hard-day": _hard_day,
    "calibration-only": _calibration_only,
    "hinge-or-rounded": _hinge_or_rounded,
    "mixed": _mixed,
}
"""Name -> movements, from chance and a length."""
