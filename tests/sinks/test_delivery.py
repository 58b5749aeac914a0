"""The fan-out: these sinks do what a real one may do, on command. Real ones: the other files here."""

from __future__ import annotations

import math
import queue
import threading
import time

import pytest

from hiphinge.blocks import Alert
from hiphinge.errors import MissingExtraError, SinkError
from hiphinge.sinks import Backoff, Delivery, Sink, Tell
from tests.sinks.cues import Told, cue

QUICK = Backoff(first=0.001, longest=0.004)
DOWN = "gong: not here, expected a gong. Hang one up."


class Gong(Sink):
    """Fails while ``broken`` says so; waits in ``deliver`` for ``gate``."""

    name = "gong"

    def __init__(self, keep: int = 100, instead: Tell | None = None) -> None:
        super().__init__(("sitting_too_long", "good"), instead)
        self.keep, self.late = keep, math.inf
        self.got: queue.Queue[str] = queue.Queue()
        self.gate, self.began, self.closed = threading.Event(), threading.Event(), threading.Event()
        self.gate.set()
        self.opening: Exception | None = None
        self.failing = 0
        self.opened = self.tries = self.shut_at = 0
        self.shut = threading.Event()

    def open(self) -> None:
        self.opened += 1
        self.closed.clear()
        if self.opening is not None:
            raise self.opening

    def deliver(self, cue: Alert) -> None:
        if self.tries + 1 == self.shut_at:
            self.gate.clear()
            self.shut.set()
        self.began.set()
        assert self.gate.wait(120)
        self.tries += 1
        if self.tries <= self.failing:
            raise SinkError(DOWN)
        self.got.put(cue.message)

    def close(self) -> None:
        self.closed.set()

    @property
    def state(self) -> str:
        return "gong: ready."

    def heard(self, n: int) -> list[str]:
        return [self.got.get(timeout=60) for _ in range(n)]


def test_each_sink_gets_the_kinds_that_it_takes() -> None:
    gong, told = Gong(), Told()
    with Delivery([gong], told) as delivery:
        delivery.offer(cue("rounded_back", "no"))
        delivery.offer(cue("good", "yes"))
        assert gong.heard(1) == ["yes"]
    assert (gong.got.qsize(), told.all(), gong.closed.is_set()) == (0, [], True)


def test_a_blocked_sink_holds_up_neither_the_stream_nor_another_sink() -> None:
    blocked, free = Gong(keep=3), Gong()
    blocked.gate.clear()
    with Delivery([blocked, free], Told()) as delivery:
        delivery.offer(cue(message="first"))
        assert blocked.began.wait(60)
        for n in range(1000):  # would never end if it waited
            delivery.offer(cue(message=str(n)))
            if n % 50 == 49:
                free.heard(50)
        blocked.gate.set()
        assert blocked.heard(4) == ["first", "997", "998", "999"]


def test_where_one_may_wait_the_newest_wins() -> None:
    gong = Gong(keep=1)
    gong.gate.clear()
    with Delivery([gong], Told()) as delivery:
        delivery.offer(cue(message="now"))
        assert gong.began.wait(60)
        for message in ("old", "older", "newest"):
            delivery.offer(cue(message=message))
        gong.gate.set()
        assert gong.heard(2) == ["now", "newest"]


def test_what_comes_too_late_is_left_out() -> None:
    gong = Gong()
    gong.gate.clear()
    with Delivery([gong], Told()) as delivery:
        delivery.offer(cue(message="first"))
        assert gong.began.wait(60)
        gong.late = 0.02  # not before: the first may wait for its thread
        delivery.offer(cue(message="stale"))
        threading.Event().wait(0.04)
        gong.gate.set()
        assert gong.heard(1) == ["first"]
    assert gong.got.qsize() == 0


def test_a_failing_sink_is_told_once_tried_again_and_loses_nothing() -> None:
    gong, told = Gong(), Told()
    gong.failing = 5
    with Delivery([gong], told, QUICK) as delivery:
        delivery.offer(cue(message="a"))
        delivery.offer(cue(message="b"))
        assert gong.heard(2) == ["a", "b"]
        assert gong.opened == 6
        assert told.all() == [DOWN]
        assert delivery.states() == ("gong: ready.",)


def test_being_open_again_is_not_enough_to_be_called_ready() -> None:
    gong, told = Gong(), Told()
    gong.failing, gong.shut_at = 1, 2
    with Delivery([gong], told, QUICK) as delivery:
        delivery.offer(cue())
        assert told.next() == DOWN
        assert gong.shut.wait(60)  # it is open again; the second try waits at the gate
        assert delivery.states() == (DOWN,)
        gong.gate.set()
        gong.heard(1)
    assert delivery.states() == ("gong: ready.",)


def test_what_failed_gives_way_to_a_newer_one() -> None:
    gong = Gong(keep=1)
    gong.failing = 1
    gong.gate.clear()
    with Delivery([gong], Told(), QUICK) as delivery:
        delivery.offer(cue(message="failed"))
        assert gong.began.wait(60)
        delivery.offer(cue(message="newer"))
        gong.gate.set()
        assert gong.heard(1) == ["newer"]


def test_while_it_cannot_another_way_has_the_cues() -> None:
    instead, told = Told(), Told()
    gong = Gong(instead=lambda cue: instead(cue.message))
    gong.opening = SinkError(DOWN)
    with Delivery([gong], told, Backoff(first=60.0)) as delivery:
        assert told.next() == DOWN
        delivery.offer(cue(message="a"))
        delivery.offer(cue(message="b"))
        assert [instead.next(), instead.next()] == ["a", "b"]
        assert delivery.states() == (DOWN,)
    assert told.all() == []


def test_a_cue_that_fails_goes_the_other_way_at_once() -> None:
    instead = Told()
    gong = Gong(instead=lambda cue: instead(cue.message))
    gong.failing = 1
    with Delivery([gong], Told(), Backoff(first=60.0)) as delivery:
        delivery.offer(cue(message="a"))
        assert instead.next() == "a"
    assert gong.got.qsize() == 0


def test_a_missing_package_is_told_and_not_tried_again() -> None:
    gong, told = Gong(), Told()
    gong.opening = MissingExtraError("gong: no gong. Run: pip install 'hiphinge[gong]'")
    with Delivery([gong], told, QUICK) as delivery:
        assert told.next().endswith("pip install 'hiphinge[gong]'")
        delivery.offer(cue())
        threading.Event().wait(0.02)  # some twenty pauses of a sink that is tried again
    assert gong.opened == 1
    assert told.all() == ["gong: 1 cue could not be delivered before the end."]


def test_closing_delivers_what_waits() -> None:
    gong = Gong()
    delivery = Delivery([gong], Told())
    for n in range(20):
        delivery.offer(cue(message=str(n)))
    delivery.close(10)
    assert gong.heard(20) == [str(n) for n in range(20)]
    assert gong.closed.is_set()


def test_closing_does_not_wait_for_a_pause_and_counts_what_is_lost() -> None:
    gong, told = Gong(), Told()
    gong.failing = 99
    delivery = Delivery([gong], told, Backoff(first=3600.0, longest=3600.0))
    delivery.offer(cue())
    assert told.next() == DOWN
    delivery.offer(cue())
    delivery.close(10)
    assert gong.closed.is_set()
    assert told.all() == ["gong: 2 cues could not be delivered before the end."]


def test_closing_leaves_a_service_that_hangs() -> None:
    gong, told = Gong(), Told()
    gong.gate.clear()
    gong.failing = 99
    delivery = Delivery([gong], told, QUICK)
    delivery.offer(cue())
    assert gong.began.wait(60)
    began = time.monotonic()
    delivery.close(0.05)
    assert time.monotonic() - began < 60  # it would be a hundred and twenty
    gong.gate.set()
    assert gong.closed.wait(60)
    assert told.all() == []


@pytest.mark.parametrize(("audible", "expected"), [(True, ["b"]), (False, ["a", "b"])])
def test_mute_silences_what_is_heard(audible: bool, expected: list[str]) -> None:
    gong = Gong()
    gong.audible = audible
    with Delivery([gong], Told()) as delivery:
        delivery.mute(True)
        delivery.offer(cue(message="a"))
        delivery.mute(False)
        delivery.offer(cue(message="b"))
        assert gong.heard(len(expected)) == expected


def test_check_opens_and_closes() -> None:
    gong = Gong()
    assert gong.check() == "gong: ready."
    assert gong.closed.is_set()
    gong.opening = SinkError(DOWN)
    assert gong.check() == DOWN
    assert gong.closed.is_set()
