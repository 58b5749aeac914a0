"""What one sensor said and when: one wild stamp is left out and told, a twist is seen as the clock knows it now."""

from __future__ import annotations

import numpy as np
import pytest

from hiphinge.blocks import SACRUM, Packet, Sensor
from hiphinge.devices import hiphinge_imu
from hiphinge.errors import SettingsError
from hiphinge.reception import Reception

S = 10**9
PERIOD = S // 100


def packet(at_ns: int, wild_ns: int = 0) -> Packet:
    """Five samples, the third of them off."""
    t = at_ns + PERIOD * np.arange(5)
    heard = int(t[-1]) + 3_000_000
    t[2] += wild_ns
    return Packet(
        SACRUM, hiphinge_imu.CHARACTERISTIC, heard, hiphinge_imu.encode(0, t, np.ones((5, 3)), np.zeros((5, 3)))
    )


def test_a_stamp_an_hour_ahead_is_left_out_and_told() -> None:
    reception = Reception(Sensor(SACRUM, hiphinge_imu.NAME, SACRUM))
    block, errors = reception.take([packet(S), packet(S + 5 * PERIOD, 3600 * S), packet(S + 10 * PERIOD)])
    assert len(block) == 14
    assert (np.diff(block.t_ns) > 0).all()
    (error,) = errors
    assert str(error) == (
        "sacrum: 1 samples stamped up to 3.6e+03 s after they were heard, expected none. They are left out; look at "
        "what sets its clock."
    )


def test_a_decoder_with_a_time_of_its_own_making_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hiphinge_imu.Decoder, "time", "sundial")
    with pytest.raises(SettingsError, match="'sundial', expected one of host, device, counted"):
        Reception(Sensor(SACRUM, hiphinge_imu.NAME, SACRUM))
