"""Sessions of the project's own simulator, replayed, as text that a diff shows.

Angles are in degrees to 1e-6. Across processors (numpy's SIMD switched off) they
differ by 4e-13 at most; a sample that is rounded to the other 32-bit float, as
another libm may do, moves them by 3e-8. What moves the sixth decimal is a change of
the code. Angles are decimated: the filters carry every sample on to the next row.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from hiphinge import monitor, simulate, wizard
from hiphinge.blocks import Outcome
from hiphinge.session import tables
from hiphinge.simulate import Simulation

HERE = Path(__file__).resolve().parent
DECIMALS = 6
TOLERANCE = 2e-6
"""Two units of the last decimal: a value on the edge may be rounded to the other side."""

SESSIONS = {
    "workout": {"name": "workout", "faults": (simulate.Loss(0.02), simulate.Gap("sacrum", 150.0, 3.0))},
    "two_thighs": {"name": "mixed", "sites": ("upper_lumbar", "sacrum", "thigh_left", "thigh_right")},
    "back": {"name": "hinge-or-rounded", "sites": ("upper_lumbar", "sacrum")},
    "interval": {"name": "hinge-or-rounded", "sites": ("upper_lumbar", "thigh_left")},
    "desk": {"name": "desk-day", "hours": 0.25},
}
SEED = 7
ROWS = 220
"""Rows of angles a session: every whole second or every few."""


def replay(name: str) -> dict[str, str]:
    """Table -> CSV text of one session, through the monitor as live."""
    played = simulate.scenario(**SESSIONS[name], seed=SEED)  # type: ignore[arg-type]  # options of each kind
    outcomes = watched(played)
    found = {
        "angles": angles(outcomes, every=-(-round(played.duration) // ROWS)),
        "reps": tables.reps([r for o in outcomes for r in o.repetitions]).frame(),
        "bouts": tables.bouts([b for o in outcomes for b in o.bouts]).frame(),
        "alerts": tables.alerts([a for o in outcomes for a in o.alerts]).frame(),
        "events": events(outcomes),
    }
    return {table: text(frame) for table, frame in found.items()}


def watched(played: Simulation) -> list[Outcome]:
    """All outcomes; the calibration is found in the session."""
    params = monitor.Params(sensors=played.sensors)
    batches = list(played.batches())
    spans = wizard.marked(one for batch in batches for one in batch)
    fed = monitor.Monitor(params, wizard.calibrate_recording(params, batches, spans))
    return [*(fed.feed(batch) for batch in batches), fed.finish()]


def angles(outcomes: list[Outcome], every: int) -> pd.DataFrame:
    """All angles in degrees on every ``every``-th whole second, and the flags there."""
    t = np.concatenate([o.angles.t for o in outcomes])
    kept = np.rint(t * 100) % (100 * every) == 0
    columns = {"t_s": t[kept], "flags": np.concatenate([o.angles.flags for o in outcomes])[kept]}
    for name in outcomes[0].angles.angles:
        columns[f"{name}_deg"] = np.rad2deg(np.concatenate([o.angles[name] for o in outcomes])[kept])
    return pd.DataFrame(columns)


def events(outcomes: list[Outcome]) -> pd.DataFrame:
    """Time and kind of each, with the phase; their numbers are in the other tables."""
    found = [(e.t, e.kind, str(e.data.get("phase", ""))) for o in outcomes for e in o.events]
    return pd.DataFrame(sorted(found), columns=["t_s", "kind", "phase"])


def text(frame: pd.DataFrame) -> str:
    """CSV without -0 and with six decimals; the calibration's id, which hashes it to the last bit, is left out."""
    shown = frame.drop(columns="calibration_id", errors="ignore").round(DECIMALS)
    numbers = shown.select_dtypes("float").columns
    shown[numbers] = shown[numbers] + 0.0
    written: str = shown.to_csv(index=False, lineterminator="\n")
    return written


def committed(name: str) -> dict[str, str]:
    """The tables that are under version control; none before the first writing."""
    return {path.stem: path.read_text("utf-8") for path in sorted((HERE / name).glob("*.csv"))}


def difference(old: str, new: str) -> str:
    """Where two tables differ by more than the tolerance, in words; "" where they do not."""
    one, other = (pd.read_csv(io.StringIO(x)) for x in (old, new))
    try:
        pd.testing.assert_frame_equal(one, other, rtol=0, atol=TOLERANCE, check_dtype=False)
    except AssertionError as e:
        return str(e)
    return ""


def changed(name: str, new: Mapping[str, str]) -> dict[str, str]:
    """Table -> how it differs from the committed one."""
    old = committed(name)
    found = {table: difference(old[table], new[table]) for table in old.keys() & new.keys()}
    found |= dict.fromkeys(new.keys() - old.keys(), "not there yet")
    found |= dict.fromkeys(old.keys() - new.keys(), "no longer made")
    return {table: words for table, words in sorted(found.items()) if words}
