"""In plain lines too, nothing stays silent without a word: not the radio, not a sensor that never came."""

from __future__ import annotations

from hiphinge.apps.live.health import Health
from hiphinge.apps.live.telling import UNHEARD_S, Unheard
from hiphinge.blocks import Input, Link, Packet, Sensor, Tick
from hiphinge.devices.driver import LOST, SYNCHRONISING
from hiphinge.monitor import Monitor, Params
from hiphinge.sources.replayed import Replayed

HERE, THERE = Sensor("A", "witmotion", "sacrum"), Sensor("B", "witmotion", "thigh_left")
OFF = "Bluetooth: switched off, expected on."


def said(*log: Input) -> list[str]:
    """One feed each."""
    monitor = Monitor(Params(sensors=(HERE, THERE)))
    health = Health(monitor, Replayed("ble", (HERE, THERE), iter(()), 1.0))
    words: list[str] = []
    listener = Unheard(health, words.append)
    for one in log:
        outcome = monitor.feed([one])
        health.take([one], outcome)
        listener([one], outcome)
    return words


def at(t: float) -> Tick:
    return Tick(round(t * 1e9), 0, 0, "")


def test_the_radio_is_told_once_each_time() -> None:
    off, on = Link(1, "", "radio", OFF), Link(2, "", "radio", "")
    assert said(off, at(1), on, at(2)) == [OFF]
    assert said(off, on, off) == [OFF, OFF]


def test_a_sensor_that_never_came_is_told_once_and_why() -> None:
    heard = Packet("B", "data", round(1e9), b"")
    told = said(at(0), heard, Link(2, "A", LOST, "did not answer in time"), *(at(t) for t in range(3, 90)))
    assert len(told) == 1
    assert told[0].startswith("sacrum (A): not heard yet (did not answer in time). Switch it on")
    assert said(at(0), heard, Packet("A", "data", round(2e9), b""), at(UNHEARD_S + 1)) == []


def test_where_the_radio_explains_it_or_clocks_are_brought_together_it_is_not_the_sensors() -> None:
    both = [Link(1, s.sensor, SYNCHRONISING, "14") for s in (HERE, THERE)]
    assert said(at(0), *both, at(UNHEARD_S + 1)) == []
    late = [at(t) for t in range(1, 60)]
    assert said(at(0), Link(1, "", "radio", OFF), *late) == [OFF]
    assert len(said(at(0), Link(1, "", "radio", OFF), *late, Link(round(60e9), "", "radio", ""), at(61))) == 3
