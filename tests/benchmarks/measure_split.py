"""Upper lumbar and thigh alone: whether the interval holds the true lumbar flexion, and how wide it is.

The four wearings of one captured person (data "virtual", bd) and simulated workouts
and lifts of every spine share, with the sacrum's packets left out. Two ways:

- never_measured: everything from what these two sensors themselves saw;
- own_range: with the calibration of the same session worn in full, as somebody has
  who has been measured once; only then can a rounded back be proved at all.

Instants count while the true trunk inclination is over 45°; one without an interval
counts as not held. An alert, or a repetition called rounded, is proved if the low
end stood above the limit throughout its dwell.
"""

from __future__ import annotations

import tempfile
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import numpy as np

from hiphinge import session, settings, simulate
from hiphinge.blocks import THIGH_RIGHT, UPPER_LUMBAR, Floats
from hiphinge.detect import rounding
from tests.benchmarks import played
from tests.real_recordings import folder

WAYS = ("never_measured", "own_range")
GROUPS = ("bd", "simulated")
LIMITS = {
    **{f"{group}.{way}.held_share": (0.95, None) for group in GROUPS for way in WAYS},
    **{f"{group}.{way}.median_width_deg": (None, 45.0) for group in GROUPS for way in WAYS},
    **{f"{group}.{way}.unproved_alerts": (0, 0) for group in GROUPS for way in WAYS},
    **{f"{group}.{way}.unproved_rounded_repetitions": (0, 0) for group in GROUPS for way in WAYS},
    **{f"{group}.{way}.refused_but_known_instants": (0, 0) for group in GROUPS for way in WAYS},
}
SMALL_LIMITS = {
    name: (0.85, None) if name.endswith("held_share") else bounds
    for name, bounds in LIMITS.items()
    if not name.endswith("width_deg")
}
"""One wearing of each group: its few lifts may lie on one side. The width is judged at full size."""

SIMULATED = ("workout", "hinge-or-rounded")
SEEDS = {"small": 1, "full": 10}
SITES = (UPPER_LUMBAR, THIGH_RIGHT)
REFUSED = ("lumbar_flexion_deg", "lumbar_side_bend_deg", "lumbar_rotation_deg", "hip_flexion_deg", "pelvis_tilt_deg")
BENT = 45.0
RATE_HZ = 50.0


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """Figures by group and way."""
    wearings = [w.name for w in played.wearings() if w.name.startswith("bd")]
    scenarios = SIMULATED if size == "full" else SIMULATED[1:]
    members = {
        "bd": wearings if size == "full" else wearings[:1],
        "simulated": [f"{name} {seed}" for name in scenarios for seed in range(SEEDS[size])],
    }
    return {
        group: {way: over(list(played.parts(progress, [f"{way} {k}" for k in keys], one)), keys) for way in WAYS}
        for group, keys in members.items()
    }


def one(key: str) -> dict[str, Any]:
    """How the interval held at the bent instants of one wearing, and what was called rounded."""
    way, name = key.split(" ", 1)
    with tempfile.TemporaryDirectory() as temporary:
        here = Path(temporary)
        whole, truth, begin = source(name, here / "whole.mcap")
        known = session.open(whole).calibration if way == "own_range" else None
        text = settings.calibration_to_json(known) if known else ""
        tables = played.analyzed(played.narrowed(whole, here / "two.mcap", SITES, text), here / "analysis")
    t = truth["t_s"]
    bent = (t > begin) & (t < t[-1] - 1.0) & (truth["trunk_inclination_deg"] > BENT)
    low, high = (played.at(tables, f"lumbar_flexion_{end}_deg", t[bent]) for end in ("low", "high"))
    return {**interval(low, high, truth["lumbar_flexion_deg"][bent]), **called_rounded(tables)}


def source(name: str, recording: Path) -> tuple[Path, dict[str, Any], float]:
    """The session worn in full, its truth at 50 Hz, and when its calibration was over."""
    if " " in name:
        scenario, seed = name.split()
        wearing = simulate.scenario(scenario, seed=int(seed))
        truth = {column: x[::2] for column, x in played.simulated_truth(wearing).items()}
        return played.recorded(wearing, recording), truth, 1.0 + max(mark.end for mark in wearing.markers)
    truth, marks = played.virtual_truth(folder("virtual") / name)
    played.imported(folder("virtual") / name / "session", recording)
    return recording, truth, played.calibrated(marks)


def interval(low: Floats, high: Floats, truth: Floats) -> dict[str, Any]:
    """Counts and a histogram of widths (whole degrees) that can be added up over wearings."""
    width = (high - low)[np.isfinite(high - low)]
    return {
        "instants": len(truth),
        "unknown": int(np.isnan(high - low).sum()),
        "below": int((truth < low).sum()),
        "above": int((truth > high).sum()),
        "width_deg": np.bincount(np.rint(width.clip(0, 180)).astype(int), minlength=181).tolist(),
    }


def called_rounded(tables: played.Tables) -> dict[str, int]:
    """Alerts and repetitions that say rounded, and those of them that the interval does not prove."""
    found = tables.alerts[tables.alerts["kind"] == "rounded_back"]
    reps = tables.reps[tables.reps["rounded"].astype(str).str.lower() == "true"]
    refused = tables.angles[[name for name in REFUSED if name in tables.angles]]
    return {
        "alerts": len(found),
        "unproved_alerts": sum(not proved(tables, t - 1.0, t) for t in found["t_s"]),
        "rounded_repetitions": len(reps),
        "unproved_rounded_repetitions": sum(not proved(tables, r.start_s, r.end_s) for r in reps.itertuples()),
        "refused_but_known_instants": int(refused.notna().to_numpy().sum()),
    }


def proved(tables: played.Tables, start: float, end: float) -> bool:
    """Whether the low end lies above the limit for a whole dwell between start and end s."""
    limit = tables.summary["rounding"]["limit_deg"]
    inside = tables.angles[(tables.angles["t_s"] >= start) & (tables.angles["t_s"] <= end + 0.05)]
    params = rounding.Params()
    above = inside["lumbar_flexion_low_deg"].to_numpy(float) >= (np.inf if limit is None else limit)
    return rounding.first_run(above, round(params.dwell * params.rate)) >= 0


def over(parts: list[dict[str, Any]], keys: list[str]) -> dict[str, Any]:
    """Several wearings together, and each one's share and width."""
    names = [name for name in parts[0] if name != "width_deg"]
    total = {name: sum(part[name] for part in parts) for name in names}
    widths = np.sum([part["width_deg"] for part in parts], axis=0)
    return {
        "wearings": len(parts),
        "seconds": total["instants"] / RATE_HZ,
        "held_share": held(total),
        "below_share": total["below"] / total["instants"],
        "above_share": total["above"] / total["instants"],
        "median_width_deg": median(widths),
        **{name: total[name] for name in names if name not in ("instants", "below", "above")},
        "each": {
            key: [round(held(part), 3), median(np.array(part["width_deg"]))]
            for key, part in zip(keys, parts, strict=True)
        },
    }


def held(part: dict[str, Any]) -> float:
    """Share of the instants at which the interval held the truth."""
    return float(1.0 - (part["unknown"] + part["below"] + part["above"]) / part["instants"])


def median(histogram: Floats) -> float:
    """Of whole degrees; NaN of none."""
    if not histogram.sum():
        return float("nan")
    return float(np.searchsorted(np.cumsum(histogram), histogram.sum() / 2))
