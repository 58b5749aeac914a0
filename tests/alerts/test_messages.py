"""What a wearer reads."""

from __future__ import annotations

import pytest

from hiphinge.alerts import messages, rules

SAID = {
    rules.ROUNDED: (0.86, 0.8, {}, "Rounded to 86 % of your range (limit 80 %)"),
    rules.SITTING: (1860.0, 1800.0, {}, "Time to move: sitting for 31 min"),
    rules.POOR: (0.31, 0.1, {}, "Poor signal: 31 % of it missing (limit 10 %). Angles pause"),
    rules.LOST: (
        8.2,
        3.0,
        {"site": "thigh_left"},
        "Nothing from the left thigh sensor for 8 s. Check its battery and the distance",
    ),
    rules.SLIPPED: (
        -8.3,
        5.0,
        {"site": "sacrum"},
        "The pelvis sensor seems to have moved by 8° (limit 5°). Calibrate again",
    ),
    rules.SWAPPED: (
        -59.0,
        -25.0,
        {"sites": ("upper_lumbar", "sacrum")},
        "The upper back sensor and the pelvis sensor seem to be on each other's place. "
        "Exchange them, or set them up anew",
    ),
}


@pytest.mark.parametrize("kind", SAID)
def test_the_reason_in_numbers(kind: str) -> None:
    value, threshold, detail, expected = SAID[kind]
    assert messages.words(kind, value, threshold, detail) == expected


def test_one_leg_on_the_other() -> None:
    said = messages.words(rules.SWAPPED, -0.4, -0.2, {"sites": ("thigh_left",)})
    assert said == "The left thigh sensor seems to be on the other leg. Move it, or set it up anew"


def test_every_kind_has_words() -> None:
    assert set(messages.WORDS) == {rules.ROUNDED, rules.SITTING, *rules.SLOW} == set(SAID)


def test_the_second_word_and_the_softer_one() -> None:
    assert messages.words(rules.SITTING, 2100.0, 1800.0, {"again": True}) == "Still time to move: sitting for 35 min"
    assert messages.shift(960.0) == "Shift a little: 16 min in one posture"


@pytest.mark.parametrize("kind", SAID)
def test_nothing_medical_and_nothing_that_frightens(kind: str) -> None:
    """biomechanics 8: no danger, injury, risk, pain, damage; never wrong or bad."""
    value, threshold, detail, _ = SAID[kind]
    said = messages.words(kind, value, threshold, detail).lower()
    assert not [word for word in ("danger", "injur", "risk", "pain", "damage", "harm", "bad") if word in said]
