from __future__ import annotations

import math

from hiphinge.errors import SinkError
from hiphinge.settings import feedback
from hiphinge.sinks import Backoff, Delivery, Vibration
from tests.sinks.cues import Told, cue


def test_rounded_and_move_feel_different() -> None:
    felt = []
    sink = Vibration(feedback.Vibration(pulse_s=0.1, pulses=3), lambda s, n: felt.append((round(s, 6), n)))
    for kind in ("rounded_back", "sitting_too_long", "shift"):
        sink.deliver(cue(kind))
    assert felt == [(0.1, 3), (0.3, 1), (0.3, 1)]
    assert sink.check() == "vibration: ready, 3 pulses of 100 ms."


def test_a_sensor_that_does_not_answer_is_told() -> None:
    def lost(_pulse_s: float, _pulses: int) -> None:
        raise SinkError("sacrum: does not vibrate, expected it to. Check its battery.")

    told = Told()
    sink = Vibration(feedback.Vibration(), lost)
    sink.late = math.inf  # it is about what is told, however late its thread begins
    with Delivery([sink], told, Backoff(60.0)) as delivery:
        delivery.offer(cue("rounded_back"))
        assert told.next() == "sacrum: does not vibrate, expected it to. Check its battery."
