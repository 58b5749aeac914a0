"""A virtual wearer who is asked as he goes: what was sent never changes, and the same seed does the same."""

from __future__ import annotations

import numpy as np
import pytest

from hiphinge import monitor, simulate, wizard
from hiphinge.blocks import Control, Input, MotionBlock, Packet
from hiphinge.intake import Intake
from hiphinge.wizard.moments import Moments

STILL = simulate.Manner(delay=(0.5, 0.5))


def asked(seed: int = 1, **manner: object) -> tuple[simulate.Responsive, list[Input]]:
    """Stands, sits down and up, bends."""
    wearer = simulate.Responsive(seed=seed, manner=simulate.Manner(**manner))  # type: ignore[arg-type]  # a test's own words
    log = wearer.inputs(3.0)
    for step, seconds in (("sit", 22.0), ("bend", 20.0)):
        wearer.follow(step)
        log += [one for _ in range(round(seconds / 0.5)) for one in wearer.inputs(0.5)]
    return wearer, log


def motion_of(wearer: simulate.Responsive, log: list[Input]) -> MotionBlock:
    intake = Intake(monitor.Params(sensors=wearer.sensors))
    return wizard.join([*intake.take(log), *intake.finish()])


def test_the_same_seed_sends_the_same_bytes() -> None:
    assert asked()[1] == asked()[1]


def test_inputs_arrive_in_order_and_on_time() -> None:
    wearer, log = asked()
    arrivals = [one.arrival_ns for one in log]
    assert arrivals == sorted(arrivals)
    assert arrivals[-1] < wearer.now * 1e9
    heard = {site: [p for p in log if isinstance(p, Packet) and p.sensor == site] for site in wearer.wearing.sites}
    assert all(len(packets) > 9.5 * wearer.now for packets in heard.values())


def test_what_is_written_later_joins_on_without_a_jump() -> None:
    """The motion stays smooth where it was asked to go on: no sensor jolts as by a tap."""
    wearer, log = asked()
    motion = motion_of(wearer, log)
    change = np.linalg.norm(np.diff(motion.acc, axis=1), axis=-1)
    assert np.nanmax(change) < 6.0


def test_he_does_what_he_is_asked_for() -> None:
    wearer, log = asked()
    moments = list(Moments(100.0).take(motion_of(wearer, log)))
    still = moments[5]
    tilt = {s: [m.tilt(s, still.up(s)) for m in moments if np.isfinite(m.acc).all()] for s in still.sites}
    assert np.rad2deg(max(tilt["thigh_right"])) == pytest.approx(80, abs=8)
    assert np.rad2deg(max(tilt["upper_lumbar"])) > 70


def test_asked_twice_for_the_same_he_does_it_once() -> None:
    wearer = simulate.Responsive(seed=1)
    wearer.follow("bend")
    end = wearer.score.now
    wearer.follow("bend")
    assert wearer.score.now == end
    wearer.follow("bend", "", 2)
    assert wearer.score.now > end


def test_a_key_is_an_input_like_any_other() -> None:
    wearer = simulate.Responsive(seed=1, manner=STILL)
    wearer.follow("place")
    keys = [one for one in wearer.inputs(2.0) if isinstance(one, Control)]
    assert [(k.action, k.value) for k in keys] == [("wizard", "next")]
    assert keys[0].arrival_ns == pytest.approx(0.5e9, abs=2)
