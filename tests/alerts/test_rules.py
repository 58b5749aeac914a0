"""Which findings are told, and that it does not matter how they were handed over."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.alerts import rules
from hiphinge.alerts.rules import LOST, POOR, ROUNDED, SLIPPED, SWAPPED, Admission, Finding, Params
from hiphinge.blocks import Alert, Control, Tick

HOUR = 3600.0


def rounded(t: float, bout: object = None) -> Finding:
    return Finding(t, ROUNDED, 0.86, 0.80, "rounding.on_share", bout=t if bout is None else str(bout))


def slow(kind: str, t: float, **more: object) -> Finding:
    return Finding(t, kind, 1800.0, 1800.0, f"{kind}.limit", **more)


def control(t: float, action: str, value: object = None) -> Control:
    return Control(round(t * 1e9), action, "" if value is None else json.dumps(value))


def told(
    findings: Sequence[Finding],
    controls: Sequence[Control] = (),
    ticks: Sequence[Tick] = (),
    params: Params | None = None,
) -> list[tuple[str, float]]:
    return [(a.kind, a.t) for a in whole(findings, controls, ticks, params)]


def whole(
    findings: Sequence[Finding],
    controls: Sequence[Control] = (),
    ticks: Sequence[Tick] = (),
    params: Params | None = None,
) -> list[Alert]:
    admission = Admission(params or Params(), "cal-1")
    return [*admission.update(findings, 1e6, controls, ticks), *admission.finish()]


def test_an_alert_carries_its_reason() -> None:
    (alert,) = whole([rounded(12.5)])
    assert alert == Alert(
        12.5, ROUNDED, "warning", "Rounded to 86 % of your range (limit 80 %)", 0.86, 0.80, "rounding.on_share", "cal-1"
    )


def test_a_rounded_back_is_told_at_once_and_the_slow_wait() -> None:
    admission = Admission(Params(settle=5.0))
    assert [a.kind for a in admission.update([rounded(10.0), slow(POOR, 0.0)], 10.1)] == [ROUNDED]
    assert admission.update([], 14.9) == ()
    assert [(a.kind, a.t) for a in admission.update([], 15.0)] == [(POOR, 10.0)]


def test_one_a_bout() -> None:
    findings = [rounded(10.0, "rep 1"), rounded(12.0, "rep 1"), rounded(14.0, "rep 2")]
    assert told(findings) == [(ROUNDED, 10.0), (ROUNDED, 14.0)]


def test_a_pause_between_two_of_a_kind() -> None:
    findings = [slow(SWAPPED, 0.0), slow(SWAPPED, 500.0), slow(SWAPPED, 1100.0), slow(SLIPPED, 500.0)]
    assert told(findings) == [(SWAPPED, 0.0), (SLIPPED, 500.0), (SWAPPED, 1100.0)]


def test_four_an_hour_and_rounded_backs_apart() -> None:
    slow_ones = [slow(LOST, 700.0 * i) for i in range(8)]
    rounded_ones = [rounded(700.0 * i + 1.0) for i in range(8)]
    expected = [700.0 * i + Params().dwell_lost for i in (0, 1, 2, 3, 6, 7)]
    found = told([*slow_ones, *rounded_ones])
    assert [t for kind, t in found if kind == LOST] == expected
    assert sum(kind == ROUNDED for kind, _ in found) == 8


def test_what_does_not_last_is_not_told() -> None:
    """A sensor back after 3 s, and one back after 20 s."""
    params = Params(dwell_lost=5.0)
    short = [slow(LOST, 10.0, bout="a"), slow(LOST, 13.0, bout="a", over=True)]
    long = [slow(LOST, 1010.0, bout="b"), slow(LOST, 1030.0, bout="b", over=True)]
    assert told([*short, *long], params=params) == [(LOST, 1015.0)]


def test_off_means_never() -> None:
    assert told([rounded(1.0), slow(POOR, 1.0)], params=Params(off=(ROUNDED, POOR))) == []


def test_mute_for_minutes_and_unmute() -> None:
    controls = [control(10.0, "mute", 2), control(300.0, "pause"), control(400.0, "resume")]
    findings = [rounded(t) for t in (9.0, 11.0, 129.0, 131.0, 301.0, 399.0, 401.0)]
    assert [t for _, t in told(findings, controls)] == [9.0, 131.0, 401.0]


def test_three_times_wrong_mute_a_kind_for_an_hour() -> None:
    findings = [rounded(t) for t in (10.0, 20.0, 30.0, 40.0, 50.0 + HOUR)]
    controls = [control(t, "wrong") for t in (13.0, 23.0, 33.0)]
    assert [t for _, t in told(findings, controls)] == [10.0, 20.0, 30.0, 50.0 + HOUR]
    assert [t for _, t in told(findings, controls[:2])] == [10.0, 20.0, 30.0, 40.0, 50.0 + HOUR]
    assert [t for _, t in told(findings, [*controls, control(35.0, "unmute")])][3] == 40.0


def test_wrong_may_name_its_kind() -> None:
    """Three times about poor data, though a rounded back was told last."""
    controls = [control(t, "wrong", POOR) for t in (31.0, 32.0, 33.0)]
    assert told([rounded(30.0), slow(POOR, 40.0), rounded(41.0)], controls) == [(ROUNDED, 30.0), (ROUNDED, 41.0)]


def test_wrong_about_nothing() -> None:
    assert told([rounded(30.0)], [control(1.0, "wrong")] * 4) == [(ROUNDED, 30.0)]


@pytest.mark.parametrize(
    ("kind", "detail", "silent"),
    [
        (SLIPPED, {"site": "sacrum"}, True),
        (SLIPPED, {"site": "thigh_left"}, False),
        (SWAPPED, {"sites": ("upper_lumbar", "sacrum")}, True),
    ],
)
def test_no_rounded_back_from_a_sensor_that_moved(kind: str, detail: dict[str, object], silent: bool) -> None:
    """Until it is calibrated again."""
    findings = [slow(kind, 100.0, detail=detail), rounded(200.0), rounded(400.0)]
    times = [t for k, t in told(findings, [control(300.0, "re-zero")]) if k == ROUNDED]
    assert times == ([400.0] if silent else [200.0, 400.0])


def test_quiet_times_by_the_wearers_clock() -> None:
    """The recording starts at 21:30 UTC; an hour east it is quiet from 22:00 on, that is at once."""
    night = Params(quiet=("22:00-07:00",))
    findings = [slow(SWAPPED, 60.0), rounded(60.0), slow(SWAPPED, 10 * HOUR)]
    start = Tick(0, round(21.5 * HOUR * 1e9), 3600)
    assert told(findings, ticks=[start], params=night) == [(ROUNDED, 60.0), (SWAPPED, 10 * HOUR)]
    west = Tick(0, round(21.5 * HOUR * 1e9), 0)
    assert told(findings, ticks=[west], params=night)[1] == (SWAPPED, 60.0)
    assert told(findings, params=night)[1] == (SWAPPED, 60.0)


LATE = {ROUNDED: 0.9}
"""s by which detectors may hand over; the slow ones 4.9."""

times = st.integers(0, 8000).map(lambda i: i / 2)
found = st.one_of(
    st.builds(rounded, times),
    st.builds(slow, st.sampled_from([POOR, SLIPPED, SWAPPED]), times),
    st.builds(lambda t, over, b: slow(LOST, t, bout=b, over=over), times, st.booleans(), st.integers(0, 1)),
)
wishes = st.builds(
    lambda t, wish: control(t + 0.25, *wish),
    times,
    st.sampled_from(
        [
            ("mute", 1),
            ("pause",),
            ("unmute",),
            ("wrong",),
            ("wrong", POOR),
            ("re-zero",),
            ("do-not-disturb", "on"),
            ("do-not-disturb", "off"),
        ]
    ),
)


@given(
    st.lists(found, max_size=40),
    st.lists(wishes, max_size=12),
    st.lists(times, max_size=10),
    st.lists(st.floats(0.0, 1.0), min_size=40, max_size=40),
)
def test_any_grouping_gives_the_same(
    findings: list[Finding], controls: list[Control], cuts: list[float], delays: list[float]
) -> None:
    """Handed over late or at once, in any portions: the same alerts."""
    findings = sorted(findings, key=lambda f: f.t)
    controls = sorted(controls, key=lambda c: c.arrival_ns)
    ticks = [Tick(i * 10**9, (79000 + i) * 10**9, 0) for i in range(0, 4000, 100)]
    params = Params(quiet=("22:05-22:20",), pause_other=30.0)
    handed = []
    for kind in (ROUNDED, *rules.SLOW):
        at = 0.0
        for finding, delay in zip(findings, delays, strict=False):
            if finding.kind == kind:
                at = max(at, finding.t + delay * LATE.get(kind, 4.9))  # of one kind in the order of time
                handed.append((at, finding))
    admission = Admission(params, "cal-1")
    alerts: list[Alert] = []
    edges = [-1.0, *sorted(cuts), 1e6]
    for a, b in pairwise(edges):
        alerts += admission.update(
            [f for at, f in handed if a < at <= b],
            b,
            [c for c in controls if a < c.arrival_ns / 1e9 <= b],
            [t for t in ticks if a < t.arrival_ns / 1e9 <= b],
        )
    alerts += admission.finish()
    together = whole([f for _, f in handed], controls, ticks, params)
    assert in_time(alerts) == in_time(together)


def in_time(alerts: list[Alert]) -> list[Alert]:
    return sorted(alerts, key=lambda a: (a.t, a.kind))
