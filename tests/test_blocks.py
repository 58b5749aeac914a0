"""The types that flow are frozen, named by site in one order, and honest about what they do not know."""

from __future__ import annotations

import dataclasses
import inspect
import math

import numpy as np
import pytest

from hiphinge import blocks

TYPES = [c for _, c in inspect.getmembers(blocks, dataclasses.is_dataclass)]


@pytest.mark.parametrize("kind", TYPES, ids=lambda c: c.__name__)
def test_frozen_and_closed(kind: type) -> None:
    """No stage can change what another was given, nor hang something on it."""
    parameters = kind.__dataclass_params__  # type: ignore[attr-defined]  # every dataclass has it
    assert parameters.frozen
    assert hasattr(kind, "__slots__")


def test_flags_are_bits_of_their_own() -> None:
    """Any union of them can be taken apart again."""
    masks = [int(value) for value in vars(blocks).values() if isinstance(value, np.uint8)]
    bits = [mask for mask in masks if mask.bit_count() == 1]
    assert len(bits) == len(set(bits))
    assert {int(b) for b in (blocks.FILLED, blocks.CLIPPED, blocks.MISSING, blocks.SETTLING)} == {1, 2, 4, 8}


def test_sites_in_their_order() -> None:
    """Upper before lower, left before right: shapes (k, n) rely on it."""
    assert blocks.SITES == ("upper_lumbar", "sacrum", "thigh_left", "thigh_right")


@pytest.mark.parametrize("kind", [c for c in TYPES if hasattr(c, "__len__")], ids=lambda c: c.__name__)
def test_blocks_count_instants(kind: type) -> None:
    """``len`` is the number of instants, however many sensors."""
    values = {f.name: np.zeros((2, 5)) for f in dataclasses.fields(kind)} | {"t": np.zeros(5), "t_ns": np.zeros(5)}
    block = kind(**{f.name: values[f.name] for f in dataclasses.fields(kind)})
    assert len(block) == 5


def test_angles_go_by_name() -> None:
    """Without a unit inside; an unknown name is an error, not a NaN."""
    block = blocks.AngleBlock(np.zeros(1), {"pelvis_tilt": np.ones(1)}, np.zeros(1, np.uint8))
    assert block["pelvis_tilt"].tolist() == [1.0]
    with pytest.raises(KeyError):
        block["pelvis_tilt_deg"]


def test_what_was_not_measured_is_not_known() -> None:
    """A calibration without bends has no own range; a bout without sitting calibration no slouch."""
    calibration = blocks.Calibration("id", "", "", {}, {})
    assert math.isnan(calibration.max_lumbar_flexion)
    assert math.isnan(calibration.upright)
    assert math.isnan(blocks.Bout(0.0, 1.0, "sitting").slouch)


def test_a_sensor_without_calibration_is_taken_as_it_is() -> None:
    """No bias, scale one."""
    plain = blocks.SensorCalibration()
    np.testing.assert_array_equal(np.array(plain.acc_scale), np.eye(3))
    assert plain.gyr_bias == plain.acc_bias == (0.0, 0.0, 0.0)


def test_a_tick_alone_knows_no_wall_clock() -> None:
    """Only a clock pair says what time it is."""
    tick = blocks.Tick(10)
    assert (tick.utc_ns, tick.utc_offset_s, tick.boot_id) == (None, None, "")


@pytest.mark.parametrize(
    ("value", "meaning"), [("", None), ("stop", "stop"), ('"stop"', "stop"), ("12", 12), ("[" * 100_000, "[" * 100_000)]
)
def test_a_control_says_json_or_plain_text(value: str, meaning: object) -> None:
    """A key, a script and a recording write the same thing in two ways."""
    assert blocks.Control(0, "set", value).said == meaning


@pytest.mark.parametrize(
    ("value", "s"), [("10", 600), ("0.5", 30), ("", 7), ("soon", 7), ("-1", 7), ("NaN", 7), ("true", 7)]
)
def test_minutes_or_what_is_usual(value: str, s: float) -> None:
    """No number of minutes that has a meaning: the usual time."""
    assert blocks.Control(0, "mute", value).minutes(7.0) == s
