"""The sign table of docs/frames.md holds for the angles that the code measures."""

from __future__ import annotations

import re

import numpy as np
import pytest

from hiphinge import rotation
from hiphinge.blocks import SITES, SegmentBlock
from hiphinge.kinematics.joint_angles import JointAngles, Params
from tests.contract.source import ROOT

PAGE = (ROOT / "docs" / "frames.md").read_text("utf-8")
ROW = re.compile(
    r"^\| (?P<movement>[^|]+) \| (?P<site>\w+) \| (?P<about>[+−][xyz]) \| `(?P<column>\w+)_deg` \| (?P<sign>[+−]) \|$",
    re.M,
)
ROWS = [m.groupdict() for m in ROW.finditer(PAGE)]

STANDING = rotation.from_matrix(np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]))
"""q_e_b of someone who faces along the earth's x: y up is its z, z right its −y."""
TURN = 0.3


def measured(site: str, about: str) -> dict[str, float]:
    """All angles while one segment has turned about its own axis."""
    rotvec = TURN * np.array([about[1] == axis for axis in "xyz"], float) * (1 if about[0] == "+" else -1)
    q_e_b = np.tile(STANDING, (len(SITES), 1, 1))
    q_e_b[SITES.index(site)] = rotation.multiply(STANDING, rotation.from_rotvec(rotvec))
    none = np.zeros((len(SITES), 1))
    block = SegmentBlock(np.zeros(1), SITES, q_e_b, none, none.astype(np.uint8), related=none == 0)
    return {name: float(a[0]) for name, a in JointAngles(Params(), SITES).measure(block).angles.items()}


def test_the_page_has_its_table() -> None:
    """Every joint angle and inclination, each side of the hips included."""
    columns = {row["column"] for row in ROWS}
    joints = {"lumbar_flexion", "lumbar_side_bend", "lumbar_rotation", "trunk_inclination", "pelvis_tilt"}
    hips = {f"hip_{what}_{side}" for what in ("flexion", "abduction", "rotation") for side in ("left", "right")}
    assert joints | hips <= columns
    assert len(ROWS) >= 19


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r["movement"])
def test_each_movement_has_its_sign(row: dict[str, str]) -> None:
    """By exactly the angle that the segment turned."""
    wanted = TURN if row["sign"] == "+" else -TURN
    assert measured(row["site"], row["about"])[row["column"]] == pytest.approx(wanted, abs=1e-9)


def test_standing_is_zero() -> None:
    """Nobody turned: every angle is 0."""
    upright = {name: a for name, a in measured("sacrum", "+q").items() if not name.endswith("_sd")}
    assert upright == pytest.approx(dict.fromkeys(upright, 0.0), abs=1e-9)
