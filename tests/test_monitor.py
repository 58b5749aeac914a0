"""The story from bytes to alerts: what each set-up can say, what goes wrong on the way, and what the wearer is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from hiphinge import monitor, simulate, wizard
from hiphinge.blocks import (
    LEVEL_ONLY,
    SITES,
    Calibration,
    Control,
    Event,
    Floats,
    Input,
    Outcome,
    Packet,
    Sensor,
    Tick,
)
from hiphinge.devices import hiphinge_imu
from hiphinge.errors import SettingsError
from hiphinge.monitor import Monitor, Params
from hiphinge.params import worn_sites
from tests.wizard.wearings import CALIBRATION, Worn, deaf, worn

LIFTS = (
    simulate.hinge(0.3),
    simulate.Stand(3.0),
    simulate.hinge(1.15),
    simulate.Stand(3.0),
    simulate.squat(),
    simulate.Stand(3.0),
    simulate.stoop(),
    simulate.Stand(3.0),
)
REST = (simulate.Walk(12.0), simulate.Stand(2.0), simulate.SitDown(), simulate.Sit(12.0), simulate.StandUp())
SESSION = (*CALIBRATION, *LIFTS, *REST, simulate.Stand(4.0))
"""Two and a half minutes: four repetitions, of which two are rounded."""
UPPER, SACRUM, LEFT, RIGHT = SITES


@dataclass(frozen=True)
class Watched:
    """All that a monitor brought."""

    outcomes: list[Outcome]

    def all(self, kind: str) -> list[Any]:
        return [one for o in self.outcomes for one in getattr(o, kind)]

    @property
    def t(self) -> Floats:
        return np.concatenate([o.angles.t for o in self.outcomes])

    @property
    def names(self) -> set[str]:
        return set(self.outcomes[0].angles.angles)

    def angle(self, name: str) -> Floats:
        """Rad (n,)."""
        return np.concatenate([o.angles[name] for o in self.outcomes])

    def deg(self, name: str, start: float = -np.inf, stop: float = np.inf) -> Floats:
        return np.rad2deg(self.angle(name)[(self.t >= start) & (self.t < stop)])


def watch(params: Params, calibration: Calibration | None, log: Sequence[Input], step: int = 200) -> Watched:
    """Fed piece by piece, as live."""
    watched = Monitor(params, calibration)
    outcomes = [watched.feed(log[i : i + step]) for i in range(0, len(log), step)]
    return Watched([*outcomes, watched.finish()])


def session(seed: int = 1, faults: tuple[simulate.Fault, ...] = ()) -> Worn:
    return worn(SESSION, sites=SITES, seed=seed, faults=faults)


def of_sites(whole: Worn, *sites: str) -> tuple[Params, list[Input]]:
    """What would have been recorded with these sensors alone."""
    params = Params(sensors=tuple(s for s in whole.played.sensors if s.site in sites))
    return params, [one for one in whole.log if not isinstance(one, Packet) or one.sensor in sites]


@cache
def calibration(sites: tuple[str, ...] = SITES, seed: int = 1) -> Calibration:
    params, log = of_sites(session(seed), *sites)
    return wizard.calibrate_recording(params, [log], session(seed).spans)


@cache
def watched(*sites: str, seed: int = 1) -> Watched:
    """The session worn at these sites, calibrated with them."""
    params, log = of_sites(session(seed), *sites)
    return watch(params, calibration(sites, seed), log)


def truth(seed: int = 1) -> dict[str, Floats]:
    """Angles in degrees at 100 Hz by their outer name, all four sensors on."""
    chunks = list(session(seed).played.truth_chunks())
    return {name: np.concatenate([c[name] for c in chunks]) for name in chunks[0]}


def error_deg(seen: Watched, name: str, true_name: str = "") -> Floats:
    real = truth()
    rows = np.rint(seen.t * 100).astype(int)
    keep = (rows >= 0) & (rows < len(real["t_s"]))
    return seen.deg(name)[keep] - real[f"{true_name or name}_deg"][rows[keep]]


# --- Set-ups ---------------------------------------------------------------------------------

LUMBAR = {"lumbar_flexion", "lumbar_side_bend", "lumbar_rotation", "lumbar_flexion_sd"}
HIP = {"hip_flexion", "hip_abduction", "hip_rotation", "hip_flexion_sd"}
SUM, INTERVAL = {"lumbar_plus_hip"}, {"lumbar_flexion_low", "lumbar_flexion_high"}
TRUNK, PELVIS, THIGH = {"trunk_inclination"}, {"pelvis_tilt"}, {"thigh_elevation"}
SAYS: dict[tuple[str, ...], set[str]] = {
    (UPPER, SACRUM, RIGHT): LUMBAR | HIP | SUM | TRUNK | PELVIS | THIGH,
    (UPPER, SACRUM): LUMBAR | TRUNK | PELVIS,
    (SACRUM, LEFT): HIP | PELVIS | THIGH,
    (UPPER, LEFT): SUM | INTERVAL | TRUNK | THIGH,
    (UPPER,): TRUNK,
    (SACRUM,): PELVIS,
    (LEFT,): THIGH,
}
OUTER = LUMBAR | HIP | SUM | INTERVAL | TRUNK | PELVIS | THIGH


def outer(names: set[str]) -> set[str]:
    """Those of the outer contract, without a side."""
    return {n for n in (name.removesuffix("_left").removesuffix("_right") for name in names) if n in OUTER}


@pytest.mark.parametrize("sites", SAYS, ids="+".join)
def test_each_set_up_says_what_it_can_and_nothing_else(sites: tuple[str, ...]) -> None:
    seen = watched(*sites)
    assert outer(seen.names) == SAYS[sites]
    for name in SAYS[sites]:
        assert np.isfinite(seen.angle(name)).mean() > 0.9, name


@pytest.mark.parametrize("sites", [SITES, (UPPER, LEFT, RIGHT), (SACRUM, LEFT, RIGHT), (LEFT, RIGHT)], ids="+".join)
def test_both_thighs_name_their_side(sites: tuple[str, ...]) -> None:
    seen = watched(*sites)
    one = outer(watched(*(s for s in sites if s != RIGHT)).names)
    sided = one & (HIP | SUM | THIGH)
    both = {f"{n}_{side}" for n in sided for side in ("left", "right")}
    assert {n for n in seen.names if outer({n})} == (one - sided) | both


@pytest.mark.parametrize("sites", [s for s in SAYS if len(s) > 1] + [SITES], ids="+".join)
def test_angles_are_near_the_truth(sites: tuple[str, ...]) -> None:
    """Root mean square over the session, in degrees; abduction and rotation drift with the heading."""
    seen = watched(*sites)
    sides = {LEFT: "_left", RIGHT: "_right"}
    limits = {"lumbar_flexion": 1.5, "trunk_inclination": 1.5, "pelvis_tilt": 2.0, "lumbar_side_bend": 4.0}
    limits |= {"hip_flexion": 2.5, "thigh_elevation": 2.0, "hip_abduction": 5.0}
    for name in seen.names:
        plain = name.removesuffix("_left").removesuffix("_right")
        if plain in limits:
            side = "" if name != plain or plain not in HIP | THIGH else sides[next(s for s in sites if s in sides)]
            off = error_deg(seen, name, name + side)
            assert np.sqrt(np.nanmean(off**2)) < limits[plain], name


def test_the_interval_of_trunk_and_thigh_holds_the_truth() -> None:
    seen = watched(UPPER, LEFT)
    bent = seen.deg("trunk_inclination") > 45
    low, high = (
        error_deg(seen, "lumbar_flexion_low", "lumbar_flexion"),
        error_deg(seen, "lumbar_flexion_high", "lumbar_flexion"),
    )
    bent = bent[: len(low)]
    assert ((low <= 1) & (high >= -1))[bent].mean() > 0.95


def test_without_a_calibration_nothing_is_said_but_time_goes_on() -> None:
    params, log = of_sites(session(), *SITES)
    seen = watch(params, None, log)
    assert outer(seen.names) == set()
    assert seen.all("repetitions") == []
    assert len(seen.t) > 15_000
    assert [b.posture for b in seen.all("bouts")]


def test_a_sensor_whose_axis_is_unknown_says_no_more_than_one_that_is_not_worn() -> None:
    known = calibration()
    blurred = {**known.mountings, SACRUM: replace(known.mountings[SACRUM], q_s_b=(np.nan,) * 4, axis_from="")}
    params, log = of_sites(session(), UPPER, SACRUM, RIGHT)
    seen = watch(params, replace(known, mountings=blurred), log)
    assert outer(seen.names) == SAYS[UPPER, LEFT]


# --- Who wears what --------------------------------------------------------------------------


def test_sites_come_in_the_order_of_blocks() -> None:
    sensors = [Sensor(s, "hiphinge_imu", s) for s in (RIGHT, UPPER, SACRUM)]
    assert worn_sites(sensors) == (UPPER, SACRUM, RIGHT)


@pytest.mark.parametrize("sites", [("sacrum", "neck"), ("sacrum", "thigh_left", "sacrum"), ("",)])
def test_an_unknown_or_doubled_site_is_refused(sites: tuple[str, ...]) -> None:
    sensors = tuple(Sensor(f"s{i}", "hiphinge_imu", site) for i, site in enumerate(sites))
    with pytest.raises(
        SettingsError, match="expected each of upper_lumbar, sacrum, thigh_left, thigh_right at most once"
    ):
        Monitor(Params(sensors=sensors))


def test_neither_the_order_nor_the_names_of_the_sensors_matter() -> None:
    """Each sensor's own errors go by its site in the calibration, whatever its address."""
    params, log = of_sites(session(), UPPER, SACRUM, RIGHT)
    named = {UPPER: "b", SACRUM: "c", RIGHT: "a"}
    others = Params(sensors=tuple(Sensor(named[s.site], s.device, s.site) for s in reversed(params.sensors)))
    renamed = [one._replace(sensor=named[one.sensor]) if isinstance(one, Packet) else one for one in log]
    seen, wanted = watch(others, calibration((UPPER, SACRUM, RIGHT)), renamed), watched(UPPER, SACRUM, RIGHT)
    assert list(seen.outcomes[0].angles.angles) == list(wanted.outcomes[0].angles.angles)
    for name in wanted.names:
        np.testing.assert_array_equal(seen.angle(name), wanted.angle(name))
    assert repr(seen.all("repetitions")) == repr(wanted.all("repetitions"))


# --- Repetitions and alerts ------------------------------------------------------------------


@pytest.mark.parametrize("sites", [SITES, (UPPER, SACRUM, LEFT)], ids="+".join)
def test_every_lift_is_a_repetition_and_nothing_else(sites: tuple[str, ...]) -> None:
    """No bend of the calibration, no sitting down, no step."""
    reps, real = watched(*sites).all("repetitions"), session().played.lifts
    assert len(reps) == len(real) == 4
    for rep, lift in zip(reps, real, strict=True):
        assert abs(rep.bottom - lift.bottom) < 1.0
        assert rep.rounded == lift.rounded
        assert np.rad2deg(rep.peak_lumbar_flexion - lift.peak_lumbar_flexion) == pytest.approx(0, abs=3)
    assert [r.kind for r in reps] == ["hinge", "stoop", "squat", "stoop"]


@pytest.mark.parametrize(
    ("sites", "numbers"),
    [((UPPER, SACRUM), (0, 1, 3)), ((UPPER, LEFT), (0, 1, 2, 3)), ((SACRUM, LEFT), (0, 2))],
    ids=["back", "trunk and thigh", "pelvis and thigh"],
)
def test_two_sensors_find_the_lifts_that_fold_what_they_see(sites: tuple[str, ...], numbers: tuple[int, ...]) -> None:
    """A squat stays upright, a rounded lift leaves the pelvis behind."""
    bottoms = np.array([rep.bottom for rep in watched(*sites).all("repetitions")])
    for number in numbers:
        assert np.abs(bottoms - session().played.lifts[number].bottom).min() < 1.0


def test_a_rounded_back_is_told_once_a_lift_while_it_lasts() -> None:
    alerts = [a for a in watched(*SITES).all("alerts") if a.kind == "rounded_back"]
    rounded = [lift for lift in session().played.lifts if lift.rounded]
    assert len(alerts) == len(rounded) == 2
    for alert, lift in zip(alerts, rounded, strict=True):
        assert lift.start < alert.t < lift.end
        assert alert.value > alert.threshold == pytest.approx(0.8)
        assert alert.rule == "rounding.on_share"
        assert alert.calibration_id == calibration().id
        assert "Rounded to" in alert.message


def test_nothing_is_told_while_the_wearer_calibrates() -> None:
    ends = max(m.end for m in session().played.markers)
    for sites in (SITES, (UPPER, SACRUM), (UPPER, LEFT)):
        assert [a for a in watched(*sites).all("alerts") if a.t < ends] == []


def test_without_a_sacrum_no_unproved_alert_is_told() -> None:
    """At each alert the true flexion was over the limit."""
    for seed in (1, 2, 3):
        seen, real = watched(UPPER, LEFT, seed=seed), truth(seed)["lumbar_flexion_deg"]
        limit = 0.8 * np.rad2deg(session(seed).played.own_maximum)
        told = [round(a.t * 100) for a in seen.all("alerts") if a.kind == "rounded_back"]
        assert (real[told] > limit - 2).all()
        assert {r.rounded for r in seen.all("repetitions")} == {None}


def test_a_muted_wearer_is_told_nothing() -> None:
    """What he asks for goes through the log as everything else."""
    params, log = of_sites(session(), *SITES)
    log = sorted([*log, Control(97 * 10**9, "mute", "10")], key=lambda one: one.arrival_ns)
    seen = watch(params, calibration(), log)
    assert [a for a in seen.all("alerts") if a.kind == "rounded_back"] == []
    assert len(seen.all("repetitions")) == 4


def test_quiet_times_go_by_the_clock_pairs_of_the_log() -> None:
    """The virtual session begins at 9:00 UTC; half past ten in its zone."""
    params, log = of_sites(session(), *SITES)
    rules = replace(params.alerts, quiet=("10:29-10:45",), quiet_kinds=("rounded_back",))
    log = [replace(one, utc_offset_s=5400) if isinstance(one, Tick) else one for one in log]
    seen = watch(replace(params, alerts=rules), calibration(), log)
    assert [a for a in seen.all("alerts") if a.kind == "rounded_back"] == []


def test_the_phase_is_known_live() -> None:
    params, log = of_sites(session(), *SITES)
    live = Monitor(params, calibration())
    phases: list[str] = []
    for i in range(0, len(log), 20):
        live.feed(log[i : i + 20])
        if not phases or phases[-1] != live.phase:
            phases.append(live.phase)
    assert set(phases) == {"standing", "descent", "ascent"}
    told = [e.data["phase"] for e in watched(*SITES).all("events") if e.kind == "phase"]
    assert phases[1:] == told


def test_setting_another_limit_changes_what_is_told() -> None:
    params, log = of_sites(session(), UPPER, SACRUM, RIGHT)
    strict = replace(params, rounding=replace(params.rounding, on_share=0.1, off_share=0.05))
    told = watch(strict, calibration((UPPER, SACRUM, RIGHT)), log).all("alerts")
    assert len([a for a in told if a.kind == "rounded_back"]) > 2


# --- What goes wrong -------------------------------------------------------------------------


def test_bytes_that_nobody_sends_are_an_event_and_nothing_else_changes() -> None:
    params, log = of_sites(session(), UPPER, SACRUM, RIGHT)
    at = 4000
    bad = Packet(SACRUM, "data", log[at].arrival_ns, b"\x11\x02nonsense")
    seen = watch(params, calibration((UPPER, SACRUM, RIGHT)), [*log[:at], bad, *log[at:]])
    (event,) = [e for e in seen.all("events") if e.kind == "undecoded"]
    assert event.t == pytest.approx(bad.arrival_ns / 1e9)
    assert "sacrum: 10 bytes beginning with 11 02" in str(event.data["message"])
    wanted = watched(UPPER, SACRUM, RIGHT)
    np.testing.assert_array_equal(seen.angle("lumbar_flexion"), wanted.angle("lumbar_flexion"))


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_a_reading_that_is_no_number_does_not_spoil_what_follows(broken: float) -> None:
    params, log = of_sites(session(), UPPER, SACRUM, RIGHT)
    at = next(i for i, one in enumerate(log) if isinstance(one, Packet) and one.arrival_ns > 100e9)
    block, *_ = hiphinge_imu.Decoder("any").decode([log[at]])
    block.acc[3:6, 0] = broken
    log[at] = log[at]._replace(payload=hiphinge_imu.encode(0, block.t_ns, block.acc, block.gyr))
    seen, wanted = watch(params, calibration((UPPER, SACRUM, RIGHT)), log), watched(UPPER, SACRUM, RIGHT)
    np.testing.assert_allclose(seen.deg("lumbar_flexion"), wanted.deg("lumbar_flexion"), atol=0.1)


def test_packets_of_somebody_elses_sensor_are_not_heard() -> None:
    params, log = of_sites(session(), UPPER, SACRUM, RIGHT)
    seen = watch(params, calibration((UPPER, SACRUM, RIGHT)), session().log)
    assert "thigh_elevation" in seen.names
    np.testing.assert_array_equal(seen.angle("hip_flexion"), watched(UPPER, SACRUM, RIGHT).angle("hip_flexion"))
    assert len(log) < len(session().log)


def test_in_a_gap_and_two_seconds_after_nothing_is_said_and_then_it_is_right_again() -> None:
    whole = session(faults=(simulate.Gap(SACRUM, 105.0, 3.0),))
    params, log = of_sites(whole, UPPER, SACRUM, RIGHT)
    seen = watch(params, calibration((UPPER, SACRUM, RIGHT)), log)
    unknown = np.isnan(seen.angle("lumbar_flexion"))
    gap = seen.t[unknown & (seen.t > 10)]
    assert gap[0] == pytest.approx(105.0, abs=0.2)
    assert gap[-1] == pytest.approx(110.0, abs=0.3)
    assert np.isfinite(seen.angle("trunk_inclination")[(seen.t > 104) & (seen.t < 112)]).all()
    off = error_deg(seen, "lumbar_flexion")
    after = (seen.t[: len(off)] > 110.3) & (seen.t[: len(off)] < 116)
    assert np.abs(off[after]).max() < 3.5


def test_a_sensor_that_dies_takes_its_angles_along_and_is_told_of_once() -> None:
    whole = session(faults=(simulate.Dead(LEFT, 110.0),))
    params, log = of_sites(whole, UPPER, SACRUM, LEFT)
    seen = watch(params, calibration((UPPER, SACRUM, LEFT)), log)
    late = seen.t > 111
    assert np.isnan(seen.angle("hip_flexion")[late]).all()
    assert np.isfinite(seen.angle("lumbar_flexion")[late]).all()
    (alert,) = [a for a in seen.all("alerts") if a.kind == "sensor_lost"]
    assert "left thigh" in alert.message
    assert len([e for e in seen.all("events") if e.kind == "sensor_lost"]) == 1


def test_live_angles_are_never_later_than_the_slack_behind_a_dead_sensor() -> None:
    whole = session(faults=(simulate.Dead(LEFT, 20.0),))
    params, log = of_sites(whole, UPPER, SACRUM, LEFT)
    live = Monitor(params, calibration((UPPER, SACRUM, LEFT)))
    known = 0.0
    for one in log:
        if one.arrival_ns > 30e9:
            break
        outcome = live.feed([one])
        known = float(outcome.angles.t[-1]) if len(outcome.angles) else known
        if one.arrival_ns / 1e9 > 22:
            assert one.arrival_ns / 1e9 - known < 0.45


def test_without_gyroscopes_flexion_comes_from_gravity_and_rotation_is_not_said() -> None:
    mute = deaf(session(), *SITES)
    params, log = of_sites(mute, UPPER, SACRUM, RIGHT)
    known = wizard.calibrate_recording(params, [log], mute.spans)
    seen = watch(params, known, log)
    flags = np.concatenate([o.angles.flags for o in seen.outcomes])
    assert (flags & LEVEL_ONLY).all()
    for name in ("lumbar_side_bend", "lumbar_rotation", "hip_abduction", "hip_rotation"):
        assert np.isnan(seen.angle(name)).all()
    off = error_deg(seen, "lumbar_flexion")
    standing = (seen.t[: len(off)] > 3) & (seen.t[: len(off)] < 11)
    assert np.abs(off[standing]).max() < 2.0
    assert np.sqrt(np.nanmean(off**2)) < 6.0


def test_feeding_nothing_brings_nothing() -> None:
    params, log = of_sites(session(), UPPER, SACRUM, RIGHT)
    live = Monitor(params, calibration((UPPER, SACRUM, RIGHT)))
    empty = [live.feed([]), live.finish()]
    live = Monitor(params, calibration((UPPER, SACRUM, RIGHT)))
    empty.append(live.feed([]))
    assert all(len(o.angles) == 0 and not (o.events or o.repetitions or o.bouts or o.alerts) for o in empty)
    assert set(empty[0].angles.angles) == watched(UPPER, SACRUM, RIGHT).names
    live.feed(log[:500])
    assert len(live.feed([]).angles) == 0


def test_a_recording_of_ticks_alone_has_no_angles() -> None:
    seen = watch(Params(sensors=session().played.sensors), calibration(), [Tick(i * 10**9) for i in range(100)])
    assert len(seen.t) == 0
    assert seen.all("alerts") == []


def test_a_big_bias_of_a_gyroscope_is_taken_off_by_the_calibration() -> None:
    """6 °/s more on every axis of the pelvis sensor, in the calibration and after."""
    params, log = of_sites(session(), UPPER, SACRUM, RIGHT)
    biased = [shifted(one, 0.1) if isinstance(one, Packet) and one.sensor == SACRUM else one for one in log]
    known = wizard.calibrate_recording(params, [biased], session().spans)
    off = error_deg(watch(params, known, biased), "lumbar_flexion")
    assert np.sqrt(np.nanmean(off**2)) < 1.5


def shifted(packet: Packet, bias: float) -> Packet:
    block, *_ = hiphinge_imu.Decoder(packet.sensor).decode([packet])
    return packet._replace(payload=hiphinge_imu.encode(0, block.t_ns, block.acc, block.gyr + bias))


def test_events_say_when_and_carry_plain_values() -> None:
    for event in watched(*SITES).all("events"):
        assert isinstance(event, Event)
        assert np.isfinite(event.t)
        json.dumps(dict(event.data))


def test_params_name_every_stage_and_a_new_monitor_needs_no_more() -> None:
    assert Monitor(Params()).sites == ()
    assert monitor.UNCALIBRATED.id == ""
