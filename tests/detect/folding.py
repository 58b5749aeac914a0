"""Body angles of made-up lifts with exact truth: smooth ways from pose to pose at 100 Hz."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from hiphinge.blocks import AngleBlock, Event, Floats, Repetition
from hiphinge.detect import lifts, rounding

RATE = 100
OWN = np.deg2rad(50.0)
"""Own maximal lumbar flexion of whoever moves here."""


@dataclass(frozen=True)
class To:
    """On the way to a pose (degrees; lumbar is what the pelvis does not share of the trunk), then ``hold`` s there."""

    trunk: float = 0.0
    thigh: float = 0.0
    lumbar: float = 0.0
    seconds: float = 1.5
    hold: float = 0.0


def stand(seconds: float) -> To:
    return To(seconds=0.0, hold=seconds)


def down_and_up(trunk: float, thigh: float, lumbar: float, seconds: float = 3.0, hold: float = 0.3) -> list[To]:
    """One repetition from standing to standing, ``seconds`` without the hold."""
    return [To(trunk, thigh, lumbar, seconds / 2, hold), To(seconds=seconds / 2)]


HINGE, SQUAT, STOOP = (75.0, 12.0, 20.0), (40.0, 90.0, 15.0), (90.0, 5.0, 45.0)
"""Trunk, thigh and lumbar flexion at the bottom."""


@dataclass(frozen=True)
class Moves:
    """Angles by name, rad (n,), from ``start`` s on."""

    angles: Mapping[str, Floats]
    start: float = 0.0
    flags: Mapping[tuple[int, int], int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.angles["trunk"])

    def block(self, *sites: str, sd_deg: float = 0.5) -> AngleBlock:
        """What these sites would say; all three without."""
        worn = set(sites or ("upper_lumbar", "sacrum", "thigh"))
        trunk, lumbar, thigh = (self.angles[name] for name in ("trunk", "lumbar", "thigh"))
        pelvis, sd = trunk - lumbar, np.full(len(self), np.deg2rad(sd_deg))
        found: dict[str, Floats] = {}
        found |= {"trunk_inclination": trunk} if "upper_lumbar" in worn else {}
        found |= {"pelvis_tilt": pelvis} if "sacrum" in worn else {}
        found |= {"thigh_elevation": thigh} if "thigh" in worn else {}
        found |= {"lumbar_flexion": lumbar, "lumbar_flexion_sd": sd} if {"upper_lumbar", "sacrum"} <= worn else {}
        found |= {"hip_flexion": pelvis + thigh} if {"sacrum", "thigh"} <= worn else {}
        flags = np.zeros(len(self), np.uint8)
        for (first, stop), flag in self.flags.items():
            flags[first:stop] |= np.uint8(flag)
        return AngleBlock(self.start + np.arange(len(self)) / RATE, found, flags)

    def changed(self, **angles: Floats) -> Moves:
        """The same with other angles, rad."""
        return replace(self, angles={**self.angles, **angles})

    def hidden(self, first: int, stop: int, flag: int = 0) -> Moves:
        """The same with nothing known, and flagged, from instant ``first`` to ``stop``."""
        known = np.ones(len(self))
        known[first:stop] = np.nan
        return Moves({n: x * known for n, x in self.angles.items()}, self.start, {**self.flags, (first, stop): flag})

    def flagged(self, first: int, stop: int, flag: int) -> Moves:
        """The same with these instants flagged."""
        return replace(self, flags={**self.flags, (first, stop): flag})


def moves(*steps: To | Iterable[To], begin: To | None = None, start: float = 0.0) -> Moves:
    """One pose after another, from ``begin`` (standing)."""
    flat = [one for step in steps for one in ([step] if isinstance(step, To) else step)]
    now = np.array(_pose(begin or To()))
    parts = []
    for step in flat:
        to, n = np.array(_pose(step)), round(step.seconds * RATE)
        share = (1 - np.cos(np.pi * np.arange(1, n + 1) / max(n, 1))) / 2
        parts += [now + share[:, None] * (to - now), np.tile(to, (round(step.hold * RATE), 1))]
        now = to
    path = np.deg2rad(np.concatenate(parts))
    return Moves(dict(zip(("trunk", "thigh", "lumbar"), path.T, strict=True)), start)


def _pose(step: To) -> tuple[float, float, float]:
    return step.trunk, step.thigh, step.lumbar


Found = tuple[list[Repetition], list[Event]]
"""Repetitions of a whole block, and the phases."""


def watched(block: AngleBlock, own: float = OWN, movements: tuple[tuple[float, float], ...] = ()) -> Found:
    seen = lifts.Lifts(lifts.Params(), rounding.Params(), own, movements)
    found = seen.update(block)
    return [*found.repetitions, *seen.finish()], list(found.events)


def counted(made: Moves, *sites: str, **others: object) -> list[Repetition]:
    return watched(made.block(*sites), **others)[0]  # type: ignore[arg-type]  # options of watched


def deg(x: float) -> float:
    return math.degrees(x)
