"""Drift over a desk day: mean error of lumbar flexion in the first hour against the last.

A simulated day of eight hours with lost packets, gyroscope and accelerometer bias
wander (0.02 m/s² rms over hours), seated and standing apart, three people. The small
size is half an hour and its quarters. Instants with the trunk over 20° are no standing.
"""

from __future__ import annotations

import tempfile
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hiphinge import simulate
from tests.benchmarks import played

LIMITS = {
    "days": (3, None),
    "hours": (8.0, None),
    "worst_drift_seated_deg": (None, 0.5),
    "worst_drift_standing_deg": (None, 0.5),
}
SMALL_LIMITS = {name: LIMITS[name] for name in ("worst_drift_seated_deg", "worst_drift_standing_deg")}

HOURS = {"small": 0.5, "full": 8.0}
SEEDS = {"small": 1, "full": 3}
SLICE = {"small": 0.125, "full": 1.0}
"""Hours at either end that are compared."""
POSTURES = {"seated": "sitting", "standing": "standing"}
UPRIGHT = 20.0
CALIBRATED = 90.0
"""s: the calibration of the scenario is over."""

Sums = dict[str, list[float]]


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """Worst drift over the days, and each day's mean error by hour."""

    def day(key: str) -> dict[str, Any]:
        return one(int(key.split()[1]), HOURS[size], SLICE[size])

    days = list(played.parts(progress, [f"seed {seed}" for seed in range(SEEDS[size])], day))
    drifts = {name: [abs(d[name]["drift_deg"]) for d in days] for name in POSTURES}
    return {
        "days": len(days),
        "hours": HOURS[size],
        **{f"worst_drift_{name}_deg": float(np.max(found)) for name, found in drifts.items()},
        **{f"mean_drift_{name}_deg": float(np.mean(found)) for name, found in drifts.items()},
        "each": days,
    }


def one(seed: int, hours: float, slice_hours: float) -> dict[str, Any]:
    """Mean errors of one day in slices."""
    wearing = simulate.scenario("desk-day", hours=hours, seed=seed)
    with tempfile.TemporaryDirectory() as temporary:
        here = Path(temporary)
        played.command("analyze", played.recorded(wearing, here / "day.mcap"), "-o", here / "day", "--no-report")
        angles = pd.read_parquet(here / "day" / "angles.parquet", columns=["t_s", "lumbar_flexion_deg"])
    slices = round(hours / slice_hours)
    sums = errors(wearing, angles, 3600.0 * slice_hours, slices)
    return {"seed": seed, **{name: means(sums[name]) for name in POSTURES}}


def errors(wearing: simulate.Simulation, angles: pd.DataFrame, length: float, slices: int) -> dict[str, np.ndarray]:
    """Posture -> (slices, 3): instants, sum of errors, sum of true flexion; slices of ``length`` s."""
    when, found = (angles[name].to_numpy(float) for name in ("t_s", "lumbar_flexion_deg"))
    sums = {name: np.zeros((slices, 3)) for name in POSTURES}
    for chunk in wearing.truth_chunks():
        t, truth = chunk["t_s"], chunk["lumbar_flexion_deg"]
        near = slice(*np.searchsorted(when, (t[0] - 1.0, t[-1] + 1.0)))
        if not len(when[near]):
            continue
        error = np.interp(t, when[near], found[near]) - truth
        number = np.minimum((t / length).astype(int), slices - 1)
        for name, posture in POSTURES.items():
            inside = (chunk["posture"] == posture) & np.isfinite(error) & (t > CALIBRATED)
            inside &= (name == "seated") | (np.abs(chunk["trunk_inclination_deg"]) < UPRIGHT)
            for column, value in enumerate((np.ones(len(t)), error, truth)):
                sums[name][:, column] += np.bincount(number[inside], value[inside], slices)
    return sums


def means(sums: np.ndarray) -> dict[str, Any]:
    """Mean error and true flexion of each slice, and how the error changed from the first to the last."""
    n = np.where(sums[:, 0] > 0, sums[:, 0], np.nan)
    error, truth = sums[:, 1] / n, sums[:, 2] / n
    return {
        "drift_deg": float(error[-1] - error[0]),
        "error_deg": error.round(3).tolist(),
        "true_deg": truth.round(2).tolist(),
        "minutes": (sums[:, 0] / 6000).round(1).tolist(),
    }
