"""Repetitions: counted once each whatever their kind and tempo, and nothing else is counted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hiphinge.blocks import FILLED, MISSING, AngleBlock, Floats, Repetition
from hiphinge.detect import lifts, rounding
from hiphinge.detect.lifts import Lifts
from tests.detect.folding import (
    HINGE,
    OWN,
    RATE,
    SQUAT,
    STOOP,
    Moves,
    To,
    counted,
    deg,
    down_and_up,
    moves,
    stand,
    watched,
)

SITTING = To(5.0, 80.0, 20.0, 2.0, 5.0)

# --- What counts -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bottom", "kind"),
    [
        (HINGE, "hinge"),
        (SQUAT, "squat"),
        (STOOP, "stoop"),
        ((75.0, 12.0, 37.5), "mixed"),  # three quarters of own range: neither clean nor round
        ((68.0, 38.0, 25.0), "mixed"),  # a deadlift, knees bent
        ((40.0, 10.0, 20.0), "mixed"),  # not far forward
    ],
)
def test_each_kind_of_lift_counts_once_under_its_name(bottom: tuple[float, float, float], kind: str) -> None:
    (rep,) = counted(moves(stand(2), down_and_up(*bottom, hold=0.4), stand(2)))
    assert rep.kind == kind
    assert (rep.rep, rep.set) == (1, 1)
    assert deg(rep.peak_lumbar_flexion) == pytest.approx(bottom[2], abs=1e-6)
    assert rep.peak_lumbar_share == pytest.approx(bottom[2] / 50.0, abs=1e-6)
    assert deg(rep.peak_hip_flexion) == pytest.approx(bottom[0] - bottom[2] + bottom[1], abs=1e-6)
    assert rep.lumbar_hip_ratio == pytest.approx(bottom[2] / (bottom[0] - bottom[2] + bottom[1]), abs=1e-6)
    assert deg(rep.depth) == pytest.approx(bottom[1], abs=1e-6)
    assert rep.confidence == 1.0


def test_times_are_on_the_recordings_clock_and_within_the_movement() -> None:
    """2 s down from 102 s on, 1 s at the bottom, 1.5 s up."""
    (rep,) = counted(moves(stand(2), To(*HINGE, 2.0, 1.0), To(seconds=1.5), stand(2), start=100.0))
    assert 102.0 <= rep.start <= 102.3
    assert rep.bottom == pytest.approx(104.0, abs=0.02)
    assert 106.2 <= rep.end <= 106.5
    assert 1.4 <= rep.lowering <= 2.0
    assert 1.0 <= rep.lifting <= 1.5
    assert rep.duration == pytest.approx(rep.end - rep.start)
    assert rep.duration - rep.lowering - rep.lifting == pytest.approx(1.0, abs=0.5)


@pytest.mark.parametrize("seconds", [0.8, 2.0, 4.0, 8.0])
@pytest.mark.parametrize("bottom", [HINGE, SQUAT, STOOP])
def test_it_begins_and_ends_where_a_twentieth_of_the_way_is_left(
    bottom: tuple[float, float, float], seconds: float
) -> None:
    """Of a cosine that is at arccos(0.9) / π of its time."""
    (rep,) = counted(moves(stand(2), down_and_up(*bottom, seconds), stand(3)))
    unseen = np.arccos(0.9) / np.pi * seconds / 2
    assert rep.start == pytest.approx(2 + unseen, abs=0.03)
    assert rep.end == pytest.approx(2 + 0.3 + seconds - unseen, abs=0.03)


def test_who_ends_otherwise_than_he_stood_at_the_calibration_has_ended_where_he_stops() -> None:
    """He stays 12° bent, and goes down from there again."""
    down, up = To(*HINGE, 1.5, 0.3), To(12.0, 0.0, 3.0, 1.5, 3.0)
    first, second = counted(moves(stand(2), down, up, down, up))
    assert 5.1 <= first.end <= 5.4
    assert 8.3 <= second.start <= 8.5


def test_the_velocity_is_the_fastest_of_the_way() -> None:
    """A cosine of 45° within 1.5 s."""
    (rep,) = counted(moves(stand(2), down_and_up(*STOOP, seconds=3.0), stand(2)))
    assert deg(rep.peak_lumbar_velocity) == pytest.approx(0.5 * 45 * np.pi / 1.5, rel=0.02)


@pytest.mark.parametrize("seconds", [0.8, 1.2, 3.0, 8.0, 13.0])
def test_quick_and_slow_ones_count_alike(seconds: float) -> None:
    """All times in proportion."""
    (rep,) = counted(moves(stand(2), down_and_up(60.0, 16.0, 25.0, seconds, 0.0), stand(2)))
    assert rep.bottom == pytest.approx(2 + seconds / 2, abs=0.02)
    assert 0.8 * seconds <= rep.duration <= 0.9 * seconds
    assert rep.lifting == pytest.approx(rep.lowering, abs=0.05)


def test_half_a_second_is_a_repetition_though_its_depth_takes_less() -> None:
    """Seen for 0.6 s, above 20° for 0.4."""
    (rep,) = counted(moves(stand(2), down_and_up(45.0, 14.0, 18.0, 0.7, 0.0), stand(2)))
    assert 0.5 <= rep.duration <= 0.6


@pytest.mark.parametrize("seconds", [25.0, 40.0])
def test_what_takes_longer_than_a_repetition_may_counts_from_its_bottom(seconds: float) -> None:
    (rep,) = counted(moves(stand(2), down_and_up(60.0, 16.0, 25.0, seconds, 0.0), stand(2)))
    assert rep.start == rep.bottom
    assert math.isnan(rep.lowering)


@pytest.mark.parametrize("times", [1, 5, 12])
@pytest.mark.parametrize("bottom", [HINGE, SQUAT])
def test_sets_are_counted_through(times: int, bottom: tuple[float, float, float]) -> None:
    reps = counted(moves(stand(2), [step for _ in range(times) for step in (*down_and_up(*bottom), stand(0.5))]))
    assert [r.rep for r in reps] == list(range(1, times + 1))
    assert {r.set for r in reps} == {1}


def test_touch_and_go_without_a_lockout_counts_each() -> None:
    """The bar goes down again at a quarter of the way from the top."""
    deep, top = (70.0, 30.0, 25.0), (18.0, 8.0, 5.0)
    again = [To(*deep, 1.0), To(*top, 1.0)]
    reps = counted(moves(stand(2), again, again, again, [To(*deep, 1.0), To(seconds=1.0)], stand(1)))
    assert len(reps) == 4
    assert all(a.end <= b.start for a, b in pairwise(reps))
    assert all(a.end == pytest.approx(b.start, abs=0.3) for a, b in pairwise(reps))


def test_a_bounce_at_the_bottom_is_no_repetition_of_its_own() -> None:
    """Half way up and down again."""
    half = (35.0, 15.0, 12.0)
    reps = counted(moves(stand(2), To(70, 30, 25, 1.0), To(*half, 0.6), To(70, 30, 25, 0.6), To(seconds=1.0), stand(1)))
    assert len(reps) == 1


def test_a_recording_that_begins_at_the_bottom_counts_from_there() -> None:
    """Hands on the bar: of lowering, pelvis and lag nothing was seen."""
    (rep,) = counted(moves(To(*HINGE, 0.0, 1.0), To(seconds=1.6), stand(2)))
    assert rep.start == rep.bottom
    assert np.isnan([rep.lowering, rep.butt_wink, rep.pelvis_lag]).all()
    assert 0.7 <= rep.lifting <= 1.6
    assert rep.kind == "hinge"


def test_after_a_gap_at_the_bottom_it_counts_from_there() -> None:
    made = moves(stand(2), down_and_up(*HINGE, hold=3.0), stand(2)).hidden(100, 500, int(MISSING))
    (rep,) = counted(made)
    assert rep.start >= 5.0
    assert math.isnan(rep.lowering)


def test_a_gap_on_the_way_up_loses_no_repetition_but_confidence() -> None:
    made = moves(stand(2), down_and_up(*HINGE, seconds=4.0, hold=1.0), stand(2)).hidden(550, 600, int(MISSING))
    (rep,) = counted(made)
    assert rep.confidence == pytest.approx(1 - 50 / (100 * rep.duration), abs=0.01)
    assert deg(rep.peak_lumbar_flexion) == pytest.approx(20.0)


@pytest.mark.parametrize("hold", [5.0, 20.0, 90.0])
def test_a_long_hold_counts_once_and_never_lasts_longer_than_a_movement(hold: float) -> None:
    (rep,) = counted(moves(stand(2), down_and_up(*HINGE, hold=hold), stand(2)))
    assert rep.duration <= 12.0 + 1e-9
    assert 4 + hold <= rep.end <= 5 + hold


def test_a_pause_begins_a_new_set() -> None:
    one = down_and_up(*HINGE)
    reps = counted(moves(stand(2), one, stand(15), one, stand(25), one, stand(2)))
    assert [(r.rep, r.set) for r in reps] == [(1, 1), (2, 1), (3, 2)]


@settings(max_examples=15)
@given(st.lists(st.tuples(st.sampled_from([HINGE, SQUAT, STOOP]), st.floats(1.2, 6), st.floats(0.6, 4)), max_size=8))
def test_any_row_of_lifts_is_counted_in_its_order(row: list[tuple[tuple[float, float, float], float, float]]) -> None:
    steps = [step for bottom, seconds, rest in row for step in (*down_and_up(*bottom, seconds), stand(rest))]
    reps = counted(moves(stand(1), steps, stand(1)))
    kinds = {HINGE: "hinge", SQUAT: "squat", STOOP: "stoop"}
    assert [r.kind for r in reps] == [kinds[bottom] for bottom, _, _ in row]
    assert all(a.end <= b.start + 0.3 for a, b in pairwise(reps))


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.sampled_from([(), ("upper_lumbar", "sacrum"), ("sacrum", "thigh")]))
def test_however_the_instants_are_handed_over_the_same_is_found_and_nothing_overlaps(
    seed: int, sites: tuple[str, ...]
) -> None:
    """Any poses at any pace, with holes."""
    rng = np.random.default_rng(seed)
    low, high = (-10, -20, -5, 0.15, 0), (90, 90, 45, 5, 2)
    made = moves(stand(1), [To(*rng.uniform(low, high)) for _ in range(8)], To(), stand(1))
    first = int(rng.integers(0, len(made)))
    block = made.hidden(first, first + int(rng.integers(1, 150))).block(*sites)
    whole = watched(block)
    live, found, events = Lifts(lifts.Params(), rounding.Params(), OWN), [], []
    cuts = [0, *sorted({int(i) for i in rng.integers(1, len(block), 40)}), len(block)]
    for span in (slice(a, b) for a, b in pairwise(cuts)):
        one = live.update(AngleBlock(block.t[span], {n: x[span] for n, x in block.angles.items()}, block.flags[span]))
        found += one.repetitions
        events += one.events
    assert repr(([*found, *live.finish()], events)) == repr(whole)  # NaN is NaN here
    assert all(a.end <= b.start for a, b in pairwise(whole[0]))


# --- What does not ---------------------------------------------------------------------------


def swung(thigh_deg: Floats, lumbar_deg: float = 3.0, trunk_deg: float = 6.0) -> Moves:
    """Walking or running: a thigh that swings under a trunk that stays."""
    n = len(thigh_deg)
    still = {"trunk": np.full(n, np.deg2rad(trunk_deg)), "lumbar": np.full(n, np.deg2rad(lumbar_deg))}
    return Moves({**still, "thigh": np.deg2rad(thigh_deg)})


T = np.arange(2000) / RATE
NONE: dict[str, Callable[[], Moves]] = {
    "standing": lambda: moves(stand(20)),
    "bowing": lambda: moves(stand(2), down_and_up(25.0, 0.0, 8.0), stand(2)),
    "sitting down and up": lambda: moves(stand(2), To(35, 20, 12, 0.9), SITTING, To(38, 30, 12, 0.8), To(), stand(2)),
    "sitting a long time": lambda: moves(stand(2), To(5, 80, 20, 2.0, 120.0), To(38, 50, 12, 0.8), To(), stand(2)),
    "getting up from where the recording began": lambda: moves(
        To(5, 80, 20, 0, 8), To(38, 50, 12, 0.8), To(), stand(2)
    ),
    "tying shoes on a chair": lambda: moves(stand(2), SITTING, To(60, 82, 42, 1.5, 6), SITTING, To(), stand(2)),
    "reaching up": lambda: moves(stand(2), down_and_up(-6.0, 0.0, -9.0), stand(2)),
    "a twitch": lambda: moves(stand(2), down_and_up(60.0, 10.0, 20.0, 0.3, 0.0), stand(2)),
    "walking": lambda: swung(25.0 * np.sin(2 * np.pi * 0.95 * T)),
    "jogging": lambda: swung(16.0 + 38.0 * np.sin(2 * np.pi * 1.4 * T), 6.0, 8.0),
    "lying down on the face": lambda: moves(stand(2), To(86, -88, 0, 4.0, 30), To(seconds=4.0), stand(2)),
    "lying down on the back": lambda: moves(stand(2), SITTING, To(-87, 86, 4, 4, 30), SITTING, To(), stand(2)),
    "falling onto the back from a crouch": lambda: moves(stand(2), To(40, 90, 15, 1.0), To(-87, 88, 4, 1.0, 20)),
}


@pytest.mark.parametrize("name", NONE)
def test_no_repetition_is_seen_in(name: str) -> None:
    assert counted(NONE[name]()) == []


def test_no_repetition_is_seen_where_two_thighs_stride() -> None:
    """In turn: their mean does not fold."""
    thigh = np.deg2rad(15 + 45.0 * np.sin(2 * np.pi * 1.4 * T))
    other = np.deg2rad(15 - 45.0 * np.sin(2 * np.pi * 1.4 * T))
    block = swung(np.zeros(len(T))).block()
    angles = {n: x for n, x in block.angles.items() if n != "thigh_elevation"}
    angles |= {"thigh_elevation_left": thigh, "thigh_elevation_right": other}
    assert watched(replace(block, angles=angles))[0] == []


def test_calibration_movements_are_none() -> None:
    made = moves(stand(2), down_and_up(*STOOP), stand(2), down_and_up(*STOOP), stand(2))
    assert len(counted(made)) == 2
    (rep,) = counted(made, movements=((1.5, 6.0),))
    assert rep.start > 6.0
    assert (rep.rep, rep.set) == (1, 1)


def test_a_shallow_quick_squat_is_told_from_a_stride_by_the_back() -> None:
    """Both fold by 50°; in the squat the spine takes part."""
    squat, stride = (moves(stand(2), down_and_up(12.0, 38.0, back, 1.0, 0.0), stand(2)) for back in (14.0, 4.0))
    assert len(counted(squat)) == 1
    assert counted(stride) == []


def test_a_stride_is_known_by_the_thigh_that_goes_back() -> None:
    """So slow that neither depth nor tempo tells; without the way back it counts."""
    fold = [To(12, 38, 14, 0.8), To(seconds=0.8)]
    assert len(counted(moves(stand(2), fold, stand(2)))) == 1
    assert counted(moves(stand(2), To(4, -20, 2, 0.4), To(seconds=0.2), fold, stand(2))) == []
    assert counted(moves(stand(2), fold[0], To(4, -20, 2, 0.8), To(seconds=0.5), stand(2))) == []


# --- As it happens ---------------------------------------------------------------------------


def test_phases_are_told_as_they_begin() -> None:
    made = moves(stand(2), To(*HINGE, 2.0, 1.0), To(seconds=2.0), stand(2))
    _, events = watched(made.block())
    assert [e.data["phase"] for e in events] == ["descent", "ascent", "standing"]
    down, up, stood = (e.t for e in events)
    assert 2.0 < down < 3.2
    assert 5.0 < up < 5.6
    assert 6.0 < stood < 7.0


def test_the_phase_is_known_at_every_moment_of_a_live_session() -> None:
    block = moves(stand(2), To(*HINGE, 2.0, 1.0), To(seconds=2.0), stand(2)).block()
    live, phases = Lifts(lifts.Params(), rounding.Params(), OWN), []
    for i in range(0, len(block), 10):
        span = slice(i, i + 10)
        live.update(AngleBlock(block.t[span], {n: x[span] for n, x in block.angles.items()}, block.flags[span]))
        phases.append(live.phase)
    assert [p for i, p in enumerate(phases) if i == 0 or p != phases[i - 1]] == [
        "standing",
        "descent",
        "ascent",
        "standing",
    ]
    assert phases[45] == "descent"  # still down there
    assert phases[59] == "ascent"


def test_a_repetition_is_told_within_half_a_second_of_its_end() -> None:
    block = moves(stand(2), down_and_up(25.0, 30.0, 15.0), stand(3)).block()
    live = Lifts(lifts.Params(), rounding.Params(), OWN)
    told: dict[float, Repetition] = {}
    for i in range(len(block)):
        span = slice(i, i + 1)
        found = live.update(AngleBlock(block.t[span], {n: x[span] for n, x in block.angles.items()}, block.flags[span]))
        told |= {float(block.t[i]): rep for rep in found.repetitions}
    ((at, rep),) = told.items()
    assert at - rep.end <= 0.51


def test_a_repetition_counts_for_cues_when_its_phase_is_over_and_is_told_when_it_has_ended() -> None:
    block = moves(stand(2), To(*HINGE, 2.0, 1.0), To(seconds=2.0), stand(2)).block()
    live, at = Lifts(lifts.Params(), rounding.Params(), OWN), {}
    for i in range(len(block)):
        span = slice(i, i + 1)
        found = live.update(AngleBlock(block.t[span], {n: x[span] for n, x in block.angles.items()}, block.flags[span]))
        at |= {e.data["phase"]: float(block.t[i]) for e in found.events}
        at |= {name: float(block.t[i]) for name in ("counted", "repetitions") if getattr(found, name)}
    assert at["counted"] == at["standing"] < at["repetitions"] < 7.0


def test_a_recording_that_ends_too_soon_loses_no_repetition_that_counted() -> None:
    block = moves(stand(2), To(*HINGE, 2.0, 1.0), To(seconds=2.0)).block()
    cut = AngleBlock(block.t[:640], {n: x[:640] for n, x in block.angles.items()}, block.flags[:640])
    seen = Lifts(lifts.Params(), rounding.Params(), OWN)
    found = seen.update(cut)
    assert len(found.counted) == 1
    assert found.repetitions == ()
    (rep,) = seen.finish()
    assert rep.end == pytest.approx(6.39)
    assert seen.finish() == ()


# --- Fewer sensors ---------------------------------------------------------------------------


def test_pelvis_and_thigh_count_but_say_nothing_of_the_back() -> None:
    (rep,) = counted(moves(stand(2), down_and_up(*SQUAT), stand(2)), "sacrum", "thigh")
    assert rep.kind == "squat"
    assert rep.rounded is None
    assert np.isnan([rep.peak_lumbar_flexion, rep.lumbar_hip_ratio, rep.peak_lumbar_velocity]).all()
    assert deg(rep.peak_hip_flexion) == pytest.approx(115.0)


def test_trunk_and_thigh_count_but_split_nothing() -> None:
    (rep,) = counted(moves(stand(2), down_and_up(*HINGE), stand(2)), "upper_lumbar", "thigh")
    assert rep.rounded is None
    assert np.isnan([rep.peak_lumbar_flexion, rep.peak_hip_flexion, rep.butt_wink, rep.pelvis_lag]).all()
    assert deg(rep.depth) == pytest.approx(12.0)


def test_trunk_and_pelvis_count_without_a_thigh() -> None:
    (rep,) = counted(moves(stand(2), down_and_up(*STOOP), stand(2)), "upper_lumbar", "sacrum")
    assert (rep.kind, rep.rounded) == ("stoop", True)
    assert np.isnan([rep.depth, rep.peak_hip_flexion, rep.lumbar_hip_ratio]).all()


def test_a_round_back_over_a_pelvis_that_hardly_tips_counts_with_pelvis_and_thigh() -> None:
    """35° of fold at the hip; half as much is a bow."""
    stoop, bow = (moves(stand(2), down_and_up(*bottom), stand(2)) for bottom in ((85, 8, 58), (42, 4, 28)))
    assert len(counted(stoop, "sacrum", "thigh")) == 1
    assert counted(bow, "sacrum", "thigh") == []


def test_without_a_thigh_a_seat_is_known_by_the_pelvis_that_rolls_back() -> None:
    """Leaning 50° on the way down and up."""
    seat = [To(50, 40, 20, 1.0), To(5, 80, 25, 0.8, 5.0), To(50, 40, 20, 0.8), To(seconds=1.0)]
    assert counted(moves(stand(2), seat, stand(2), seat, stand(2)), "upper_lumbar", "sacrum") == []
    assert len(counted(moves(stand(2), down_and_up(50, 40, 20), stand(2)), "upper_lumbar", "sacrum")) == 1


@pytest.mark.parametrize("site", ["upper_lumbar", "sacrum", "thigh"])
def test_one_site_alone_counts_nothing(site: str) -> None:
    made = moves(stand(2), down_and_up(*HINGE), stand(2), down_and_up(*SQUAT), stand(2))
    assert watched(made.block(site)) == ([], [])


def test_bridged_samples_cost_confidence_only() -> None:
    made = moves(stand(2), down_and_up(*HINGE), stand(2))
    (sound,), (rep,) = counted(made), counted(made.flagged(300, 320, int(FILLED)))
    assert rep.confidence == pytest.approx(1 - 20 / 100 / sound.duration, abs=0.01)
    assert repr(replace(rep, confidence=1.0)) == repr(sound)
