"""What is told of sensors that bring their clocks together: while they do, where it did not take, until a twist."""

from __future__ import annotations

from hiphinge.apps.live.health import Health
from hiphinge.blocks import Input, Link
from hiphinge.devices.driver import CONNECTED, SYNCHRONISING, UNSYNCHRONISED
from hiphinge.monitor import Monitor
from hiphinge.sources.replayed import Replayed
from tests.streams.test_base import SITES, WORN, told

ONE, OTHER, _ = SITES


def watched(log: list[Input]) -> tuple[Health, Monitor]:
    """After all of it."""
    monitor = Monitor(WORN)
    health = Health(monitor, Replayed("ble", WORN.sensors, iter(()), 1.0))
    health.take(log, monitor.feed(log))
    return health, monitor


def test_while_they_agree_they_are_not_connecting() -> None:
    health, _ = watched([Link(1, ONE, SYNCHRONISING, "14")])
    assert [one.state for one in health.sensors] == ["synchronising", "connecting", "connecting"]


def test_one_that_did_not_is_told_until_a_twist() -> None:
    """Also when another connects after it."""
    links = [Link(1, ONE, CONNECTED), Link(2, ONE, UNSYNCHRONISED, "Its clock is its own."), Link(3, OTHER, CONNECTED)]
    health, monitor = watched([*links])
    assert health.trouble == f"{ONE}: Its clock is its own."
    log = list(told(6.0, 0))
    health.take(log, monitor.feed(log))
    assert health.trouble
    for reception in monitor.receptions.values():
        reception.shift(0, 0.0003)
    health.take((), monitor.feed(()))
    assert health.trouble == ""


def test_a_radio_that_works_again_is_no_trouble_any_more() -> None:
    """What else was told before is told again."""
    off, over = Link(1, "", "radio", "Bluetooth: switched off."), Link(2, "", "radio", "")
    assert watched([off])[0].trouble == "Bluetooth: switched off."
    assert watched([off, over])[0].trouble == ""
    alone = Link(0, ONE, UNSYNCHRONISED, "Its clock is its own.")
    assert watched([alone, off, over])[0].trouble == f"{ONE}: Its clock is its own."


def test_their_error_is_that_to_each_other() -> None:
    """Not that of arrivals, which is that to the host's clock."""
    health, _ = watched(list(told(12.0, 0)))
    assert all(one.clock_sd_s is not None and one.clock_sd_s < 0.001 for one in health.sensors)
