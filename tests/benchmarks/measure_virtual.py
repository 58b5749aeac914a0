"""Angles, lifts and rounding of twelve virtual wearings, with and without their markers.

Three people's captured movements as worn sensors would have measured them (data
"virtual"), through ``import csv`` and ``analyze``, scored by the tool that lies
beside the data. "Without": the same session folder without markers.csv. Side-bend,
rotation and abduction are only reported; the truth's hip abduction is positive
inward, the contract's outward, so the truth is taken with the other sign.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks import played
from tests.real_recordings import folder

LIMITS = {
    "with_markers.lumbar_rmse_deg_median": (None, 0.7),
    "with_markers.lumbar_rmse_deg_worst": (None, 1.0),
    "with_markers.lumbar_nan_pct_worst": (None, 2.0),
    "with_markers.hip_rmse_deg_median": (None, 1.1),
    "with_markers.hip_rmse_deg_worst": (None, 2.5),
    "with_markers.lifts_found_share": (0.97, None),
    "with_markers.rounded_right_share": (0.97, None),
    "with_markers.false_repetitions": (0, 0),
    "without_markers.lifts_found_share": (0.97, None),
    "without_markers.rounded_right_share": (0.97, None),
    "without_markers.false_repetitions": (0, 0),
    "change_without_markers.lumbar_rmse_deg_worst": (None, 0.5),
    "change_without_markers.hip_rmse_deg_worst": (None, 0.5),
}
SMALL = ("bd1", "dg2")
WAYS = ("with_markers", "without_markers")
REPORTED = {"lumbar_side_bend_deg": 1.0, "lumbar_rotation_deg": 1.0, "hip_abduction_deg": -1.0}
"""Column -> sign of the truth's."""


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """Figures of both ways, what markers change, and each wearing's own."""
    names = [w.name for w in played.wearings() if size == "full" or w.name in SMALL]
    keys = [f"{name} {way}" for name in names for way in WAYS]
    scores = dict(zip(keys, played.parts(progress, keys, one), strict=True))
    by_way = {way: {name: scores[f"{name} {way}"] for name in names} for way in WAYS}
    return {
        **{way: summary(list(found.values())) for way, found in by_way.items()},
        "change_without_markers": changes(*by_way.values()),
        "wearings": by_way,
    }


def one(key: str) -> dict[str, Any]:
    """The scoring tool's figures of one wearing, and what it does not score."""
    name, way = key.split()
    truth = folder("virtual") / name
    with tempfile.TemporaryDirectory() as temporary:
        here = Path(temporary)
        session = truth / "session" if way == "with_markers" else unmarked(truth / "session", here / "session")
        tables = played.analyzed(played.imported(session, here / "session.mcap"), here / "analysis")
        score = played.scoring_tool().score(here / "analysis", truth)
    return {**score, **unscored(tables, truth), "own_range_error_deg": own_range_error(tables, truth)}


def unmarked(session: Path, out: Path) -> Path:
    """The same session folder without its markers."""
    out.mkdir()
    for file in session.iterdir():
        if file.name != "markers.csv":
            (out / file.name).symlink_to(file)
    return out


def unscored(tables: played.Tables, wearing: Path) -> dict[str, float]:
    """RMSE of the other angles in the window of the score."""
    truth, marks = played.virtual_truth(wearing)
    t = truth["t_s"]
    window = (t > played.calibrated(marks)) & (t < t[-1] - 1)
    sane = np.abs(truth["hip_abduction_deg"]) < 50  # beyond is an artefact of the capture
    found = {}
    for column, sign in REPORTED.items():
        scored = window & sane if column.startswith("hip") else window
        error = played.at(tables, column, t[scored]) - sign * truth[column][scored]
        found[column.replace("_deg", "_rmse_deg")] = round(played.rms(error), 2)
    return found


def own_range_error(tables: played.Tables, wearing: Path) -> float | None:
    """Of the calibration's own maximal flexion against the truth's; None where it is not known."""
    found = tables.summary["calibration"]["max_lumbar_flexion_deg"]
    true = json.loads((wearing / "truth.json").read_text())["lmax_deg"]
    return None if found is None else round(found - true, 2)


def summary(scores: list[dict[str, Any]]) -> dict[str, float]:
    """Over the wearings."""
    found: dict[str, float] = {}
    for key in ("lumbar_rmse", "hip_rmse", *(c.replace("_deg", "_rmse_deg") for c in REPORTED)):
        values = [score[key] for score in scores]
        name = key if key.endswith("_deg") else key + "_deg"
        found |= {f"{name}_median": float(np.median(values)), f"{name}_worst": max(values)}
    total = {key: sum(score[key] for score in scores) for key in ("lifts", "lifts_found", "clear", "rounded_right")}
    return found | {
        "lumbar_nan_pct_worst": max(100 * score["lumbar_nan_share"] for score in scores),
        "lifts": total["lifts"],
        "lifts_found_share": total["lifts_found"] / total["lifts"],
        "clear_lifts": total["clear"],
        "rounded_right_share": total["rounded_right"] / total["clear"],
        "false_repetitions": sum(score["false_reps_in_quiet"] for score in scores),
    }


def changes(given: dict[str, Any], searched: dict[str, Any]) -> dict[str, float]:
    """The largest change of a wearing's RMSE once its markers are gone."""
    return {
        f"{key}_deg_worst": max(abs(searched[name][key] - given[name][key]) for name in given)
        for key in ("lumbar_rmse", "hip_rmse")
    }
