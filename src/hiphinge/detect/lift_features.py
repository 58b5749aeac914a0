"""The columns that repetitions are cut from, and what is measured on one of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hiphinge.blocks import DOUBT, AngleBlock, Floats, Repetition
from hiphinge.detect import rounding

Columns = dict[str, Floats]
"""t, fold, lean, elevation, pelvis, lumbar, hip, sd, doubt: each (n,), rad but for t s and doubt 0/1."""

NAN = float("nan")
FARTHEST_BACK = np.deg2rad(120)


@dataclass(frozen=True)
class Params:
    """Kinds of lift, at the deepest fold (decisions at the head of biomechanics).

    squat_elevation : rad of thigh elevation from which it is a squat.
    hinge_elevation, bent : rad; below the one and with the trunk past the other it
        is a hinge or a stoop,
    hinge_share, stoop_share : of own range: a hinge up to the one, a stoop from the
        other, mixed between.
    rate : Hz of the grid.
    """

    squat_elevation: float = field(default=np.deg2rad(60), metadata={"unit": "rad"})
    hinge_elevation: float = field(default=np.deg2rad(30), metadata={"unit": "rad"})
    bent: float = field(default=np.deg2rad(45), metadata={"unit": "rad"})
    hinge_share: float = 0.70
    stoop_share: float = 0.80
    rate: float = 100.0


def columns(angles: AngleBlock) -> Columns | None:
    """What a block says of folding; None where no worn sensor says anything of it."""
    have = angles.angles
    trunk, pelvis = have.get("trunk_inclination"), have.get("pelvis_tilt")
    elevation = _both(angles, "thigh_elevation")
    lean = trunk if trunk is not None else pelvis
    if lean is None or (elevation is None and (trunk is None or pelvis is None)):
        return None
    none = np.full(len(angles), NAN)
    lumbar = have.get("lumbar_flexion", none)
    return {
        "t": angles.t,
        "fold": lean + elevation if elevation is not None else lean,
        "lean": lean,
        "elevation": none if elevation is None else elevation,
        "pelvis": none if pelvis is None else pelvis,
        "lumbar": lumbar,
        "hip": none if (hip := _both(angles, "hip_flexion")) is None else hip,
        "doubt": ((angles.flags & DOUBT) != 0).astype(float),
    }


def _both(angles: AngleBlock, name: str) -> Floats | None:
    """The thigh's column; with two thighs their mean, in which the strides of walking cancel."""
    found = [angles.angles[n] for n in (name, f"{name}_left", f"{name}_right") if n in angles.angles]
    # A thigh above the horizontal and spread wide reads past 180°; nobody's thigh points 120° backward.
    found = [np.where(x < -FARTHEST_BACK, x + 2 * np.pi, x) for x in found]
    return None if not found else found[0] if len(found) == 1 else 0.5 * (found[0] + found[1])


def join(a: Columns, b: Columns) -> Columns:
    """``b`` behind ``a``."""
    return {name: np.concatenate((a[name], b[name])) for name in a}


def change(x: Floats, span: int, rate: float) -> Floats:
    """Rate of change (n,) over the last ``span`` instants; NaN for the first of them."""
    out = np.full(len(x), NAN)
    if len(x) > span:
        out[span:] = (x[span:] - x[:-span]) * (rate / span)
    return out


def begin(fold: Floats, opened: int, small: float, slow: float, span: int) -> int:
    """Where the movement began, at the earliest where ``fold`` (n,) rad begins, that opened a repetition at ``opened``.

    The last instant at which it was below ``small`` rad, or grew by less than
    ``slow`` rad within ``span`` instants around.
    """
    low = np.flatnonzero(~(fold[:opened] >= small))
    slack = np.flatnonzero(~(fold[span : opened + span] - fold[:opened] >= slow)) + span // 2
    return min(int(max(low.max(initial=0), slack.max(initial=0))), opened)


def end(fold: Floats, closed: int, small: float, slow: float, span: int) -> int | None:
    """Where the movement ended that closed a repetition at ``closed``; None where it still goes on.

    The first instant at which ``fold`` (n,) rad is below ``small`` rad, or falls by
    less than ``slow`` rad within ``span`` instants around, or after which it is unknown.
    What comes more than half a ``span`` later does not change it.
    """
    after = fold[closed:]
    candidates = (
        np.flatnonzero(after < small),
        np.flatnonzero(fold[closed - span : len(fold) - span] - after < slow) - span // 2,
        np.flatnonzero(np.isnan(after)) - 1,
    )
    found = min((int(c[0]) for c in candidates if len(c)), default=None)
    return None if found is None else closed + max(found, 0)


def steepest(fold: Floats, span: int) -> float:
    """The largest growth rad of ``fold`` (n,) within ``span`` instants; 0 where it is shorter."""
    growth = fold[span:] - fold[:-span]
    return max(float(np.fmax.reduce(growth, initial=0.0)), 0.0)


def measure(c: Columns, from_bottom: bool, p: Params, r: rounding.Params, own_range: float) -> Repetition:
    """The repetition that makes up these columns; not numbered yet."""
    t, lumbar = c["t"], c["lumbar"]
    b = int(np.nanargmax(c["fold"]))
    deep = np.flatnonzero(c["fold"] >= 0.95 * c["fold"][b])
    peak, hip = _max(lumbar), _max(c["hip"])
    rounded_from = _rounded_from(t, lumbar, r, own_range)
    return Repetition(
        rep=0,
        set=0,
        start=float(t[0]),
        bottom=float(t[b]),
        end=float(t[-1]),
        kind=kind(c, b, p, own_range),
        peak_lumbar_flexion=peak,
        peak_lumbar_share=peak / own_range,
        peak_hip_flexion=hip,
        lumbar_hip_ratio=peak / hip if hip > 0 else NAN,
        peak_lumbar_velocity=_max(np.abs(change(lumbar, round(0.1 * p.rate), p.rate))),
        depth=_max(c["elevation"]),
        butt_wink=NAN if from_bottom else _butt_wink(c["pelvis"][: b + 1], lumbar[: b + 1]),
        pelvis_lag=NAN if from_bottom else _pelvis_lag(t[: b + 1], c["lean"][: b + 1], c["pelvis"][: b + 1]),
        lowering=NAN if from_bottom else float(t[deep[0]] - t[0]),
        lifting=float(t[-1] - t[deep[-1]]),
        duration=float(t[-1] - t[0]),
        rounded=None if not np.isfinite(peak * own_range) else bool(np.isfinite(rounded_from)),
        rounded_from=rounded_from,
        confidence=float(1.0 - c["doubt"].mean()),
    )


def kind(c: Columns, b: int, p: Params, own_range: float) -> str:
    """Hinge, squat, stoop or mixed, from the deepest fold (decisions at the head of biomechanics)."""
    if c["elevation"][b] > p.squat_elevation:
        return "squat"
    if c["elevation"][b] > p.hinge_elevation or not c["lean"][b] > p.bent:
        return "mixed"
    share = _max(c["lumbar"]) / own_range
    if share <= p.hinge_share:
        return "hinge"
    return "stoop" if share >= p.stoop_share else "mixed"


def _rounded_from(t: Floats, lumbar: Floats, r: rounding.Params, own_range: float) -> float:
    above = np.nan_to_num(lumbar, nan=-np.inf) >= rounding.limit(r, own_range)
    first = rounding.first_run(above, round(r.dwell * r.rate))
    return float(t[first]) if first >= 0 else NAN


def _butt_wink(pelvis: Floats, lumbar: Floats) -> float:
    """Backward turn of the pelvis from its most forward point to the bottom, the lumbar flexing with it."""
    if not np.isfinite(pelvis).any() or not np.isfinite(pelvis[-1]):
        return NAN
    forward = int(np.nanargmax(pelvis))
    if not lumbar[-1] > lumbar[forward]:
        return 0.0 if np.isfinite(lumbar[-1]) else float(pelvis[forward] - pelvis[-1])
    return float(pelvis[forward] - pelvis[-1])


def _pelvis_lag(t: Floats, lean: Floats, pelvis: Floats) -> float:
    """How much later than the trunk the pelvis is a fifth of its way down, s."""
    if not (_max(pelvis) > np.deg2rad(10) and _max(lean) > np.deg2rad(10)):
        return NAN
    began = [float(t[np.flatnonzero(x >= 0.2 * _max(x))[0]]) for x in (lean, pelvis)]
    return began[1] - began[0]


def _max(x: Floats) -> float:
    return float(np.nanmax(x)) if np.isfinite(x).any() else NAN
