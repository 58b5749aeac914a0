"""A session in the terminal: plain lines in a pipe, a panel on a terminal."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from hiphinge.apps.watch import Watch, told
from hiphinge.blocks import Alert, AngleBlock, Outcome
from tests.apps.made_up_outcomes import NAN, OWN_RANGE, repetition

REP = repetition(3, 61.25, np.deg2rad(50), np.deg2rad(52), "stoop")
ALERT = Alert(62.5, "rounded_back", "warning", "Rounded to 91 % of your range", 0.91, 0.8, "rounding.on_share", "c4")


def test_a_name_is_no_markup() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100, legacy_windows=False, color_system=None)
    with console.capture() as captured:
        console.print(Watch("[/b] [red].mcap", OWN_RANGE, console)._panel())
    assert "[/b] [red].mcap · 0 s" in captured.get()


def angles(**degrees: float) -> AngleBlock:
    found = {name: np.deg2rad(np.array([0.0, x])) for name, x in degrees.items()}
    return AngleBlock(np.array([59.0, 60.0]), found, np.zeros(2, np.uint8))


def shown(*outcomes: Outcome, terminal: bool, own_range: float = OWN_RANGE) -> tuple[str, Watch]:
    """What was printed; on a terminal, the last panel."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=100, legacy_windows=False, color_system=None)
    with Watch("workout.mcap", own_range, console) as watch:
        for outcome in outcomes:
            watch.show(outcome)
        if terminal:
            console.print(watch._panel())
    return out.getvalue(), watch


def test_a_repetition_is_one_line_of_words() -> None:
    assert told(REP) == "    61.2 s  rep 3   stoop   lumbar  50°  ( 91 %)  hip  52°  rounded"


def test_what_is_not_known_is_not_said() -> None:
    bare = replace(REP, peak_lumbar_flexion=NAN, peak_lumbar_share=NAN, peak_hip_flexion=NAN, rounded=None)
    assert told(bare) == "    61.2 s  rep 3   stoop "
    assert "rounded" not in told(replace(REP, rounded=False))


def test_a_pipe_gets_a_line_for_each_repetition_and_alert_and_nothing_else() -> None:
    quiet = Outcome(angles(lumbar_flexion=20.0))
    text, watch = shown(quiet, Outcome(angles(), (), (REP,), (), (ALERT,)), quiet, terminal=False)
    assert text.splitlines() == [told(REP), "    62.5 s  Rounded to 91 % of your range"]
    assert (watch.reps, watch.alerts) == ([REP], [ALERT])


def test_brackets_in_a_message_are_text() -> None:
    text, _ = shown(Outcome(angles(), alerts=(replace(ALERT, message="[bold]left[/bold]"),)), terminal=False)
    assert "[bold]left[/bold]" in text


def test_long_lines_are_not_broken_in_a_pipe() -> None:
    text, _ = shown(Outcome(angles(), alerts=(replace(ALERT, message="x" * 300),)), terminal=False)
    assert "x" * 300 in text


@pytest.mark.parametrize(
    ("flexion", "words"), [(27.5, "50 % of own range"), (-4.0, "0 % of own range"), (66.0, "120 %")]
)
def test_the_panel_shows_lumbar_flexion_in_degrees_and_of_the_own_range(flexion: float, words: str) -> None:
    text, _ = shown(Outcome(angles(lumbar_flexion=flexion, hip_flexion=40.0)), terminal=True)
    lumbar = next(line for line in text.splitlines() if "lumbar" in line and "°" in line)
    assert f"{flexion:.0f}°" in lumbar
    assert words in lumbar
    assert lumbar.count("█") == min(max(round(30 * flexion / 55), 0), 30)
    assert lumbar.count("█") + lumbar.count("░") == 30


def test_the_panel_says_what_cannot_be_seen_now() -> None:
    text, _ = shown(Outcome(angles(lumbar_flexion=NAN)), terminal=True)
    lines = [line for line in text.splitlines() if "not observable now" in line]
    assert len(lines) >= 2  # lumbar is unknown, hip is not worn


def test_without_an_own_range_the_panel_gives_degrees_alone() -> None:
    text, _ = shown(Outcome(angles(lumbar_flexion=30.0)), terminal=True, own_range=NAN)
    assert "30°" in text
    assert "of own range" not in text


def test_the_panel_counts_and_keeps_the_last_ones() -> None:
    reps = tuple(replace(REP, rep=i, start=10.0 * i) for i in range(1, 7))
    alerts = tuple(replace(ALERT, t=100.0 + i, message=f"alert {i}") for i in range(4))
    text, _ = shown(Outcome(angles(lumbar_flexion=1.0), (), reps, (), alerts), terminal=True)
    last = text[text.rindex("workout.mcap") :]
    assert "6 repetitions" in last
    assert "workout.mcap · 60 s" in last
    assert [i for i in range(1, 7) if f"rep {i} " in last] == [4, 5, 6]
    assert [i for i in range(4) if f"alert {i}" in last] == [2, 3]


def test_negative_zero_is_zero() -> None:
    text, _ = shown(Outcome(angles(lumbar_flexion=-0.2)), terminal=True)
    assert "-0°" not in text


def test_what_stays_at_the_end_has_no_angles_of_now() -> None:
    text, _ = shown(Outcome(angles(lumbar_flexion=20.0), (), (REP,)), terminal=True)
    *_, last = text.split("workout.mcap")
    assert "1 repetition" in last
    assert "lumbar ░" not in last
    assert "hip    ·" not in last
