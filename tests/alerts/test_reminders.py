"""When somebody who sits is told to move: due, at a good moment, once more at most, and never in a break."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.alerts.reminders import Params
from hiphinge.alerts.rules import Admission
from hiphinge.alerts.rules import Params as Rules
from hiphinge.blocks import Alert, Control, Event, Tick

HOUR = 3600.0
MOVE, AGAIN, SHIFT = "notice", "warning", "shift"


def sat(start: float, since: float | None = None) -> Event:
    """On the seat from ``start`` s; this time of sitting began at ``since`` s."""
    return Event(start + 9.0, "seat_taken", {"since": start if since is None else since, "at": start + 5.0})


def rose(t: float) -> list[Event]:
    return [Event(t + 1.0, "seat_left", {"at": t}), Event(t + 4.0, "seat_left", {"at": t})]


def rested(t: float) -> list[Event]:
    """Up at ``t`` s, and for a minute."""
    return [*rose(t), Event(t + 64.0, "break_taken", {"left": t, "at": t + 60.0})]


def fidgets(*spans: tuple[float, float]) -> list[Event]:
    """Another posture every five minutes, so that nobody says "shift"."""
    return [Event(300.0 * i, "posture_shift") for a, b in spans for i in range(int(a // 300), int(b // 300) + 1)]


def control(t: float, action: str, value: object = None) -> Control:
    return Control(round(t * 1e9), action, "" if value is None else json.dumps(value))


def given_to(
    events: Sequence[Event], until: float, controls: Sequence[Control] = (), ticks: Sequence[Tick] = (), **rules: object
) -> list[tuple[str, float]]:
    """(severity, or "shift"; t s) of all that is told."""
    told = whole(events, until, controls, ticks, **rules)
    return [(a.kind if a.kind == SHIFT else a.severity, a.t) for a in told]


def whole(
    events: Sequence[Event], until: float, controls: Sequence[Control] = (), ticks: Sequence[Tick] = (), **rules: object
) -> list[Alert]:
    admission = Admission(replace(Rules(), **rules), "cal-1", Params())
    return [*admission.update((), until, controls, ticks, events), *admission.finish()]


LONG = [sat(0.0), *fidgets((0, 7200))]


def test_told_after_half_an_hour_and_once_more_five_minutes_later() -> None:
    first, again = whole(LONG, 7200.0)
    assert (first.t, first.kind, first.severity) == (1800.0, "sitting_too_long", MOVE)
    assert first.message == "Time to move: sitting for 30 min"
    assert (first.value, first.threshold, first.rule) == (1800.0, 1800.0, "reminders.after")
    assert (again.t, again.severity, again.rule) == (2100.0, AGAIN, "reminders.again")
    assert again.message == "Still time to move: sitting for 35 min"


def test_short_stands_do_not_count_and_a_break_does() -> None:
    short = [*fidgets((0, 4000)), sat(0.0), *rose(1700.0), sat(1750.0, since=0.0)]
    assert given_to(short, 2000.0) == [(MOVE, 1800.0)]
    taken = [*fidgets((0, 4000)), sat(0.0), *rested(1700.0), sat(1800.0)]
    assert given_to(taken, 3700.0) == [(MOVE, 3600.0)]


def test_nothing_while_up() -> None:
    """Due while standing: told on the seat again, ten seconds after it was seen; never in a break."""
    back = [*fidgets((0, 4000)), sat(0.0), *rose(1790.0), sat(1830.0, since=0.0)]
    assert given_to(back, 2000.0) == [(MOVE, 1845.0)]
    assert given_to([*fidgets((0, 1800)), sat(0.0), *rested(1795.0)], 3600.0) == []


def test_leaving_is_believed_before_the_posture_is_known() -> None:
    """A seat that was taken for a moment and left: the news of it come late."""
    late = [
        *fidgets((0, 4000)),
        sat(0.0),
        *rose(1700.0),
        sat(1740.0, since=0.0),
        Event(1747.0, "seat_left", {"at": 1746.0}),
    ]
    assert given_to(late, 1900.0) == []


def test_snooze_and_pause() -> None:
    assert given_to(LONG, 4000.0, [control(1830.0, "snooze", 20)]) == [(MOVE, 1800.0), (MOVE, 3030.0), (AGAIN, 3330.0)]
    assert given_to(LONG, 4000.0, [control(1700.0, "pause", 10)]) == [(MOVE, 2300.0), (AGAIN, 2600.0)]
    assert given_to(LONG, 2000.0, [control(1700.0, "pause", 30), control(1899.5, "resume")]) == [(MOVE, 1900.0)]
    assert given_to(LONG, 2500.0, [control(1000.0, "snooze")]) == [(MOVE, 1800.0), (AGAIN, 2100.0)]


@pytest.mark.parametrize("value", ["nonsense", True, -5, "1e999"])
def test_a_snooze_without_minutes_lasts_ten(value: object) -> None:
    assert given_to(LONG, 2500.0, [control(1700.0, "snooze", value)])[0] == (MOVE, 2300.0)


def test_do_not_disturb_and_quiet_hours_are_waited_for() -> None:
    wishes = [control(1000.0, "do-not-disturb", "on"), control(2499.5, "do-not-disturb", "off")]
    assert given_to(LONG, 2700.0, wishes) == [(MOVE, 2500.0)]
    plain = [Control(round(1000e9), "do-not-disturb", "on")]
    assert given_to(LONG, 7000.0, plain) == []
    noon = Tick(0, round(12 * HOUR * 1e9), 0)
    assert given_to(LONG, 3500.0, ticks=[noon], quiet=("12:10-12:45",)) == [(MOVE, 2700.0), (AGAIN, 3000.0)]


def test_shift_a_little_to_who_does_not_move() -> None:
    """After a quarter of an hour in one posture; a shift postpones it; then "time to move" has precedence."""
    assert given_to([sat(0.0)], 2300.0) == [(SHIFT, 905.0), (MOVE, 1800.0), (AGAIN, 2100.0)]
    assert given_to([sat(0.0), Event(600.0, "posture_shift")], 2500.0)[0] == (MOVE, 1800.0)
    (alert, *_) = whole([sat(0.0)], 1000.0)
    assert alert.message == "Shift a little: 15 min in one posture"


def test_never_more_than_four_an_hour() -> None:
    told = [t for _, t in given_to([sat(0.0)], 6 * HOUR, [control(60.0 * i, "snooze", 1) for i in range(31, 300, 2)])]
    assert len(told) > 10
    assert all(sum(t - HOUR < other <= t for other in told) <= 4 for t in told)


def test_what_is_forgotten_starts_anew() -> None:
    lost = [*fidgets((0, 9000)), sat(0.0), *rose(1000.0), Event(1300.0, "seat_forgotten", {"at": 1300.0}), sat(1500.0)]
    assert given_to(lost, 3400.0) == [(MOVE, 3300.0)]


@pytest.mark.parametrize(
    ("ahead", "boot", "told"), [(3600, "a", 3200.0), (0, "b", 3200.0), (-400, "a", 1800.0), (60, "a", 1800.0)]
)
def test_a_host_that_slept_counts_anew(ahead: int, boot: str, told: float) -> None:
    """An hour of sleep, or another boot; not a clock stepped back or a little forward."""
    ticks = [Tick(i * 10**9, (43200 + i) * 10**9, 0, "a") for i in range(0, 1400, 10)]
    ticks += [Tick(i * 10**9, (43200 + i + ahead) * 10**9, 0, boot) for i in range(1400, 4000, 10)]
    assert given_to(LONG, 3300.0, ticks=ticks)[0] == (MOVE, told)


stretches = st.lists(st.tuples(st.integers(20, 3000), st.integers(5, 200)), max_size=5)
wishes = st.builds(
    lambda t, wish: control(t / 3, *wish),
    st.integers(0, 30000),
    st.sampled_from([("snooze", 3), ("pause", 2), ("resume",), ("do-not-disturb", "on"), ("do-not-disturb", "off")]),
)


@given(stretches, st.lists(wishes, max_size=6), st.lists(st.floats(0.0, 9000.0), max_size=8))
def test_any_grouping_gives_the_same(spans: list[tuple[int, int]], asked: list[Control], cuts: list[float]) -> None:
    """Controls are fed by their own time, events when the grid has reached theirs, which lags a little."""
    events, t, since = [Event(400.0, "posture_shift")], 0.0, 0.0
    for seated, up in spans:
        events += [sat(t, since), *(rested(t + seated) if up >= 60 else rose(t + seated))]
        t += seated + up
        since = t if up >= 60 else since
    events, asked = sorted(events, key=lambda e: e.t), sorted(asked, key=lambda c: c.arrival_ns)
    ticks = [Tick(i * 10**9, (43200 + i) * 10**9, 0) for i in range(0, 9000, 60)]
    admission = Admission(Rules(quiet=("12:40-12:50",)), "cal-1", Params())
    alerts: list[Alert] = []
    for a, b in pairwise([-1.0, *sorted(cuts), 9000.0]):
        lag = 0.7 if b < 9000.0 else 0.0
        alerts += admission.update(
            (),
            b - lag,
            [c for c in asked if a < c.arrival_ns / 1e9 <= b],
            [k for k in ticks if a < k.arrival_ns / 1e9 <= b],
            [e for e in events if a - (0.7 if a > 0 else 0.0) < e.t <= b - lag],
        )
    alerts += admission.finish()
    assert alerts == whole(events, 9000.0, asked, ticks, quiet=("12:40-12:50",))
