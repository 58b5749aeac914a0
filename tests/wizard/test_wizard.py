"""The calibration inside a recording: marked parts as marked, missing ones searched for, wherever they are."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from hiphinge import monitor, simulate, wizard
from hiphinge.blocks import Calibration, Control, Input, Packet, Sensor
from hiphinge.devices import hiphinge_imu
from hiphinge.errors import CalibrationRefused
from hiphinge.wizard import Span
from tests.wizard.wearings import CALIBRATION, Worn, worn


def of_log(session: Worn, *labels: str, log: list[Input] | None = None) -> Calibration:
    """With the markers of these labels; the others were never set."""
    spans = [s for s in session.spans if s.label in labels]
    return wizard.calibrate_recording(session.params, [log or session.log], spans, wearer="Ada", created_utc="x")


@pytest.mark.parametrize(
    "labels",
    [
        (),
        ("stand",),
        ("bend",),
        ("sit",),
        ("stand", "sit_tall", "slump"),
        ("stand", "bend"),
        ("stand", "bend", "sit", "sit_tall", "slump"),
    ],
    ids=lambda labels: "+".join(labels) or "none",
)
def test_whatever_was_marked_the_wearer_is_the_same(labels: tuple[str, ...]) -> None:
    session = worn(CALIBRATION, seed=3)
    found = of_log(session, *labels)
    assert max(session.off_deg(site, m.q_s_b) for site, m in found.mountings.items()) < 9.0
    assert np.rad2deg(found.max_lumbar_flexion) == pytest.approx(np.rad2deg(session.played.own_maximum), abs=2.0)
    assert found.missing == (() if "slump" in labels else ("sit_tall and slump",))


def test_markers_in_any_order_of_arrival_are_the_same() -> None:
    session = worn(CALIBRATION)
    controls = [one for one in session.log if isinstance(one, Control)]
    spans = [wizard.marked(some) for some in (controls, controls[::-1])]
    one, other = (wizard.calibrate_recording(session.params, [session.log], some) for some in spans)
    assert one.id == other.id


def test_what_was_marked_is_not_searched_for() -> None:
    """Two of the five bends are marked: they are the own range."""
    session = worn(CALIBRATION, seed=1)
    bend = next(s for s in session.spans if s.label == "bend")
    two = Span("bend", bend.start, bend.start + 12.0)
    found = wizard.complete(session.params, session.motion, [two])
    assert [s for s in found if s.label == "bend"] == [two]
    assert {"stand", "sit"} <= wizard.labels(found)


def test_nothing_is_searched_where_all_is_marked() -> None:
    session = worn(CALIBRATION)
    assert wizard.complete(session.params, session.motion, session.spans) == session.spans


def test_of_two_marked_stands_the_longer_is_the_one_to_search_from() -> None:
    session = worn(CALIBRATION)
    stands = [Span("stand", 0.0, 3.0), Span("stand", 3.5, 12.0)]
    found = wizard.complete(session.params, session.motion, stands)
    assert [s for s in found if s.label == "stand"] == stands
    assert [s.label for s in found].count("bend") == 5


def test_without_a_quiet_stand_it_is_refused_with_what_to_do() -> None:
    session = worn((simulate.Walk(40.0),))
    with pytest.raises(CalibrationRefused, match=r"standing: no quiet, upright spell of 3 s .*markers\.csv") as refused:
        of_log(session)
    assert refused.value.part == "stand"


def test_an_empty_recording_is_refused() -> None:
    with pytest.raises(CalibrationRefused):
        wizard.calibrate_recording(monitor.Params(sensors=worn(CALIBRATION).played.sensors), [])


def test_a_calibration_late_in_a_long_recording_is_found() -> None:
    """Twenty-one minutes of walking to and fro before it."""
    session = worn((simulate.Walk(1260.0), simulate.Stand(2.0), *CALIBRATION), seed=1)
    found = of_log(session)
    assert found.movements[0][0] > 1260.0
    assert max(session.off_deg(site, m.q_s_b) for site, m in found.mountings.items()) < 9.0


@pytest.mark.parametrize("walked", [185.0, 210.0, 230.0])
def test_a_calibration_across_the_border_of_two_searched_stretches_is_found_whole(
    walked: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The border lies between bends and sitting down, among the bends, or in the stand; however the log is cut."""
    monkeypatch.setattr(wizard, "SEARCHED", 240.0)
    monkeypatch.setattr(wizard, "OVERLAP", 150.0)
    session = worn((simulate.Walk(walked), simulate.Stand(2.0), *CALIBRATION), seed=1)
    assert session.spans[0].start < 240.0 < session.spans[-1].end
    cuts = range(0, len(session.log) + 500, 500)
    batches = [session.log[i : i + 500] for i in cuts]
    found, cut = (wizard.calibrate_recording(session.params, some) for some in ([session.log], batches))
    assert {m.axis_from for m in found.mountings.values()} == {"bend", "sit"}
    assert math.isfinite(found.max_lumbar_flexion)
    assert found.movements[0][0] > walked
    assert found.id == cut.id


def test_markers_late_in_a_long_recording_are_used() -> None:
    session = worn((simulate.Walk(1260.0), simulate.Stand(2.0), *CALIBRATION), seed=1)
    found = of_log(session, "stand", "bend", "sit", "sit_tall", "slump")
    assert found.missing == ()
    assert found.movements[0][0] == pytest.approx(1262.0, abs=0.01)


def test_how_the_recording_is_cut_into_batches_does_not_matter() -> None:
    session = worn(CALIBRATION)
    cuts = range(0, len(session.log) + 500, 500)
    batches = [session.log[i : i + 500] for i in cuts]
    one, many = (wizard.calibrate_recording(session.params, some, session.spans) for some in ([session.log], batches))
    assert one.id == many.id


def test_a_sensor_under_another_name_is_calibrated_by_its_site() -> None:
    session = worn(CALIBRATION)
    named = {"sacrum": "C4:7F:12"}
    log = [
        one._replace(sensor=named.get(one.sensor, one.sensor)) if isinstance(one, Packet) else one
        for one in session.log
    ]
    sensors = tuple(replace(s, sensor=named.get(s.sensor, s.sensor)) for s in session.played.sensors)
    found = wizard.calibrate_recording(monitor.Params(sensors=sensors), [log], session.spans)
    assert set(found.mountings) == set(found.sensors) == {"upper_lumbar", "sacrum", "thigh_right"}


def test_who_and_when_are_passed_on() -> None:
    found = of_log(worn(CALIBRATION), "stand", "bend", "sit")
    assert (found.wearer, found.created_utc) == ("Ada", "x")


def test_a_second_of_data_is_refused_not_a_crash() -> None:
    t = np.arange(10, dtype=np.int64) * 10_000_000
    payload = hiphinge_imu.encode(0, t, np.tile([0.0, 0.0, 9.81], (10, 1)), np.zeros((10, 3)))
    params = monitor.Params(sensors=(Sensor("s", "hiphinge_imu", "sacrum"),))
    with pytest.raises(CalibrationRefused):
        wizard.calibrate_recording(params, [[Packet("s", "data", int(t[-1]), payload)]])
