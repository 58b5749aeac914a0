"""The Thingy's twin: its page's bytes, and a whole session over the virtual radio."""

from __future__ import annotations

import numpy as np
import pytest

from hiphinge.devices.thingy52 import Thingy
from hiphinge.sources.virtual.twin import Identity, Refused
from hiphinge.sources.virtual.twins import thingy52 as twins
from tests.devices.notes import examples, note
from tests.sources.virtual.playing import on_a_table, run
from tests.sources.virtual.streaming import session

NOTE = note("thingy52")
(DELIVERED, _), (AT_100, _) = examples(NOTE, "setting")


def made() -> twins.Thingy:
    one = twins.Thingy(Identity(), on_a_table)
    one.power_on(0.0)
    return one


def test_settings_as_on_the_page_outlast_the_battery() -> None:
    one = made()
    assert one.read(twins.SETTING) == DELIVERED
    one.write(twins.SETTING, AT_100)
    one.power_on(5.0)
    assert one.read(twins.SETTING) == AT_100
    for uuid, value in (
        (twins.SETTING, AT_100[:6] + b"\0\0\1"),
        (twins.SETTING, b""),
        (twins.LED, b"\1"),
        (twins.RAW, b""),
    ):
        with pytest.raises(Refused):
            one.write(uuid, value)


def test_the_axis_that_points_up_is_negative() -> None:
    one = made()
    one.connected()
    one.advance(0.01)
    (sample,) = one.outbox
    raw, _ = examples(NOTE, "raw")[0]
    assert sample.payload[:6] == raw[:6]
    one.advance(1.0)
    assert len(one.outbox) == 11


def test_a_session_over_the_radio() -> None:
    """Every sample that was sent, in the least MTU there is, within a count of the wearer's own values."""
    heard = run(session(Thingy(), twins.Thingy, 1.0))
    assert heard.errors == ()
    assert (heard.configuration.rate_hz, heard.battery, heard.blinked) == (100, 87.0, True)
    assert len(heard.block) == len(heard.sent.tick) >= 100
    np.testing.assert_allclose(heard.block.t_ns / 1e9, heard.sent.tick - heard.sent.tick[0], atol=1e-9)
    np.testing.assert_allclose(heard.block.acc, np.clip(heard.sent.acc, -19.62, 19.62), atol=1.001 * 9.80665 / 1024)
    np.testing.assert_allclose(heard.block.gyr, heard.sent.gyr, atol=1.001 * np.deg2rad(1 / 32))
    assert np.ptp(heard.block.gyr) > 0.05  # it moves
