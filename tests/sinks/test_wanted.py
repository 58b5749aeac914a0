"""Which sinks the settings ask for."""

from __future__ import annotations

import subprocess
import sys

from hiphinge.settings import Feedback, Secret, Secrets, feedback
from hiphinge.sinks import ring, wanted

TWO = Secrets((Secret("json://a"), Secret("json://b")))


def names(settings: Feedback, secrets: Secrets = TWO) -> list[str]:
    return [sink.name for sink in wanted(settings, secrets, buzz=lambda *_: None)]


def test_by_default_all_but_speech() -> None:
    assert names(Feedback()) == ["sound", "desktop", "push 1", "push 2", "vibration"]


def test_each_can_be_left_out() -> None:
    none = Feedback(
        sound=feedback.Sound(on=False),
        desktop=feedback.Desktop(on=False),
        push=feedback.Push(on=False),
        vibration=feedback.Vibration(on=False),
    )
    assert names(none) == []
    assert "speech" in names(Feedback(speech=feedback.Speech(on=True)))
    assert names(Feedback(), Secrets()) == ["sound", "desktop", "vibration"]
    assert [sink.name for sink in wanted(Feedback(), Secrets())] == ["sound", "desktop"]


def test_each_takes_its_kinds_and_mute_is_for_what_is_heard() -> None:
    settings = Feedback(mute=True, push=feedback.Push(kinds=("good",)), speech=feedback.Speech(on=True))
    sinks = {sink.name: sink for sink in wanted(settings, TWO)}
    assert sinks["push 2"].kinds == {"good"}
    assert sinks["sound"].kinds == set(feedback.KINDS)
    assert {name for name, sink in sinks.items() if sink.muted} == {"sound", "speech"}
    assert sinks["desktop"].instead is ring


def test_nothing_heavy_is_imported_before_a_sink_opens() -> None:
    code = (
        "import sys; from hiphinge.settings import Feedback, Secrets; from hiphinge.sinks import wanted\n"
        "wanted(Feedback(), Secrets()); "
        "print([m for m in ('miniaudio', 'apprise', 'desktop_notifier', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
