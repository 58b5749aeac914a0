"""Times of day on the wearer's own clock."""

from __future__ import annotations

import pytest

from hiphinge.alerts import quiet
from hiphinge.blocks import Tick
from hiphinge.errors import SettingsError

HOUR = 3600


@pytest.mark.parametrize(
    ("hour", "expected"), [(21.99, False), (22.0, True), (3.0, True), (6.99, True), (7.0, False), (12.0, False)]
)
def test_over_midnight(hour: float, expected: bool) -> None:
    assert quiet.inside(quiet.parse(["22:00-07:00"]), hour * HOUR) is expected


def test_within_a_day() -> None:
    spans = quiet.parse(["12:00-13:30", "18:00-19:00"])
    assert [quiet.inside(spans, h * HOUR) for h in (11.9, 12.0, 13.4, 13.5, 18.5)] == [False, True, True, False, True]


def test_an_unknown_time_is_not_quiet() -> None:
    assert quiet.inside(quiet.parse(["00:00-00:00"]), None) is False
    assert quiet.inside(quiet.parse(["00:00-00:00"]), 5.0) is True


@pytest.mark.parametrize("text", ["22-7", "25:00-07:00", "22:00", "", "22:00-07:60"])
def test_what_is_no_span_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match=r"alerts\.quiet: .*expected a span") as caught:
        quiet.parse([text])
    assert caught.value.name == "alerts.quiet"


def test_the_clock_follows_zone_and_corrections() -> None:
    """Noon UTC in a zone two hours east; later the clock is set back by an hour."""
    clock = quiet.WallClock()
    clock.set([Tick(50 * 10**9), Tick(100 * 10**9, 12 * HOUR * 10**9, 2 * HOUR), Tick(700 * 10**9, 12 * HOUR * 10**9)])
    assert clock.time_of_day(99.0) is None
    assert clock.time_of_day(160.0) == pytest.approx(14 * HOUR + 60)
    assert clock.time_of_day(760.0) == pytest.approx(12 * HOUR + 60)


def test_a_day_of_pairs_is_not_kept_and_says_the_same() -> None:
    """A pair a second, of a clock that is set back in between."""
    ticks = [Tick(s * 10**9, (12 * HOUR + s - (s > 4000) * 600) * 10**9, 0) for s in range(3 * HOUR)]
    whole, kept = quiet.WallClock(), quiet.WallClock()
    whole.set(ticks)
    for tick in ticks:
        kept.set([tick])
        kept.forget(tick.arrival_ns / 1e9 - 99.5)
    assert len(kept._at) == len(kept._local) == 101
    for t in (3 * HOUR - 1 - 99.5, 3 * HOUR - 50.25, 3 * HOUR + 10.0):
        assert kept.time_of_day(t) == whole.time_of_day(t)


def test_the_last_pair_is_never_forgotten() -> None:
    clock = quiet.WallClock()
    clock.set([Tick(0, 0, 0)])
    clock.forget(9 * HOUR)
    assert clock.time_of_day(10.0 * HOUR) == 10 * HOUR
