"""Through miniaudio's own null device, which asks for samples as a real one does."""

from __future__ import annotations

import math
import subprocess
import sys
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from hiphinge.errors import MissingExtraError, SinkError
from hiphinge.settings import feedback
from hiphinge.sinks import Delivery, Sound, sound
from hiphinge.sinks.tones import DEPTH_LEVEL, Samples
from tests.sinks.cues import Told, cue

SILENT = ("NULL",)
ABSENT = ("JACK",)  # nobody runs a JACK server for these tests


class Heard:
    """Stands between mixer and device, and keeps what the device asked for."""

    def __init__(self, sink: Sound) -> None:
        self._render = sink.mixer.render
        self.blocks: list[Samples] = []
        self.loud = threading.Event()
        sink.mixer.render = self  # type: ignore[method-assign]  # the mixer itself still renders

    def __call__(self, n: int) -> Samples:
        block = self._render(n)
        self.blocks.append(block)
        if block.any():
            self.loud.set()
        return block

    def peak(self) -> float:
        return float(np.abs(np.concatenate(self.blocks)).max())


@pytest.fixture
def played() -> Iterator[tuple[Sound, Heard]]:
    sink = Sound(feedback.Sound(volume=0.4, depth_pitch=True), SILENT)
    sink.late = math.inf  # its first cue waits while miniaudio is imported
    listener = Heard(sink)
    yield sink, listener
    sink.close()


def test_a_cue_reaches_the_device_at_the_wearers_volume(played: tuple[Sound, Heard]) -> None:
    sink, listener = played
    with Delivery([sink], Told()) as delivery:
        delivery.offer(cue("rounded_back"))
        assert listener.loud.wait(60)
    assert listener.peak() == pytest.approx(0.4, rel=0.02)  # closing let the melody end


def test_muted_nothing_is_heard(played: tuple[Sound, Heard]) -> None:
    sink, listener = played
    with Delivery([sink], Told()) as delivery:
        delivery.mute(True)
        delivery.offer(cue("rounded_back"))
        sink.depth(0.5)
        delivery.mute(False)
        delivery.offer(cue("good"))
        assert listener.loud.wait(60)
    assert listener.peak() == pytest.approx(0.2, rel=0.05)  # the good one is at half the volume


def test_the_depth_is_heard_where_it_was_asked_for(played: tuple[Sound, Heard]) -> None:
    sink, listener = played
    with Delivery([sink], Told()) as delivery:
        delivery.depth(0.5)
        assert listener.loud.wait(60)
        delivery.depth(math.nan)
    assert listener.peak() <= 0.4 * DEPTH_LEVEL
    quiet = Sound(feedback.Sound(), SILENT)
    quiet.depth(0.5)
    assert not quiet.mixer.render(2000).any()


def test_without_a_device_one_sentence_and_silence() -> None:
    told = Told()
    with Delivery([Sound(feedback.Sound(), ABSENT)], told) as delivery:
        assert told.next() == sound.NO_DEVICE
        for _ in range(5):
            delivery.offer(cue("rounded_back"))
        assert delivery.states() == (sound.NO_DEVICE,)
    assert [sentence for sentence in told.all() if "delivered" not in sentence] == []


def test_a_device_that_stops_is_told() -> None:
    sink = Sound(feedback.Sound(), SILENT)
    sink.open()
    sink._device.stop()
    with pytest.raises(SinkError, match="no audio device"):
        sink.deliver(cue())
    sink.close()


def test_check_says_how_loud_or_why_not() -> None:
    assert Sound(feedback.Sound(volume=0.3), SILENT).check() == "sound: ready, through Null at a volume of 30 %."
    assert Sound(feedback.Sound(), ABSENT).check() == sound.NO_DEVICE


def test_without_the_extra_the_line_for_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "miniaudio", None)
    with pytest.raises(MissingExtraError) as e:
        Sound(feedback.Sound()).open()
    assert str(e.value).endswith("Run: pip install 'hiphinge[sound]'")
    assert "pip install" in Sound(feedback.Sound()).check()


def test_looking_for_a_device_writes_nothing_to_the_terminal() -> None:
    """ALSA would, a page for each device that is not there; and a view owns that terminal."""
    code = "from hiphinge.settings import feedback; from hiphinge.sinks import Sound; Sound(feedback.Sound()).check()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout + done.stderr == ""
