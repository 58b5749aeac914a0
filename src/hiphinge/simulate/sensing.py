"""True motion -> what ideal sensors at their places would measure.

Derivatives are central differences of sixth order on the 100 Hz grid of the
score, whose curves are smooth: at 5 Hz they are right to 2e-6. Everything is
a pure function of the grid's instants; nothing is carried from block to block.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hiphinge import rotation
from hiphinge.blocks import GRAVITY, Floats
from hiphinge.simulate import placement, skeleton
from hiphinge.simulate.faults import Fault, Slip
from hiphinge.simulate.score import COORDINATES, Off, Score, smooth

GRID_HZ = 100.0
REACH = 3
"""Instants on either side that a central difference of sixth order needs."""
FIRST = np.array([-1.0, 9.0, -45.0, 0.0, 45.0, -9.0, 1.0]) / 60.0
SECOND = np.array([2.0, -27.0, 270.0, -490.0, 270.0, -27.0, 2.0]) / 180.0

SOFTNESS = {"upper_lumbar": 0.0010, "sacrum": 0.0014, "thigh_left": 0.0035, "thigh_right": 0.0035}
"""rad of rocking per m/s² held: 0.06 to 0.2°; thighs carry most flesh."""
ROCKING_HZ, ROCKING_DAMPING = 7.0, 0.35
"""Resonance of a sensor on soft tissue: 5 to 10 Hz, settling in a few swings."""
MEMORY = 32
"""Instants that the rocking remembers; by then it has died to a hundredth."""
SHOCK_SECONDS = 0.014
"""Time constant of a heel strike, as a smooth up-and-down pulse without lasting velocity."""
MARGIN = 2 * REACH + MEMORY
"""Instants before, and twice REACH behind, that are used up here."""


@dataclass(frozen=True)
class Readings:
    """Ideal readings on the grid from instant ``first`` on: acc, gyr (n, 3) in sensor axes."""

    first: int
    acc: Floats
    gyr: Floats


class Ideal:
    """Sensors without error on one wearer: mounted, and with the flesh under them."""

    def __init__(
        self,
        score: Score,
        mounts: Mapping[str, placement.Quaternion],
        rocking: float,
        faults: Sequence[Fault],
        seed: int,
    ) -> None:
        self._score, self._mounts, self._softness = score, dict(mounts), rocking
        self._slips = [f for f in faults if isinstance(f, Slip)]
        self._tables = [_table(off, tuple(mounts), seed, number) for number, off in enumerate(score.off)]

    def read(self, first: int, stop: int) -> dict[str, Readings]:
        """Readings at the grid's instants first to stop − 1, by site."""
        t = np.arange(first - MARGIN, stop + 2 * REACH) / GRID_HZ
        c = {name: self._score.at(name, t) for name in COORDINATES}
        q_e_b = skeleton.attitudes(c)
        places = skeleton.places(c, q_e_b, tuple(self._mounts), self._score.wearer)
        shaken = {side: _shocks(self._score, t, side) for side in ("left", "right", "", *self._mounts)}
        return {site: Readings(first, *self._one(site, t, q_e_b[site], places[site], shaken)) for site in self._mounts}

    def _one(
        self, site: str, t: Floats, q_e_b: Floats, place: Floats, shaken: Mapping[str, Floats]
    ) -> tuple[Floats, Floats]:
        place = self._put_down_place(site, t, place)
        motion = _difference(place, SECOND) * GRID_HZ**2
        motion[:, 2] += _felt(site, shaken)[REACH:-REACH]
        q_e_b = q_e_b[REACH:-REACH]
        worn = self._worn(t[REACH:-REACH])
        rocked = self._rocking(site, rotation.rotate(rotation.conjugate(q_e_b), motion * worn[:, None]))
        q_e_b, motion, t = q_e_b[MEMORY:], motion[MEMORY:], t[REACH + MEMORY : -REACH]
        q_e_s = rotation.multiply(rotation.multiply(q_e_b, rocked), self._q_b_s(site, t))
        q_e_s = self._put_down_attitude(site, t, q_e_s)
        inner = slice(REACH, -REACH)
        turning = 2.0 * GRID_HZ * rotation.multiply(rotation.conjugate(q_e_s[inner]), _difference(q_e_s, FIRST))
        force = motion[inner] + np.array([0.0, 0.0, GRAVITY])
        return rotation.rotate(rotation.conjugate(q_e_s[inner]), force), turning[:, 1:]

    def _rocking(self, site: str, shaking: Floats) -> Floats:
        """Small rotations (n − MEMORY, 4) in segment axes: an oscillator driven by acceleration (n, 3) there."""
        lever = shaking[:, [2, 2, 0]] * np.array([1.0, 0.4, -1.0])
        size = SOFTNESS[site] * self._softness
        angles = np.stack([np.convolve(lever[:, i], KERNEL, "valid") for i in range(3)], axis=-1) * size
        half = angles / 2
        return np.concatenate((np.sqrt(np.maximum(1.0 - (half**2).sum(axis=1, keepdims=True), 0.0)), half), axis=1)

    def _q_b_s(self, site: str, t: Floats) -> Floats:
        q = np.asarray(self._mounts[site])
        for slip in self._slips:
            if slip.site == site and slip.start < t[-1]:
                turn = smooth((t - slip.start) / 0.5)[:, None] * np.asarray(slip.rotvec)
                q = rotation.multiply(rotation.from_rotvec(turn), q)
        for table in self._tables:
            if table.off.end - TAKING_OFF < t[-1]:
                turn = smooth((t - table.off.end) / TAKING_OFF + 1.0)[:, None] * table.again[site]
                q = rotation.multiply(rotation.from_rotvec(turn), q)
        return q

    def _worn(self, t: Floats) -> Floats:
        worn = np.ones(len(t))
        for table in self._tables:
            worn = worn - table.lies(t)
        return worn

    def _put_down_place(self, site: str, t: Floats, place: Floats) -> Floats:
        """On the way to the table, there, and back."""
        for table in self._tables:
            if table.concerns(t):
                lies = table.lies(t)[:, None]
                place = (1.0 - lies) * place + lies * table.places[site]
        return place

    def _put_down_attitude(self, site: str, t: Floats, q_e_s: Floats) -> Floats:
        for table in self._tables:
            if table.concerns(t):
                lies, there = table.lies(t)[:, None], table.attitudes[site]
                near = np.where((q_e_s * there).sum(axis=1, keepdims=True) < 0, -1.0, 1.0)
                mixed = (1.0 - lies) * near * q_e_s + lies * there
                q_e_s = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
        return q_e_s


TAKING_OFF = 3.0
"""s from the skin to the table, and back."""


@dataclass(frozen=True)
class _Table:
    """Where the sensors lie while they are off: places (3,) m, attitudes (4,); ``again`` (3,) rad, how they return."""

    off: Off
    places: Mapping[str, Floats]
    attitudes: Mapping[str, Floats]
    again: Mapping[str, Floats]

    def concerns(self, t: Floats) -> bool:
        """Whether anything of it is within t (n,) s."""
        return bool(t[-1] >= self.off.start and t[0] <= self.off.end)

    def lies(self, t: Floats) -> Floats:
        """0 on the body, 1 on the table."""
        return smooth((t - self.off.start) / TAKING_OFF) - smooth((t - self.off.end) / TAKING_OFF + 1.0)


def _table(off: Off, sites: tuple[str, ...], seed: int, number: int) -> _Table:
    """Any way up, each sensor for itself; the ``number``-th time that they are off."""
    rng = np.random.default_rng([seed, 8, number] if number else [seed, 8])
    places, attitudes, again = {}, {}, {}
    for site in sites:
        q = rng.standard_normal(4)
        places[site] = np.array([0.5, rng.uniform(-0.3, 0.3), 0.75])
        attitudes[site] = q / np.linalg.norm(q)
        again[site] = np.zeros(3)
    if off.askew:
        again = {site: rng.normal(0.0, off.askew, 3) for site in sites}
    return _Table(off, places, attitudes, again)


def _difference(x: Floats, stencil: Floats) -> Floats:
    """Stencil (7,) over x (n, m): (n − 6, m)."""
    n = len(x) - 2 * REACH
    total = np.zeros((n, x.shape[1]))
    for i, weight in enumerate(stencil):
        if weight:
            total += weight * x[i : i + n]
    return total


def _kernel() -> Floats:
    """Impulse response of the rocking at the grid's rate; its sum is 1."""
    t = np.arange(MEMORY + 1) / GRID_HZ
    natural = 2 * np.pi * ROCKING_HZ
    damped = natural * np.sqrt(1 - ROCKING_DAMPING**2)
    response = np.exp(-ROCKING_DAMPING * natural * t) * np.sin(damped * t)
    return response / response.sum()


KERNEL = _kernel()


def _shocks(score: Score, t: Floats, side: str) -> Floats:
    """Vertical acceleration (n,) m/s² of the shocks of one side."""
    total = np.zeros(len(t))
    reach = 6 * SHOCK_SECONDS
    for shock in score.shocks:
        if shock.side == side and t[0] - reach < shock.time < t[-1] + reach:
            near = slice(*np.searchsorted(t, (shock.time - reach, shock.time + reach)))
            u = ((t[near] - shock.time) / SHOCK_SECONDS) ** 2
            total[near] += shock.strength * (1.0 - u) * np.exp(-u / 2)
    return total


def _felt(site: str, shaken: Mapping[str, Floats]) -> Floats:
    """How much of every leg's shocks reaches a site; a finger's tap reaches its own alone."""
    share = {"thigh_left": (1.0, 0.15), "thigh_right": (0.15, 1.0), "sacrum": (0.5, 0.5), "upper_lumbar": (0.4, 0.4)}
    left, right = share[site]
    return left * shaken["left"] + right * shaken["right"] + shaken[""] + shaken[site]
