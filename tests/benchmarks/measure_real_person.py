"""A real person who stands, sits half a minute, stands again and walks.

Sixteen real sensors, 100 Hz (data "qmt_full_body"): lower back, hip and both upper
legs as a CSV session folder through ``import csv`` and ``analyze``. There are no
bends in it, so the trunk's axis comes from sitting down. Plausible figures come from
gravity alone: seated +28° lumbar, −22° pelvis, 80° thighs, bout from 10 to 41 s.
"no_thigh" is reported: the trunk sensors alone, where sitting down is hard to find.
"""

from __future__ import annotations

import tempfile
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.io

from hiphinge.blocks import SACRUM, SITES, THIGH_LEFT, THIGH_RIGHT, UPPER_LUMBAR
from tests.benchmarks import played
from tests.real_recordings import folder

PLACES = {UPPER_LUMBAR: "lower_back", SACRUM: "hip", THIGH_LEFT: "upper_leg_left", THIGH_RIGHT: "upper_leg_right"}
SWAPPED = {**PLACES, THIGH_LEFT: "upper_leg_right", THIGH_RIGHT: "upper_leg_left"}
ONE_THIGH = (UPPER_LUMBAR, SACRUM, THIGH_RIGHT)
WAYS = {
    # places of the sensors, sites kept, whether standing is marked
    "stand_marked": (PLACES, SITES, True),
    "unmarked": (PLACES, SITES, False),
    "one_thigh": (PLACES, ONE_THIGH, True),
    "one_thigh_unmarked": (PLACES, ONE_THIGH, False),
    "no_thigh": (PLACES, (UPPER_LUMBAR, SACRUM), True),
    "legs_swapped": (SWAPPED, SITES, True),
}
JUDGED = ("stand_marked", "unmarked", "one_thigh", "one_thigh_unmarked")
SMALL = ("stand_marked", "one_thigh_unmarked", "legs_swapped")

EACH = {
    "seated.lumbar_flexion_deg": (26.0, 30.0),
    "seated.pelvis_tilt_deg": (-24.0, -20.0),
    "seated.least_thigh_elevation_deg": (77.0, 83.0),
    "seated.largest_thigh_elevation_deg": (77.0, 83.0),
    "standing_again.lumbar_flexion_deg": (-2.0, 2.0),
    "standing_again.pelvis_tilt_deg": (-2.0, 2.0),
    "standing_again.least_thigh_elevation_deg": (-2.0, 2.0),
    "standing_again.largest_thigh_elevation_deg": (-2.0, 2.0),
    "sitting_bouts": (1, 1),
    "sitting_start_s": (8.0, 12.0),
    "sitting_end_s": (39.0, 43.0),
    "walking_s": (30.0, None),
    "repetitions": (0, 0),
    "rounded_alerts": (0, 0),
    "swapped_alerts": (0, 0),
}
LIMITS = {
    **{f"{way}.{name}": bounds for way in JUDGED for name, bounds in EACH.items()},
    "no_thigh.repetitions": (0, 0),
    "no_thigh.rounded_alerts": (0, 0),
    "legs_swapped.swapped_alerts": (1, None),
}
"""Walking: at least 30 of the 43 s from 57 to 100 s, the slow turns left out."""

BEGIN = 40.0
"""s of the file's own clock at which its description begins."""
SPANS = {"seated": (15.0, 38.0), "standing_again": (45.0, 48.0), "walking": (57.0, 100.0)}
STAND = "start_s,end_s,label\n2.5,5.5,stand\n"
COLUMNS = ("t_s", "acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z")


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """Figures of each way of wearing and marking."""
    ways = [way for way in WAYS if size == "full" or way in SMALL]
    return dict(zip(ways, played.parts(progress, ways, one), strict=True))


def one(way: str) -> dict[str, Any]:
    """Import, analyze, look."""
    places, sites, marked = WAYS[way]
    with tempfile.TemporaryDirectory() as temporary:
        here = Path(temporary)
        session = write_session(here / "session", {site: places[site] for site in sites}, marked=marked)
        return seen(played.analyzed(played.imported(session, here / "session.mcap"), here / "analysis"))


def write_session(session: Path, places: dict[str, str], *, marked: bool) -> Path:
    """The person's sensors as a CSV session folder."""
    file = next(iter(sorted(folder("qmt_full_body").glob("*.mat"))))
    content = scipy.io.loadmat(file, squeeze_me=True)
    session.mkdir()
    for site, place in places.items():
        sensor = content[place]
        rows = np.column_stack([content["t"] - BEGIN, sensor["acc"].item(), sensor["gyr"].item()])
        pd.DataFrame(rows, columns=list(COLUMNS)).to_csv(session / f"{site}.csv", index=False, float_format="%.6f")
    if marked:
        (session / "markers.csv").write_text(STAND)
    return session


def seen(tables: played.Tables) -> dict[str, Any]:
    """What the analysis says about this person."""
    sitting = tables.bouts[tables.bouts["posture"] == "sitting"]
    walking = tables.bouts[tables.bouts["posture"] == "walking"]
    first, last = SPANS["walking"]
    kinds = list(tables.alerts["kind"])
    return {
        "seated": means(tables.angles, *SPANS["seated"]),
        "standing_again": means(tables.angles, *SPANS["standing_again"]),
        "walking": means(tables.angles, *SPANS["walking"]),
        "sitting_bouts": len(sitting),
        "sitting_start_s": float(sitting["start_s"].min()) if len(sitting) else float("nan"),
        "sitting_end_s": float(sitting["end_s"].max()) if len(sitting) else float("nan"),
        "walking_s": float((walking["end_s"].clip(upper=last) - walking["start_s"].clip(lower=first)).clip(0).sum()),
        "repetitions": len(tables.reps),
        "rounded_alerts": kinds.count("rounded_back"),
        "swapped_alerts": kinds.count("sensor_swapped"),
        "bouts": [f"{b.start_s:.1f} to {b.end_s:.1f} s {b.posture}" for b in tables.bouts.itertuples()],
        "alerts": [f"{a.t_s:.1f} s {a.kind}" for a in tables.alerts.itertuples()],
        "axes": {site: axis["explained_share"] for site, axis in tables.summary["calibration"]["axes"].items()},
        "missing": tables.summary["calibration"]["missing"],
    }


def means(angles: pd.DataFrame, start: float, end: float) -> dict[str, float]:
    """Mean angles in a span, the thighs' least and largest."""
    inside = angles[(angles["t_s"] >= start) & (angles["t_s"] < end)]
    thighs = [float(inside[name].mean()) for name in angles.columns if name.startswith("thigh_elevation")]
    found = {name: float(inside[name].mean()) for name in ("lumbar_flexion_deg", "pelvis_tilt_deg")}
    return {**found, "least_thigh_elevation_deg": min(thighs), "largest_thigh_elevation_deg": max(thighs)}
