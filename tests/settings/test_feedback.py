from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from hiphinge.errors import SettingsError
from hiphinge.monitor import Params as MonitorParams
from hiphinge.settings import Feedback, load, names, override, save
from hiphinge.settings.feedback import KINDS, Desktop, Push, Sound

BESIDE = """\
[rounding]
on_share = 0.7  # strict

[feedback]
mute = true

[feedback.sound]
volume = 0.2
"""


def test_without_a_file_all_but_speech_is_on(tmp_path: Path) -> None:
    feedback = load(tmp_path, Feedback)
    assert feedback == Feedback()
    assert [feedback.sound.on, feedback.desktop.on, feedback.push.on, feedback.speech.on] == [True, True, True, False]
    assert feedback.sound.kinds == KINDS
    assert "rounded_back" not in (*feedback.desktop.kinds, *feedback.push.kinds)


def test_it_has_a_table_of_its_own_that_the_monitor_does_not_mind(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(BESIDE)
    assert load(tmp_path, Feedback) == Feedback(mute=True, sound=Sound(volume=0.2))
    assert load(tmp_path).rounding.on_share == 0.7


def test_each_part_is_written_without_touching_the_other(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(BESIDE)
    save(replace(load(tmp_path, Feedback), mute=False), tmp_path)
    assert path.read_text() == BESIDE.replace("true", "false")
    save(replace(load(tmp_path), alerts=replace(MonitorParams().alerts, per_hour=2)), tmp_path)
    assert load(tmp_path, Feedback) == Feedback(sound=Sound(volume=0.2))
    assert load(tmp_path).alerts.per_hour == 2


def test_only_what_differs_is_written_into_a_new_file(tmp_path: Path) -> None:
    feedback = Feedback(desktop=Desktop(on=False), push=Push(kinds=()))
    path = save(feedback, tmp_path)
    assert path.read_text() == "[feedback.desktop]\non = false\n\n[feedback.push]\nkinds = []\n"
    assert load(tmp_path, Feedback) == feedback


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("sound.volume = 1.5", "feedback.sound.volume: 1.5, expected 0 to 1"),
        ("sound.volume = nan", "feedback.sound.volume: nan, expected 0 to 1"),
        ("vibration.pulses = 0", "feedback.vibration.pulses: 0, expected 1 to 10"),
        ("push.kinds = ['rounded']", "feedback.push.kinds: 'rounded', expected some of rounded_back, "),
        ("sund.volume = 1.0", "feedback.sund: an unknown name, expected one like feedback.sound"),
        ("mute = 1", "feedback.mute: 1, expected true or false"),
    ],
)
def test_what_none_can_work_with_is_refused_with_the_file(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(f"[feedback]\n{text}\n")
    with pytest.raises(SettingsError) as e:
        load(tmp_path, Feedback)
    assert str(e.value).startswith(f"{path}: {complaint}")


def test_it_is_set_by_dotted_name_too() -> None:
    changed = override(Feedback(), {"sound.volume": "0.25", "speech.on": "true"})
    assert math.isclose(changed.sound.volume, 0.25)
    assert changed.speech.on
    assert {"mute", "sound.depth_pitch", "push.kinds"} <= {s.name for s in names(Feedback())}
