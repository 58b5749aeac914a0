"""The Verity Sense's twin: its page's bytes, and a whole session over the virtual radio."""

from __future__ import annotations

import numpy as np
import pytest

from hiphinge.devices.polar_verity import PolarVerity
from hiphinge.sources.virtual.twin import Identity, Refused
from hiphinge.sources.virtual.twins import polar_verity as twins
from tests.devices.notes import examples, note
from tests.sources.virtual.playing import on_a_table, run
from tests.sources.virtual.streaming import session

NOTE = note("polar_verity")
(ACC, _), (GYR, _) = examples(NOTE, "start")


def made() -> twins.PolarVerity:
    one = twins.PolarVerity(Identity(), on_a_table)
    one.power_on(0.0)
    one.link_mtu = 247
    return one


def told(one: twins.PolarVerity, command: bytes) -> bytes:
    """Its response."""
    one.write(twins.CONTROL, command)
    return one.outbox.pop().payload


def test_responses_as_on_the_page() -> None:
    ((response, meaning),) = examples(NOTE, "response")
    one = made()
    assert told(one, ACC)[:7] == response[:7]
    assert one.streams[2].factor == pytest.approx(meaning["factor"], rel=1e-3)
    assert told(one, GYR)[:5] == bytes.fromhex("f0 02 05 00 00")
    ((settings, _),) = examples(NOTE, "settings")
    assert told(one, b"\1\5")[5:13] == settings[:8]


@pytest.mark.parametrize(
    ("before", "command", "status"),
    [
        (ACC, ACC, 6),
        (b"", ACC[:4] + b"\x68" + ACC[5:], 8),
        (b"\2\t", ACC[:4] + b"\x68" + ACC[5:], 0),
        (b"", ACC[:12] + b"\x03" + ACC[13:], 9),
        (b"", ACC[:-1], 5),
        (ACC, b"\2\t", 12),
        (b"\2\t", b"\2\t", 6),
        (b"", b"\3\2", 6),
        (b"", b"\2\1", 3),
    ],
)
def test_what_it_refuses(before: bytes, command: bytes, status: int) -> None:
    one = made()
    if before:
        told(one, before)
    assert told(one, command)[3] == status
    with pytest.raises(Refused):
        one.write(twins.CONTROL, b"\2")


def test_a_small_mtu_is_not_enough() -> None:
    one = made()
    one.link_mtu = 23
    assert told(one, ACC)[3] == 10


def test_frames_end_with_their_last_sample() -> None:
    one = made()
    told(one, ACC)
    one.advance(7 / 52 + 0.001)
    (frame,) = one.outbox
    tick = int.from_bytes(frame.payload[1:9], "little") / 1e9 - twins.PolarVerity.epoch
    assert tick == pytest.approx(7 / 52)
    assert frame.payload[9:18] == bytes.fromhex("80 0000 0000 0010 01 07")


def test_a_session_over_the_radio() -> None:
    """Every sample that was sent, at its time, with the wearer's own values to half a count."""
    heard = run(session(PolarVerity(), twins.PolarVerity, 1.0))
    assert heard.errors == ()
    assert (heard.configuration.rate_hz, heard.battery, heard.blinked) == (104, 87.0, False)
    assert len(heard.block) == len(heard.sent.tick) >= 104
    np.testing.assert_allclose(heard.block.t_ns / 1e9 - twins.PolarVerity.epoch, heard.sent.tick, atol=1e-6)
    np.testing.assert_allclose(heard.block.acc, heard.sent.acc, atol=0.501 * 8 * 9.80665 / 32768)
    np.testing.assert_allclose(heard.block.gyr, heard.sent.gyr, atol=0.501 * np.deg2rad(1000 / 32768))
    assert np.ptp(heard.block.gyr) > 0.05  # it moves
