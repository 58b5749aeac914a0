"""The MetaMotion's twins: their page's bytes, and whole sessions over the virtual radio."""

from __future__ import annotations

import numpy as np
import pytest

from hiphinge.devices.metamotion import MetaMotion
from hiphinge.sources.virtual.twin import Identity, Refused, Twin
from hiphinge.sources.virtual.twins import metamotion as twins
from tests.devices.notes import examples, note
from tests.sources.virtual.playing import on_a_table, run
from tests.sources.virtual.streaming import session

NOTE = note("metamotion")
TWINS = {"bmi160": twins.MetaMotion, "bmi270": twins.MetaMotionS}


def made(chip: str) -> Twin:
    one = TWINS[chip](Identity(), on_a_table)
    one.power_on(0.0)
    return one


def told(one: Twin, *commands: str) -> list[bytes]:
    """What it says to these."""
    for command in commands:
        one.write(twins.COMMAND, bytes.fromhex(command))
    said = [payload for _, payload, _ in one.outbox]
    one.outbox.clear()
    return said


def test_answers_as_on_the_page() -> None:
    for raw, meaning in examples(NOTE, "info"):
        assert told(made(meaning["chip"]), "03 80", "13 80") == [raw[:4], raw[4:]]
    for raw, meaning in examples(NOTE, "command"):
        one = made(meaning["chip"])
        one.write(twins.COMMAND, raw)
        if raw[1] == 3:
            assert told(one, f"{raw[0]:02x} 83")[0][2:] == raw[2:]
    ((raw, meaning),) = examples(NOTE, "battery")
    one = made("bmi160")
    one.drain(meaning["per_cent"])
    assert told(one, "11 8c")[0][:3] == raw[:3]


def test_packed_and_single_samples_by_their_registers() -> None:
    one = made("bmi160")
    told(one, "03 03 28 08", "03 02 01 00", "03 1c 01", "03 01 01")
    one.advance(0.03)
    assert told(one) == [bytes.fromhex("03 1c" + "0000 0000 0010" * 3)]
    told(one, "03 1c 00", "03 04 01")
    one.advance(0.06)
    assert told(one) == [bytes.fromhex("03 04 0000 0000 0010")] * 3
    told(one, "03 02 00 01")
    one.advance(1.0)
    assert told(one) == []
    with pytest.raises(Refused):
        one.write(twins.NOTIFY, b"\x03\x01\x01")


def test_its_motor_and_not_its_buzzer() -> None:
    """The page's pulses; an S has no such module here and says so."""
    (pulse, meaning), (buzzer, _) = examples(NOTE, "pulse")
    one = made("bmi160")
    assert isinstance(one, twins.MetaMotion)
    told(one, pulse.hex(), buzzer.hex())
    assert one.vibrated == [(0.0, meaning["seconds"])]
    assert told(one, "08 80") == [b"\x08\x80\x00\x00"]
    assert told(made("bmi270"), "08 80") == [b"\x08\x80"]


@pytest.mark.parametrize("chip", TWINS)
def test_a_session_over_the_radio(chip: str) -> None:
    """Every sample that was sent, with the wearer's own values to half a count."""
    heard = run(session(MetaMotion(), TWINS[chip], 1.0))
    assert heard.errors == ()
    assert (heard.configuration.more["chip"], heard.configuration.rate_hz) == (chip, 100)
    assert (heard.battery, heard.blinked) == (87.0, True)
    assert len(heard.block) == len(heard.sent.tick) >= 100
    np.testing.assert_allclose(heard.block.t_ns / 1e9, heard.sent.tick - heard.sent.tick[0], atol=1e-9)
    np.testing.assert_allclose(heard.block.acc, heard.sent.acc, atol=0.5001 * 8 * 9.80665 / 32768)
    np.testing.assert_allclose(heard.block.gyr, heard.sent.gyr, atol=0.5001 * np.deg2rad(1 / 32.8))
    assert np.ptp(heard.block.gyr) > 0.05  # it moves
