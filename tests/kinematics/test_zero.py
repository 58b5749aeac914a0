"""A new zero: inclinations begin anew at the wearer's standing, the axes stay."""

from __future__ import annotations

import numpy as np
import pytest

from hiphinge import monitor, rotation, simulate
from hiphinge.blocks import Calibration, Control, Input, MotionBlock
from hiphinge.errors import CalibrationRefused
from hiphinge.intake import Intake
from hiphinge.kinematics.zero import AGAIN, rezero, up
from hiphinge.wizard import calibrate, cut
from hiphinge.wizard.calibrator import identity
from tests.wizard.wearings import CALIBRATION, Worn, worn

SLIP = simulate.Slip("sacrum", 1.0, (0.0, 0.0, float(np.deg2rad(9.0))))


def before() -> Calibration:
    session = worn(CALIBRATION, seed=4)
    return calibrate(session.params, session.motion, session.spans, wearer="Ada")


def standing(session: Worn, found: Calibration, start: float = 3.0, end: float = 6.0) -> MotionBlock:
    """As the monitor's intake has it: the kept rest bias is off."""
    intake = Intake(session.params, found)
    blocks = [*intake.take(session.log), *intake.finish()]
    whole = max(blocks, key=len)
    return cut(whole, (whole.t >= start) & (whole.t < end))


def test_after_a_slip_the_zero_is_where_the_wearer_stands_now() -> None:
    found = before()
    session = worn((simulate.Stand(8.0),), seed=4, faults=(SLIP,))
    fresh = rezero(found, standing(session, found))
    moved = {s: np.rad2deg(np.arccos(up(found.mountings[s]) @ up(fresh.mountings[s]))) for s in fresh.mountings}
    assert moved["sacrum"] == pytest.approx(9.0, abs=1.0)
    assert max(moved["upper_lumbar"], moved["thigh_right"]) < 2.0
    assert "sacrum 9°" in fresh.verdict
    assert fresh.id == identity(fresh) != found.id


def test_axis_range_and_what_else_was_calibrated_stay() -> None:
    found = before()
    fresh = rezero(found, standing(worn((simulate.Stand(8.0),), seed=4, faults=(SLIP,)), found))
    for site, old in found.mountings.items():
        right_before, right_after = (rotation.rotate(m.q_s_b, [0.0, 0.0, 1.0]) for m in (old, fresh.mountings[site]))
        assert np.rad2deg(np.arccos(min(right_before @ right_after, 1.0))) < 3.0
        assert fresh.mountings[site].axis_from == old.axis_from
    assert fresh.max_lumbar_flexion == found.max_lumbar_flexion
    assert fresh.wearer == "Ada"


def test_the_rest_bias_is_that_of_the_new_stand() -> None:
    found = before()
    fresh = rezero(found, standing(worn((simulate.Stand(8.0),), seed=4), found))
    for site, kept in found.sensors.items():
        np.testing.assert_allclose(fresh.sensors[site].gyr_bias, kept.gyr_bias, atol=0.01)


def test_again_and_again_the_verdict_does_not_grow() -> None:
    found = before()
    motion = standing(worn((simulate.Stand(8.0),), seed=4), found)
    assert rezero(rezero(found, motion), motion).verdict.count(AGAIN) == 1


def test_who_moves_or_sits_gets_no_zero() -> None:
    found = before()
    walking = worn((simulate.Walk(12.0),), seed=4)
    with pytest.raises(CalibrationRefused, match=r"was still for .* s, expected 3 s"):
        rezero(found, standing(walking, found, 5.0, 8.0))
    sitting = worn((simulate.SitDown(), simulate.Sit(9.0)), seed=4)
    with pytest.raises(CalibrationRefused, match=r"° from its old zero, expected at most 20°"):
        rezero(found, standing(sitting, found, 6.0, 9.0))


def test_a_silent_sensor_keeps_its_zero_and_none_at_all_is_refused() -> None:
    found = before()
    motion = standing(worn((simulate.Stand(8.0),), seed=4), found)
    deaf = MotionBlock(motion.t, motion.sites, motion.acc.copy(), motion.gyr, motion.flags)
    deaf.acc[1] = np.nan
    assert rezero(found, deaf).mountings["sacrum"] == found.mountings["sacrum"]
    deaf.acc[:] = np.nan
    with pytest.raises(CalibrationRefused, match="no sensor was heard"):
        rezero(found, deaf)


def asked(at: float) -> tuple[monitor.Monitor, list[Input]]:
    """A sensor has slipped by 9°; the wearer stands, and asks for a new zero."""
    found = before()
    session = worn((simulate.Stand(14.0),), seed=4, faults=(SLIP,))
    wish = Control(round(at * 1e9), monitor.REZERO)
    log = sorted([*session.log, wish], key=lambda one: one.arrival_ns)
    return monitor.Monitor(session.params, found), log


def test_a_wish_in_mid_session_brings_the_angles_back() -> None:
    watched, log = asked(3.0)
    outcomes = [watched.feed(log), watched.finish()]
    [event] = [e for o in outcomes for e in o.events if e.kind == "zero"]
    t, lumbar = (
        np.concatenate(x) for x in zip(*[(o.angles.t, o.angles["lumbar_flexion"]) for o in outcomes], strict=True)
    )
    assert event.t == pytest.approx(7.0, abs=0.02)  # a second to settle, three of standing
    assert abs(np.rad2deg(np.nanmean(lumbar[(t > 2.0) & (t < 6.9)]))) > 6.0
    assert abs(np.rad2deg(np.nanmean(lumbar[t > 7.1]))) < 1.5
    assert watched.calibration.id == event.data["calibration_id"] != before().id


@pytest.mark.parametrize("size", [1, 7, 100])
def test_however_it_is_grouped_the_zero_is_the_same(size: int) -> None:
    whole, log = asked(3.017)
    pieces, _ = asked(3.017)
    expected = [whole.feed(log), whole.finish()]
    found = [*(pieces.feed(log[i : i + size]) for i in range(0, len(log), size)), pieces.finish()]
    assert [e for o in found for e in o.events if e.kind == "zero"] == [
        e for o in expected for e in o.events if e.kind == "zero"
    ]
    got, wanted = (np.concatenate([o.angles["lumbar_flexion"] for o in some]) for some in (found, expected))
    np.testing.assert_allclose(got, wanted, atol=1e-12)


def test_without_a_quiet_moment_the_zero_stays_and_it_is_said() -> None:
    found = before()
    session = worn((simulate.Stand(2.0), simulate.Walk(26.0)), seed=4)
    watched = monitor.Monitor(session.params, found)
    log = sorted([*session.log, Control(3 * 10**9, monitor.REZERO)], key=lambda one: one.arrival_ns)
    events = [e for o in (watched.feed(log), watched.finish()) for e in o.events]
    [event] = [e for e in events if e.kind == "zero_refused"]
    assert "still for" in str(event.data["message"])
    assert watched.calibration == found
