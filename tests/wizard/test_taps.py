"""A finger on a sensor is found; steps, seats and lifts are none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.io

from hiphinge import monitor, simulate, wizard
from hiphinge.blocks import FILLED, Input, Link, MotionBlock, Sensor
from hiphinge.detect.taps import DoubleTaps, Params, Taps
from hiphinge.devices.driver import VIBRATED, Pulses
from hiphinge.errors import SettingsError
from hiphinge.intake import Intake
from hiphinge.wizard.taps import Listener
from tests.wizard.wearings import CALIBRATION, FULL, worn


def tapped(*taps: tuple[float, str, float], seconds: float = 6.0, seed: int = 1) -> list[Input]:
    """Somebody stands and is tapped at (s, site, m/s²)."""
    wearer = simulate.Responsive(seed=seed)
    wearer.score.shocks += [simulate.score.Shock(t, strength, site) for t, site, strength in taps]
    return wearer.inputs(seconds)


def motion_of(log: Sequence[Input]) -> MotionBlock:
    sensors = tuple(Sensor(site, "hiphinge_imu", site) for site in FULL)
    intake = Intake(monitor.Params(sensors=sensors))
    return wizard.join([*intake.take(log), *intake.finish()])


@pytest.mark.parametrize("site", FULL)
def test_the_tapped_sensor_is_the_one_that_jolts(site: str) -> None:
    found = Taps(Params(), FULL).listen(motion_of(tapped((3.0, site, 25.0))))
    assert [tap.site for tap in found] == [site]
    assert found[0].t == pytest.approx(3.0, abs=0.1)
    assert found[0].jolt > 2 * found[0].other


@pytest.mark.parametrize("size", [1, 7, 100])
def test_taps_are_the_same_however_the_motion_is_cut(size: int) -> None:
    motion = motion_of(tapped((2.0, "sacrum", 30.0), (2.3, "sacrum", 30.0), (4.0, "thigh_right", 30.0), seconds=7.0))
    for kind in (Taps, DoubleTaps):
        whole, pieces = kind(Params(), FULL), kind(Params(), FULL)
        cuts = [part(motion, i, i + size) for i in range(0, len(motion), size)]
        assert [tap for piece in cuts for tap in pieces.listen(piece)] == list(whole.listen(motion)) != []


def part(motion: MotionBlock, a: int, b: int) -> MotionBlock:
    return MotionBlock(motion.t[a:b], motion.sites, motion.acc[:, a:b], motion.gyr[:, a:b], motion.flags[:, a:b])


def test_a_jolt_of_all_at_once_is_no_tap() -> None:
    """Somebody jumps, or the bag with the sensors falls."""
    motion = motion_of(tapped((3.0, "", 40.0)))
    assert Taps(Params(), FULL).listen(motion) == ()


def test_what_was_bridged_or_is_missing_jolts_nowhere() -> None:
    motion = motion_of(tapped((3.0, "sacrum", 30.0)))
    near = np.abs(motion.t - 3.0) < 0.3
    flags = motion.flags.copy()
    flags[:, near] |= FILLED
    assert Taps(Params(), FULL).listen(MotionBlock(motion.t, FULL, motion.acc, motion.gyr, flags)) == ()
    acc = np.where(near[:, None], np.nan, motion.acc)
    assert Taps(Params(), FULL).listen(MotionBlock(motion.t, FULL, acc, motion.gyr, motion.flags)) == ()


# --- Double taps -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("taps", "found"),
    [
        (((3.0, "sacrum"), (3.3, "sacrum")), 1),
        (((3.0, "sacrum"),), 0),
        (((3.0, "sacrum"), (4.2, "sacrum")), 0),
        (((3.0, "sacrum"), (3.3, "thigh_right")), 0),
        (((3.0, "sacrum"), (3.3, "sacrum"), (3.6, "sacrum")), 0),
    ],
    ids=["two", "one", "two slow ones", "on two sensors", "three"],
)
def test_a_double_tap_is_two_on_one_sensor_and_nothing_else(taps: tuple[tuple[float, str], ...], found: int) -> None:
    log = tapped(*((t, site, 30.0) for t, site in taps))
    assert len(DoubleTaps(Params(), FULL).listen(motion_of(log))) == found


MOTOR_HZ = 180.0


def shaken(*runs: tuple[float, float], sites: tuple[str, ...] = ("sacrum",)) -> MotionBlock:
    """Somebody stands; a motor runs in a sensor from s for s, as a coin motor does: 15 m/s² at 180 Hz."""
    motion = motion_of(tapped(seconds=8.0))
    acc = motion.acc.copy()
    for start, seconds in runs:
        on = (motion.t >= start) & (motion.t < start + seconds)
        for site in sites:
            acc[FULL.index(site), on, 0] += 15.0 * np.sin(2 * np.pi * MOTOR_HZ * motion.t[on])
    return MotionBlock(motion.t, FULL, acc, motion.gyr, motion.flags)


@pytest.mark.parametrize("runs", [((3.0, 0.1), (3.25, 0.1)), ((3.0, 0.3),)], ids=["two pulses", "a long one"])
def test_a_motor_is_no_finger(runs: tuple[tuple[float, float], ...]) -> None:
    """It would be a double tap, were it not said that it runs; a finger later is one again."""
    motion = shaken(*runs)
    assert len(DoubleTaps(Params(), FULL).listen(motion)) == 1
    told = DoubleTaps(Params(), FULL)
    told.shaken(2.9, 4.5)
    assert told.listen(motion) == ()
    told = DoubleTaps(Params(), FULL)
    told.shaken(0.0, 2.9)
    assert len(told.listen(motion)) == 1


def test_a_session_whose_motor_runs_takes_no_new_zero() -> None:
    """The link says that it runs, and the log keeps it; a few inputs at a time or all at once."""
    sensors = tuple(Sensor(site, "hiphinge_imu", site) for site in FULL)
    log = tapped((3.0, "sacrum", 30.0), (3.3, "sacrum", 30.0), seconds=26.0)
    learnt = worn(CALIBRATION, seed=1)
    found = wizard.calibrate(learnt.params, learnt.motion, learnt.spans)
    at = round(2.95e9)
    told = sorted([*log, Link(at, "sacrum", VIBRATED, Pulses(0.15, 2).to_text())], key=lambda one: one.arrival_ns)
    spoilt = sorted([*log, Link(at, "sacrum", VIBRATED, "[" * 10_000)], key=lambda one: one.arrival_ns)
    for inputs, asked in ((log, True), (told, False), (spoilt, True)):
        for size in (7, len(inputs)):
            watch = monitor.Monitor(monitor.Params(sensors=sensors), found)
            outcomes = [watch.feed(inputs[i : i + size]) for i in range(0, len(inputs), size)]
            kinds = {e.kind for outcome in [*outcomes, watch.finish()] for e in outcome.events}
            assert bool(kinds & {"zero", "zero_refused"}) is asked


@cache
def busy() -> MotionBlock:
    """Somebody walks, jogs, lifts and sits down hard."""
    movements = [simulate.Walk(30.0), simulate.jog(12.0), simulate.Stand(2.0), *simulate.deadlifts(3)]
    movements += [simulate.SitDown(), simulate.Sit(3.0), simulate.StandUp(), simulate.Stand(2.0)]
    played = simulate.wear(movements, seed=3)
    return motion_of([one for batch in played.batches() for one in batch])


def test_walking_lifting_and_sitting_down_are_no_double_taps() -> None:
    assert DoubleTaps(Params(), FULL).listen(busy()) == ()


def test_a_real_person_walking_taps_nothing(data_dir: Callable[[str], Path]) -> None:
    mat = scipy.io.loadmat(data_dir("qmt_full_body") / "full_body_example_data.mat", squeeze_me=True)
    parts = [mat[name] for name in ("lower_back", "hip", "upper_leg_right")]
    acc, gyr = (np.stack([one[name].item() for one in parts]) for name in ("acc", "gyr"))
    motion = MotionBlock(mat["t"], FULL, acc, gyr, np.zeros(acc.shape[:2], np.uint8))
    assert DoubleTaps(Params(), FULL).listen(motion) == ()
    assert pd.notna(acc).all()


# --- Before anybody knows which is which -----------------------------------------------------


def test_sensors_without_a_site_are_told_apart_by_their_ids() -> None:
    sensors = [Sensor(site, "hiphinge_imu", "") for site in FULL]
    found = Listener(sensors).feed(tapped((3.0, "thigh_right", 30.0)))
    assert [tap.site for tap in found] == ["thigh_right"]


@pytest.mark.parametrize("count", [0, 5])
def test_none_or_more_sensors_than_sites_are_refused(count: int) -> None:
    with pytest.raises(SettingsError, match=f"{count} sensors, expected 1 to 4"):
        Listener([Sensor(str(i), "hiphinge_imu", "") for i in range(count)])
