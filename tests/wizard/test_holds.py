"""Ten seconds of standing say whether a kept calibration still holds, and what is the matter if not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hiphinge import monitor, simulate
from hiphinge.blocks import Calibration, Sensor
from hiphinge.kinematics.zero import up
from hiphinge.wizard import calibrate
from hiphinge.wizard.holds import Check, Held, compare
from tests.wizard.wearings import CALIBRATION, FULL, worn

SEED = 6


def kept() -> Calibration:
    session = worn(CALIBRATION, seed=SEED)
    return calibrate(session.params, session.motion, session.spans)


def checked(*faults: simulate.Fault, moves: bool = False) -> tuple[Held, float]:
    """The same wearer another day; when it was known, s."""
    wearer = simulate.Responsive(seed=SEED, wearing=simulate.Wearing(faults=faults))
    if moves:
        wearer.do(simulate.Walk(20.0))
    check = Check(monitor.Params(), wearer.sensors, kept())
    held = check.feed(())
    while not held.done and wearer.now < 30:
        held = check.feed(wearer.inputs(0.3))
    return held, wearer.now


def test_it_holds_within_ten_seconds() -> None:
    held, seconds = checked()
    assert (held.done, held.holds, held.fault) == (True, True, "")
    assert seconds <= 10
    assert held.words.startswith("Your calibration holds: ")


def test_any_grouping_says_the_same() -> None:
    wearer = simulate.Responsive(seed=SEED)
    log = wearer.inputs(10.0)
    whole, one_by_one = (Check(monitor.Params(), wearer.sensors, kept()) for _ in range(2))
    assert repr(whole.feed(log)) == repr([one_by_one.feed([one]) for one in log][-1])


@pytest.mark.parametrize(
    ("fault", "name", "words"),
    [
        (simulate.Slip("sacrum", 0.0, (0.0, 0.0, float(np.deg2rad(9.0)))), "moved", "Sacrum has moved by 9°"),
        (simulate.UpsideDown("sacrum"), "upside_down", "Sacrum is upside down"),
        (simulate.Swapped("upper_lumbar", "sacrum"), "exchanged", "Upper lumbar and sacrum are at each other's"),
        (simulate.Swapped("sacrum", "thigh_right"), "exchanged", "Sacrum and thigh right are at each other's"),
    ],
    ids=["slipped", "upside down", "trunk exchanged", "sacrum and thigh exchanged"],
)
def test_what_is_the_matter_is_named(fault: simulate.Fault, name: str, words: str) -> None:
    held, _ = checked(fault)
    assert (held.done, held.holds, held.fault) == (True, False, name)
    assert held.words.startswith(words)
    assert "alibrate again" in held.words


def test_nobody_can_tell_of_somebody_who_walks_about() -> None:
    held, seconds = checked(moves=True)
    assert (held.done, held.holds, held.fault) == (True, None, "moved_about")
    assert seconds < 13


def test_other_sites_than_those_calibrated_are_named() -> None:
    found = kept()
    ups = {site: up(m) for site, m in found.mountings.items()}
    missing = compare(found, {s: ups[s] for s in FULL[:2]})
    assert (missing.holds, missing.fault, missing.sites) == (False, "other_sites", ("thigh_right",))
    more = compare(found, {**ups, "thigh_left": ups["sacrum"]})
    assert more.sites == ("thigh_left",)


def test_a_sensor_whose_axis_no_movement_showed_is_no_stranger() -> None:
    calibration = kept()
    ups = {site: up(m) for site, m in calibration.mountings.items()}
    unknown = {site: replace(m, q_s_b=(np.nan,) * 4, axis_from="") for site, m in calibration.mountings.items()}
    one = replace(calibration, mountings={**calibration.mountings, "thigh_right": unknown["thigh_right"]})
    assert compare(one, ups).holds
    none = compare(replace(calibration, mountings=unknown), ups)
    assert (none.holds, none.fault) == (False, "other_sites")


def test_a_quarter_turn_or_a_seat_is_neither_a_slip_nor_upside_down() -> None:
    found = kept()
    ups = {site: up(m) for site, m in found.mountings.items()}
    x, y, z = ups["thigh_right"]
    ups["thigh_right"] = np.array([-y, x, z])
    held = compare(found, ups)
    assert held.fault in ("turned", "upside_down")
    assert "Thigh right" in held.words


def test_a_sensor_that_is_not_heard_is_not_waited_for_for_ever() -> None:
    wearer = simulate.Responsive(seed=SEED, wearing=simulate.Wearing(faults=(simulate.Dead("sacrum", 0.0),)))
    check = Check(monitor.Params(), [Sensor(s, "hiphinge_imu", s) for s in FULL], kept())
    held = check.feed(wearer.inputs(16.0))
    assert held.done
    assert held.holds is not True
