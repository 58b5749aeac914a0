"""A day at a desk with everything that is hard to tell: chairs, stools, cars, a bicycle, a nap, sensors laid aside."""

from __future__ import annotations

import numpy as np

from hiphinge.simulate.daily import Lie, Reach, Sit, SitDown, StandUp, TakeOff, TieShoes
from hiphinge.simulate.desk import length
from hiphinge.simulate.gait import Ride, Walk
from hiphinge.simulate.movements import Movement, Stand, hinge, quick, stoop
from hiphinge.simulate.postures import SEATS, Away, Doze, Drive, FootUp, Perch, SitSo

Rng = np.random.Generator

FULL_DAY = 28800.0
"""s; what follows is for a day of this length and shrinks with a shorter one."""
BOUTS = (60.0, 4500.0)
"""s of sitting at a time, evenly on a logarithmic scale."""


def day(rng: Rng, seconds: float) -> list[Movement]:
    """Movements of about ``seconds`` s; every hard case at least once in a full day, in any order."""
    scale = min(seconds / FULL_DAY, 1.0)
    coming: list[Movement] = [TieShoes(), Walk(20.0), Stand(5.0)]
    leaving: list[Movement] = [Stand(6.0), TakeOff(max(300.0 * scale, 90.0))]
    special = _special(rng, scale)
    left = seconds - length([*coming, *leaving, *(one for part in special for one in part)])
    bouts = []
    while left > 30.0:
        bouts.append(_work(rng, scale, left))
        left -= length(bouts[-1])
    order = [*special, *bouts]
    mixed = [order[i] for i in rng.permutation(len(order))]
    return [*coming, *(one for part in mixed for one in part), *leaving]


def _special(rng: Rng, scale: float) -> list[list[Movement]]:
    """What happens once or twice a day, each from standing to standing."""

    def some(low: float, high: float, least: float) -> float:
        return max(float(rng.uniform(low, high)) * scale, least)

    found: list[list[Movement]] = [
        [Stand(5.0), Away(some(240, 600, 90.0)), Walk(25.0), Stand(4.0)],
        [Stand(5.0), Away(some(600, 1500, 180.0), handled=int(rng.integers(0, 3))), Walk(25.0), Stand(4.0)],
    ]
    for how in ("supine", "right", "left", "prone"):
        found.append([Stand(4.0), Lie(some(180, 500, 30.0), how), Stand(8.0)])
    for _ in range(2):
        found.append([Walk(15.0), Stand(4.0), Ride(some(400, 900, 60.0)), Stand(5.0), Walk(15.0)])
        found.append([Walk(12.0), Stand(4.0), Drive(some(500, 1500, 60.0)), Stand(4.0), Walk(12.0)])
        found.append([Stand(6.0), FootUp(some(20, 90, 15.0), float(rng.uniform(30, 60))), Stand(8.0)])
    for _ in range(3):
        found.append([Stand(6.0), Perch(some(100, 400, 40.0), float(rng.uniform(32, 48))), Stand(8.0)])
    return found


def _work(rng: Rng, scale: float, most: float) -> list[Movement]:
    """One time on a chair, and what ends it."""
    low, high = np.log(np.array(BOUTS) * (max(scale, 0.3), max(scale, 0.03)))
    seconds = min(float(np.exp(rng.uniform(low, high))), max(most - 30.0, 10.0))
    return [*_bout(rng, seconds), *_between(rng, scale)]


def _bout(rng: Rng, seconds: float) -> list[Movement]:
    """On the chair, each spell another way."""
    parts: list[Movement] = [SitDown(float(rng.uniform(1.7, 2.8)), float(rng.uniform(72, 88)))]
    ways = [name for name in SEATS if name != "in a car"]
    while seconds > 0:
        part = min(float(rng.uniform(40, 700)), seconds)
        part = seconds if seconds - part < 20 else part
        way = str(rng.choice(["usual", "usual", "usual", "slumped", "tall", "doze", "so", "so", "so"]))
        if way == "doze":
            parts.append(Doze(part))
        elif way == "so":
            parts.append(SitSo(str(rng.choice(ways)), part))
        else:
            parts.append(Sit(part, way))
        seconds -= part
    return [*parts, StandUp(float(rng.uniform(1.5, 2.4)))]


def _between(rng: Rng, scale: float) -> list[Movement]:
    """What ends a time on the chair: as often as not only 5 to 20 s of standing."""
    short = float(rng.uniform(3.5, 16.5))
    stand, walk = float(rng.uniform(25, 30 + 210 * scale)), float(rng.uniform(25, 30 + 150 * scale))
    ways: list[list[Movement]] = [
        [Stand(short)],
        [Stand(short)],
        [Stand(short / 2), Reach(), Stand(short / 2)],
        [Stand(4.0), Walk(walk), Stand(stand)],
        [Stand(3.0), Walk(walk), Stand(4.0), Walk(walk), Stand(2.0)],
        [Stand(4.0), stoop(1.0, float(rng.uniform(60, 95))), Stand(4.0), Walk(walk), Stand(2.0)],
        [Stand(5.0), hinge(0.6), Stand(3.0), quick(), Stand(stand)],
    ]
    return ways[int(rng.integers(len(ways)))]
