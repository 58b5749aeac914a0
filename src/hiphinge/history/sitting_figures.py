"""What a day of sitting comes to: pure functions over bouts; times in s.

A bout of sitting is what the detector calls one (interruptions of up to 20 s are
already bridged). A break is its end by getting up: standing, walking or cycling
directly after it; lying, an unknown spell, a sensor taken off or the end of the
recording end a bout without a break (terms: Tremblay 2017, SBRN; the last open
bout counts none: PBpatterns, ``fragmentation_index``). Formulas as in
``R/sb_pattern_functions.R`` of paulhibbing/PBpatterns, checked against a second
implementation in the tests. Shares are 0 to 1. NaN: cannot be known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hiphinge.blocks import Bout, Floats

SITTING = "sitting"
UP = ("standing", "walking", "cycling")
"""What interrupts sitting: not sedentary, though cycling has a saddle (over 1.5 MET)."""
ON_FOOT = ("standing", "walking")
BINS = (15 * 60.0, 30 * 60.0, 60 * 60.0)
"""Bounds of the bins, s; 15 and 30 PBpatterns, 60 [D]. A bout of just that length is in the longer one."""
PER_SHIFT = 15 * 60.0
"""What shifts are counted by, s; about 9 in 15 min are normal in offices (field study 2024)."""


@dataclass(frozen=True)
class SittingFigures:
    """One day, or one recording.

    total, longest : s of sitting, of its longest bout; ``bouts`` how many.
    in_bins : s in bouts of under 15, 15 to 30, 30 to 60, and 60 min or more.
    breaks, breaks_per_hour : how often sitting was ended by getting up; by hour of sitting.
    sit_to_stands : those that ended on foot. walking : s.
    w50, usual_bout : s, see :func:`w50` and :func:`usual_bout`.
    alpha, alpha_sd, gini : see :func:`alpha` and :func:`gini`.
    slouch : share of the own way from sitting tall to slumped, mean over the time known.
    shifts, motionless : posture shifts in 15 min of sitting; s of the longest spell without one.
    """

    total: float
    bouts: int
    longest: float
    in_bins: tuple[float, float, float, float]
    breaks: int
    breaks_per_hour: float
    sit_to_stands: int
    walking: float
    w50: float
    usual_bout: float
    alpha: float
    alpha_sd: float
    gini: float
    slouch: float
    shifts: float
    motionless: float


def sitting_figures(bouts: Sequence[Bout], shifts: Sequence[float] | None = None) -> SittingFigures:
    """All figures of contiguous ``bouts`` in order; ``shifts`` are the times of posture shifts, None: not known.

    A gap between two bouts ends the first without a break.
    """
    seated = [b for b in bouts if b.posture == SITTING]
    lengths = np.array([b.end - b.start for b in seated], float)
    total = float(lengths.sum())
    after = [b.posture for a, b in pairwise(bouts) if a.posture == SITTING and b.start <= a.end]
    breaks = sum(posture in UP for posture in after)
    exponent, exponent_sd = alpha(lengths)
    return SittingFigures(
        total=total,
        bouts=len(seated),
        longest=float(lengths.max(initial=0.0)),
        in_bins=in_bins(lengths),
        breaks=breaks,
        breaks_per_hour=breaks / total * 3600.0 if total > 0 else math.nan,
        sit_to_stands=sum(posture in ON_FOOT for posture in after),
        walking=float(sum(b.end - b.start for b in bouts if b.posture == "walking")),
        w50=w50(lengths),
        usual_bout=usual_bout(lengths),
        alpha=exponent,
        alpha_sd=exponent_sd,
        gini=gini(lengths),
        slouch=slouch(seated),
        shifts=shifts_per_15_min(seated, shifts),
        motionless=longest_motionless(seated, shifts),
    )


def in_bins(lengths: Floats) -> tuple[float, float, float, float]:
    """Time s that bouts of ``lengths`` (n,) s spend in each of the four bins (PBpatterns, ``cut_bouts``).

    >>> in_bins(np.array([600.0, 900.0, 3600.0]))
    (600.0, 900.0, 0.0, 3600.0)
    """
    bins = np.bincount(np.searchsorted(BINS, lengths, side="right"), weights=lengths, minlength=4)
    short, medium, long, very_long = map(float, bins)
    return short, medium, long, very_long


def w50(lengths: Floats) -> float:
    """The shortest bout length s for which bouts up to it hold half of all sitting *time* (Chastin & Granat 2010).

    Not the median bout: half the time, not half the count. ``lengths`` (n,) s.

    >>> w50(np.array([60.0, 60.0, 60.0, 1800.0]))
    1800.0
    """
    if not lengths.sum() > 0:
        return math.nan
    ordered, share = _accumulated(lengths)
    return float(ordered[np.searchsorted(share, 0.5)])


def usual_bout(lengths: Floats) -> float:
    """W50 s of the curve x^n / (x^n + W50^n) through the share of time in bouts up to x, by least squares.

    (PBpatterns, ``usual_bout_duration``.) Where the curve cannot be fitted, under
    three different lengths above all, :func:`w50` itself. ``lengths`` (n,) s.
    """
    if len(np.unique(lengths)) < 3 or not lengths.min() > 0:
        return w50(lengths)
    from scipy.optimize import curve_fit  # noqa: PLC0415  takes a quarter of a second, which few commands need

    ordered, share = _accumulated(lengths)
    last = np.append(np.diff(ordered) > 0, True)  # equal bouts are one point of the curve
    start = math.log(w50(lengths))
    try:
        fitted, _ = curve_fit(_share_up_to, np.log(ordered[last]), share[last], p0=(1.0, start), maxfev=2000)
    except RuntimeError:  # no convergence
        return w50(lengths)
    found = float(fitted[1])
    plausible = math.log(ordered[0]) - 1.0 <= found <= math.log(ordered[-1]) + 1.0
    return math.exp(found) if plausible and fitted[0] > 0 else w50(lengths)


def _share_up_to(log_x: Floats, n: float, log_w50: float) -> Floats:
    """The curve over log lengths (m,), where it cannot overflow."""
    shape: Floats = 0.5 * (1.0 + np.tanh(0.5 * n * (log_x - log_w50)))
    return shape


def _accumulated(lengths: Floats) -> tuple[Floats, Floats]:
    """Lengths (n,) in order, and the share of time (n,) in bouts up to each."""
    ordered = np.sort(lengths)
    time = np.cumsum(ordered)
    return ordered, time / time[-1]


def alpha(lengths: Floats) -> tuple[float, float]:
    """Exponent of the power law of bout ``lengths`` (n,) s and its standard error: smaller means longer bouts.

    alpha = 1 + n / Σ ln(x / x_min), sd = (alpha − 1) / √n (Clauset 2009, eq. 3.1
    and 3.2; PBpatterns). NaN with under two different lengths.
    """
    known = lengths[lengths > 0]
    logs = float(np.log(known / known.min()).sum()) if len(known) else 0.0
    if logs <= 0:
        return math.nan, math.nan
    exponent = 1.0 + len(known) / logs
    return exponent, (exponent - 1.0) / math.sqrt(len(known))


def gini(lengths: Floats) -> float:
    """How unevenly time is spread over bouts: 0 all alike, to 1 all in one. Of a sample: with n / (n − 1).

    G = Σ (2i − n − 1) x_i / ((n − 1) Σ x) over ordered ``lengths`` (n,) s (PBpatterns
    by DescTools::Gini, which corrects for n). NaN with under two bouts.
    """
    n = len(lengths)
    if n < 2 or not lengths.sum() > 0:
        return math.nan
    return float((np.arange(1 - n, n, 2) * np.sort(lengths)).sum() / ((n - 1) * lengths.sum()))


def slouch(seated: Sequence[Bout]) -> float:
    """Mean share over the time for which it is known."""
    known = [(b.end - b.start, b.slouch) for b in seated if not math.isnan(b.slouch)]
    time = sum(length for length, _ in known)
    return sum(length * share for length, share in known) / time if time > 0 else math.nan


def shifts_per_15_min(seated: Sequence[Bout], shifts: Sequence[float] | None) -> float:
    """Posture shifts while seated, in 15 min of sitting."""
    total = sum(b.end - b.start for b in seated)
    if shifts is None or not total > 0:
        return math.nan
    return sum(len(_within(b, shifts)) for b in seated) / total * PER_SHIFT


def longest_motionless(seated: Sequence[Bout], shifts: Sequence[float] | None) -> float:
    """The longest s within one bout of sitting without a posture shift."""
    if shifts is None or not seated:
        return math.nan
    spells = (b - a for bout in seated for a, b in pairwise((bout.start, *_within(bout, shifts), bout.end)))
    return max(spells)


def _within(bout: Bout, shifts: Sequence[float]) -> list[float]:
    return sorted(t for t in shifts if bout.start < t < bout.end)
