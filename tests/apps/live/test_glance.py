"""What a live view shows, whatever the inputs come in: set, mute, peaks and repetitions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from hiphinge.alerts import rules
from hiphinge.apps.live.glance import Glance
from hiphinge.blocks import AngleBlock, Control, Event, Input, Outcome, Repetition, Sensor, Tick
from hiphinge.monitor import Monitor, Params
from tests.apps.made_up_outcomes import repetition

SENSORS = tuple(Sensor(site, "hiphinge_imu", site) for site in ("upper_lumbar", "sacrum", "thigh_right"))


@pytest.fixture
def glance() -> Glance:
    return Glance(Monitor(Params(sensors=SENSORS, alerts=rules.Params(mute=20 * 60.0))))


def angles(
    lumbar: Sequence[float], *phases: str, reps: tuple[Repetition, ...] = (), counted: tuple[Repetition, ...] = ()
) -> Outcome:
    columns = {"lumbar_flexion": np.array(lumbar, float), "hip_flexion": 2.0 * np.array(lumbar, float)}
    events = tuple(Event(0.0, "phase", {"phase": phase}) for phase in phases)
    block = AngleBlock(np.arange(len(lumbar)) / 100, columns, np.zeros(len(lumbar), np.uint8))
    return Outcome(block, events, reps, counted=counted)


def at(second: int, action: str, value: str = "") -> list[Input]:
    return [Control(second * 10**9, action, value)]


def test_the_peak_is_that_of_every_instant_and_of_the_repetition_under_way(glance: Glance) -> None:
    glance([], angles([0.1, 0.9, 0.2], "descent"))
    assert (glance.back, glance.back_peak, glance.hip_peak) == (0.2, 0.9, 1.8)
    one = repetition(1, 1.0, 0.8, 1.2, "hinge")
    glance([], angles([0.1], "ascent", "standing", counted=(one,)))
    assert glance.back_peak == 0.9
    glance([], angles([0.3], "descent", reps=(one,)))
    assert glance.back_peak == 0.3  # the one before is told late: the next is under way
    glance([], angles([0.0], "standing", reps=(repetition(2, 5.0, 0.5, 1.2, "hinge"),)))
    assert (glance.back_peak, glance.hip_peak, glance.reps) == (0.5, 1.2, 2)


def test_a_movement_that_was_no_repetition_leaves_the_last_one_to_be_seen(glance: Glance) -> None:
    """Sitting down, the bends of a calibration."""
    glance([], angles([0.9], "descent"))
    glance([], angles([0.0], "standing"))
    assert math.isnan(glance.back_peak)
    one = repetition(1, 1.0, 0.8, 1.2, "hinge")
    glance([], angles([0.8], "descent"))
    glance([], angles([0.0], "standing", reps=(one,), counted=(one,)))
    glance([], angles([0.4], "descent"))
    glance([], angles([0.0], "standing"))
    assert (glance.back_peak, glance.hip_peak) == (0.8, 1.2)


def test_a_set_is_the_wearers_own_or_the_latest_found(glance: Glance) -> None:
    found = [repetition(n, 10.0 * n, 0.5, 1.0, "hinge") for n in range(1, 9)]  # sets of six
    glance([], angles([0.0], reps=tuple(found[:7])))
    assert [rep.rep for rep in glance.of_set] == [7]
    glance(at(75, "set", '"start"'), angles([]))
    glance(at(76, "set", "start"), angles([], reps=(found[6], found[7])))
    assert (glance.in_set, glance.set_from, [rep.rep for rep in glance.of_set]) == (True, 75.0, [8])
    glance(at(90, "set", '"stop"'), angles([]))
    assert (glance.in_set, len(glance.of_set), glance.reps) == (False, 1, 9)


@pytest.mark.parametrize(("value", "minutes"), [("10", 10.0), ("", 20.0), ("long", 20.0)])
def test_silence_lasts_as_said_or_as_set(glance: Glance, value: str, minutes: float) -> None:
    glance([*at(60, "mute", value), Tick(120 * 10**9)], angles([]))
    assert glance.muted_s == 60 * (minutes - 1)
    glance(at(121, "resume"), angles([]))
    assert glance.muted_s == 0


def test_before_anything_came_nothing_is_known(glance: Glance) -> None:
    assert (glance.seconds, glance.muted_s, glance.reps, glance.is_over) == (0.0, 0.0, 0, False)
    assert math.isnan(glance.back_peak)
