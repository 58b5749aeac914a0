"""Sensors on one clock of their own: brought together, in any grouping; liars and expired bases go alone."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hiphinge.blocks import SACRUM, THIGH_LEFT, UPPER_LUMBAR, Control, Floats, Input, Link, Packet, Sensor, Tick, Times
from hiphinge.devices.driver import CONFIGURED, CONNECTED, SYNCHRONISED, UNSYNCHRONISED, Configuration
from hiphinge.intake import Intake
from hiphinge.monitor import Monitor, Params
from hiphinge.simulate.arrival import Air, Crystal, arrivals, true_times
from hiphinge.streams.clock import Base

SITES = (UPPER_LUMBAR, SACRUM, THIGH_LEFT)
WORN = Params(sensors=tuple(Sensor(site, "movella_dot", site) for site in SITES))
BEGUN_S = 100.0
"""Host time of the common zero."""
BASE = Base("root", BEGUN_S, 1.0, 1800.0)
DOT = Configuration(60.0, 16 * 9.81, 34.9, {"payload": 21}).to_text()
MS = 1e-3


def taken(n: int, site: str) -> Floats:
    """s, (n,): when samples were, of crystals that agree to 1 ppm."""
    ppm = 25.0 + 0.5 * SITES.index(site)
    return BEGUN_S + true_times(Crystal(ppm, wander_ppm=0.0), np.arange(n) / 60.0, np.random.default_rng(0))


@cache
def told(seconds: float, seed: int, interval: float = 0.05, late_s: float = 0.0) -> tuple[Input, ...]:
    """Their log: a tick a second; each sample says its number as rate of turn. ``late_s``: of the thigh's ticks."""
    log: list[Input] = []
    for site in SITES:
        rng = np.random.default_rng([seed, SITES.index(site)])
        ready = taken(round(60 * seconds), site)
        states = ((CONNECTED, ""), (SYNCHRONISED, BASE.to_text()), (CONFIGURED, DOT))
        log += [Link(round(BEGUN_S * 1e9), site, *state) for state in states]
        off = round(1e6 * late_s) if site == THIGH_LEFT else 0
        heard = np.rint(arrivals(Air(interval), ready, rng) * 1e9).astype(int) + 1000 * np.arange(len(ready))
        for k, arrival in enumerate(heard.tolist()):
            body = struct.pack("<I6f", round(k / 60.0 * 1e6) + off, 0, 0, 9.81, k * 0.01, 0, 0)
            log.append(Packet(site, "medium", arrival + SITES.index(site), body))
    log += [Tick(round((BEGUN_S + s) * 1e9)) for s in range(1, round(seconds))]
    return tuple(sorted(log, key=lambda one: one.arrival_ns))


def alone(log: Sequence[Input]) -> tuple[Input, ...]:
    """The same sensors, which never agreed."""
    return tuple(one for one in log if not (isinstance(one, Link) and one.state == SYNCHRONISED))


def fed(log: Sequence[Input], cuts: Sequence[int] = ()) -> Intake:
    """All of it, in groups."""
    intake = Intake(WORN)
    for a, b in pairwise([0, *sorted(c % len(log) for c in cuts), len(log)]):
        list(intake.take(log[a:b]))
    return intake


def errors(intake: Intake, seconds: float) -> dict[str, Floats]:
    """s, of each sensor's samples of the last two seconds."""
    found = {}
    for site in SITES:
        t_ns, gyr = intake.hearing.receptions[site].turned(0, 2**62)
        k = np.rint(np.rad2deg(gyr[:, 0]) / 0.01).astype(int)
        found[site] = (t_ns / 1e9 - taken(round(60 * seconds), site)[k])[-120:]
    return found


def between(intake: Intake, seconds: float) -> float:
    """s: the largest distance of two sensors' mean errors."""
    means = [float(e.mean()) for e in errors(intake, seconds).values()]
    return max(means) - min(means)


def placed(intake: Intake) -> list[Times]:
    """Of each sensor, lately."""
    return [r.turned(0, 2**62)[0] for r in intake.hearing.receptions.values()]


def test_they_are_together_within_seconds_where_arrivals_alone_are_not() -> None:
    """50 ms between connection events hide up to 17 ms of what 60 Hz samples waited."""
    runs = [told(12.0, seed) for seed in range(8)]
    shared = [between(fed(log), 12.0) for log in runs]
    own = [between(fed(alone(log)), 12.0) for log in runs]
    assert max(shared) < 0.5 * MS
    assert np.mean(own) > 4 * MS


def test_none_is_later_than_the_latest_was_alone() -> None:
    """What is common is a mean of what each believed."""
    log = told(12.0, 1)
    own = [float(e.mean()) for e in errors(fed(alone(log)), 12.0).values()]
    for off in errors(fed(log), 12.0).values():
        assert min(own) - MS < off.mean() < max(own) + MS


@settings(max_examples=10)
@given(cuts=st.lists(st.integers(0, 3000), max_size=30), seed=st.integers(0, 3))
def test_any_grouping_gives_the_same_to_the_nanosecond(cuts: list[int], seed: int) -> None:
    log = told(6.0, seed)
    for a, b in zip(placed(fed(log)), placed(fed(log, cuts)), strict=True):
        np.testing.assert_array_equal(a, b)
        assert (np.diff(a) > 0).all()


def test_what_remains_is_told() -> None:
    """The maker's figure and not that of arrivals; arrivals' where they never agreed."""
    watched, unsynchronised = Monitor(WORN), Monitor(WORN)
    watched.feed(told(12.0, 0))
    unsynchronised.feed(alone(told(12.0, 0)))
    assert watched.is_synchronised
    assert watched.sync_error == pytest.approx(0.0002, abs=0.0001)
    assert not unsynchronised.is_synchronised
    assert unsynchronised.sync_error is not None
    assert unsynchronised.sync_error > 0.003


def test_one_that_only_says_so_goes_alone_and_that_is_told() -> None:
    """Its ticks are 3 s off; the two others stay together."""
    intake = fed(told(16.0, 2, late_s=3.0))
    assert [e.kind for e in intake.hearing.events] == ["unsynchronised"]
    assert "thigh_left: its clock is not" in str(intake.hearing.events[0].data["message"])
    off = {site: float(e.mean()) for site, e in errors(intake, 16.0).items()}
    assert abs(off[UPPER_LUMBAR] - off[SACRUM]) < 0.5 * MS
    assert abs(off[THIGH_LEFT]) < 0.05
    assert intake.hearing.receptions[THIGH_LEFT].member.base is None


def test_after_its_time_each_goes_on_from_there() -> None:
    """Nothing jumps; what is told is what arrivals know."""
    log = told(12.0, 3)
    short = replace(BASE, holds_s=6.0).to_text()
    ended = tuple(replace(x, value=short) if isinstance(x, Link) and x.state == SYNCHRONISED else x for x in log)
    watched = Monitor(WORN)
    watched.feed(ended)
    assert not watched.is_synchronised
    assert watched.sync_error is not None
    assert watched.sync_error > 0.003
    assert between(fed(ended), 12.0) < 4 * MS


def test_one_that_began_anew_has_a_clock_of_its_own() -> None:
    """The link found it so on its next connection."""
    log = told(12.0, 1)
    at = next(i for i, x in enumerate(log) if x.arrival_ns > (BEGUN_S + 6) * 1e9)
    anew = Link(log[at].arrival_ns, SACRUM, UNSYNCHRONISED, "it began anew")
    intake = fed((*log[:at], anew, *log[at:]))
    assert intake.hearing.receptions[SACRUM].member.apart is None
    off, own = errors(intake, 12.0), errors(fed(alone(log)), 12.0)
    assert off[SACRUM].mean() == pytest.approx(own[SACRUM].mean(), abs=0.5 * MS)
    assert abs(off[UPPER_LUMBAR].mean() - off[THIGH_LEFT].mean()) < 0.5 * MS


def test_a_twist_leaves_them_together() -> None:
    """It shifts all of them alike."""
    log = told(12.0, 1)
    intake = fed(log)
    for reception in intake.hearing.receptions.values():
        reception.shift(-4_000_000, 0.0003)
    more = tuple(x for x in told(24.0, 1) if x.arrival_ns > log[-1].arrival_ns)
    list(intake.take(more))
    assert between(intake, 24.0) < 0.5 * MS


@given(st.one_of(st.text(), st.sampled_from(["{}", "[1]", '{"name": "x", "since_s": "a"}', '{"name": 3}', "1e999"])))
def test_a_base_that_is_none(text: str) -> None:
    assert Base.from_text(text) is None


def test_nonsense_as_a_base_changes_nothing() -> None:
    """From a log that somebody wrote."""
    log = told(6.0, 0)
    spoilt = tuple(replace(x, value="[[") if isinstance(x, Link) and x.state == SYNCHRONISED else x for x in log)
    for a, b in zip(placed(fed(spoilt)), placed(fed(alone(log))), strict=True):
        np.testing.assert_array_equal(a, b)


def test_it_is_read_as_it_was_written() -> None:
    assert Base.from_text(BASE.to_text()) == BASE


def test_controls_between_them_do_no_harm() -> None:
    """A key is no reason to look."""
    log = told(6.0, 0)
    keyed = (*log[:50], Control(log[50].arrival_ns, "set"), *log[50:])
    for a, b in zip(placed(fed(keyed)), placed(fed(log)), strict=True):
        np.testing.assert_array_equal(a, b)
