"""Worn or not, slipped, exchanged: found where it is so, and never cried where it is not."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.blocks import SACRUM, THIGH_LEFT, THIGH_RIGHT, UPPER_LUMBAR, Event, Floats
from hiphinge.detect import sitting, wear
from hiphinge.detect.wear import Wear
from tests.detect import days, people

RAD = np.deg2rad
MINUTE = [("standing", 20.0), ("sitting", 40.0)]


def judge(day: days.Day, cuts: list[int] | None = None) -> tuple[list[int], list[Event]]:
    """Idle seconds and events of a whole day."""
    watched = Wear(wear.Params())
    verdicts = [*(watched.update(a, m) for a, m in day.blocks(cuts or [])), watched.finish()]
    return [int(i) for v in verdicts for i in v.idle], [e for v in verdicts for e in v.events]


# --- On the body? ------------------------------------------------------------------------


@pytest.mark.parametrize("noise", [0.002, 0.02, 0.06])
def test_sensors_on_a_table_are_not_worn(noise: float) -> None:
    """Found after a minute, and then known for the whole time; within seconds of moving again they are worn."""
    idle, events = judge(days.play([("sitting", 100.0), ("table", 150.0), ("sitting", 50.0)], noise=noise))
    assert set(idle[:156]) == {0}
    assert idle[162:249] == list(range(idle[162], idle[162] + 87))
    assert 60 <= idle[162] <= 66
    assert set(idle[254:]) == {0}
    assert events == []


def test_not_worn_in_the_bouts() -> None:
    """The posture says so from the moment they were put down, and nobody is told to move."""
    day = days.play([("sitting", 100.0), ("table", 2000.0), ("sitting", 50.0)])
    watched, postures = Wear(wear.Params()), sitting.Postures(sitting.Params())
    seen = [postures.update(a, m, watched.update(a, m).idle) for a, m in day.blocks(list(range(0, len(day), 6000)))]
    seen.append(postures.finish(watched.finish().idle))
    bouts = [b for s in seen for b in s.bouts]
    assert [b.posture for b in bouts] == ["sitting", "not_worn", "sitting"]
    hands = sitting.Params().hands
    assert bouts[1].start == pytest.approx(100.0 - hands, abs=1.5)
    assert bouts[1].end == pytest.approx(2100.0 + hands, abs=1.5)
    kinds = {e.kind for s in seen for e in s.events}
    assert kinds == {"seat_taken", "seat_left", "seat_forgotten", "posture_shift"}


def test_one_sensor_off_while_the_others_walk() -> None:
    day = days.play([("standing", 30.0), ("walking", 120.0)])
    table = days.play([("table", 150.0)], seed=1)
    acc, gyr = day.acc.copy(), day.gyr.copy()
    acc[0, 3500:], gyr[0, 3500:] = table.acc[0, 3500:], table.gyr[0, 3500:]
    idle, events = judge(days.Day(day.t, day.sites, acc, gyr, day.angles))
    assert set(idle) == {0}
    assert [(e.kind, e.data["site"]) for e in events] == [("sensor_taken_off", UPPER_LUMBAR)]
    assert events[0].data["since"] == pytest.approx(35.0, abs=2.0)


def test_lost_packets_do_not_put_it_on_again() -> None:
    parts = [("sitting", 70.0), ("table", 100.0), ("missing", 0.9), ("table", 100.0), ("missing", 2.0), ("table", 60.0)]
    assert min(judge(days.play(parts))[0][140:]) > 0


def test_a_silent_sensor_is_not_an_unworn_one() -> None:
    day = days.play([("sitting", 100.0), ("missing", 100.0)])
    assert set(judge(day)[0]) == {0}


def rests_of(folder: Path) -> list[tuple[Floats, Floats]]:
    """Spells of a real sensor at rest on a table (imucal), at least 4 s each."""
    table = pd.read_csv(folder / "example_data" / "example_ferraris_session.csv")
    acc = table[["acc_x", "acc_y", "acc_z"]].to_numpy()
    gyr = np.deg2rad(table[["gyr_x", "gyr_y", "gyr_z"]].to_numpy())
    quiet = pd.DataFrame(gyr).rolling(100).std().max(axis=1).to_numpy() < 0.02
    edges = np.flatnonzero(np.diff(quiet.astype(int), prepend=0, append=0))
    return [(acc[a:b], gyr[a:b]) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > 400]


def one_sensor(acc: Floats, gyr: Floats) -> days.Day:
    """A sensor somewhere, and nothing else."""
    return days.Day(np.arange(len(acc)) / 100, (SACRUM,), acc[None], gyr[None], {})


def looped(rest: Floats, seconds: int) -> Floats:
    """The rest forth and back again: without a step where it begins anew."""
    both = np.concatenate((rest, rest[::-1]))
    return np.tile(both, (1 + 100 * seconds // len(both), 1))[: 100 * seconds]


def test_a_real_sensor_at_rest_is_not_worn(data_dir: Callable[[str], Path]) -> None:
    """imucal: nine rests of 4 to 9 s in other attitudes, put together as one minute."""
    rests = rests_of(data_dir("imucal"))
    acc = np.concatenate([a - a.mean(axis=0) for a, _ in rests]) + np.array([0.0, 0.0, 9.81])
    gyr = np.concatenate([g - g.mean(axis=0) for _, g in rests])
    assert len(acc) > 6000
    assert judge(one_sensor(acc, gyr))[0][-1] >= 60


@pytest.mark.parametrize(
    "trial",
    [
        "02_undisturbed_slow_rotation_B",
        "16_undisturbed_fast_translation_B",
        "27_disturbed_phone_vibration_B",
    ],
)
@pytest.mark.parametrize("rate_hz", [52.0, 104.0])
def test_a_real_sensor_at_rest_read_at_other_rates(data_dir: Callable[[str], Path], trial: str, rate_hz: float) -> None:
    """broad: half a minute of rest, forth and back, as a sensor of another rate gives it to the grid."""
    with h5py.File(data_dir("broad") / f"{trial}.hdf5") as file:
        rows = np.concatenate((file["imu_acc"][:8600], file["imu_gyr"][:8600]), axis=1)
    t, own, grid = np.arange(8600) / 285.714, np.arange(0, 30, 1 / rate_hz), np.arange(0, 29.9, 0.01)
    own_rows = [np.interp(own, t, column) for column in rows.T]
    rest = looped(np.stack([np.interp(grid, own, column) for column in own_rows], axis=1), 65)
    assert judge(one_sensor(rest[:, :3], rest[:, 3:]))[0][-1] >= 60


def test_a_real_person_sitting_still_wears_them(data_dir: Callable[[str], Path]) -> None:
    """The quietest 20 s of a seated person, repeated for two minutes: worn, any sensor alone or all."""
    day = people.qmt(data_dir("qmt_full_body"), "vqf")
    still = slice(1700, 3700)
    angles = {name: looped(x[still, None], 120)[:, 0] for name, x in day.angles.items()}
    acc = np.stack([looped(x[still], 120) for x in day.acc])
    gyr = np.stack([looped(x[still], 120) for x in day.gyr])
    seated = days.Day(np.arange(12000) / 100, day.sites, acc, gyr, angles)
    assert set(judge(seated)[0]) == {0}
    for i, site in enumerate(day.sites):
        alone = days.Day(seated.t, (site,), acc[i : i + 1], gyr[i : i + 1], angles)
        assert set(judge(alone)[0]) == {0}, site


# --- Slipped? ----------------------------------------------------------------------------

CHORES = [part for i in range(8) for part in (("standing", 7.0), ("deep_bend", 3.0), ("standing", 5.0 + i % 3))]
NAMES = {UPPER_LUMBAR: "trunk_inclination", SACRUM: "pelvis_tilt", THIGH_RIGHT: "thigh_elevation"}


@pytest.mark.parametrize(("site", "by"), [(UPPER_LUMBAR, 7.0), (SACRUM, -8.0), (THIGH_RIGHT, 14.0)])
def test_a_sensor_that_slipped_is_named_once(site: str, by: float) -> None:
    day = days.play(CHORES)
    slipped = day.changed(**{NAMES[site]: np.where(day.t > 40.0, by, 0.0)})
    _, events = judge(slipped)
    assert [(e.kind, e.data["site"]) for e in events] == [("sensor_slipped", site)]
    assert events[0].data["moved_deg"] == pytest.approx(by, abs=1.0)
    assert 60.0 < events[0].t < 110.0


@pytest.mark.parametrize(
    "offsets",
    [
        {},
        {"pelvis_tilt": 4.0},
        {"thigh_elevation": 8.0},  # one knee bent
        {"trunk_inclination": 9.0, "pelvis_tilt": 6.0},  # leaning forward: two segments
    ],
)
def test_standing_differently_is_no_slip(offsets: dict[str, float]) -> None:
    assert judge(days.play(CHORES).changed(**offsets))[1] == []


def test_without_a_thigh_nobody_knows() -> None:
    """Sitting rolls the pelvis back, and would look like a slip."""
    day = days.play(CHORES).changed(pelvis_tilt=-15.0)
    assert judge(day.only(UPPER_LUMBAR, SACRUM))[1] == []


# --- Exchanged? --------------------------------------------------------------------------

BENDS = [part for _ in range(3) for part in (("standing", 5.0), ("deep_bend", 4.0))]
SITS = [part for _ in range(3) for part in (("standing", 5.0), ("sitting", 6.0))]


def test_upper_and_lower_back_exchanged() -> None:
    day = days.play(BENDS).renamed(trunk_inclination="pelvis_tilt", pelvis_tilt="trunk_inclination")
    (event,) = judge(day)[1]
    assert (event.kind, event.data["sites"]) == ("sensor_swapped", (UPPER_LUMBAR, SACRUM))
    assert event.data["angle_deg"] == pytest.approx(-50.0, abs=15.0)
    assert event.data["value"] == event.data["limit"] == 5.0


def test_pelvis_and_thigh_exchanged() -> None:
    day = days.play(SITS).renamed(pelvis_tilt="thigh_elevation", thigh_elevation="pelvis_tilt")
    turned = {n: -x if n in ("pelvis_tilt", "thigh_elevation") else x for n, x in day.angles.items()}
    (event,) = judge(days.Day(day.t, day.sites, day.acc, day.gyr, turned))[1]
    assert (event.kind, event.data["sites"]) == ("sensor_swapped", (SACRUM, THIGH_RIGHT))


def test_pelvis_and_thigh_exchanged_before_the_calibration() -> None:
    """What is called pelvis then stays in a bend, and what is called thigh swings back."""
    day = days.play(BENDS)
    bent = day.angles["trunk_inclination"] / days.POSES["deep_bend"][0]
    odd = {"pelvis_tilt": 7.0 * bent, "thigh_elevation": -40.0 * bent, "lumbar_flexion": 98.0 * bent}
    (event,) = judge(days.Day(day.t, day.sites, day.acc, day.gyr, {**day.angles, **odd}))[1]
    assert (event.kind, event.data["sites"]) == ("sensor_swapped", (SACRUM, THIGH_RIGHT))


@pytest.mark.parametrize("posture", ["supine", "prone", "squat_hold", "seated_bend", "deep_bend", "walking", "cycling"])
def test_what_people_do_is_no_exchange(posture: str) -> None:
    assert judge(days.play([("standing", 5.0), (posture, 8.0)] * 4))[1] == []


def test_a_press_up_from_the_floor_is_no_exchange() -> None:
    """Prone, the chest raised: more lumbar extension than sitting ever shows."""
    day = days.play([("prone", 10.0), ("prone", 10.0)] * 3)
    raised = day.changed(trunk_inclination=np.where(day.t % 20 > 10, -40.0, 0.0))
    assert judge(raised)[1] == []


def test_legs_are_told_after_ten_strides() -> None:
    """The thigh of days.py swings forward a quarter stride after the pelvis turns left: made to agree, or not."""
    day = days.play([("standing", 5.0), ("walking", 30.0)])
    yaw = day.angles["pelvis_yaw_rate"]
    for sign, expected in ((1.0, []), (-1.0, [(THIGH_RIGHT,)])):
        events = judge(days.Day(day.t, day.sites, day.acc, day.gyr, day.angles | {"pelvis_yaw_rate": sign * yaw}))[1]
        assert [e.data["sites"] for e in events] == expected
        assert all(15.0 < e.t < 22.0 for e in events)
    assert judge(day.without("pelvis_yaw_rate"))[1] == []


def test_a_real_persons_legs(data_dir: Callable[[str], Path]) -> None:
    """qmt: as worn nothing; exchanged, both or either alone: noticed in the first fifteen seconds of walking."""
    day = people.qmt(data_dir("qmt_full_body"), "vqf")
    assert judge(day)[1] == []
    left, right = "thigh_elevation_left", "thigh_elevation_right"
    (event,) = judge(day.renamed(**{left: right, right: left}))[1]
    assert event.data["sites"] == (THIGH_LEFT, THIGH_RIGHT)
    assert event.data["value"] < -0.4
    assert event.t < 72.0
    for site, other in itertools.permutations((THIGH_LEFT, THIGH_RIGHT)):
        alone = day.only(UPPER_LUMBAR, SACRUM)
        angles = dict(alone.angles) | {
            "thigh_elevation": day.angles[site.replace("thigh", "thigh_elevation")],
            "pelvis_yaw_rate": day.angles["pelvis_yaw_rate"],
        }
        for name, expected in ((site, []), (other, [(other,)])):
            worn = days.Day(day.t, (UPPER_LUMBAR, SACRUM, name), day.acc[:3], day.gyr[:3], angles)
            assert [e.data["sites"] for e in judge(worn)[1]] == expected


@pytest.mark.parametrize("wearing", people.VIRTUAL)
def test_twelve_wearings(data_dir: Callable[[str], Path], wearing: str) -> None:
    """Nothing is cried; what is made wrong is found, and named rightly."""
    day, _ = people.virtual(data_dir("virtual") / wearing)
    idle, events = judge(day)
    assert (set(idle), events) == ({0}, [])
    swapped = day.renamed(trunk_inclination="pelvis_tilt", pelvis_tilt="trunk_inclination")
    assert [e.data["sites"] for e in judge(swapped)[1]] == [(UPPER_LUMBAR, SACRUM)]
    for site, name in NAMES.items():
        slipped = day.changed(**{name: np.where(day.t > 110.0, 12.0, 0.0)})
        assert [(e.kind, e.data["site"]) for e in judge(slipped)[1]] == [("sensor_slipped", site)]


# --- One path ----------------------------------------------------------------------------

TABLE = days.play([("standing", 4.0), ("deep_bend", 4.0)] * 3 + [("table", 62.0), ("sitting", 3.0)], start=1.96)
TABLE = TABLE.renamed(trunk_inclination="pelvis_tilt", pelvis_tilt="trunk_inclination")


@given(st.lists(st.integers(0, len(TABLE)), max_size=12))
def test_any_grouping_gives_the_same(cuts: list[int]) -> None:
    whole = judge(TABLE)
    assert judge(TABLE, sorted(cuts)) == whole
    assert max(whole[0]) > 0
    assert whole[1]
