"""Movements in a row that make a session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from hiphinge.errors import InputError
from hiphinge.simulate.faults import Fault
from hiphinge.simulate.movements import Bends, Movement, Stand, hinge, squat, stoop
from hiphinge.simulate.score import Score
from hiphinge.simulate.simulation import Simulation, Wearing
from hiphinge.simulate.wearer import Wearer, drawn


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

    Raises InputError for a name, length, site or rate that cannot be had.
    """
    if name not in SCENARIOS:
        raise InputError(f"simulate: scenario {name!r}, expected one of {', '.join(SCENARIOS)}.")
    base = wearing or Wearing()
    worn = replace(
        base,
        sites=base.sites if sites is None else sites,
        rate_hz=base.rate_hz if rate_hz is None else rate_hz,
        faults=base.faults if faults is None else faults,
    )
    return wear(SCENARIOS[name](), wearer=wearer, wearing=worn, seed=seed)


def wear(
    movements: Sequence[Movement], *, wearer: Wearer | None = None, wearing: Wearing | None = None, seed: int = 0
) -> Simulation:
    """Somebody does these movements with sensors on; without ``wearer`` the seed draws one."""
    score = Score(wearer or drawn(seed), seed)
    for movement in movements:
        score.begin()
        movement.play(score)
    return Simulation(score, wearing or Wearing(), seed)


def calibration() -> list[Movement]:
    """Quiet standing and full bends, marked."""
    return [Stand(12.0, "stand"), Bends(5)]


def lifting() -> list[Movement]:
    """A set each of hinges, squats and rounded lifts."""
    sets: list[Movement] = []
    for lift in (hinge(), squat(), stoop()):
        for _ in range(5):
            sets += [lift, Stand(1.5)]
        sets.append(Stand(8.0))
    return sets


SCENARIOS: dict[str, Callable[[], list[Movement]]] = {
    "workout": lambda: calibration() + lifting(),
    "calibration-only": calibration,
}
