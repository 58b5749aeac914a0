"""The open layout over Bluetooth: the note's examples, its conversation, its clock, and nonsense."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.blocks import Exchange, Link, Packet
from hiphinge.devices.driver import (
    CONFIGURED,
    CONNECTED,
    DEVICE,
    MOTOR,
    Advertisement,
    Ask,
    Configuration,
    Read,
    Step,
    Subscribe,
    Wait,
    Wanted,
    Write,
)
from hiphinge.devices.hiphinge_ble import About, Decoder, Hiphinge, nearest
from hiphinge.devices.registry import DRIVERS
from hiphinge.errors import SensorRefused
from tests.devices.notes import SENSOR, converse, examples, note, packet, plain, same_in_any_grouping, set_up

NOTE = note("hiphinge_imu").partition("## Integer variant")[2]
CONTROLS, INFOS = examples(NOTE, "control"), examples(NOTE, "info")
READY, LEFT_BEHIND, REBOOTED = (raw for raw, _ in INFOS)
_LSB = INFOS[0][1]
CONFIGURATION = Configuration(
    100.0, 16 * 9.80665, np.deg2rad(2000), {k: _LSB[k] for k in ("acc_lsb", "gyr_lsb", "boot")}
)


def ready(configuration: Configuration | str = CONFIGURATION) -> Decoder:
    """A decoder that was told."""
    decoder = Decoder(SENSOR)
    set_up(decoder, configuration)
    return decoder


def made(seq: int, t_s: float, n: int = 5) -> bytes:
    """A packet of resting samples."""
    return (
        struct.pack("<BBHI", 1, n, seq & 0xFFFF, round(t_s * 1e6) & 0xFFFFFFFF)
        + bytes.fromhex("0000 0008 0000 0000 0000 0000".replace(" ", "")) * n
    )


def device(*infos: bytes, refuses: bytes = b"") -> Callable[[Step], bytes | None]:
    """Does what it is told and shows these INFOs in turn; ``refuses`` one command with status 4."""
    left = list(infos)

    def answer(step: Step) -> bytes | None:
        if isinstance(step, Read):
            return left.pop(0) if len(left) > 1 else left[0]
        if isinstance(step, Ask):
            return bytes([step.payload[0] | 0x80, 4 if step.payload[:1] == refuses else 0])
        return None

    return answer


def test_the_note_has_examples() -> None:
    """Were a fence renamed, the tests below would hold for nothing."""
    counts = [len(examples(NOTE, fence)) for fence in ("control", "indication", "info", "time", "data")]
    assert counts == [6, 2, 3, 1, 3]
    assert len(plain(NOTE, "refused")) == 1


@pytest.mark.parametrize(("raw", "meaning"), examples(NOTE, "data"))
def test_data_as_the_note_says(raw: bytes, meaning: dict[str, Any]) -> None:
    """Values to the six decimals that stand there."""
    block, errors, _ = ready().decode([packet(raw)])
    assert errors == ()
    assert block.t_ns.tolist() == [1000 * t for t in meaning["tick_us"]]
    np.testing.assert_allclose(block.acc, meaning["acc"], atol=5e-7)
    np.testing.assert_allclose(block.gyr, meaning["gyr"], atol=5e-7)
    assert block.clipped.tolist() == meaning["clipped"]
    assert (block.sensor, set(block.arrival_ns.tolist())) == (SENSOR, {7})


@pytest.mark.parametrize("raw", plain(NOTE, "refused"))
def test_data_before_its_info_is_refused(raw: bytes) -> None:
    """Its scale is not known; nothing was connected, so nobody can be setting it up."""
    block, errors, _ = Decoder(SENSOR).decode([packet(raw)])
    assert len(block) == 0
    assert [e.payload for e in errors] == [raw]


def test_what_comes_while_it_is_set_up_is_left_out_quietly() -> None:
    """Another program left it streaming, at a scale that nobody knows."""
    decoder = Decoder(SENSOR)
    decoder.follow(Link(0, SENSOR, CONNECTED))
    block, errors, _ = decoder.decode([packet(made(0, 1.0))])
    assert (len(block), errors) == (0, ())


@pytest.mark.parametrize(("raw", "meaning"), INFOS)
def test_info_as_the_note_says(raw: bytes, meaning: dict[str, Any]) -> None:
    """Field by field; bytes that later firmware appends are not looked at."""
    about = About.parse(raw + b"\x01\x02")
    assert (about.rate_hz, about.acc_range_g, about.samples) == tuple(
        meaning[k] for k in ("rate_hz", "acc_range_g", "samples")
    )
    assert (about.gyr_range_dps, about.boot) == (meaning["gyr_range_dps"], meaning["boot"])
    assert (about.acc_lsb, about.gyr_lsb) == (meaning["acc_lsb"], meaning["gyr_lsb"])
    assert (bool(about.state & 1), bool(about.state & 2)) == (meaning["streaming"], meaning["configured"])
    assert about.rates.bit_count() == len(meaning["rates_hz"])


@pytest.mark.parametrize("raw", [b"", READY[:23], b"\x02" + READY[1:], None])
def test_info_of_another_version_is_refused(raw: bytes | None) -> None:
    """Or cut short, or nothing at all."""
    with pytest.raises(SensorRefused, match="expected version 1"):
        About.parse(raw)


def test_starting_is_the_conversation_of_the_note() -> None:
    """STOP, CONFIGURE, compare, subscribe, START: whatever was left behind."""
    done, got = converse(Hiphinge().start(Wanted(100, 16 * 9.8, np.deg2rad(2000))), device(LEFT_BEHIND, READY))
    wire = [(type(s), getattr(s, "payload", b"")) for s in done]
    configure, start, stop = (CONTROLS[i][0] for i in range(3))
    assert wire == [
        (Subscribe, b""),
        (Ask, stop),
        (Read, b""),
        (Ask, configure),
        (Read, b""),
        (Subscribe, b""),
        (Subscribe, b""),
        (Ask, start),
    ]
    assert got == CONFIGURATION
    assert Configuration.from_text(got.to_text()) == got


def test_a_configuration_that_did_not_take_is_told() -> None:
    """Asked for 100 Hz, still at 25."""
    with pytest.raises(SensorRefused, match="it says 25"):
        converse(Hiphinge().start(Wanted(100, 150, 34)), device(LEFT_BEHIND, LEFT_BEHIND))


@pytest.mark.parametrize("command", [b"\x01", b"\x02", b"\x03"])
def test_a_command_that_is_refused_is_told(command: bytes) -> None:
    """With the status in words."""
    with pytest.raises(SensorRefused, match="not in this state"):
        converse(Hiphinge().start(Wanted(100, 150, 34)), device(LEFT_BEHIND, READY, refuses=command))


def test_a_device_that_never_answers_is_told() -> None:
    """It has the name, and nothing to say."""
    with pytest.raises(SensorRefused, match="brought nothing"):
        converse(Hiphinge().start(Wanted()), lambda step: None)


@pytest.mark.parametrize(("wanted", "offered", "got"), [(100, 31, 100), (90, 31, 100), (999, 31, 400), (1, 0, 0)])
def test_the_least_that_is_enough(wanted: float, offered: int, got: int) -> None:
    """Else the most that there is."""
    assert nearest(wanted, (25, 50, 100, 200, 400), offered) == got


def test_a_board_without_gyroscope() -> None:
    """NaN in INFO, NaN in the block; the configuration survives the log."""
    info = bytearray(READY)
    info[6:8], info[12:16], info[23] = b"\0\0", struct.pack("<f", np.nan), 0
    _, got = converse(Hiphinge().start(Wanted(100, 150, 34)), device(bytes(info)))
    block, errors, _ = ready(Configuration.from_text(got.to_text())).decode([packet(made(0, 1.0))])
    assert errors == ()
    assert np.isnan(block.gyr).all()
    assert not block.clipped.any()


def test_its_blink_and_its_stop() -> None:
    """As the note's bytes."""
    done, seen = converse(Hiphinge().blink(), device(READY))
    assert (seen, done) == (True, [Subscribe("control"), done[1]])
    assert done[1].payload == CONTROLS[4][0]  # type: ignore[union-attr]  # it is an Ask
    done, _ = converse(Hiphinge().stop(), device(READY))
    assert done == [Write("control", CONTROLS[2][0], response=True)]


def test_its_motor() -> None:
    """INFO tells whether there is one, so does the configuration; one command, then the time that it takes."""
    (with_motor,) = plain(NOTE, "info_with_motor")
    for info, there in ((READY, False), (with_motor, True)):
        assert converse(Hiphinge().has_motor(), device(info))[1] is there
        got = converse(Hiphinge().start(Wanted(100, 150, 34)), device(info))[1]
        assert got.more.get(MOTOR, False) is there
        assert Configuration.from_text(got.to_text()) == got
    (_, ask, wait), _ = converse(Hiphinge().vibrate(0.15, 2), device(READY))
    assert ask.payload == CONTROLS[5][0]  # type: ignore[union-attr]  # it is an Ask
    assert wait == Wait(pytest.approx(0.45))
    with pytest.raises(SensorRefused, match="not in this state"):
        converse(Hiphinge().vibrate(0.15, 2), device(READY, refuses=b"\x06"))


def test_an_exchange_of_times() -> None:
    """The token is the host's own time: asked at 123.456789 s, heard 30 ms later; an hour of wraps changes nothing."""
    (raw, meaning), token = examples(NOTE, "time")[0], CONTROLS[3][0]
    for wraps in (0, 3):
        asked = (meaning["token"] + wraps * 2**32) * 1000
        done, _ = converse(Hiphinge().exchange(asked + 321), lambda step: None)
        assert done == [Write("control", token, response=True)]
        found = ready().decode([packet(raw, asked + 30_000_000, "time")]).exchanges
        received, sent = meaning["tick_rx_us"] * 1000, meaning["tick_tx_us"] * 1000
        assert found == (Exchange(asked, received, sent, asked + 30_000_000),)


@pytest.mark.parametrize("late_ns", [-1_000_000, 11_000_000_000])
def test_an_answer_to_another_question_is_refused(late_ns: int) -> None:
    """Heard before it was asked, or much later."""
    raw, meaning = examples(NOTE, "time")[0]
    _, errors, exchanges = ready().decode([packet(raw, meaning["token"] * 1000 + late_ns, "time")])
    assert (len(errors), exchanges) == (1, ())


def test_answers_and_samples_share_one_clock() -> None:
    """Past the wrap both go on; an answer that overtakes samples does not reset them."""
    wrap = 2**32 / 1e6
    heard = []
    for i in range(100):
        at, now = wrap - 2 + i * 0.05, 10_000_000_000 + i * 50_000_000
        heard.append(packet(made(i, at - 1.0), now))
        token, tick = (now // 1000 - 4000) & 0xFFFFFFFF, round(at * 1e6) & 0xFFFFFFFF
        heard.append(packet(struct.pack("<III", token, tick, tick), now, "time"))
    block, errors, exchanges = ready().decode(heard)
    assert errors == ()
    np.testing.assert_allclose(np.diff(block.t_ns), 10_000_000)
    received = np.array([x.tick_received_ns for x in exchanges])
    np.testing.assert_allclose(received / 1e9 - wrap, np.arange(100) * 0.05 - 2, atol=1e-6)


def test_lost_packets_are_counted() -> None:
    """By their numbers, over the wrap; one that comes twice is not 65535 lost; a new connection starts afresh."""
    decoder = ready()
    decoder.decode([packet(made(seq, 1 + i / 20)) for i, seq in enumerate((65533, 65534, 1, 1, 2, 5))])
    assert decoder.lost == 4
    decoder.follow(Link(0, SENSOR, CONNECTED))
    decoder.follow(Link(0, SENSOR, CONFIGURED, CONFIGURATION.to_text()))
    decoder.decode([packet(made(0, 9.0))])
    assert decoder.lost == 4


def test_another_boot_is_another_clock() -> None:
    """After 3 s of the first boot 4 s of the second: no fall tells, INFO does. The same boot goes on past a wrap."""
    for boot, first in ((1, 4295.967296), (2, 1.0)):
        decoder = ready(Configuration(100, 150, 34, {**CONFIGURATION.more, "boot": 1}))
        decoder.decode([packet(made(0, 4294.0), 0)])
        set_up(decoder, Configuration(100, 150, 34, {**CONFIGURATION.more, "boot": boot}))
        block, *_ = decoder.decode([packet(made(0, 1.0), 2_000_000_000)])
        assert block.t_ns[0] == round(first * 1e9)


NONSENSE = ["", "[]", "null", "{", '{"rate_hz": 100}', "[" * 9999, '{"rate_hz": 1e999, "acc_range": 1, "gyr_range": 1}']
GAPS = [{}, {"acc_lsb": "x"}, {"acc_lsb": 0}, {"acc_lsb": True, "gyr_lsb": 1}, {"acc_lsb": 0.1, "gyr_lsb": [1]}]


@pytest.mark.parametrize("text", [*NONSENSE, *(Configuration(100, 1, 1, more).to_text() for more in GAPS)])
def test_a_configuration_of_nonsense_is_told_once(text: str) -> None:
    """And what held before holds on."""
    decoder = ready()
    decoder.follow(Link(5, SENSOR, CONFIGURED, text))
    block, errors, _ = decoder.decode([packet(made(0, 1.0))])
    assert len(block) == 5
    assert [(e.arrival_ns, "cannot be read" in str(e)) for e in errors] == [(5, True)]
    assert decoder.decode([]).errors == ()


WHOLE = st.builds(made, st.integers(0, 70000), st.floats(0, 5000), st.integers(0, 19))
PAYLOADS = st.one_of(st.binary(max_size=60), WHOLE, WHOLE.map(lambda payload: payload[:-1]))


@given(
    st.lists(st.tuples(PAYLOADS, st.sampled_from(["data", "time", "control"]), st.integers(0, 10**10)), max_size=12),
    st.lists(st.integers(0, 12), max_size=4),
    st.booleans(),
)
def test_any_bytes_in_any_grouping(heard: list[tuple[bytes, str, int]], cuts: list[int], told: bool) -> None:
    """Each packet is samples, an answer, or one error; nothing raises."""
    arrival, packets = 0, []
    for payload, characteristic, later in heard:
        arrival += later
        packets.append(Packet(SENSOR, characteristic, arrival, payload))
    same_in_any_grouping(ready if told else lambda: Decoder(SENSOR), packets, cuts)


def test_recognised_by_service_or_name() -> None:
    """Not by a name that only begins like it."""
    driver = DRIVERS["hiphinge_ble"]
    assert driver.recognises(Advertisement("", ("593eb2a0-6c46-42ee-82b3-ea146566917e",)))
    assert driver.recognises(Advertisement("hiphinge 4f2a"))
    assert not driver.recognises(Advertisement("hiphingeX"))
    assert driver.decoder(SENSOR).time == DEVICE
