"""What really happened: exact angles at 100 Hz, repetitions, postures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hiphinge import rotation, runs
from hiphinge.blocks import SACRUM, THIGH_LEFT, THIGH_RIGHT, UPPER_LUMBAR, Bools, Floats
from hiphinge.simulate import skeleton
from hiphinge.simulate.score import COORDINATES, Score, Span

RATE_HZ = 100.0
ROUNDED_SHARE, ROUNDED_SECONDS = 0.80, 0.3
"""Rounded: this share of the own maximum for this long (contract)."""

SEEN = 0.05
"""Of its largest trunk inclination or thigh elevation: there a repetition begins and ends."""

Chunk = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class TrueLift:
    """One repetition; times in s, angles in rad.

    ``start`` and ``end``: a twentieth of the way, when it begins to be seen.

    ``movement`` as it was meant; ``kind`` by the rule of the contract: hinge,
    squat, stoop, mixed. ``share`` is the peak over the own maximum.
    """

    rep: int
    movement: str
    kind: str
    start: float
    bottom: float
    end: float
    spine_share: float
    peak_lumbar_flexion: float
    own_maximum: float
    share: float
    rounded: bool
    peak_hip_flexion: float
    depth: float
    trunk: float


def angles(score: Score, first: int, stop: int, sites: tuple[str, ...]) -> dict[str, Floats]:
    """All angle columns (n,) in degrees at instants first to stop − 1 of the 100 Hz grid, with ``t_s``."""
    t = np.arange(first, stop) / RATE_HZ
    c = {name: score.at(name, t) for name in COORDINATES}
    q = skeleton.attitudes(c)
    found = {
        "trunk_inclination": _inclination(q[UPPER_LUMBAR]),
        "pelvis_tilt": _inclination(q[SACRUM]),
        "lumbar_flexion": c["lumbar"],
        "lumbar_side_bend": c["side_bend"],
        "lumbar_rotation": c["rotation"],
    }
    for leg, side in legs(sites):
        found["thigh_elevation" + side] = -_inclination(q["thigh_" + leg])
        found["hip_flexion" + side] = c["lumbar"] * -1.0 + c["trunk"] + c["thigh_" + leg]
        found["hip_abduction" + side] = c["spread_" + leg]
        found["hip_rotation" + side] = c["turn_" + leg]
    gone = np.zeros(len(t), bool)
    for off in score.off:
        gone |= (t >= off.start) & (t < off.end)
    columns = {"t_s": t}
    columns |= {f"{name}_deg": np.where(gone, np.nan, np.rad2deg(x)) for name, x in found.items()}
    return columns


def legs(sites: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """(leg, suffix of its columns): the side is named where both thighs are worn."""
    if THIGH_LEFT in sites and THIGH_RIGHT in sites:
        return (("left", "_left"), ("right", "_right"))
    return (("left", ""),) if THIGH_LEFT in sites else (("right", ""),)


def chunk(score: Score, lifts: tuple[TrueLift, ...], first: int, stop: int, sites: tuple[str, ...]) -> Chunk:
    """Angles, ``posture``, ``rep`` (0 outside) and ``rounded`` (in a rounded repetition)."""
    columns: Chunk = dict(angles(score, first, stop, sites))
    t = np.arange(first, stop) / RATE_HZ
    starts, names = zip(*score.postures, strict=True)
    columns["posture"] = np.array(names)[np.maximum(np.searchsorted(starts, t, side="right") - 1, 0)]
    rep, rounded = np.zeros(len(t), np.int64), np.zeros(len(t), bool)
    for lift in lifts:
        within = slice(*np.searchsorted(t, (lift.start, lift.end)))
        rep[within], rounded[within] = lift.rep, lift.rounded
    columns["rep"], columns["rounded"] = rep, rounded
    return columns


def lifts(score: Score) -> tuple[TrueLift, ...]:
    """Every repetition with its exact figures."""
    return tuple(_lift(score, number, span) for number, span in enumerate(score.spans, 1))


def _lift(score: Score, number: int, span: Span) -> TrueLift:
    t = np.arange(np.ceil(span.start * RATE_HZ), np.floor(span.end * RATE_HZ) + 1) / RATE_HZ
    lumbar, trunk = score.at("lumbar", t), score.at("trunk", t)
    thigh = np.maximum(score.at("thigh_left", t), score.at("thigh_right", t))
    own, peak = score.wearer.max_lumbar, float(lumbar.max())
    depth, lean = float(thigh.max()), float(trunk.max())
    seen = t[(trunk >= SEEN * lean) | (thigh >= SEEN * depth)]
    return TrueLift(
        rep=number,
        movement=span.movement,
        kind=_kind(depth, lean, peak / own),
        start=float(seen[0]),
        bottom=float(span.bottom),
        end=float(seen[-1]),
        spine_share=span.spine_share,
        peak_lumbar_flexion=peak,
        own_maximum=own,
        share=peak / own,
        rounded=longest(lumbar >= ROUNDED_SHARE * own) >= ROUNDED_SECONDS * RATE_HZ,
        peak_hip_flexion=float((trunk - lumbar + thigh).max()),
        depth=depth,
        trunk=lean,
    )


def _kind(depth: float, trunk: float, share: float) -> str:
    """Kinds of lift by thigh and share, as the contract draws them."""
    if depth > np.deg2rad(60):
        return "squat"
    if depth < np.deg2rad(30) and trunk > np.deg2rad(45):
        return "hinge" if share <= 0.70 else "stoop" if share >= 0.80 else "mixed"
    return "mixed"


def longest(within: Bools) -> int:
    """The longest run of True in (n,), in instants."""
    return max((stop - start for start, stop in runs.of_true(within)), default=0)


def _inclination(q_e_b: Floats) -> Floats:
    """Forward inclination (n,) rad: up in the segment's axes, atan2(−x, y)."""
    up = rotation.rotate(rotation.conjugate(q_e_b), np.array([0.0, 0.0, 1.0]))
    return np.arctan2(-up[:, 0], up[:, 1])
