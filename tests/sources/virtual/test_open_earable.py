"""The OpenEarable's twin: its page's bytes, and a whole session over the virtual radio."""

from __future__ import annotations

import numpy as np
import pytest

from hiphinge.devices.driver import Wanted
from hiphinge.devices.open_earable import OpenEarable
from hiphinge.sources.virtual.twin import Identity, Refused
from hiphinge.sources.virtual.twins import open_earable as twins
from tests.devices.notes import examples, note
from tests.sources.virtual.conversation import Table
from tests.sources.virtual.playing import on_a_table, run
from tests.sources.virtual.streaming import session

NOTE = note("open_earable")


def made() -> twins.OpenEarable:
    one = twins.OpenEarable(Identity(), on_a_table)
    one.power_on(0.0)
    one.link_mtu = 247
    return one


def test_configurations_and_their_status() -> None:
    one = made()
    for sensor, index, flags in examples(NOTE, "status")[0][1]:
        one.configs[sensor] = (0, 0)
        one.write(twins.CONFIG, bytes([sensor, index, flags]))
    assert one.read(twins.STATUS)[6:] == examples(NOTE, "status")[0][0]
    for uuid, value in ((twins.CONFIG, b"\0\1"), (twins.RTT, bytes(27)), (twins.RTT, bytes(28)), (twins.DATA, b"")):
        with pytest.raises(Refused):
            one.write(uuid, value)


def test_samples_in_batches_and_alone() -> None:
    one = made()
    one.write(twins.CONFIG, b"\0\2\1")
    one.outbox.clear()
    one.advance(0.06)
    ((_, payload, _),) = one.outbox
    assert (len(payload), payload[:2], payload[-2:]) == (10 + 6 * 36 + 2, b"\0\xda", b"\x10\x27")
    one.link_mtu = 60
    one.write(twins.CONFIG, b"\0\2\1")
    one.outbox.clear()
    one.advance(0.07)
    assert {len(payload) for _, payload, _ in one.outbox} == {46}


def test_the_time_as_on_the_page() -> None:
    (question, _), (answer, meaning) = examples(NOTE, "question")[0], examples(NOTE, "answer")[0]
    one = made()
    one.at(meaning["t2_us"] / 1e6)
    one.write(twins.RTT, question)
    told = one.outbox.pop().payload
    assert (told[:20], told[20:]) == (answer[:20], answer[12:20])
    one.write(twins.OFFSET, (-100).to_bytes(8, "little", signed=True))
    one.write(twins.RTT, question)
    assert one.outbox.pop().payload[12:20] == (100).to_bytes(8, "little")


def test_an_exchange_tells_the_offset_of_the_clocks() -> None:
    """Asked on a table: the same clock as that of the samples, offset by an app or not."""
    table = Table(OpenEarable(), made())
    table.twin.abandoned()
    table.start(Wanted())
    table.packets.clear()
    table.carry_out(OpenEarable().exchange(round(table.now * 1e9)))
    table.pass_time(1.0)
    decoder = OpenEarable().decoder("s")
    for link in table.links():
        decoder.follow(link)
    block, errors, (exchange,) = decoder.decode(table.packets)
    assert errors == ()
    offset_ns = exchange.tick_received_ns - exchange.host_sent_ns
    assert offset_ns == pytest.approx(1_699_999_900 * 10**9, abs=10_000_000)
    assert block.t_ns[0] - offset_ns == pytest.approx(exchange.host_sent_ns, abs=100_000_000)


def test_a_session_over_the_radio() -> None:
    """Every sample that was sent, at its time, as exact as an f32."""
    heard = run(session(OpenEarable(), twins.OpenEarable, 1.0))
    assert heard.errors == ()
    assert (heard.configuration.rate_hz, heard.battery, heard.blinked) == (100, 87.0, True)
    assert len(heard.block) == len(heard.sent.tick) >= 100
    np.testing.assert_allclose(heard.block.t_ns / 1e9 - 1_700_000_000, heard.sent.tick, atol=2e-6)
    np.testing.assert_allclose(heard.block.acc, np.clip(heard.sent.acc, -19.6133, 19.6133), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(heard.block.gyr, heard.sent.gyr, rtol=1e-6, atol=1e-6)
    assert np.ptp(heard.block.gyr) > 0.05  # it moves
