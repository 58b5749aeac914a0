"""What is heard, by its spectrum: the numbers of the melodies are found again in the samples."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from hiphinge.settings.feedback import KINDS
from hiphinge.sinks import tones
from hiphinge.sinks.tones import DEPTH_LEVEL, MELODIES, RATE, Mixer, Samples, Tone, samples

BLOCK = 882


def pitch(x: Samples) -> float:
    """The strongest frequency, Hz; None of these tones has a louder overtone."""
    spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x)), 1 << 17))
    return float(np.argmax(spectrum) * RATE / (1 << 17))


def heard(mixer: Mixer, seconds: float, block: int = BLOCK) -> Samples:
    return np.concatenate([mixer.render(block) for _ in range(math.ceil(seconds * RATE / block))])


def length(melody: tuple[Tone, ...]) -> float:
    return sum(tone.seconds for tone in melody)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_tones_at_its_volume(kind: str) -> None:
    mixer = Mixer(0.5)
    mixer.play(kind)
    out = heard(mixer, length(MELODIES[kind]))
    ends = np.cumsum([round(tone.seconds * RATE) for tone in MELODIES[kind]])
    for tone, end in zip(MELODIES[kind], ends, strict=True):
        part = out[end - round(tone.seconds * RATE) : end]
        if tone.hz:
            assert pitch(part) == pytest.approx(tone.hz, rel=0.01)
        assert np.abs(part).max() == pytest.approx(0.5 * tone.level if tone.hz else 0.0, rel=0.01)
    assert np.all(out[ends[-1] :] == 0)


def test_what_must_be_told_apart_differs() -> None:
    rounded, move, good, poor = (MELODIES[k] for k in ("rounded_back", "sitting_too_long", "good", "data_poor"))
    assert len({rounded, move, good, poor}) == 4
    assert [t.hz for t in rounded] == sorted((t.hz for t in rounded), reverse=True)
    assert [t.hz for t in move] == sorted(t.hz for t in move)
    assert MELODIES["shift"] == move
    assert MELODIES["sensor_lost"] == poor


def test_every_kind_of_cue_has_a_melody() -> None:
    assert set(MELODIES) == set(KINDS)


@pytest.mark.parametrize("block", [1, 64, 441, 5000])
def test_the_size_of_a_buffer_has_no_meaning(block: int) -> None:
    mixer = Mixer(1.0)
    mixer.play("rounded_back")
    expected = samples(MELODIES["rounded_back"])
    assert np.array_equal(heard(mixer, 0.3, block)[: len(expected)], expected)


@pytest.mark.parametrize("volume", [0.0, 0.1, 1.0])
def test_the_volume_is_the_peak(volume: float) -> None:
    mixer = Mixer(volume)
    mixer.play("rounded_back")
    assert np.abs(heard(mixer, 0.3)).max() == pytest.approx(volume, rel=0.01)


def test_a_newer_cue_takes_the_place_of_one_that_plays_without_a_click() -> None:
    mixer = Mixer(1.0)
    mixer.play("data_poor")
    before = heard(mixer, 0.06)
    mixer.play("good")
    after = heard(mixer, 0.2)
    assert pitch(after[BLOCK : round(0.07 * RATE)]) == pytest.approx(1319, rel=0.01)
    assert not after[round(0.07 * RATE) + BLOCK :].any()
    steepest = 2 * math.pi * (330 + 1319) / RATE
    assert np.abs(np.diff(np.concatenate([before, after]))).max() < 1.1 * steepest


def test_idle_until_something_plays_and_after_it() -> None:
    mixer = Mixer(0.5)
    assert mixer.idle.is_set()
    mixer.play("good")
    assert not mixer.idle.is_set()
    heard(mixer, 0.1)
    assert mixer.idle.is_set()


@pytest.mark.parametrize(("share", "hz"), [(0.0, 220), (0.5, 440), (1.0, 880), (-1.0, 220), (7.0, 880)])
def test_the_depth_is_a_pitch(share: float, hz: float) -> None:
    mixer = Mixer(0.8)
    mixer.depth = share
    heard(mixer, 0.1)
    out = heard(mixer, 0.3)
    assert pitch(out) == pytest.approx(hz, rel=0.01)
    assert np.abs(out).max() == pytest.approx(0.8 * DEPTH_LEVEL, rel=0.01)


def test_the_depth_glides_without_a_click_and_falls_silent_where_it_is_unknown() -> None:
    mixer = Mixer(1.0)
    out = []
    for share in (*np.linspace(0, 1, 20), math.nan, math.nan, 0.7, math.nan, math.nan):
        mixer.depth = float(share)
        out.append(mixer.render(BLOCK))
    assert np.abs(np.diff(np.concatenate(out))).max() < 1.3 * DEPTH_LEVEL * 2 * math.pi * 880 / RATE
    assert not out[-1].any()
    assert out[10].any()


def test_a_cue_is_not_drowned_by_the_depth() -> None:
    mixer = Mixer(0.5)
    mixer.depth = 0.5
    heard(mixer, 0.1)
    mixer.play("rounded_back")
    heard(mixer, 0.02)
    assert pitch(heard(mixer, 0.05)) == pytest.approx(988, rel=0.02)
    assert pitch(heard(mixer, 0.5)[-8 * BLOCK :]) == pytest.approx(440, rel=0.02)


def test_nothing_is_louder_than_the_device_can() -> None:
    mixer = Mixer(1.0)
    mixer.depth = 1.0
    for _, kind in zip(range(12), itertools.cycle(KINDS), strict=False):
        mixer.play(kind)
        assert np.abs(heard(mixer, 0.05)).max() <= 1.0


def test_samples_are_what_a_device_takes() -> None:
    assert samples((tones.Tone(440, 0.1),)).dtype == np.float32
    assert Mixer(0.5).render(7).dtype == np.float32
    assert Mixer(0.5).render(7).shape == (7,)
