"""A recording made ready for scrolling: run as a program, beside the live stream and not inside it.

``python -m hiphinge.apps.dashboard.reading FILE FOLDER`` analyses FILE by the
same path as everything, prints how far it is (seconds, a line each), and leaves
in FOLDER the angles as plain arrays and ``about.json``, which is written last.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, BinaryIO

import click
import numpy as np
import pyarrow as pa

from hiphinge import session
from hiphinge.apps.live.angles import Shown
from hiphinge.blocks import Floats
from hiphinge.errors import HiphingeError

TIMES, ROWS, COARSE, ABOUT = "times.f64", "rows.f32", "coarse.f32", "about.json"
WIDTH = 6
"""Columns of a row: low back, hip, and four of the figure."""
SPAN = 64
"""Instants in a step of the coarse arrays: 0.64 s at 100 Hz."""
NICE = 10


class Taking:
    """Tables of angles -> two files, as they come."""

    def __init__(self, shown: Shown, times: BinaryIO, rows: BinaryIO) -> None:
        self._shown, self._times, self._rows = shown, times, rows
        self.instants = 0

    def __call__(self, table: pa.Table) -> None:
        """One table more."""
        angles = {name.removesuffix("_deg"): table[name].to_numpy() for name in table.column_names}
        rows = self._shown.rows(angles["t_s"], angles)
        rows[:, 0].astype("<f8").tofile(self._times)
        rows[:, 1:].astype("<f4").tofile(self._rows)
        self.instants += len(rows)


def coarse(rows: Any) -> Any:
    """Least and greatest of low back and hip (m, 4) of each SPAN instants of ``rows`` (n, 6)."""
    starts = np.arange(0, len(rows), SPAN)
    if not len(starts):
        return np.empty((0, 4), np.float32)
    least, most = np.fmin.reduceat(rows[:, :2], starts), np.fmax.reduceat(rows[:, :2], starts)
    return np.stack((least[:, 0], most[:, 0], least[:, 1], most[:, 1]), axis=1).astype(np.float32)


def make_ready(file: Path, folder: Path) -> None:
    """Analyse ``file`` into ``folder``. Raises HiphingeError, OSError."""
    opened = session.open(file)
    shown = Shown(opened.sites)
    with (folder / TIMES).open("wb") as times, (folder / ROWS).open("wb") as rows:
        taking = Taking(shown, times, rows)
        found = opened.stream(taking, progress=lambda t: click.echo(f"{t:.0f}"))
    angles: Floats = np.fromfile(folder / ROWS, "<f4").reshape(-1, WIDTH)
    coarse(angles).astype("<f4").tofile(folder / COARSE)
    tables = {name: json.loads(found.tables[name].frame().to_json(orient="records")) for name in found.tables}
    about = {"summary": found.summary, "back_label": shown.back_label, "hip_label": shown.hip_label, **tables}
    (folder / ABOUT).write_text(json.dumps(about), "utf-8")


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(NICE)  # a live stream comes first
    try:
        make_ready(Path(sys.argv[1]), Path(sys.argv[2]))
    except (HiphingeError, OSError) as e:
        click.echo(str(e), err=True)
        sys.exit(1)
