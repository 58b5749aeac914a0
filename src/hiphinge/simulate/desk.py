"""A quiet day: sitting bouts of all lengths, breaks, lunch, a lie-down, the sensors off at the end."""

from __future__ import annotations

import numpy as np

from hiphinge.simulate.daily import Lie, Reach, Sit, SitDown, StandUp, TakeOff, TieShoes
from hiphinge.simulate.gait import Walk
from hiphinge.simulate.movements import Movement, Stand, hinge, quick, stoop

BOUT_MINUTES = (2.0, 75.0)
"""Sitting bouts, evenly on a logarithmic scale: many short, few long."""
OFF_SECONDS = 300.0
"""On the table at the end of a day of eight hours."""
LUNCH_AT, LUNCH_SECONDS = 0.45, 1800.0


def day(rng: np.random.Generator, seconds: float) -> list[Movement]:
    """Movements of about ``seconds`` s, beginning and ending upright, the sensors then off."""
    scale = min(seconds / 28800.0, 1.0)
    off = max(OFF_SECONDS * scale, 30.0)
    morning = _work(rng, LUNCH_AT * seconds, scale)
    lunch = _lunch(rng, LUNCH_SECONDS * scale)
    evening = _work(rng, seconds * (1 - LUNCH_AT) - LUNCH_SECONDS * scale - off, scale)
    return [TieShoes(), Walk(20.0), Stand(5.0), *morning, *lunch, *evening, TieShoes(), Stand(6.0), TakeOff(off)]


def _work(rng: np.random.Generator, seconds: float, scale: float) -> list[Movement]:
    """Sitting bouts with something else between."""
    found: list[Movement] = []
    left = seconds
    while left > 60.0:
        low, high = np.log(np.array(BOUT_MINUTES) * 60.0 * np.array([max(scale, 0.2), scale]))
        bout = min(float(np.exp(rng.uniform(low, max(high, low + 0.1)))), left)
        found += _bout(rng, bout)
        between, spent = _between(rng)
        found += between
        left -= bout + 5.0 + spent
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


def _between(rng: np.random.Generator) -> tuple[list[Movement], float]:
    """What breaks a bout, and about how many s it takes."""
    stand, walk = float(rng.uniform(10, 240)), float(rng.uniform(15, 180))
    ways: list[tuple[list[Movement], float]] = [
        ([Stand(4.0), Walk(walk), Stand(stand)], walk + stand + 4.0),
        ([Stand(stand), Reach(), Stand(3.0)], stand + 6.0),
        ([Stand(3.0), Walk(walk), Stand(4.0), Walk(walk), Stand(2.0)], 2 * walk + 9.0),
        ([Stand(4.0), stoop(1.0, float(rng.uniform(60, 95))), Stand(4.0), Walk(walk), Stand(2.0)], walk + 14.0),
        ([Stand(5.0), hinge(0.6), Stand(3.0), quick(), Stand(stand)], stand + 13.0),
    ]
    return ways[int(rng.integers(len(ways)))]


def _lunch(rng: np.random.Generator, seconds: float) -> list[Movement]:
    """A walk out, a meal, a lie-down on each side, a walk back."""
    walk, rest = 0.2 * seconds, 0.06 * seconds
    lying: list[Movement] = [Lie(rest, how) for how in ("supine", "right", "left", "prone")]
    return [
        Walk(max(walk, 15.0)),
        Stand(5.0),
        *_bout(rng, 0.3 * seconds),
        Stand(4.0),
        *lying,
        Walk(max(walk, 15.0)),
        Stand(5.0),
    ]
