"""A quiet day: sitting bouts of all lengths, breaks, lunch, a lie-down, the sensors off at the end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hiphinge.simulate.daily import Lie, Reach, Sit, SitDown, StandUp, TakeOff, TieShoes
from hiphinge.simulate.gait import Walk
from hiphinge.simulate.movements import Movement, Stand, hinge, quick, stoop
from hiphinge.simulate.score import Score
from hiphinge.simulate.wearer import Wearer

FULL_DAY = 28800.0
"""s; what follows is for a day of this length and shrinks with a shorter one."""
BOUT_SECONDS = (120.0, 4500.0)
"""Sitting bouts, evenly on a logarithmic scale: many short, few long."""
OFF_SECONDS = 300.0
"""On the table at the end."""
LUNCH_SHARE, LUNCH_SECONDS = 0.45, 1800.0
"""Of the work that comes before lunch; how long it takes."""


def day(rng: np.random.Generator, seconds: float) -> list[Movement]:
    """Movements of about ``seconds`` s, beginning and ending upright, the sensors then off."""
    scale = min(seconds / FULL_DAY, 1.0)
    coming: list[Movement] = [TieShoes(), Walk(20.0), Stand(5.0)]
    lunch = _lunch(rng, LUNCH_SECONDS * scale)
    leaving: list[Movement] = [TieShoes(), Stand(6.0), TakeOff(max(OFF_SECONDS * scale, 30.0))]
    work = seconds - length([*coming, *lunch, *leaving])
    morning = _work(rng, LUNCH_SHARE * work, scale)
    return [*coming, *morning, *lunch, *_work(rng, work - length(morning), scale), *leaving]


def length(movements: Sequence[Movement]) -> float:
    """How long these movements take somebody, s (chance decides a little of it)."""
    score = Score(Wearer(), 0)
    for movement in movements:
        movement.play(score)
    return score.now


def _work(rng: np.random.Generator, seconds: float, scale: float) -> list[Movement]:
    """Sitting bouts with something else between."""
    found: list[Movement] = []
    left = seconds
    low, high = np.log(np.array(BOUT_SECONDS) * (max(scale, 0.3), max(scale, 0.03)))
    while left > 20.0:
        between = _between(rng, scale)
        most = max(left - length(between) - 4.0, 5.0)
        part = [*_bout(rng, min(float(np.exp(rng.uniform(low, high))), most)), *between]
        found += part
        left -= length(part)
    return found


def _bout(rng: np.random.Generator, seconds: float) -> list[Movement]:
    """One time on the chair: as usual, for a while slumped, sometimes tall."""
    parts: list[Movement] = [SitDown(float(rng.uniform(1.7, 2.8)), float(rng.uniform(74, 86)))]
    left = seconds
    while left > 0:
        part = min(float(rng.uniform(60, 900)), left)
        part = left if left - part < 30 else part
        parts.append(Sit(part, str(rng.choice(["usual", "usual", "usual", "slumped", "tall"]))))
        left -= part
    return [*parts, StandUp(float(rng.uniform(1.5, 2.4)))]


def _between(rng: np.random.Generator, scale: float) -> list[Movement]:
    """What breaks a bout."""
    stand, walk = float(rng.uniform(5, 10 + 230 * scale)), float(rng.uniform(10, 15 + 165 * scale))
    ways: list[list[Movement]] = [
        [Stand(4.0), Walk(walk), Stand(stand)],
        [Stand(stand), Reach(), Stand(3.0)],
        [Stand(3.0), Walk(walk), Stand(4.0), Walk(walk), Stand(2.0)],
        [Stand(4.0), stoop(1.0, float(rng.uniform(60, 95))), Stand(4.0), Walk(walk), Stand(2.0)],
        [Stand(5.0), hinge(0.6), Stand(3.0), quick(), Stand(stand)],
    ]
    return ways[int(rng.integers(len(ways)))]


def _lunch(rng: np.random.Generator, seconds: float) -> list[Movement]:
    """A walk out, a meal, a lie-down on every side, a walk back."""
    walk, rest = max(0.2 * seconds, 10.0), max(0.06 * seconds, 8.0)
    lying: list[Movement] = [Lie(rest, how) for how in ("supine", "right", "left", "prone")]
    return [Walk(walk), Stand(5.0), *_bout(rng, 0.3 * seconds), Stand(4.0), *lying, Walk(walk), Stand(5.0)]
