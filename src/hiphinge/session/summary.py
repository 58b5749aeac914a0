"""What one analysis found, as the dict behind summary.json: plain values, None where unknown."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import metadata
from typing import Any

import numpy as np

from hiphinge.blocks import THIGH_LEFT, THIGH_RIGHT, Alert, Bout, Calibration, Repetition, Sensor, Tick
from hiphinge.detect.heard import Gap
from hiphinge.monitor import Monitor
from hiphinge.session.setups import setup_of

SKIN_SD_DEG = 5.0
"""°: what skin and soft tissue add to lumbar flexion at the bottom of a bend. Between
3.5 (skin sensors in lifting, 2022: limits of agreement −8.1 to +5.7) and 6.7 (Bailes 2024,
sensors against a separate optical system)."""
SKIN_WORDS = (
    "Skin and soft tissue move over the bones by an amount that cannot be measured here; "
    f"it adds about ±{SKIN_SD_DEG:.0f}° (one standard deviation) at the bottom of a bend and is not in the sd columns."
)


ONE_CLOCK = "not measured: the sensors' clocks were taken as one, as the recording gives them"
TWISTED = "from a twist of all sensors in one hand"
SYNCED = "from the sensors' own synchronisation"
ARRIVALS = (
    "estimated from when packets were heard; sensors that wait for the radio alike may be further apart. "
    "Twist them all in one hand before you put them on"
)


@dataclass(frozen=True)
class Quality:
    """How well the recording was heard.

    ``loss_pct`` by site; ``nan_pct`` by column; ``sync_error`` s, one standard
    deviation of the time between the two worst clocks, or None; ``sync_reason``
    how it is known, or why not.
    """

    loss_pct: Mapping[str, float]
    gaps: tuple[Gap, ...]
    nan_pct: Mapping[str, float]
    damage: tuple[str, ...] = ()
    sync_error: float | None = None
    sync_reason: str = ONE_CLOCK


def how_synced(heard: Monitor) -> str:
    """Where the monitor's sync error comes from."""
    if heard.sync_error is None:
        return ONE_CLOCK
    if heard.is_synchronised:
        return SYNCED
    return TWISTED if heard.is_twisted else ARRIVALS


def clock_words(tick: Tick | None, start: float) -> dict[str, Any]:
    """``start_utc`` (of ``start`` s on the recording's clock) and ``utc_offset_s``, None when unknown."""
    if tick is None or tick.utc_ns is None or not math.isfinite(start):
        return {"start_utc": None, "utc_offset_s": None if tick is None else tick.utc_offset_s}
    at = tick.utc_ns + round(start * 1e9) - tick.arrival_ns
    return {"start_utc": _utc(at), "utc_offset_s": tick.utc_offset_s}


def step_words(steps: Sequence[Tick]) -> dict[str, Any]:
    """``clock``: from ``t_s`` on it was ``utc`` there, with ``utc_offset_s``; empty where the clocks went alike."""
    rows = [{"t_s": s.arrival_ns / 1e9, "utc": _utc(s.utc_ns or 0), "utc_offset_s": s.utc_offset_s} for s in steps]
    return {"clock": rows}


def _utc(ns: int) -> str:
    """ISO 8601 to the millisecond, of ns since 1970."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ns // 1000)).isoformat(timespec="milliseconds")


def span_words(start: float, end: float, instants: int) -> dict[str, Any]:
    """From the first to the last instant of the grid, s on the recording's clock."""
    return {"start_s": start, "end_s": end, "duration_s": end - start if instants else 0.0, "instants": instants}


def setup_words(sensors: tuple[Sensor, ...]) -> dict[str, Any]:
    """Which sensor sits where, and what that allows."""
    setup = setup_of(s.site for s in sensors)
    return {
        "name": setup.name,
        "words": setup.words,
        "sites": [s.site for s in sensors],
        "sensors": {s.site: s.sensor for s in sensors},
        "not_observable": list(setup.cannot),
    }


def calibration_words(calibration: Calibration | None, attached: bool) -> dict[str, Any]:
    """The wearer's zero, axes and own range, in degrees; what could not be had."""
    if calibration is None:
        return {
            "id": None,
            "verdict": "none: nothing in the recording allows one",
            "missing": ["everything"],
            "movements": [],
            "axes": {},
        }
    c = calibration
    axes = {
        site: {
            "from": m.axis_from or "unknown",
            "explained_share": m.axis_share,
            "zero_sd_deg": math.degrees(m.tilt_sd),
            "axis_sd_deg": math.degrees(m.axis_sd),
        }
        for site, m in c.mountings.items()
    }
    return {
        "id": c.id,
        "created_utc": c.created_utc,
        "source": "attached to the recording" if attached else "found in the recording",
        "verdict": c.verdict,
        "missing": list(c.missing),
        "movements": [{"start_s": start, "end_s": end} for start, end in c.movements],
        "axes": axes,
        "max_lumbar_flexion_deg": math.degrees(c.max_lumbar_flexion),
        "max_hip_flexion_deg": math.degrees(c.max_hip_flexion),
        "sit_tall_deg": math.degrees(c.upright),
        "slump_deg": math.degrees(c.slump),
    }


def quality_words(quality: Quality) -> dict[str, Any]:
    """Loss, gaps, sync error and how it is known, share of NaN."""
    return {
        "loss_pct": dict(quality.loss_pct),
        "gaps": [{"site": g.site, "start_s": g.start, "end_s": g.end} for g in quality.gaps],
        "sync_error_s": quality.sync_error,
        "sync_error_reason": quality.sync_reason,
        "nan_pct": dict(quality.nan_pct),
        "damage": list(quality.damage),
    }


def counts(repetitions: Sequence[Repetition], alerts: Sequence[Alert]) -> dict[str, Any]:
    """How many of each; ``rounded`` is None where there were repetitions and none could be judged."""
    judged = [r.rounded for r in repetitions if r.rounded is not None]
    return {
        "repetitions": len(repetitions),
        "by_kind": dict(Counter(r.kind for r in repetitions)),
        "judged": len(judged),
        "rounded": sum(judged) if judged or not repetitions else None,
        "alerts": len(alerts),
        "alerts_by_kind": dict(Counter(a.kind for a in alerts)),
    }


def sitting(bouts: Sequence[Bout], sites: Iterable[str]) -> dict[str, Any]:
    """Time sitting, its bouts and the slouch; None where the sensors cannot tell."""
    by_posture: dict[str, float] = {}
    for b in bouts:
        by_posture[b.posture] = by_posture.get(b.posture, 0.0) + b.end - b.start
    seated = [b for b in bouts if b.posture == "sitting"]
    if not seated and not {THIGH_LEFT, THIGH_RIGHT} & set(sites):
        return {"total_s": None, "bouts": None, "longest_s": None, "slouch_pct": None, "by_posture_s": by_posture}
    return {
        "total_s": by_posture.get("sitting", 0.0),
        "bouts": len(seated),
        "longest_s": max((b.end - b.start for b in seated), default=0.0),
        "slouch_pct": _slouch_pct(seated),
        "by_posture_s": by_posture,
    }


def _slouch_pct(seated: Sequence[Bout]) -> float | None:
    """Mean over the time for which it is known."""
    known = [(b.end - b.start, b.slouch) for b in seated if not math.isnan(b.slouch)]
    time = sum(length for length, _ in known)
    return 100.0 * sum(length * slouch for length, slouch in known) / time if time > 0 else None


def versions(filter_name: str) -> dict[str, str]:
    """What computed this, and which orientation filter ran."""
    return {name: _version(name) for name in ("hiphinge", "numpy", "vqf")} | {"filter": filter_name}


def plain(value: Any) -> Any:
    """The same in JSON's own types: NaN and infinity become None, numbers keep 6 decimals."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, float | np.floating):
        return round(float(value), 6) if math.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
