"""What ``hiphinge doctor`` says of a machine that lacks something: all of it, to the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from hiphinge import settings
from hiphinge.apps import doctor, owner
from hiphinge.apps.doctor import BAD, GOOD, Sign, signs


def found() -> dict[str, Sign]:
    """By what was looked at; without the radio, which no test machine has."""
    return {sign.what: sign for sign in signs(radio=False)}


def test_a_fresh_home_lacks_nothing_but_sensors() -> None:
    seen = found()
    assert [sign for sign in seen.values() if sign.state == BAD] == []
    assert "hiphinge wear" in seen["sensors"].words
    assert seen["running"].words == "nothing is being recorded"


def test_whoever_holds_the_sensors_is_named() -> None:
    with owner.owning("calibrate", "calibrating"):
        assert found()["running"].words.startswith("calibrate is calibrating since ")


def test_a_file_for_a_home_is_told_and_the_rest_looked_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "home"
    file.write_text("mine")
    monkeypatch.setenv("HIPHINGE_HOME", str(file))
    seen = found()
    assert (seen["home"].state, "a file, expected a folder" in seen["home"].words) == (BAD, True)
    assert seen["virtual"].state == GOOD or "pip install" in seen["virtual"].words


def test_settings_that_cannot_be_read_are_told_and_the_rest_looked_at(hiphinge_home: Path) -> None:
    (hiphinge_home / "settings.toml").write_text("[sensors")
    seen = found()
    assert seen["settings"].state == BAD
    assert "virtual" in seen


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("A", "abacus", "sacrum")], "'A' is a 'abacus', expected one of"),
        ([("A", "hiphinge_imu", "sacrum")], "which no driver serves"),
        ([("A", "witmotion", "sacrum"), ("B", "witmotion", "sacrum")], "'sacrum' worn by 2"),
    ],
)
def test_sensors_that_no_session_could_have(rows: list[tuple[str, str, str]], words: str, hiphinge_home: Path) -> None:
    text = "".join(f'[[sensors]]\nsensor = "{a}"\ndevice = "{device}"\nsite = "{site}"\n' for a, device, site in rows)
    (hiphinge_home / "settings.toml").write_text(text)
    sign = found()["sensors"]
    assert sign.state == BAD
    assert words in sign.words
    assert "hiphinge wear" in sign.words


def test_too_little_room_counts_more_than_who_may_read(monkeypatch: pytest.MonkeyPatch) -> None:
    settings.home().chmod(0o755)
    assert "others may read it" in found()["home"].words
    monkeypatch.setattr(doctor, "ROOM_MB", 10**9)
    assert (found()["home"].state, "expected 1000000000 for a day" in found()["home"].words) == (BAD, True)
