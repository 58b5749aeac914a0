"""The Movesense's twin: its page's bytes, and a whole session over the virtual radio."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from hiphinge.devices.movesense import Movesense
from hiphinge.sources.virtual.twin import Identity, Refused
from hiphinge.sources.virtual.twins import movesense as twins
from tests.devices.notes import examples, note
from tests.sources.virtual.playing import on_a_table, run
from tests.sources.virtual.streaming import session

NOTE = note("movesense")
((SUBSCRIBE, _),) = examples(NOTE, "command")


def made(mtu: int) -> twins.Movesense:
    one = twins.Movesense(Identity(), on_a_table)
    one.power_on(0.0)
    one.link_mtu = mtu
    return one


def told(one: twins.Movesense, command: bytes) -> bytes:
    """Its response."""
    one.write(twins.COMMAND, command)
    return one.outbox.pop().payload


def test_messages_are_as_long_as_captured() -> None:
    for kind in ("imu6", "imu9"):
        ((raw, _),) = examples(NOTE, kind)
        one = made(247)
        assert told(one, b"\x01\x63/Meas/" + kind.upper().encode() + b"/52") == b"\x01\x63\xc8\x00"
        one.advance(0.06)
        ((_, payload, _),) = one.outbox
        assert (len(payload), payload[:2]) == (len(raw), raw[:2])
        assert struct.unpack_from("<6f", payload, 6) == pytest.approx((0, 0, 9.80665) * 2, abs=1e-6)


def test_what_does_not_fit_goes_on() -> None:
    one = made(161)
    told(one, SUBSCRIBE)
    one.advance(0.08)
    assert [(p[:2], len(p)) for _, p, _ in one.outbox] == [(b"\x02\x63", 158), (b"\x03\x63", 198 - 158 + 2)]


@pytest.mark.parametrize(
    ("command", "response"),
    [
        (b"\x01\x63/Meas/IMU6/100", b"\x01\x63\x94\x01"),
        (b"\x01\x63/Meas/Ecg/104", b"\x01\x63\x94\x01"),
        (b"\x04\x07/System/Energy/Level\0", b"\x01\x07\xc8\x00\x64"),
        (b"\x04\x07/Info\0", b"\x01\x07\x94\x01"),
        (b"\x00\x09", b"\x01\x09\x01174630000192\0Movesense\0"),
    ],
)
def test_responses(command: bytes, response: bytes) -> None:
    assert told(made(161), command) == response
    with pytest.raises(Refused):
        made(161).write(twins.COMMAND, b"\x01\x00/Meas/IMU6/104")


def test_four_subscriptions_are_all() -> None:
    one = made(161)
    said = [told(one, bytes([1, reference]) + SUBSCRIBE[2:])[2:] for reference in range(1, 6)]
    assert said == [b"\xc8\x00"] * 4 + [b"\xfb\x01"]
    assert told(one, b"\x02\x01") == b"\x01\x01\xc8\x00"


def test_a_session_over_the_radio() -> None:
    """Every sample that was sent, in two notifications each message, as exact as an f32 and a ms."""
    heard = run(session(Movesense(), twins.Movesense, 1.0))
    assert heard.errors == ()
    got = heard.configuration
    assert (got.rate_hz, got.acc_range, heard.battery, heard.blinked) == (104, 4 * 9.80665, 87.0, False)
    assert len(heard.block) == len(heard.sent.tick) >= 104
    np.testing.assert_allclose(heard.block.t_ns / 1e9, heard.sent.tick, atol=2.1e-3)
    np.testing.assert_allclose(heard.block.acc, heard.sent.acc, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(heard.block.gyr, heard.sent.gyr, rtol=1e-6, atol=1e-6)
    assert np.ptp(heard.block.gyr) > 0.05  # it moves
