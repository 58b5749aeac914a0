"""What is told at once, and what only recorded."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from hiphinge.alerts import cues
from hiphinge.alerts.cues import GOOD, NOTE, Cues, Params
from hiphinge.blocks import Alert, Control, Event, Repetition
from hiphinge.errors import SettingsError

NAN = math.nan


def rep(n: int, end: float, peak: float = 0.5, rounded: bool = False, flexion: float = 0.5) -> Repetition:
    values = dict.fromkeys(Repetition.__dataclass_fields__, NAN)
    values |= {"rep": n, "set": 1, "start": end - 3.0, "end": end, "kind": "hinge", "rounded": rounded}
    values |= {"peak_lumbar_share": peak, "peak_lumbar_flexion": flexion, "confidence": 0.9}
    return Repetition(**values)


def rounded(t: float) -> Alert:
    return Alert(t, "rounded_back", "warning", "Rounded", 0.85, 0.8, "rounding.on_share", "id")


def key(t: float, value: str) -> Control:
    return Control(round(t * 1e9), "set", value)


def phase(t: float, name: str) -> Event:
    return Event(t, "phase", {"phase": name})


def told(stage: Cues, *, alerts=(), reps=(), phases=(), controls=(), now=1e9) -> list[tuple[float, str]]:
    return [(c.t, c.kind) for c in stage.update(alerts, reps, phases, controls, now)]


def test_a_rounded_back_is_told_only_in_a_set() -> None:
    stage = Cues(Params())
    alerts = [rounded(5.0), rounded(15.0), rounded(25.0)]
    assert told(stage, alerts=alerts, controls=[key(10, "start"), key(20, "stop")]) == [(15.0, "rounded_back")]


def test_other_alerts_are_told_whenever_they_come() -> None:
    move = replace(rounded(5.0), kind="sitting_too_long")
    assert told(Cues(Params()), alerts=[move]) == [(5.0, "sitting_too_long")]


def test_a_good_repetition_is_told_at_its_end_and_a_rounded_one_is_not() -> None:
    stage = Cues(Params())
    reps = [rep(1, 14.0), rep(2, 18.0, 0.9, rounded=True), replace(rep(3, 22.0), confidence=0.2)]
    assert told(stage, reps=reps, controls=[key(10, "start")]) == [(14.0, GOOD)]


def test_words_wait_for_the_next_still_moment_and_name_the_repetition() -> None:
    stage = Cues(Params(still=1.0))
    stage.update((), [rep(1, 14.0)], [phase(14.0, "standing")], [key(10, "start")], 14.5)
    stage.update((), [rep(2, 18.0, 0.9, rounded=True)], [phase(15, "descent"), phase(18, "standing")], (), 18.5)
    assert told(stage, phases=[phase(18.8, "descent")], now=19.5) == []
    [note] = stage.update((), [rep(3, 23.0)], [phase(23.0, "standing")], (), 24.5)[1:]
    assert (note.kind, note.t) == (NOTE, 24.0)
    assert note.message == "Rounding began at repetition 2, at 90 % of your range"


def test_creep_over_the_set_is_said_once() -> None:
    stage = Cues(Params())
    peaks = [0.40, 0.44, 0.45, 0.60, 0.65]
    reps = [rep(i + 1, 14.0 + 5 * i, flexion=p) for i, p in enumerate(peaks)]
    phases = [phase(r.end, "standing") for r in reps] + [phase(r.start, "descent") for r in reps]
    notes = [c for c in stage.update((), reps, phases, [key(10, "start")], 60.0) if c.kind == NOTE]
    assert [c.message for c in notes] == ["Your low back bends 10° more than in the first 2"]


@pytest.mark.parametrize(("share", "expected"), [(1.0, 8), (0.5, 4), (0.25, 2), (0.0, 0)])
def test_fading_tells_every_so_manieth(share: float, expected: int) -> None:
    stage = Cues(Params(share=share))
    found = told(stage, alerts=[rounded(11.0 + i) for i in range(8)], controls=[key(10, "start")])
    assert len(found) == expected


def test_the_goal_decides_what_is_good() -> None:
    reps, start = [rep(1, 14.0, 0.4), rep(2, 18.0, 0.6)], [key(10, "start")]
    more = Cues(Params(goal=cues.MORE))
    assert told(more, alerts=[rounded(17.0)], reps=reps, controls=start) == [(18.0, GOOD)]
    assert told(Cues(Params(goal=cues.MEASURE)), alerts=[rounded(17.0)], reps=reps, controls=start) == []


def test_any_grouping_tells_the_same() -> None:
    reps = [rep(i, 10.0 + 4 * i, 0.5 + 0.02 * i, i in (5, 9), 0.4 + 0.03 * i) for i in range(1, 15)]
    phases = sorted(
        [phase(r.end, "standing") for r in reps] + [phase(r.start, "descent") for r in reps], key=lambda e: e.t
    )
    alerts = [rounded(r.end - 1.5) for r in reps if r.rounded]
    controls = [key(11, "start"), key(40, "stop"), key(44, "start")]
    whole = Cues(Params(share=0.5)).update(alerts, reps, phases, controls, 100.0)
    for seed in range(5):
        stage, found = Cues(Params(share=0.5)), []
        edges = [*sorted(random.Random(seed).uniform(0, 100) for _ in range(20)), 100.0]
        for a, b in zip([0.0, *edges], edges, strict=False):
            found += stage.update(
                [x for x in alerts if a < x.t <= b],
                [x for x in reps if a < x.end <= b],
                [x for x in phases if a < x.t <= b],
                [x for x in controls if a < x.arrival_ns / 1e9 <= b],
                b,
            )
        assert repr(tuple(found)) == repr(whole)


def test_a_goal_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match="'faster', expected one of less, more, measure"):
        Cues(Params(goal="faster"))
