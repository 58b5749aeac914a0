"""A wearer who nods: gravity and gyroscope agree, so that units can be told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

HEADER = "t_s,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z"
Table = NDArray[np.float64]
Nodding = Callable[..., Table]
Written = Callable[..., Path]


def nod(seconds: float = 20.0, rate: float = 50.0, start: float = 0.0, swing: float = 0.8) -> Table:
    """Rows (n, 7): turning ``swing`` rad to and fro about x every four seconds, with a little noise."""
    t = np.arange(round(seconds * rate)) / rate
    rng = np.random.default_rng(5)
    angle, speed = swing * np.sin(np.pi / 2 * t), swing * np.pi / 2 * np.cos(np.pi / 2 * t)
    still = np.zeros_like(t)
    acc = np.column_stack([still, 9.81 * np.sin(angle), 9.81 * np.cos(angle)]) + rng.normal(0, 0.05, (len(t), 3))
    gyr = np.column_stack([speed, still, still]) + rng.normal(0, 0.01, (len(t), 3))
    return np.column_stack([start + t, acc, gyr]).round(6)


def to_bytes(content: Table | str | bytes) -> bytes:
    if isinstance(content, np.ndarray):
        columns = HEADER.split(",")[: content.shape[1]]
        rows = "\n".join(",".join(map(repr, row)) for row in content.tolist())
        content = f"{','.join(columns)}\n{rows}\n"
    return content.encode() if isinstance(content, str) else content


@pytest.fixture
def nodding() -> Nodding:
    return nod


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """``written({"sacrum.csv": rows or text or bytes})``: a folder of these files."""

    def write(files: dict[str, Table | str | bytes], name: str = "session") -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for file, content in files.items():
            (folder / file).write_bytes(to_bytes(content))
        return folder

    return write
