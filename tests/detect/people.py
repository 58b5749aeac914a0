"""Real recordings as days: inclinations worked out here, apart from the project's own pipeline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.io import loadmat
from scipy.signal import butter, sosfiltfilt
from vqf import VQF

from hiphinge.blocks import SACRUM, THIGH_LEFT, THIGH_RIGHT, UPPER_LUMBAR, Floats
from hiphinge.rotation import conjugate, rotate
from tests.detect.days import Day

VIRTUAL = [actor + wearing for actor in ("bd", "bk", "dg") for wearing in "1234"]
QMT = {UPPER_LUMBAR: "lower_back", SACRUM: "hip", THIGH_LEFT: "upper_leg_left", THIGH_RIGHT: "upper_leg_right"}
QMT_STANDS, QMT_SITS = slice(250, 550), slice(2000, 3600)

Walks = list[tuple[float, float]]


@cache
def qmt(folder: Path, source: str) -> Day:
    """One person, four sensors: stands, sits, stands, walks; up from ``vqf`` or from slow ``gravity``."""
    mat = loadmat(folder / "full_body_example_data.mat", squeeze_me=True, struct_as_record=False)
    acc = np.stack([mat[name].acc for name in QMT.values()])
    gyr = np.stack([mat[name].gyr for name in QMT.values()])
    gyr = gyr - gyr[:, 50:450].mean(axis=1, keepdims=True)
    up = {site: _up(acc[i], gyr[i], source) for i, site in enumerate(QMT)}
    angles = {
        "trunk_inclination": _sagittal(up[UPPER_LUMBAR]),
        "pelvis_tilt": _sagittal(up[SACRUM]),
        "thigh_elevation_left": _raised(up[THIGH_LEFT]),
        "thigh_elevation_right": _raised(up[THIGH_RIGHT]),
        "pelvis_yaw_rate": np.einsum("ni,ni->n", gyr[1], up[SACRUM]),
    }
    angles["lumbar_flexion"] = angles["trunk_inclination"] - angles["pelvis_tilt"]
    return Day(np.arange(len(acc[0])) / 100, tuple(QMT), acc, gyr, angles)


def _up(acc: Floats, gyr: Floats, source: str) -> Floats:
    if source == "gravity":
        up = sosfiltfilt(butter(2, 0.5, fs=100, output="sos"), acc, axis=0)
        return up / np.linalg.norm(up, axis=1, keepdims=True)
    q = VQF(0.01).updateBatch(np.ascontiguousarray(gyr), np.ascontiguousarray(acc))["quat6D"]
    return rotate(conjugate(q), np.array([0.0, 0.0, 1.0]))


def _sagittal(up: Floats) -> Floats:
    """Sensor x is up and z points out of the back (SOURCE.md)."""
    angle = np.arctan2(up[:, 2], up[:, 0])
    return angle - angle[QMT_STANDS].mean()


def _raised(up: Floats) -> Floats:
    """In the plane of standing and sitting."""
    y, seat = up[QMT_STANDS].mean(axis=0), up[QMT_SITS].mean(axis=0)
    y = y / np.linalg.norm(y)
    x = seat - (seat @ y) * y
    return np.arctan2(up @ (x / np.linalg.norm(x)), up @ y)


MOBGAP: dict[tuple[str, str, str], tuple[Walks, Walks]] = {
    ("HA/001", "Test5", "Trial1"): ([(5.0, 10.2)], [(0.0, 3.0)]),
    ("HA/001", "Test5", "Trial2"): ([(3.9, 8.6)], [(0.0, 2.0)]),
    ("HA/001", "Test11", "Trial1"): ([(6.3, 9.9), (94.2, 99.0), (119.9, 124.3)], [(13.0, 27.0), (54.0, 74.0)]),
    ("HA/002", "Test5", "Trial2"): ([(2.3, 5.4)], []),
    ("HA/002", "Test11", "Trial1"): ([], [(40.0, 56.0), (82.0, 139.0)]),
}
"""Steady walks (both references, or the one there is; s) and rests."""


def mobgap(folder: Path) -> Iterator[tuple[str, Day, Walks, Walks]]:
    """Trials of a sensor at the low back, whose mounting nobody knows: no angle."""
    for (person, test, trial), (walks, rests) in MOBGAP.items():
        mat = loadmat(folder / "data" / "lab" / person / "data.mat", squeeze_me=True, struct_as_record=False)["data"]
        worn = getattr(getattr(mat.TimeMeasure1, test), trial).SU.LowerBack
        acc, gyr = 9.81 * worn.Acc[None], np.deg2rad(worn.Gyr)[None]
        t = np.arange(acc.shape[1]) / 100
        angles = {"trunk_inclination": np.full(len(t), np.nan)}
        yield f"{person} {test} {trial}", Day(t, (UPPER_LUMBAR,), acc, gyr, angles), walks, rests


@cache
def virtual(folder: Path) -> tuple[Day, list[dict[str, Any]]]:
    """A captured person as three sensors felt it, with the true angles, and the marked takes."""
    frames = {p.name.split(".")[0]: pd.read_csv(p) for p in sorted((folder / "session").glob("*.csv.gz"))}
    first, last = max(f.t_s.iloc[0] for f in frames.values()), min(f.t_s.iloc[-1] for f in frames.values())
    t = np.arange(np.ceil(first * 100), np.floor(last * 100)) / 100
    sites = tuple(site for site in QMT if site in frames)
    motion = np.stack(
        [np.stack([np.interp(t, frames[s].t_s, frames[s][c]) for c in frames[s].columns[1:]], axis=1) for s in sites]
    )
    with np.load(folder / "truth.npz") as truth:
        angles = {n[:-4]: np.deg2rad(np.interp(t, truth["t"], truth[n])) for n in truth.files if n != "t"}
    marks = json.loads((folder / "truth.json").read_text())["marks"]
    return Day(t, sites, motion[..., :3], motion[..., 3:], angles), marks
