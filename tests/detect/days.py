"""Made-up days: postures in a row, worn by three sensors on the 100 Hz grid, with their exact truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hiphinge.blocks import MISSING, SACRUM, THIGH_LEFT, THIGH_RIGHT, UPPER_LUMBAR, AngleBlock, Floats, MotionBlock

G = 9.81
SITES = (UPPER_LUMBAR, SACRUM, THIGH_RIGHT)
OF_SITE = {UPPER_LUMBAR: ("trunk_",), SACRUM: ("pelvis_",), THIGH_RIGHT: ("thigh_",)}
"""Beginnings of the angles that a site alone can say."""

# Degrees of trunk, pelvis, thigh; sideward lean.
POSES: dict[str, tuple[float, float, float, float]] = {
    "standing": (0, 0, 0, 0),
    "sitting": (4, -16, 82, 0),
    "slumped": (14, -22, 80, 0),
    "walking": (4, 2, 4, 0),
    "cycling": (35, 15, 50, 0),
    "supine": (-87, -90, 86, 0),
    "prone": (86, 89, -87, 0),
    "side": (12, -2, 38, 84),
    "squat_hold": (30, 5, 95, 0),
    "deep_bend": (105, 55, -8, 0),
    "seated_bend": (60, 25, 84, 0),
    "reclined": (-40, -72, 78, 0),
    "all_fours": (85, 80, 90, 0),
    "squat_rest": (35, -10, 110, 0),
    "table": (0, 12, 90, 0),
    "missing": (np.nan, np.nan, np.nan, np.nan),
}


@dataclass(frozen=True)
class Day:
    """Angles in rad by name, movement of k sensors; ``blocks`` hands it out."""

    t: Floats
    sites: tuple[str, ...]
    acc: Floats
    gyr: Floats
    angles: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.t)

    def blocks(self, cuts: Sequence[int]) -> Iterator[tuple[AngleBlock, MotionBlock]]:
        """Both blocks between the cuts (rows); empty ones too."""
        edges = [0, *cuts, len(self)]
        for a, b in pairwise(edges):
            flags = np.where(np.isnan(self.acc[:, a:b, 0]), MISSING, np.uint8(0))
            t, angles = self.t[a:b].copy(), {name: x[a:b].copy() for name, x in self.angles.items()}
            motion = MotionBlock(t, self.sites, self.acc[:, a:b].copy(), self.gyr[:, a:b].copy(), flags)
            yield AngleBlock(t, angles, np.bitwise_or.reduce(flags, axis=0)), motion

    def without(self, angle: str) -> Day:
        """The same without the angles that begin so."""
        kept = {name: x for name, x in self.angles.items() if not name.startswith(angle)}
        return Day(self.t, self.sites, self.acc, self.gyr, kept)

    def only(self, *sites: str) -> Day:
        """The same worn at these sites alone."""
        at = [self.sites.index(site) for site in sites]
        starts = tuple(start for site in sites for start in OF_SITE[site])
        starts += ("lumbar_",) if {UPPER_LUMBAR, SACRUM} <= set(sites) else ()
        kept = {name.replace("_right", ""): x for name, x in self.angles.items() if name.startswith(starts)}
        kept = {name: x for name, x in kept.items() if not name.endswith("_left")}
        return Day(self.t, tuple(sites), self.acc[at], self.gyr[at], kept)

    def changed(self, **degrees: Floats | float) -> Day:
        """The same with these angles turned by so much."""
        turned = {name: x + np.deg2rad(degrees.get(name, 0.0)) for name, x in self.angles.items()}
        return Day(self.t, self.sites, self.acc, self.gyr, turned)

    def renamed(self, **names: str) -> Day:
        """The same with angle ``new`` taken from angle ``old`` (new=old)."""
        return Day(self.t, self.sites, self.acc, self.gyr, {n: self.angles[names.get(n, n)] for n in self.angles})


def last(truth: Sequence[tuple[str, float]]) -> float:
    """The last instant of a day that starts at 0."""
    return round(sum(seconds for _, seconds in truth) * 100 - 1) / 100


def play(truth: Sequence[tuple[str, float]], start: float = 0.0, seed: int = 0, noise: float = 0.02) -> Day:
    """Postures and their seconds, one after the other; each changes to the next within 1 s."""
    rng = np.random.default_rng(seed)
    rows = [round(seconds * 100) for _, seconds in truth]
    names = np.repeat([name for name, _ in truth], rows)
    n = len(names)
    t = (round(start * 100) + np.arange(n)) / 100
    pose = np.stack([_smooth(np.array([POSES[name][i] for name, _ in truth]), rows) for i in range(4)])
    alive = (names != "table").astype(float)
    breath = alive * np.sin(2 * np.pi * 0.25 * t) + 0.5 * alive * np.sin(2 * np.pi * 0.11 * t)
    walks, cycles = names == "walking", names == "cycling"
    swing = 25.0 * (walks * np.sin(2 * np.pi * 0.95 * t) + cycles * np.sin(2 * np.pi * 1.2 * t))
    angles = {
        "trunk_inclination": pose[0] + 0.3 * breath,
        "pelvis_tilt": pose[1] + 0.2 * breath,
        "thigh_elevation": pose[2] + swing,
        "trunk_lean": pose[3],
        "lumbar_flexion": pose[0] - pose[1] + 0.1 * breath,
        "pelvis_yaw_rate": 40.0 * walks * np.cos(2 * np.pi * 0.95 * t) + rng.normal(0, 1.0, n),
    }
    acc = rng.normal(0, noise, (3, n, 3))
    acc[..., 2] += G + walks * 2.0 * np.sin(2 * np.pi * 1.9 * t)
    acc[..., 0] += 0.05 * breath
    gyr = rng.normal(0, 0.003, (3, n, 3))
    gyr[..., 1] += 0.005 * breath
    gone = names == "missing"
    acc[:, gone], gyr[:, gone] = np.nan, np.nan
    return Day(t, SITES, acc, gyr, {name: np.deg2rad(np.where(gone, np.nan, x)) for name, x in angles.items()})


def _smooth(levels: Floats, rows: Sequence[int]) -> Floats:
    """Steps rounded over 1 s, half way at the edge; NaN stays where it is."""
    x = np.repeat(np.nan_to_num(levels), rows)
    width = 101
    padded = np.concatenate((np.full(width // 2, x[0]), x, np.full(width // 2, x[-1])))
    return np.convolve(padded, np.full(width, 1 / width), mode="valid")


def still(seconds: float, degrees: Mapping[str, float]) -> Day:
    """Nothing but these angles for a while, of a pelvis and two thighs."""
    day = play([("standing", seconds)])
    angles = {k: np.full(len(day), np.deg2rad(v)) for k, v in degrees.items()}
    return Day(day.t, (SACRUM, THIGH_LEFT, THIGH_RIGHT), day.acc, day.gyr, angles)
