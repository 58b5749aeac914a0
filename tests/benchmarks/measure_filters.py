"""Orientation filters side by side on a real sensor with optical truth (BROAD).

Inclination error and time a sample of VQF (as hiphinge uses it and with the
library's own time constant) and of the filters of ahrs. Block means of three
bring 285.7 Hz to 95.2 Hz, near the grid's rate.
"""

from __future__ import annotations

import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from hiphinge import rotation
from hiphinge.blocks import Floats
from hiphinge.fusion import orientation
from hiphinge.fusion.filters import make_filter
from tests.real_recordings import folder

TAU = orientation.Params().tau_acc
FILTERS = {
    "vqf": ("vqf", TAU),
    "vqf_library_default": ("vqf", 3.0),
    "madgwick": ("madgwick", TAU),
    "mahony": ("mahony", TAU),
    "ekf": ("ekf", TAU),
}
SMALL_SAMPLES = 15000
"""53 s: every trial stands still for the first 35 to 46 s, which is not scored."""
LIMITS = {"vqf.rmse_deg_median": (None, 1.3), "vqf.rmse_deg_worst": (None, 2.0)}


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """Figures by filter: inclination RMSE of each trial, their median and worst, µs a sample."""
    trials = sorted(folder("broad").glob("*.hdf5"))
    for name in FILTERS:
        for trial in trials:
            key = f"{name} {trial.stem}"
            if key not in progress:
                progress[key] = run(trial, name, SMALL_SAMPLES if size == "small" else None)
    return {name: row(name, trials, progress) for name in FILTERS}


def row(name: str, trials: list[Path], progress: MutableMapping[str, Any]) -> dict[str, Any]:
    parts = {trial.stem: progress[f"{name} {trial.stem}"] for trial in trials}
    errors = [part["rmse_deg"] for part in parts.values()]
    return {
        "rmse_deg": {stem: part["rmse_deg"] for stem, part in parts.items()},
        "rmse_deg_median": round(float(np.median(errors)), 3),
        "rmse_deg_worst": round(max(errors), 3),
        "us_per_sample": round(float(np.median([part["us"] for part in parts.values()])), 2),
    }


def run(trial: Path, name: str, samples: int | None) -> dict[str, float]:
    acc, gyr, truth, moving, rate = load(trial, samples)
    kind, tau = FILTERS[name]
    running = make_filter(kind, rate, tau)
    began = time.process_time()
    q = running.follow(gyr, acc)
    spent = time.process_time() - began
    up = np.array([0.0, 0.0, 1.0])
    cosine = (rotation.rotate(rotation.conjugate(q), up) * rotation.rotate(rotation.conjugate(truth), up)).sum(axis=1)
    error = np.rad2deg(np.arccos(np.clip(cosine, -1, 1)))[moving & np.isfinite(cosine)]
    return {"rmse_deg": round(float(np.sqrt((error**2).mean())), 3), "us": 1e6 * spent / len(acc)}


def load(trial: Path, samples: int | None) -> tuple[Floats, Floats, Floats, np.ndarray, float]:
    """acc, gyr, true q_e_s and whether it is scored, in blocks of three."""
    with h5py.File(trial) as file:
        rate = float(file.attrs["sampling_rate"])
        acc, gyr, quat, moving = (np.asarray(file[k][:samples]) for k in ("imu_acc", "imu_gyr", "opt_quat", "movement"))
    n = len(acc) // 3
    means = [x[: 3 * n].reshape(n, 3, 3).mean(axis=1) for x in (acc, gyr)]
    return means[0], means[1], quat[1 : 3 * n : 3], moving[1 : 3 * n : 3].astype(bool).ravel(), rate / 3
