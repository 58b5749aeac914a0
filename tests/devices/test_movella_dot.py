"""Movella DOT: the note's examples, the maker's messages, set-up, synchronisation, nonsense."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.blocks import Link, Packet
from hiphinge.devices.driver import CONFIGURED, CONNECTED, Advertisement, Ask, Configuration, Read, Step, Wanted, Write
from hiphinge.devices.movella_dot import SYNC, Decoder, Dot, content, message, sync_result
from hiphinge.devices.registry import DRIVERS, recognised
from hiphinge.errors import SensorRefused
from tests.devices.notes import SENSOR, converse, examples, note, packet, plain, same_in_any_grouping, set_up

NOTE = note("movella_dot")
MESSAGES = [raw for raw, _ in examples(NOTE, "message")]
CHARACTERISTIC = {21: "medium", 26: "long"}


def ready(payload: object = 21) -> Decoder:
    """A decoder that was told."""
    decoder = Decoder(SENSOR)
    set_up(decoder, Configuration(60, 156.9, 34.9, {"payload": payload}))
    return decoder


def sample(tick_us: int, acc: float = 9.8) -> bytes:
    """Payload 21."""
    return struct.pack("<I6f", tick_us & 0xFFFFFFFF, 0, 0, acc, 1, 2, 3)


def test_the_note_has_examples() -> None:
    """Were a fence renamed, the tests below would hold for nothing."""
    fences = ("settings", "rate_quantities", "custom_5", "message")
    assert [len(examples(NOTE, fence)) for fence in fences] == [2, 2, 1, 7]
    assert len(plain(NOTE, "refused")) == 4


@pytest.mark.parametrize(
    ("payload", "raw", "meaning"),
    [(21, *e) for e in examples(NOTE, "rate_quantities")] + [(26, *e) for e in examples(NOTE, "custom_5")],
)
def test_samples_as_the_note_says(payload: int, raw: bytes, meaning: dict[str, Any]) -> None:
    """Both payloads."""
    block, errors, _ = ready(payload).decode([packet(raw, 7, CHARACTERISTIC[payload])])
    assert errors == ()
    assert block.t_ns.tolist() == [1000 * meaning["tick_us"]]
    np.testing.assert_allclose(block.acc[0], meaning["acc"], rtol=1e-6)
    np.testing.assert_allclose(np.rad2deg(block.gyr[0]), meaning["gyr_dps"], atol=1e-9)
    assert (block.clipped.tolist(), block.arrival_ns.tolist()) == ([meaning["clipped"]], [7])


@pytest.mark.parametrize("raw", plain(NOTE, "refused"))
def test_refused_examples(raw: bytes) -> None:
    """One error each; their neighbours count."""
    heard = [packet(p, i, "medium") for i, p in enumerate((sample(0), raw, sample(16667)))]
    block, errors, _ = ready().decode(heard)
    assert block.t_ns.tolist() == [0, 16_667_000]
    assert [e.payload for e in errors] == [raw]


@pytest.mark.parametrize(("raw", "meaning"), examples(NOTE, "message"))
def test_messages_of_the_maker(raw: bytes, meaning: dict[str, str]) -> None:
    """Made and read; any damage shows."""
    inside = bytes.fromhex(meaning["content"])
    assert message(SYNC, inside) == raw
    assert content(raw + bytes(9), SYNC) == inside
    assert content(raw[:-1] + bytes([raw[-1] ^ 1]), SYNC) is None
    assert all(content(raw[:n], SYNC) is None for n in range(len(raw)))


def test_results_of_synchronisation() -> None:
    """In words."""
    assert sync_result(MESSAGES[4]) == ""
    assert sync_result(message(SYNC, b"\x03\x07\x01")) == "skew too large"
    assert [sync_result(x) for x in (None, b"", MESSAGES[0])] == ["no acknowledgement"] * 3


# --- The conversation --------------------------------------------------------------------


def sensor(held_rate: int = 0, synced: bool = False, payloads: tuple[int, ...] = (21, 26)) -> Callable[[Step], Any]:
    """A DOT; ``held_rate``: one that it keeps while it is synchronised, or for ever."""
    state = {"rate": held_rate or 12, "synced": synced, "control": b"\1\0\0"}

    def answer(step: Step) -> bytes | None:
        if isinstance(step, Write) and step.characteristic == "settings" and step.payload[0] & 0x10:
            if not state["synced"] and not (held_rate and not synced):
                state["rate"] = int.from_bytes(step.payload[24:26], "little")
        elif isinstance(step, Write) and step.characteristic == "control":
            if step.payload[1] == 0 or step.payload[2] in payloads:
                state["control"] = step.payload
        elif isinstance(step, Write) and step.payload == MESSAGES[5]:
            state["synced"] = False
        elif isinstance(step, Ask) and step.payload == MESSAGES[0]:
            return MESSAGES[1] if state["synced"] else MESSAGES[2]
        elif isinstance(step, Read) and step.characteristic == "settings":
            return struct.pack("<24xH6x", state["rate"])
        elif isinstance(step, Read) and step.characteristic == "control":
            return bytes(state["control"])  # type: ignore[arg-type]  # the dict holds several kinds
        elif isinstance(step, Read) and step.characteristic == "about":
            return bytes.fromhex("ccbbaacd22d4") + bytes(28)
        return None

    return answer


def test_it_is_set_up() -> None:
    """60 Hz is its most; payload 21."""
    done, got = converse(Dot().start(Wanted(100)), sensor())
    assert (got.rate_hz, got.more["payload"]) == (60, 21)
    written = [s.payload for s in done if isinstance(s, Write)]
    assert written == [b"\1\0\0", examples(NOTE, "settings")[0][0], b"\1\1\x15"]
    assert Configuration.from_text(got.to_text()) == got


def test_a_synchronised_sensor_lets_go_of_its_rate() -> None:
    """It keeps the rate of its synchronisation, so that is ended."""
    done, got = converse(Dot().start(Wanted(100)), sensor(held_rate=20, synced=True))
    assert got.rate_hz == 60
    assert MESSAGES[5] in [s.payload for s in done if isinstance(s, Write)]


def test_older_firmware_sends_the_other_payload() -> None:
    """Or none that is of use."""
    _, got = converse(Dot().start(Wanted(60)), sensor(payloads=(26,)))
    assert got.more["payload"] == 26
    with pytest.raises(SensorRefused, match="neither payload"):
        converse(Dot().start(Wanted(60)), sensor(payloads=()))


def test_a_rate_that_does_not_take_is_told() -> None:
    """With both numbers."""
    with pytest.raises(SensorRefused, match="set to 60 Hz, it says 20"):
        converse(Dot().start(Wanted(60)), sensor(held_rate=20))


@pytest.mark.parametrize("synced", [True, False])
def test_synchronising(synced: bool) -> None:
    """The root's own address; what it was synchronised with before is ended, the rate set, then it is asked."""
    answer = sensor(synced=synced)
    done, root = converse(Dot().prepare_sync(Wanted(60)), answer)
    done += converse(Dot().begin_sync(root), answer)[0]
    written = [s.payload for s in done if isinstance(s, Write)]
    assert written == [b"\1\0\0", *[MESSAGES[5]] * synced, b"\1\0\0", examples(NOTE, "settings")[0][0], MESSAGES[3]]
    _, result = converse(Dot().end_sync(), lambda step: MESSAGES[4])
    assert result == ""
    with pytest.raises(SensorRefused, match="0 bytes about itself"):
        converse(Dot().prepare_sync(Wanted(60)), lambda s: None if s == Read("about") else answer(s))


def test_a_synchronised_sensor_with_the_right_rate_stays_synchronised() -> None:
    """Connected again: nothing is written to its settings, nothing ended."""
    answer = sensor(held_rate=60, synced=True)
    assert converse(Dot().is_synced(), answer)[1]
    done, got = converse(Dot().start(Wanted(60)), answer)
    assert got.rate_hz == 60
    assert {s.characteristic for s in done if isinstance(s, Write)} == {"control"}
    assert not converse(Dot().is_synced(), sensor())[1]
    assert not converse(Dot().is_synced(), lambda step: None)[1]


def test_blink_stop_and_battery() -> None:
    """Identify is the note's own example."""
    done, seen = converse(Dot().blink(), lambda step: None)
    assert (seen, done) == (True, [Write("settings", examples(NOTE, "settings")[1][0], response=True)])
    assert converse(Dot().stop(), lambda step: None)[0] == [Write("control", b"\1\0\0", response=True)]
    assert converse(Dot().battery(), lambda step: b"\x49\x01")[1] == 73


# --- Bad input ---------------------------------------------------------------------------


@pytest.mark.parametrize("payload", [None, "21", 3, True, [21], 21.5])
def test_a_configuration_of_nonsense(payload: object) -> None:
    """Is told; without one no sample has a meaning."""
    decoder = ready(payload)
    block, errors, _ = decoder.decode([packet(sample(0), 7, "medium")])
    assert (len(block), len(errors)) == (0, 2)
    assert "cannot be read" in str(errors[0])


@pytest.mark.parametrize("raw", ["0000a07f", "0000c07f", "0000807f"])
def test_what_is_no_number_is_refused_without_a_warning(raw: str) -> None:
    """A signalling NaN, a quiet one, infinity."""
    block, errors, _ = ready().decode([packet(bytes(4) + bytes.fromhex(raw) + bytes(20), 7, "medium")])
    assert (len(block), len(errors)) == (0, 1)


def test_not_while_it_is_set_up() -> None:
    """Another program may have left another payload; an error only where nobody sets it up."""
    decoder = Decoder(SENSOR)
    assert len(decoder.decode([packet(sample(0), 7, "medium")]).errors) == 1
    decoder.follow(Link(0, SENSOR, CONNECTED))
    assert decoder.decode([packet(sample(0), 7, "medium")]).errors == ()


def test_its_clock_goes_on_over_a_wrap_and_begins_anew_after_a_reset() -> None:
    """Connected again meanwhile."""
    decoder = ready()
    decoder.decode([packet(sample(2**32 - 1000), 0, "medium")])
    assert decoder.decode([packet(sample(15_667), 16_667_000, "medium")]).block.t_ns[0] == 1000 * (2**32 + 15_667)
    decoder.follow(Link(0, SENSOR, CONNECTED))
    decoder.follow(Link(0, SENSOR, CONFIGURED, Configuration(60, 1, 1, {"payload": 21}).to_text()))
    assert decoder.decode([packet(sample(5), 30_000_000_000, "medium")]).block.t_ns.tolist() == [5000]


BYTES = st.one_of(st.binary(max_size=70), st.integers(0, 2**32).map(sample), st.binary(min_size=44, max_size=44))


@given(
    st.lists(st.tuples(BYTES, st.sampled_from(["medium", "long", "notice"])), max_size=12),
    st.lists(st.integers(0, 12), max_size=3),
    st.sampled_from([21, 26, None]),
)
def test_any_bytes_in_any_grouping(heard: list[tuple[bytes, str]], cuts: list[int], payload: int | None) -> None:
    """A sample or one error; nothing raises."""
    packets = [Packet(SENSOR, name, 10**7 * i, some) for i, (some, name) in enumerate(heard)]
    block = same_in_any_grouping(lambda: ready(payload), packets, cuts)
    assert np.isfinite(block.acc).all()


@pytest.mark.parametrize("name", ["Xsens DOT", "Movella DOT", "Movella Dot"])
def test_recognised(name: str) -> None:
    """By both of its names."""
    assert recognised(Advertisement(name)) is DRIVERS["movella_dot"]
