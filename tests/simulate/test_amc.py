from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hiphinge import simulate
from hiphinge.blocks import SACRUM, THIGH_LEFT, THIGH_RIGHT, UPPER_LUMBAR
from hiphinge.errors import InputError
from hiphinge.simulate import amc, skeleton

ASF = """:version 1.10
:units
  length 0.45
:root
   order TX TY TZ RX RY RZ
:bonedata
""" + "".join(
    f"  begin\n     name {name}\n     axis 0 0 {axis} XYZ\n    dof rx ry rz\n  end\n"
    for name, axis in (("lfemur", 20), ("rfemur", -20), ("lowerback", 0), ("upperback", 0), ("thorax", 0))
)


def take(path: Path, angles: dict[str, list[float]], frames: int = 120) -> Path:
    """An AMC file that moves smoothly from zero to these degrees."""
    lines = [":FULLY-SPECIFIED", ":DEGREES"]
    for i in range(frames):
        lines.append(str(i + 1))
        share = 0.5 - 0.5 * np.cos(np.pi * i / (frames - 1))
        for bone in ("root", "lowerback", "upperback", "thorax", "lfemur", "rfemur"):
            turn = [share * a for a in angles.get(bone, [0.0, 0.0, 0.0])]
            lines.append(" ".join([bone, *(["0", "17", "0"] if bone == "root" else []), *map(str, turn)]))
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def asf(tmp_path: Path) -> Path:
    path = tmp_path / "somebody.asf"
    path.write_text(ASF)
    return path


def last(coordinates: dict[str, np.ndarray]) -> dict[str, float]:
    return {name: float(np.rad2deg(values[-1])) for name, values in coordinates.items()}


def test_signs_of_a_bend(asf: Path, tmp_path: Path) -> None:
    # World x is left there, y up, z forward: a positive turn about x leans forward.
    bent = {"root": [20.0, 0.0, 0.0], "lowerback": [30.0, 0.0, 0.0], "rfemur": [-40.0, 0.0, 0.0]}
    found = last(simulate.capture(asf, take(tmp_path / "bend.amc", bent)).coordinates)
    assert found["trunk"] == pytest.approx(50.0, abs=0.5)
    assert found["lumbar"] == pytest.approx(30.0, abs=0.5)
    assert found["thigh_left"] == pytest.approx(-20.0, abs=6.0)
    assert found["thigh_right"] > 15.0


def test_signs_of_turning_and_leaning(asf: Path, tmp_path: Path) -> None:
    left = last(simulate.capture(asf, take(tmp_path / "left.amc", {"root": [0.0, 30.0, 0.0]})).coordinates)
    assert left["heading"] == pytest.approx(30.0, abs=0.5)
    right = last(simulate.capture(asf, take(tmp_path / "right.amc", {"thorax": [0.0, 0.0, 15.0]})).coordinates)
    assert right["side_bend"] == pytest.approx(15.0, abs=0.5)
    twist = last(simulate.capture(asf, take(tmp_path / "twist.amc", {"thorax": [0.0, 10.0, 0.0]})).coordinates)
    assert twist["rotation"] == pytest.approx(10.0, abs=0.5)


def test_coordinates_are_the_inverse_of_the_skeleton() -> None:
    rng = np.random.default_rng(1)
    n = 40
    given = {c: np.zeros(n) for c in simulate.score.COORDINATES}
    for name in ("roll", "trunk", "lumbar", "side_bend", "rotation", "thigh_left", "spread_left", "turn_right"):
        given[name] = rng.uniform(-0.7, 0.7) * np.sin(np.linspace(0, 3, n))
    q = skeleton.attitudes(given)
    found = amc._coordinates(q, np.zeros((n, 3)))
    for site, again in skeleton.attitudes(found).items():
        np.testing.assert_allclose(np.abs((again * q[site]).sum(axis=1)), 1.0, atol=1e-12, err_msg=site)
    assert set(q) == {UPPER_LUMBAR, SACRUM, THIGH_LEFT, THIGH_RIGHT}
    np.testing.assert_allclose(found["lumbar"], given["lumbar"], atol=1e-9)


def test_damaged_files_are_named(asf: Path, tmp_path: Path) -> None:
    whole = take(tmp_path / "whole.amc", {})
    short = tmp_path / "short.amc"
    short.write_text("\n".join(whole.read_text().splitlines()[:-3]))
    with pytest.raises(InputError, match="cut short"):
        simulate.capture(asf, short)
    letters = tmp_path / "letters.amc"
    letters.write_text(whole.read_text().replace("thorax 0.0", "thorax abc", 1))
    with pytest.raises(InputError, match="abc"):
        simulate.capture(asf, letters)
    with pytest.raises(InputError, match="is missing"):
        simulate.capture(whole, whole)
    torn = tmp_path / "torn.amc.gz"
    torn.write_bytes(gzip.compress(whole.read_bytes())[:-20])
    with pytest.raises(InputError, match="gzip"):
        simulate.capture(asf, torn)


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_a_real_floor_placement(data_dir: Callable[[str], Path], share: float) -> None:
    folder = data_dir("hdm05")
    files = sorted((folder / "amc" / "depositFloorR").glob("HDM_bd*"))[1:2]
    session = simulate.play_amc(folder / "asf" / "HDM_bd.asf", files, spine_share=share, seed=1)
    (lift,) = session.lifts
    assert np.rad2deg(lift.trunk) == pytest.approx(101.6, abs=1.0)
    assert np.rad2deg(lift.peak_lumbar_flexion) == pytest.approx(60.2 * share, abs=1.0)
    truth = np.concatenate([c["trunk_inclination_deg"] for c in session.truth_chunks()])
    assert abs(truth[-50:].mean()) < 1.0
