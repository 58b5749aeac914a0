"""Movements -> a calibration whose zeros, axes and ranges are those of the wearer, or a refusal that says why."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat

from hiphinge import monitor, rotation, simulate
from hiphinge.blocks import Calibration, MotionBlock
from hiphinge.errors import CalibrationRefused
from hiphinge.wizard import Span, calibrate, swing
from hiphinge.wizard.calibrator import identity
from hiphinge.wizard.spans import within
from tests.wizard.wearings import CALIBRATION, FULL, PURE, Worn, deaf, worn

ALL = ("upper_lumbar", "sacrum", "thigh_left", "thigh_right")


def calibrated(session: Worn, *labels: str) -> Calibration:
    """From the marked parts, or from some of them."""
    spans = [s for s in session.spans if not labels or s.label in labels]
    return calibrate(session.params, session.motion, spans, wearer="Ada", created_utc="2026-01-05T09:00:00Z")


@pytest.mark.parametrize("seed", range(6))
def test_perfect_sensors_worn_any_way_round_are_found_exactly(seed: int) -> None:
    session = worn(CALIBRATION, sites=ALL, seed=seed, wearer=PURE, perfect=True)
    found = calibrated(session)
    assert set(found.mountings) == set(ALL)
    for site, m in found.mountings.items():
        assert session.off_deg(site, m.q_s_b) < 1.0  # sway of the stance remains
        assert m.axis_share > 0.99


@pytest.mark.parametrize("seed", range(6))
def test_real_sensors_on_impure_movers_are_found_within_a_few_degrees(seed: int) -> None:
    """Signs too: a sensor taken for its mirror image would be 180° off."""
    session = worn(CALIBRATION, sites=ALL, seed=seed)
    found = calibrated(session)
    assert max(session.off_deg(site, m.q_s_b) for site, m in found.mountings.items()) < 9.0
    sources = {site: m.axis_from for site, m in found.mountings.items()}
    assert sources == {"upper_lumbar": "bend", "sacrum": "bend", "thigh_left": "sit", "thigh_right": "sit"}


@pytest.mark.parametrize("site", ALL)
def test_a_sensor_worn_upside_down_is_found_all_the_same(site: str) -> None:
    session = worn(CALIBRATION, sites=ALL, seed=3, faults=(simulate.UpsideDown(site),))
    found = calibrated(session)
    assert session.off_deg(site, found.mountings[site].q_s_b) < 9.0


def test_without_gyroscopes_mountings_come_from_gravity() -> None:
    session = deaf(worn(CALIBRATION, sites=ALL, seed=4), *ALL)
    found = calibrated(session)
    assert max(session.off_deg(site, m.q_s_b) for site, m in found.mountings.items()) < 12.0
    assert all(c.gyr_bias == (0.0, 0.0, 0.0) for c in found.sensors.values())
    assert math.isfinite(found.max_lumbar_flexion)


def test_the_bias_of_each_gyroscope_is_that_of_quiet_standing() -> None:
    """The virtual sensors' own, not another's."""
    session = worn(CALIBRATION, seed=5)
    still = (session.motion.t > 2) & (session.motion.t < 11)
    found = calibrated(session)
    for i, site in enumerate(session.motion.sites):
        np.testing.assert_allclose(found.sensors[site].gyr_bias, session.motion.gyr[i, still].mean(axis=0), atol=0.003)
    assert len({c.gyr_bias for c in found.sensors.values()}) == 3


@pytest.mark.parametrize("seed", range(4))
def test_own_range_and_sitting_are_the_wearers(seed: int) -> None:
    session = worn(CALIBRATION, seed=seed)
    wearer, found = session.played.score.wearer, calibrated(session)
    truth = (wearer.max_lumbar, wearer.tall, wearer.slumped)
    measured = (found.max_lumbar_flexion, found.upright, found.slump)
    np.testing.assert_allclose(np.rad2deg(measured), np.rad2deg(truth), atol=2.0)
    assert found.missing == ()


@pytest.mark.parametrize("sites", [FULL, (*FULL, "thigh_left"), ("sacrum", "thigh_right")], ids="_".join)
def test_own_hip_range_is_the_deepest_of_the_bends(sites: tuple[str, ...]) -> None:
    session = worn(CALIBRATION, sites=sites)
    chunks = list(session.played.truth_chunks())
    t = np.concatenate([c["t_s"] for c in chunks])
    legs = [name for name in chunks[0] if name.startswith("hip_flexion") and name.endswith("_deg")]
    bent = within(t, session.spans, "bend")
    truth = max(np.concatenate([c[name] for c in chunks])[bent].max() for name in legs)
    assert np.rad2deg(calibrated(session).max_hip_flexion) == pytest.approx(truth, abs=2.0)


def test_no_own_hip_range_without_a_thigh_or_bends() -> None:
    assert math.isnan(calibrated(worn(CALIBRATION, sites=FULL[:2])).max_hip_flexion)
    assert math.isnan(calibrated(worn(CALIBRATION), "stand", "sit").max_hip_flexion)


def test_who_when_and_which_movements_are_kept() -> None:
    session = worn(CALIBRATION)
    found = calibrated(session)
    marked = [(s.start, s.end) for s in session.spans if s.label in ("stand", "bend", "sit")]
    assert (found.wearer, found.created_utc) == ("Ada", "2026-01-05T09:00:00Z")
    assert list(found.movements) == marked


# --- Parts that are missing ------------------------------------------------------------------


def test_without_bends_the_trunks_axis_comes_from_sitting_down() -> None:
    session = worn(CALIBRATION, seed=2)
    found = calibrated(session, "stand", "sit", "sit_tall", "slump")
    assert {m.axis_from for m in found.mountings.values()} == {"sit"}
    assert max(session.off_deg(site, m.q_s_b) for site, m in found.mountings.items()) < 15.0
    assert math.isnan(found.max_lumbar_flexion)
    assert "bends" in found.missing
    assert math.isfinite(found.slump)


@pytest.mark.parametrize("seed", range(6))
def test_the_signs_of_trunk_and_pelvis_from_sitting_down_agree(seed: int) -> None:
    """The pelvis rolls back when seated, the trunk has leaned forward: neither may come out reversed."""
    session = worn(CALIBRATION, seed=seed, faults=(simulate.UpsideDown("sacrum"),))
    found = calibrated(session, "stand", "sit")
    assert max(session.off_deg(site, m.q_s_b) for site, m in found.mountings.items()) < 40.0


def test_somebody_who_sits_down_with_a_straight_pelvis_is_not_taken_for_his_mirror_image() -> None:
    """Seated, his pelvis leans forward: that it turned with the trunk on the way decides."""
    straight = replace(PURE, seated=0.0)
    session = worn(CALIBRATION, wearer=straight, seed=1)
    found = calibrated(session, "stand", "sit")
    assert session.off_deg("sacrum", found.mountings["sacrum"].q_s_b) < 15.0


@pytest.mark.parametrize("seed", range(3))
def test_without_gyroscopes_the_pelvis_that_rolls_back_in_sitting_gives_its_sign(seed: int) -> None:
    session = deaf(worn(CALIBRATION, seed=seed), *FULL)
    found = calibrated(session, "stand", "sit").mountings["sacrum"]
    assert session.off_deg("sacrum", found.q_s_b) < 15.0


def test_walking_never_gives_the_trunks_axis() -> None:
    session = worn((simulate.Stand(10.0, "stand"), simulate.Walk(30.0), simulate.Stand(3.0)), seed=2)
    found = calibrated(session)
    assert found.mountings["thigh_right"].axis_from == "walk"
    for site in ("upper_lumbar", "sacrum"):
        assert found.mountings[site].axis_from == ""
        assert np.isnan(found.mountings[site].q_s_b).all()
        assert f"axis of {site}" in found.missing
        assert f"{site.replace('_', ' ').capitalize()}: no movement showed its axis" in found.verdict


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "walk", [simulate.Walk(25.0), simulate.Walk(30.0, 0.75, 20.0), simulate.jog(25.0)], ids=["walk", "slow", "jog"]
)
def test_a_thigh_that_swings_about_standing_or_behind_it_is_not_turned_round_by_walking(
    walk: simulate.Walk, seed: int
) -> None:
    """The virtual legs swing 0 to 7° behind where they stood, in the mean; real ones 8 to 12° before."""
    stood = (simulate.Stand(10.0, "stand"), walk, simulate.Stand(3.0))
    session = worn(stood, sites=("thigh_left", "thigh_right"), seed=seed, faults=(simulate.UpsideDown("thigh_left"),))
    found = calibrated(session)
    for site, m in found.mountings.items():
        assert m.axis_from == "walk"
        assert session.off_deg(site, m.q_s_b) < 20.0


def test_a_swing_without_a_rhythm_of_its_own_gives_no_axis(monkeypatch: pytest.MonkeyPatch) -> None:
    """A leg that swings like a pendulum, no foot ever striking: forward and backward are alike."""
    session = worn((simulate.Stand(12.0, "stand"),), sites=("thigh_right",), perfect=True)
    motion = session.motion
    late = motion.t > 13.0 - 1e-9
    t = np.arange(0.0, 25.0, 0.01)
    gyr = 2.4 * np.sin(2 * np.pi * 0.9 * t)[:, None] * np.array([0.0, 1.0, 0.0])
    still = np.tile(np.nanmean(motion.acc[0, ~late], axis=0), (len(t), 1))
    both = [np.concatenate((a[0][~late], b))[None] for a, b in ((motion.acc, still), (motion.gyr, gyr))]
    times = np.arange(both[0].shape[1]) * 0.01 + motion.t[0]
    seen = MotionBlock(times, motion.sites, *both, np.zeros((1, len(times)), np.uint8))
    found = calibrate(session.params, seen, session.spans)
    assert found.mountings["thigh_right"].axis_from == ""
    assert "axis of thigh_right" in found.missing
    monkeypatch.setattr(swing, "SURE", 0.0)  # nothing else was in the way of an axis
    assert calibrate(session.params, seen, session.spans).mountings["thigh_right"].axis_from == "walk"


def test_a_real_thigh_has_the_same_mounting_from_walking_as_from_sitting_down(
    data_dir: Callable[[str], Path],
) -> None:
    """Both legs of a person who stands, sits half a minute, and walks from 57 s on."""
    recorded = real_thighs(data_dir("qmt_full_body"))
    stand = Span("stand", 2.5, 5.5)
    by = {}
    for source, spans, walked in (("sit", (stand, Span("sit", 7.0, 44.0)), False), ("walk", (stand,), True)):
        keep = ((recorded.t >= 2.5) & (recorded.t < 5.5)) | ((recorded.t >= 57.0) == walked)
        cut = (x[:, keep] for x in (recorded.acc, recorded.gyr, recorded.flags))
        by[source] = calibrate(monitor.Params(), MotionBlock(recorded.t[keep], recorded.sites, *cut), spans).mountings
        assert {m.axis_from for m in by[source].values()} == {source}
    for site in recorded.sites:
        off = rotation.multiply(rotation.conjugate(by["sit"][site].q_s_b), by["walk"][site].q_s_b)
        assert np.rad2deg(2 * np.arccos(min(abs(off[0]), 1.0))) < 12.0


def real_thighs(folder: Path) -> MotionBlock:
    """Sensors of both thighs; its description begins at 40 s of the file's clock."""
    mat = loadmat(folder / "full_body_example_data.mat", squeeze_me=True)
    legs = [mat[f"upper_leg_{side}"] for side in ("left", "right")]
    acc, gyr = (np.stack([leg[name].item() for leg in legs]) for name in ("acc", "gyr"))
    return MotionBlock(mat["t"] - 40.0, ("thigh_left", "thigh_right"), acc, gyr, np.zeros(acc.shape[:2], np.uint8))


@pytest.mark.parametrize("seed", range(4))
def test_without_a_thigh_nor_bends_leaning_forward_gives_the_trunks_axis(seed: int) -> None:
    """The signs too: somebody sits down and up, and nobody saw the thigh."""
    session = worn(CALIBRATION, sites=("upper_lumbar", "sacrum"), seed=seed)
    start = next(s.start for s in session.spans if s.label == "sit") - 2.0
    motion, keep = session.motion, (session.motion.t < 12.0) | (session.motion.t > start)
    cut = (x[:, keep] for x in (motion.acc, motion.gyr, motion.flags))
    seen = MotionBlock(motion.t[keep], motion.sites, *cut)
    found = calibrate(session.params, seen, [s for s in session.spans if s.label == "stand"])
    assert {m.axis_from for m in found.mountings.values()} <= {"lean", ""}
    assert found.mountings["upper_lumbar"].axis_from == "lean"
    for site, m in found.mountings.items():
        if m.axis_from:
            assert session.off_deg(site, m.q_s_b) < 40.0


def test_standing_alone_gives_zeros_and_says_what_it_does_not_know() -> None:
    session = worn((simulate.Stand(10.0, "stand"),))
    found = calibrated(session)
    assert {m.axis_from for m in found.mountings.values()} == {""}
    assert all(math.isfinite(m.tilt_sd) for m in found.mountings.values())
    assert found.missing == (
        *(f"axis of {site}" for site in FULL),
        "bends",
        "sit_tall and slump",
    )


def test_without_an_upper_lumbar_sensor_nothing_of_the_lumbar_spine_is_missed() -> None:
    found = calibrated(worn(CALIBRATION, sites=("sacrum", "thigh_right")))
    assert found.missing == ()
    assert np.isnan([found.max_lumbar_flexion, found.upright, found.slump]).all()


def test_a_sensor_that_was_silent_while_standing_is_named_and_the_others_go_on() -> None:
    found = calibrated(worn(CALIBRATION, seed=1, faults=(simulate.Gap("thigh_right", 0.0, 14.0),)))
    assert "standing of thigh_right" in found.missing
    assert set(found.mountings) == {"upper_lumbar", "sacrum"}
    assert math.isfinite(found.max_lumbar_flexion)


@pytest.mark.parametrize("trunk", ["upper_lumbar", "sacrum"])
def test_a_trunk_sensor_exchanged_with_a_thigh_is_seen_on_the_seat_and_neither_is_believed(trunk: str) -> None:
    session = worn(CALIBRATION, seed=2, faults=(simulate.Swapped(trunk, "thigh_right"),))
    found = calibrated(session)
    assert set(found.mountings) == set(FULL) - {trunk, "thigh_right"}
    assert {f"place of {trunk}", "place of thigh_right"} <= set(found.missing)
    assert f"{trunk.replace('_', ' ')} lay like a thigh and thigh right stayed upright" in found.verdict


def test_where_no_other_sensor_is_worn_an_exchange_is_a_refusal() -> None:
    pair = ("upper_lumbar", "thigh_right")
    session = worn(CALIBRATION, sites=pair, faults=(simulate.Swapped(*pair),))
    with pytest.raises(CalibrationRefused, match="worn at each other's places") as refused:
        calibrated(session)
    assert refused.value.part == "sit"


@pytest.mark.parametrize("seed", range(6))
def test_nobody_who_wears_them_rightly_is_said_to_have_exchanged_them(seed: int) -> None:
    found = calibrated(worn(CALIBRATION, sites=ALL, seed=seed))
    assert set(found.mountings) == set(ALL)


def test_without_a_thigh_what_cannot_be_seen_of_lifts_is_said() -> None:
    assert "Without a thigh sensor squats" in calibrated(worn(CALIBRATION, sites=("upper_lumbar", "sacrum"))).verdict
    assert "Without a thigh sensor" not in calibrated(worn(CALIBRATION)).verdict


# --- Verdict and refusal ---------------------------------------------------------------------


def test_the_verdict_says_it_in_words_and_degrees() -> None:
    session = worn(CALIBRATION)
    found = calibrated(session)
    own = np.rad2deg(found.max_lumbar_flexion)
    assert "Stood still for 12 s." in found.verdict
    assert f"Own lumbar flexion {own:.0f}° over 5 bends" in found.verdict
    assert "Upper lumbar: axis from bends" in found.verdict
    assert "Thigh right: axis from sitting down" in found.verdict
    assert "Not known" not in found.verdict
    assert "The bends differ much" in found.verdict  # 12° apart


def test_what_is_missing_stands_in_the_verdict() -> None:
    """Sitting down was not marked: that the thigh was raised is seen, not how he sat."""
    session = worn(CALIBRATION)
    found = calibrated(session, "stand", "bend")
    assert found.mountings["thigh_right"].axis_from == "lift"
    assert session.off_deg("thigh_right", found.mountings["thigh_right"].q_s_b) < 12.0
    assert "Thigh right: axis from raising the thigh" in found.verdict
    assert found.verdict.endswith("Not known: sit_tall and slump.")


def test_an_own_range_that_no_spine_has_is_not_believed() -> None:
    """Bends from the hips alone: 12° of lumbar flexion."""
    stiff = replace(PURE, max_lumbar=np.deg2rad(12.0), max_pelvis=np.deg2rad(75.0))
    found = calibrated(worn(CALIBRATION, wearer=stiff))
    assert math.isnan(found.max_lumbar_flexion)
    assert "bends" in found.missing
    assert "not plausible" in found.verdict


def test_a_stand_that_was_none_is_refused_by_name_and_number() -> None:
    session = worn((simulate.Walk(12.0),))
    walking = (Span("stand", 14.0, 24.0),)  # within the bends
    with pytest.raises(
        CalibrationRefused, match=r"standing: .* was still for .* s .*Stand upright and still"
    ) as refused:
        calibrate(session.params, session.motion, walking)
    assert refused.value.part == "stand"
    assert refused.value.value < refused.value.limit == 1.5


def test_without_any_stand_it_is_refused() -> None:
    session = worn(CALIBRATION)
    with pytest.raises(CalibrationRefused) as refused:
        calibrate(session.params, session.motion, [s for s in session.spans if s.label != "stand"])
    assert refused.value.part == "stand"


# --- Identity --------------------------------------------------------------------------------


def test_the_same_movements_have_the_same_id_whenever_and_however_often() -> None:
    session = worn(CALIBRATION)
    first, again = calibrated(session), calibrated(session)
    later = calibrate(session.params, session.motion, session.spans, wearer="Ada", created_utc="2027-01-01T00:00:00Z")
    assert first.id == again.id == later.id
    assert len(first.id) == 12
    assert identity(first) == first.id


def test_another_wearer_or_another_wearing_has_another_id() -> None:
    session = worn(CALIBRATION)
    ids = [
        calibrated(session).id,
        calibrate(session.params, session.motion, session.spans, wearer="Grace").id,
        calibrated(session, "stand", "bend").id,
        calibrated(worn(CALIBRATION, seed=2)).id,
    ]
    assert len(set(ids)) == len(ids)


def test_what_was_measured_does_not_depend_on_what_came_after() -> None:
    """Data behind the marked part add nothing to zeros and bends."""
    session = worn(CALIBRATION)
    motion, end = session.motion, session.spans[-1].end + 3.0
    keep = motion.t <= end
    cut = MotionBlock(motion.t[keep], motion.sites, motion.acc[:, keep], motion.gyr[:, keep], motion.flags[:, keep])
    whole, part = (calibrate(session.params, m, session.spans) for m in (motion, cut))
    assert whole.max_lumbar_flexion == pytest.approx(part.max_lumbar_flexion)
    for site in motion.sites:
        assert whole.mountings[site].q_s_b == pytest.approx(part.mountings[site].q_s_b, abs=1e-6)
