"""No lift where there is none: walking and daily tasks with one sensor on the lower back.

Two real people of a laboratory (data "mobgap_lab"): straight walks and simulated
daily activities, 100 Hz, as the only site upper_lumbar through ``import csv`` and
``analyze``. One trunk sensor can say its inclination and nothing else. A recording
in which nobody ever stood still may have no calibration; contract.md then wants the
tables with what could be computed, not a failure: failures are counted out of "analyzed".
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.io

from hiphinge.blocks import UPPER_LUMBAR
from hiphinge.errors import HiphingeError
from tests.benchmarks import played
from tests.real_recordings import folder

LIMITS = {
    "recordings": (6, None),
    "analyzed": (6, None),
    "repetitions": (0, 0),
    "rounded_alerts": (0, 0),
    "refused_but_known_instants": (0, 0),
    "sitting_bouts": (0, 0),
}
SMALL = ("001 Test5 Trial1", "001 Test11 Trial1")
SMALL_LIMITS = {**LIMITS, "recordings": (2, None), "analyzed": (1, None)}
"""A straight walk may hold no quiet standing; whether it fails for that is judged at full size."""
G = 9.80665
SAYS = ("t_s", "trunk_inclination_deg")
"""Columns of the angles that one sensor on the trunk may fill."""
COLUMNS = ("t_s", "acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z")


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """Sums over the recordings, and what became of each."""
    names = [name for name in trials() if size == "full" or name in SMALL]
    found = dict(zip(names, played.parts(progress, names, one), strict=True))
    analyzed = [part for part in found.values() if not part["failure"]]
    sums = ("repetitions", "rounded_alerts", "sitting_bouts", "refused_but_known_instants")
    return {
        "recordings": len(names),
        "minutes": sum(part["minutes"] for part in found.values()),
        "analyzed": len(analyzed),
        **{key: sum(part[key] for part in analyzed) for key in sums},
        "each": found,
    }


def trials() -> dict[str, Path]:
    """``person test trial`` -> its file."""
    files = sorted(folder("mobgap_lab").glob("data/lab/*/*/data.mat"))
    return {f"{file.parent.name} {test} {trial}": file for file in files for test, trial in inside(file)}


def inside(file: Path) -> Iterator[tuple[str, str]]:
    """Tests and trials of one person."""
    tests = load(file)
    for test in tests._fieldnames:
        for trial in getattr(tests, test)._fieldnames:
            yield test, trial


def load(file: Path) -> Any:
    """The one measured session of a file, by attributes."""
    return scipy.io.loadmat(file, squeeze_me=True, struct_as_record=False)["data"].TimeMeasure1


def one(name: str) -> dict[str, Any]:
    """Import, analyze, look; a failure in its own words."""
    _, test, trial = name.split()
    sensor = getattr(getattr(load(trials()[name]), test), trial).SU.LowerBack
    with tempfile.TemporaryDirectory() as temporary:
        here = Path(temporary)
        recording = played.imported(write_session(here / "session", sensor), here / "session.mcap")
        minutes = len(sensor.Timestamp) / sensor.Fs.Acc / 60
        try:
            return {"minutes": minutes, "failure": "", **seen(played.analyzed(recording, here / "analysis"))}
        except HiphingeError as e:
            return {"minutes": minutes, "failure": str(e)}


def write_session(session: Path, sensor: Any) -> Path:
    """Acceleration in g and rate in °/s as a CSV session folder in SI units."""
    session.mkdir()
    t = sensor.Timestamp - sensor.Timestamp[0]
    rows = np.column_stack([t, G * sensor.Acc, np.deg2rad(sensor.Gyr)])
    pd.DataFrame(rows, columns=list(COLUMNS)).to_csv(session / f"{UPPER_LUMBAR}.csv", index=False, float_format="%.6f")
    return session


def seen(tables: played.Tables) -> dict[str, Any]:
    """What must not be there, and what is."""
    refused = [name for name in tables.angles.columns if name not in SAYS]
    return {
        "repetitions": len(tables.reps),
        "rounded_alerts": int((tables.alerts["kind"] == "rounded_back").sum()),
        "sitting_bouts": int((tables.bouts["posture"] == "sitting").sum()),
        "refused_but_known_instants": int(tables.angles[refused].notna().to_numpy().sum()),
        "trunk_inclination_known_share": float(tables.angles["trunk_inclination_deg"].notna().mean()),
        "bouts": [f"{b.start_s:.1f} to {b.end_s:.1f} s {b.posture}" for b in tables.bouts.itertuples()],
        "alerts": [f"{a.t_s:.1f} s {a.kind}" for a in tables.alerts.itertuples()],
        "missing": tables.summary["calibration"]["missing"],
    }
