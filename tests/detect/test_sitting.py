"""Postures, bouts, rises and slouching: on made-up days of known truth, and on a real person."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.blocks import SACRUM, SITES, THIGH_RIGHT, UPPER_LUMBAR, Bout, Event
from hiphinge.detect import sitting, wear
from hiphinge.detect.sitting import Postures, Seen
from tests.detect import days, people

RAD = np.deg2rad
SEAT = ("seat_taken", "seat_left", "break_taken", "seat_forgotten")


def watch(day: days.Day, cuts: list[int] | None = None, **scale: float) -> Seen:
    """All bouts and events of a day, given in blocks that end at ``cuts``."""
    postures = Postures(sitting.Params(), **scale)
    seen = [postures.update(angles, motion) for angles, motion in day.blocks(cuts or [])]
    return together([*seen, postures.finish()])


def together(seen: list[Seen]) -> Seen:
    events = sorted((e for s in seen for e in s.events), key=lambda e: (e.t, e.kind))
    return Seen(tuple(b for s in seen for b in s.bouts), tuple(events))


def told(bouts: tuple[Bout, ...]) -> list[tuple[str, float, float]]:
    return [(b.posture, b.start, b.end) for b in bouts]


def contiguous(bouts: tuple[Bout, ...], start: float, end: float) -> bool:
    edges = [start, *(b.end for b in bouts)]
    return edges[-1] == end and [b.start for b in bouts] == edges[:-1]


def test_a_plain_day() -> None:
    """Stand, sit, walk, lie in every way, cycle: each found, edges within a second."""
    truth = [
        ("standing", 20.0),
        ("sitting", 60.0),
        ("standing", 20.0),
        ("walking", 30.0),
        ("standing", 25.0),
        ("cycling", 60.0),
        ("standing", 25.0),
        ("supine", 60.0),
        ("standing", 25.0),
        ("prone", 60.0),
        ("standing", 25.0),
        ("side", 60.0),
        ("standing", 25.0),
    ]
    bouts = watch(days.play(truth)).bouts
    assert [b.posture for b in bouts] == ["lying" if p in ("supine", "prone", "side") else p for p, _ in truth]
    expected = np.cumsum([0.0] + [seconds for _, seconds in truth])
    assert np.abs(np.array([b.start for b in bouts]) - expected[:-1]).max() <= 1.0
    assert contiguous(bouts, 0.0, days.last(truth))


@pytest.mark.parametrize("posture", ["squat_hold", "deep_bend", "seated_bend"])
def test_what_is_neither_sitting_nor_lying(posture: str) -> None:
    """Four seconds in a deep squat or a bend do not end standing; leaning on a desk does not end sitting."""
    around = "sitting" if posture == "seated_bend" else "standing"
    seconds = 40.0 if posture == "seated_bend" else 4.0
    bouts = watch(days.play([(around, 30.0), (posture, seconds), (around, 30.0)])).bouts
    assert [b.posture for b in bouts] == [around]


def test_short_interruptions_do_not_end_sitting() -> None:
    """Up for 15 s: one bout and yet a rise. Up for 30 s: two bouts."""
    short = watch(days.play([("sitting", 60.0), ("standing", 15.0), ("sitting", 60.0)]))
    assert [b.posture for b in short.bouts] == ["sitting"]
    (rise,) = [e.t for e in short.events if e.kind == "sit_to_stand"]
    assert rise == pytest.approx(61.0, abs=1.0)
    long = watch(days.play([("sitting", 60.0), ("standing", 30.0), ("sitting", 60.0)]))
    assert [b.posture for b in long.bouts] == ["sitting", "standing", "sitting"]


def test_a_short_walk_stays_a_walk() -> None:
    bouts = watch(days.play([("standing", 30.0), ("walking", 10.0), ("standing", 30.0)])).bouts
    assert [b.posture for b in bouts] == ["standing", "walking", "standing"]


@pytest.mark.parametrize(("seconds", "expected"), [(15.0, ["standing"]), (30.0, ["standing", "unknown", "standing"])])
def test_missing_data_are_bridged_for_twenty_seconds(seconds: float, expected: list[str]) -> None:
    bouts = watch(days.play([("standing", 30.0), ("missing", seconds), ("standing", 30.0)])).bouts
    assert [b.posture for b in bouts] == expected


def test_without_a_thigh_only_walking_and_lying_are_known() -> None:
    day = days.play([("standing", 30.0), ("sitting", 30.0), ("walking", 30.0), ("deep_bend", 30.0), ("supine", 30.0)])
    bouts = watch(day.only(UPPER_LUMBAR, SACRUM)).bouts
    assert [b.posture for b in bouts] == ["unknown", "walking", "unknown", "lying"]


THREE, UPPER_AND_THIGH, PELVIS_AND_THIGH = days.SITES, (UPPER_LUMBAR, THIGH_RIGHT), (SACRUM, THIGH_RIGHT)
THIGH, BACK, UPPER, PELVIS = (THIGH_RIGHT,), (UPPER_LUMBAR, SACRUM), (UPPER_LUMBAR,), (SACRUM,)
LIES, SITS, OPEN = "lying", "sitting", "unknown"


@pytest.mark.parametrize(
    ("posture", "said"),
    [
        # A seated pelvis rolls further back than the trunk leans: alone it proves no bed.
        (
            "reclined",
            {THREE: SITS, UPPER_AND_THIGH: SITS, THIGH: SITS, PELVIS_AND_THIGH: OPEN, BACK: OPEN, PELVIS: OPEN},
        ),
        ("supine", {THREE: LIES, UPPER_AND_THIGH: LIES, PELVIS_AND_THIGH: LIES, BACK: LIES, UPPER: LIES, PELVIS: LIES}),
        # Without a thigh on the face looks like bent over, a thigh alone like one whose sensor has turned.
        ("prone", {THREE: LIES, UPPER_AND_THIGH: LIES, PELVIS_AND_THIGH: LIES, BACK: OPEN, PELVIS: OPEN, THIGH: OPEN}),
        ("side", {THREE: LIES, UPPER_AND_THIGH: LIES, BACK: LIES, UPPER: LIES}),
        (
            "all_fours",
            {THREE: OPEN, UPPER_AND_THIGH: OPEN, PELVIS_AND_THIGH: OPEN, BACK: OPEN, UPPER: OPEN, PELVIS: OPEN},
        ),
        ("squat_rest", {THREE: OPEN, UPPER_AND_THIGH: OPEN}),
        ("seated_bend", {THREE: SITS, UPPER_AND_THIGH: SITS, PELVIS_AND_THIGH: SITS, BACK: OPEN}),
    ],
)
def test_decided_or_unknown_whatever_is_worn(posture: str, said: dict[tuple[str, ...], str]) -> None:
    """What is worn decides, or says that it cannot."""
    day = days.play([(posture, 40.0)])
    found = {worn: [b.posture for b in watch(day.only(*worn)).bouts] for worn in said}
    assert found == {worn: [name] for worn, name in said.items()}


def test_one_thigh_alone() -> None:
    """Sitting and walking are known; lying on the back looks like sitting, on the face like a sensor turned round."""
    day = days.play([("sitting", 30.0), ("walking", 30.0), ("supine", 30.0), ("standing", 25.0), ("prone", 30.0)])
    bouts = watch(day.only(THIGH_RIGHT)).bouts
    assert [b.posture for b in bouts] == ["sitting", "walking", "sitting", "standing", "unknown"]


@pytest.mark.parametrize(
    ("left", "right", "pelvis", "expected"),
    [
        (80.0, 30.0, 0.0, "sitting"),  # one leg dangles
        (80.0, 5.0, -20.0, "sitting"),  # one leg stretched out under the chair, pelvis rolled back
        (88.0, 0.0, 2.0, "standing"),  # half kneeling, or a foot on a step
        (80.0, np.nan, 0.0, "sitting"),  # one sensor silent
        (4.0, 10.0, 0.0, "standing"),
    ],
)
def test_two_thighs(left: float, right: float, pelvis: float, expected: str) -> None:
    day = days.still(40.0, {"thigh_elevation_left": left, "thigh_elevation_right": right, "pelvis_tilt": pelvis})
    assert [b.posture for b in watch(day).bouts] == [expected]


def test_slouch_is_the_share_of_time_near_the_own_slump() -> None:
    day = days.play([("standing", 10.0), ("sitting", 30.0), ("slumped", 10.0), ("standing", 30.0)])
    bouts = watch(day, upright=RAD(5.0), slump=RAD(35.0)).bouts
    assert [b.posture for b in bouts] == ["standing", "sitting", "standing"]
    assert bouts[1].slouch == pytest.approx(0.25, abs=0.05)
    assert np.isnan([bouts[0].slouch, bouts[2].slouch]).all()
    assert np.isnan(watch(day).bouts[1].slouch)


def test_the_seat_is_taken_left_and_a_break_credited() -> None:
    """Half a minute up starts nothing anew; a minute up is a break, credited when it is one."""
    truth = [("standing", 30.0), ("sitting", 100.0), ("standing", 30.0), ("sitting", 100.0), ("walking", 90.0)]
    seen = of_seat(watch(days.play([*truth, ("sitting", 60.0)])).events)
    assert [kind for kind, _, _ in seen] == [
        "seat_taken",
        "seat_left",
        "seat_taken",
        "seat_left",
        "break_taken",
        "seat_taken",
    ]
    since = [data["since"] for kind, _, data in seen if kind == "seat_taken"]
    assert since == [pytest.approx(30.0, abs=1.0), pytest.approx(30.0, abs=1.0), pytest.approx(350.0, abs=1.0)]
    ((told, data),) = [(t, data) for kind, t, data in seen if kind == "break_taken"]
    assert data["at"] == pytest.approx(320.0, abs=1.0)
    assert told == pytest.approx(320.0, abs=5.0)


def of_seat(events: tuple[Event, ...]) -> list[tuple[str, float, dict[str, Any]]]:
    """Each leaving once: the thigh and the posture both tell it."""
    found = [(e.kind, e.t, dict(e.data)) for e in sorted(events, key=lambda e: e.t) if e.kind in SEAT]
    return [one for i, one in enumerate(found) if not i or (one[0], found[i - 1][0]) != ("seat_left", "seat_left")]


def test_leaving_the_seat_is_told_at_once() -> None:
    events = watch(days.play([("sitting", 60.0), ("standing", 30.0)])).events
    assert min(e.t for e in events if e.kind == "seat_left") <= 62.0


def test_a_short_visit_to_the_seat_breaks_no_break() -> None:
    truth = [("sitting", 60.0), ("standing", 40.0), ("sitting", 3.0), ("standing", 40.0)]
    (taken,) = [e for e in watch(days.play(truth)).events if e.kind == "break_taken"]
    assert taken.data["at"] == pytest.approx(120.0, abs=1.0)


@pytest.mark.parametrize(("rolls", "expected"), [(12.0, ["cycling", "standing"]), (40.0, ["cycling", "sitting"])])
def test_a_saddle_that_rolls_to_a_stop_is_no_seat(rolls: float, expected: list[str]) -> None:
    """Pedals at rest for a moment at the end of a ride are the ride; for longer a seat, from its beginning."""
    seen = watch(days.play([("cycling", 60.0), ("sitting", rolls), ("standing", 30.0)]))
    assert [b.posture for b in seen.bouts][:2] == expected
    assert seen.bouts[0].end == pytest.approx(60.0 if "sitting" in expected else 60.0 + rolls, abs=1.5)
    since = [e.data["since"] for e in seen.events if e.kind == "seat_taken"]
    assert since == ([pytest.approx(60.0, abs=1.5)] if "sitting" in expected else [])


def test_what_nobody_knows_is_no_break_and_forgotten_after_five_minutes() -> None:
    for missing, forgotten in ((200.0, []), (400.0, ["seat_forgotten"])):
        seen = of_seat(watch(days.play([("sitting", 60.0), ("missing", missing), ("sitting", 60.0)])).events)
        assert [kind for kind, _, _ in seen] == ["seat_taken", "seat_left", *forgotten, "seat_taken"]


def test_a_shift_is_another_posture_that_is_kept() -> None:
    truth = [("sitting", 60.0), ("slumped", 60.0), ("sitting", 5.0), ("slumped", 60.0)]
    shifts = [e.t for e in watch(days.play(truth)).events if e.kind == "posture_shift"]
    assert shifts == [pytest.approx(70.0, abs=2.0)]


def test_squats_are_no_rises() -> None:
    truth = [("standing", 10.0), *[("squat_hold", 1.0), ("standing", 2.0)] * 5]
    assert [e for e in watch(days.play(truth)).events if e.kind in ("sit_to_stand", "seat_taken")] == []


DAY = days.play(
    [
        ("standing", 6.3),
        ("sitting", 12.0),
        ("missing", 7.0),
        ("sitting", 8.0),
        ("standing", 3.5),
        ("walking", 9.0),
        ("standing", 5.0),
        ("supine", 11.0),
    ],
    start=3.37,
)
QUICK = sitting.Params(gap=3.0, wait=5.0)


@given(st.lists(st.integers(0, len(DAY)), max_size=12))
def test_any_grouping_gives_the_same(cuts: list[int]) -> None:
    assert watch_quick(sorted(cuts)) == watch_quick([])


def test_one_by_one_gives_the_same() -> None:
    assert watch_quick(list(range(len(DAY)))) == watch_quick([])


def watch_quick(cuts: list[int]) -> str:
    """Bouts and events as text (NaN equals NaN), with the wear detector in front."""
    watched, postures = wear.Wear(wear.Params()), Postures(QUICK, RAD(5.0), RAD(35.0))
    seen, noticed = [], []
    for angles, motion in DAY.blocks(cuts):
        verdict = watched.update(angles, motion)
        noticed += verdict.events
        seen.append(postures.update(angles, motion, verdict.idle))
    verdict = watched.finish()
    both = together([*seen, postures.finish(verdict.idle)])
    assert len(both.bouts) > 4
    return repr((both, [*noticed, *verdict.events]))


def test_inputs_stay_as_they_were() -> None:
    (angles, motion), before = next(iter(DAY.blocks([]))), next(iter(DAY.blocks([])))
    Postures(sitting.Params()).update(angles, motion)
    wear.Wear(wear.Params()).update(angles, motion)
    np.testing.assert_array_equal(motion.acc, before[1].acc)
    for name, column in angles.angles.items():
        np.testing.assert_array_equal(column, before[0].angles[name])


def test_almost_nothing() -> None:
    assert Postures(sitting.Params()).finish() == Seen()
    bouts = watch(days.play([("standing", 0.3)])).bouts
    assert told(bouts) == [("unknown", 0.0, 0.29)]


# --- A real person -----------------------------------------------------------------------


@pytest.mark.parametrize("source", ["vqf", "gravity"])
def test_a_real_person_sits_once_and_walks(data_dir: Callable[[str], Path], source: str) -> None:
    """qmt: one sitting bout of about 31 s between 10 and 41 s, ± 2 s; walking from 57 s on."""
    seen = watch(people.qmt(data_dir("qmt_full_body"), source), upright=0.0, slump=RAD(35.0))
    (rise,) = [e.t for e in seen.events if e.kind == "sit_to_stand"]
    assert 40.0 <= rise <= 42.5
    assert [e.kind for e in seen.events if e.kind == "seat_taken"] == ["seat_taken"]
    bouts = seen.bouts
    assert [b.posture for b in bouts] == ["standing", "sitting", "standing", "walking"]
    sat, walked = bouts[1], bouts[3]
    assert (sat.start, sat.end) == (pytest.approx(10.0, abs=2.0), pytest.approx(41.0, abs=2.0))
    assert sat.end - sat.start == pytest.approx(31.0, abs=2.0)
    assert 53.0 < walked.start < 58.0
    assert walked.end == pytest.approx(100.0, abs=0.5)


@pytest.mark.parametrize("worn", [(UPPER_LUMBAR, SACRUM), (THIGH_RIGHT,), (UPPER_LUMBAR,)])
def test_a_real_person_with_fewer_sensors(data_dir: Callable[[str], Path], worn: tuple[str, ...]) -> None:
    day = people.qmt(data_dir("qmt_full_body"), "vqf").only(*worn)
    known = THIGH_RIGHT in worn
    expected = ["standing", "sitting", "standing", "walking"] if known else ["unknown", "walking"]
    assert [b.posture for b in watch(day).bouts] == expected


def test_walking_with_one_sensor_at_the_low_back(data_dir: Callable[[str], Path]) -> None:
    """mobgap: steady walks of 5 s are found within 1.5 s; while the person rests nothing is."""
    for name, day, walks, rests in people.mobgap(data_dir("mobgap_lab")):
        found = [b for b in watch(day).bouts if b.posture == "walking"]
        for start, end in walks:
            assert any(abs(b.start - start) < 1.5 and abs(b.end - end) < 2.5 for b in found), (name, start, found)
        for start, end in rests:
            assert not any(b.start < end and b.end > start for b in found), (name, start, found)


@pytest.mark.parametrize("wearing", people.VIRTUAL)
def test_lifting_is_not_walking_nor_sitting(data_dir: Callable[[str], Path], wearing: str) -> None:
    """Walking is exactly the jogging; sitting is in the calibration alone."""
    day, truth = people.virtual(data_dir("virtual") / wearing)
    bouts = watch(day).bouts
    (jog,) = (m for m in truth if m["label"].startswith("jog"))
    (walked,) = (b for b in bouts if b.posture == "walking")
    assert abs(walked.start - jog["start"]) < 1.5
    assert abs(walked.end - jog["end"]) < 1.5
    assert all(b.start > 45.0 and b.end < 70.0 for b in bouts if b.posture == "sitting")


def test_sites_are_those_of_blocks() -> None:
    """The days of these tests wear what the blocks know."""
    assert set(DAY.sites) <= set(SITES)
