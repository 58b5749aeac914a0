"""Whether the sensors are heard: lost and back, poor and fair, on whole seconds."""

from __future__ import annotations

import numpy as np
import pytest

from hiphinge.blocks import CLIPPED, FILLED, MISSING, SACRUM, SETTLING, THIGH_LEFT, UPPER_LUMBAR, Event, MotionBlock
from hiphinge.detect.signal import Params, Signal

SITES = (UPPER_LUMBAR, SACRUM, THIGH_LEFT)


def heard(seconds: float, *spells: tuple[str, float, float, int], start: float = 0.0) -> MotionBlock:
    """Three sensors for so long; ``spells`` (site, from, to, flag) on the recording's clock."""
    n = round(seconds * 100)
    t = start + np.arange(n) / 100
    flags = np.zeros((3, n), np.uint8)
    for site, a, b, flag in spells:
        flags[SITES.index(site), (t >= a - 1e-9) & (t < b - 1e-9)] |= np.uint8(flag)
    return MotionBlock(t, SITES, np.zeros((3, n, 3)), np.zeros((3, n, 3)), flags)


def events(block: MotionBlock) -> list[tuple[float, str]]:
    return [(e.t, e.kind) for e in Signal(Params(), SITES).update(block)]


def test_all_is_well_while_everything_is_heard() -> None:
    assert events(heard(120)) == []


def test_a_sensor_counts_as_lost_after_two_whole_seconds_of_silence_and_back_when_heard() -> None:
    told = Signal(Params(), SITES).update(heard(30, (SACRUM, 10, 17.3, MISSING)))
    assert [(e.t, e.kind) for e in told] == [(12.0, "sensor_lost"), (18.0, "sensor_back")]
    assert dict(told[0].data) == {"site": SACRUM, "since": 10.0}
    assert told[1].data == told[0].data


def test_seconds_in_which_anything_was_heard_are_not_silent() -> None:
    assert events(heard(30, (SACRUM, 10.0, 11.99, MISSING), (SACRUM, 12.0, 13.99, MISSING))) == []


def test_bridged_and_settling_is_heard() -> None:
    assert events(heard(20, (SACRUM, 5, 12, FILLED | SETTLING))) == []


def test_a_sensor_that_was_never_heard_is_lost_from_the_beginning() -> None:
    (lost, *_) = Signal(Params(), SITES).update(heard(10, (THIGH_LEFT, 0, 10, MISSING)))
    assert (lost.t, lost.kind, lost.data["since"]) == (2.0, "sensor_lost", 0.0)


def test_every_sensor_is_lost_for_itself() -> None:
    lost = [
        (e.t, e.data["site"])
        for e in Signal(Params(), SITES).update(heard(20, (SACRUM, 5, 20, MISSING), (UPPER_LUMBAR, 9, 20, MISSING)))
    ]
    assert lost == [(7.0, SACRUM), (11.0, UPPER_LUMBAR)]


# --- Poor ------------------------------------------------------------------------------------


def spoiled(share: float, start: float, stop: float, flag: int) -> list[tuple[str, float, float, int]]:
    """So much of every second of all sensors."""
    return [(site, s, s + share, flag) for s in np.arange(start, stop) for site in SITES]


def kinds(found: list[tuple[float, str]], kind: str) -> list[float]:
    return [t for t, k in found if k == kind]


@pytest.mark.parametrize("flag", [MISSING, FILLED, SETTLING])
def test_data_are_poor_once_a_quarter_of_half_a_minute_is_bad(flag: np.uint8) -> None:
    """Half of each second from 60 s on: at the sixteenth it is more than a quarter of 30 s."""
    assert events(heard(120, *spoiled(0.5, 60, 120, int(flag)))) == [(76.0, "data_poor")]


def test_data_are_fair_again_below_the_lower_share() -> None:
    """Half of each second until 90 s: 15 % of the last 30 s are nine bad seconds."""
    told = Signal(Params(), SITES).update(heard(150, *spoiled(0.5, 60, 90, int(MISSING))))
    assert [(e.t, e.kind) for e in told] == [(76.0, "data_poor"), (112.0, "data_fair")]
    assert told[0].data["share"] == pytest.approx(16 * 0.5 / 30)
    assert told[0].data["limit"] == 0.25
    assert told[1].data["since"] == told[0].data["since"] == 76.0


def test_less_than_a_quarter_is_not_poor() -> None:
    assert events(heard(120, *spoiled(0.24, 0, 120, int(MISSING)))) == []


def test_clipped_samples_are_not_poor() -> None:
    assert events(heard(120, *spoiled(0.9, 0, 120, int(CLIPPED)))) == []


def test_nothing_is_poor_before_half_a_minute_was_seen() -> None:
    assert events(heard(29, *spoiled(0.9, 0, 29, int(MISSING)))) == []
    assert events(heard(31, *spoiled(0.9, 0, 31, int(MISSING)))) == [(30.0, "data_poor")]


def test_one_sensor_that_is_lost_does_not_make_the_others_poor() -> None:
    """It is told once, as lost."""
    found = events(heard(180, (SACRUM, 60, 180, MISSING)))
    assert found == [(62.0, "sensor_lost")]


# --- Clock -----------------------------------------------------------------------------------


def test_seconds_are_those_of_the_recordings_clock_wherever_it_begins() -> None:
    told = events(heard(20, (SACRUM, 1010.0, 1013.0, MISSING), start=1000.37))
    assert told == [(1012.0, "sensor_lost"), (1014.0, "sensor_back")]


def test_an_event_comes_with_the_block_that_ends_its_second() -> None:
    block, live = heard(14, (SACRUM, 10, 14, MISSING)), Signal(Params(), SITES)
    told: dict[float, tuple[Event, ...]] = {}
    for i in range(0, len(block), 7):
        span = slice(i, i + 7)
        part = MotionBlock(block.t[span], SITES, block.acc[:, span], block.gyr[:, span], block.flags[:, span])
        if found := live.update(part):
            told[float(part.t[-1])] = found
    ((at, (event,)),) = told.items()
    assert event.t == 12.0
    assert 11.99 <= at < 12.07
