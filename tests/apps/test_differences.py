"""What two runs disagree on: each change once, with the numbers that decided."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hiphinge.apps.differences import differences
from hiphinge.blocks import Alert
from tests.apps.made_up_outcomes import NAN, repetition

FIRST, SECOND = repetition(1, 10.0, 0.5, 1.2, "hinge"), repetition(2, 20.0, 0.9, 1.2, "stoop")
TOLD = Alert(21.5, "rounded_back", "warning", "Rounded to 94 %", 0.94, 0.8, "rounding.on_share", "c4")


def test_the_same_run_has_no_differences() -> None:
    assert differences(([FIRST, SECOND], [TOLD]), ([FIRST, SECOND], [TOLD])) == []
    assert differences(([], []), ([], [])) == []


def test_a_repetition_that_is_lost_or_new_is_told_in_its_words() -> None:
    (gone,) = differences(([FIRST, SECOND], []), ([SECOND], []))
    assert gone.startswith("no longer a repetition: 10.0 s  rep 1")
    (new,) = differences(([SECOND], []), ([FIRST, SECOND], []))
    assert new.startswith("now a repetition: 10.0 s  rep 1")


def test_a_repetition_that_only_has_another_number_is_the_same() -> None:
    assert differences(([SECOND], []), ([replace(SECOND, rep=1, set=3)], [])) == []


def test_one_that_begins_or_ends_at_another_moment_is_the_same() -> None:
    assert differences(([FIRST], []), ([replace(FIRST, start=11.0, end=15.0)], [])) == []


def test_another_kind_is_told_with_what_decided() -> None:
    (line,) = differences(([FIRST], []), ([replace(FIRST, kind="stoop")], []))
    assert line == "10.0 s  rep 1: hinge -> stoop (depth 15°, lumbar 52 % of own range)"


def test_rounded_or_not_is_told_with_the_share_and_unknown_as_such() -> None:
    (line,) = differences(([SECOND], []), ([replace(SECOND, rounded=False)], []))
    assert line == "20.0 s  rep 2: rounded -> not rounded (peak lumbar 94 % of own range)"
    (line,) = differences(([FIRST], []), ([replace(FIRST, rounded=None)], []))
    assert "not rounded -> not observable" in line


def test_a_peak_that_moved_by_more_than_half_a_degree_is_told() -> None:
    moved = [replace(FIRST, peak_lumbar_flexion=FIRST.peak_lumbar_flexion + np.deg2rad(d)) for d in (0.4, 5.0)]
    assert differences(([FIRST], []), ([moved[0]], [])) == []
    (line,) = differences(([FIRST], []), ([moved[1]], []))
    assert line == "10.0 s  rep 1: peak lumbar flexion 29° -> 34°"


def test_unknown_peaks_are_no_change() -> None:
    unknown = replace(FIRST, peak_lumbar_flexion=NAN, peak_lumbar_share=NAN, rounded=None)
    assert differences(([unknown], []), ([unknown], [])) == []


def test_two_repetitions_that_became_one_are_told_as_one_lost() -> None:
    whole = replace(FIRST, end=SECOND.end, rounded=False)
    lines = differences(([FIRST, SECOND], []), ([whole], []))
    assert lines == [line for line in lines if line.startswith("no longer a repetition: 20.0 s")]
    assert len(lines) == 1


def test_alerts_that_go_come_or_change_are_told_with_rule_value_and_limit() -> None:
    (gone,) = differences(([], [TOLD]), ([], []))
    assert gone == "21.5 s  no longer told: Rounded to 94 % (rounding.on_share: 0.94 against 0.80)"
    (new,) = differences(([], []), ([], [TOLD]))
    assert new == "21.5 s  now told: Rounded to 94 % (rounding.on_share: 0.94 against 0.80)"
    (later,) = differences(([], [TOLD]), ([], [replace(TOLD, t=22.0, threshold=0.7)]))
    assert later == (
        "21.5 s  rounded_back: told at 22.0 s (rounding.on_share: 0.94 against 0.80 -> "
        "rounding.on_share: 0.94 against 0.70)"
    )


def test_an_alert_of_another_kind_or_much_later_is_another() -> None:
    for other in (replace(TOLD, kind="data_poor"), replace(TOLD, t=24.0)):
        lines = differences(([], [TOLD]), ([], [other]))
        assert [line.split("  ")[1].split(":")[0] for line in lines] == ["no longer told", "now told"]


def test_repetitions_come_before_alerts_each_in_order_of_time() -> None:
    lines = differences(([FIRST, SECOND], [TOLD]), ([], []))
    assert [line.split(":")[0] for line in lines[:2]] == ["no longer a repetition"] * 2
    assert lines[2].startswith("21.5 s")
