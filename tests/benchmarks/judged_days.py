"""Truth of a virtual day as bouts, worked out apart from the detector, and what was said held against it.

Labels are arrays of one name every ``CELL`` s. The published rules (biomechanics
0.4) are applied to the true postures with other code than the detector's: runs
that are too short go to what comes before, then short interruptions are bridged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hiphinge.blocks import Bools, Bout

CELL = 0.1
"""s."""
NAMES = ("sitting", "standing", "walking", "cycling", "lying", "not_worn", "unknown")
SHORTEST = {"sitting": 5.0, "standing": 2.0, "walking": 2.0, "cycling": 15.0, "lying": 5.0, "not_worn": 1.0}
GAP = 20.0
"""s of something else that do not end sitting or lying."""
BREAK = 60.0
"""s off the seat that are a break."""

Labels = NDArray[np.str_]
Span = tuple[float, float]


def labelled(changes: Sequence[tuple[float, str]], seconds: float) -> Labels:
    """(n,) names from (time s, name from then on)."""
    t = (np.arange(int(seconds / CELL)) + 0.5) * CELL
    starts, names = zip(*changes, strict=True)
    return np.array(names)[np.maximum(np.searchsorted(starts, t, side="right") - 1, 0)]


def of_bouts(bouts: Iterable[Bout], seconds: float) -> Labels:
    """(n,) names of contiguous bouts; unknown where there is none."""
    found = np.full(int(seconds / CELL), "unknown", dtype="<U10")
    for bout in bouts:
        found[round(bout.start / CELL) : round(bout.end / CELL)] = bout.posture
    return found


def runs(labels: Labels) -> list[tuple[str, int, int]]:
    """(name, first, after the last) of each run."""
    edges = [0, *(np.flatnonzero(labels[1:] != labels[:-1]) + 1).tolist(), len(labels)]
    return [(str(labels[a]), a, b) for a, b in pairwise(edges) if b > a]


def merged(labels: Labels, stricter: float = 0.0) -> list[tuple[str, float, float]]:
    """True bouts (name, start s, end s) by the published rules; ``stricter`` s: sitting must last longer, gaps less."""
    kept: list[list[object]] = []
    for name, a, b in runs(labels):
        if (b - a) * CELL < SHORTEST.get(name, 0.0) + (stricter if name == "sitting" else 0.0) and kept:
            continue
        if kept and kept[-1][0] == name:
            continue
        kept.append([name, a])
    ends = [*(k[1] for k in kept[1:]), len(labels)]
    spells = [(str(k[0]), int(str(k[1])), int(str(e))) for k, e in zip(kept, ends, strict=True)]
    bouts: list[tuple[str, int, int]] = []
    for name, a, b in spells:
        back = next((i for i in range(len(bouts) - 1, -1, -1) if bouts[i][0] == name), None)
        if name in ("sitting", "lying") and back is not None and (a - bouts[back][2]) * CELL <= GAP - stricter:
            bouts[back:] = [(name, bouts[back][1], b)]
        else:
            bouts.append((name, a, b))
    return [(name, a * CELL, b * CELL) for name, a, b in bouts]


def of_rules(raw: Labels, stricter: float, seconds: float) -> Labels:
    """True labels after the published rules."""
    return of_bouts((Bout(a, b, name) for name, a, b in merged(raw, stricter)), seconds)


EDGE = 1.0
"""s: sitting that is shorter or longer than the least, a stand than the gap, by less: neither right nor wrong."""


def clear_breaks(raw: Labels, least: float = BREAK) -> list[Span]:
    """Those that are breaks by rules a little laxer and a little stricter alike."""
    seconds = len(raw) * CELL
    lax, strict = (breaks(of_rules(raw, by, seconds), least) for by in (-EDGE, EDGE))
    return [one for one in lax if any(abs(one[0] - other[0]) < EDGE for other in strict)]


def breaks(labels: Labels, least: float = BREAK) -> list[Span]:
    """(rise, rise + ``least``) s of every time off the seat that lasted so long, after sitting."""
    found: list[Span] = []
    sat = False
    for away, group in _groups(labels):
        if not away:
            sat = True
        elif sat and (group[1] - group[0]) * CELL >= least:
            found.append((group[0] * CELL, group[0] * CELL + least))
            sat = False
    return found


def _groups(labels: Labels) -> Iterable[tuple[bool, tuple[int, int]]]:
    away = labels != "sitting"
    edges = [0, *(np.flatnonzero(away[1:] != away[:-1]) + 1).tolist(), len(away)]
    return [(bool(away[a]), (a, b)) for a, b in pairwise(edges)]


def masked(spans: Iterable[Span], n: int, margin: float = 0.0) -> Bools:
    """(n,) cells within any of the spans, made wider by ``margin`` s."""
    mask = np.zeros(n, bool)
    for start, end in spans:
        mask[max(int((start - margin) / CELL), 0) : int((end + margin) / CELL) + 1] = True
    return mask


def confusion(true: Labels, said: Labels) -> dict[str, dict[str, float]]:
    """Seconds of each true posture by what was said."""
    return {
        name: {
            other: CELL * float(np.sum((true == name) & (said == other))) for other in NAMES if (said == other).any()
        }
        for name in NAMES
        if (true == name).any()
    }
