"""Sensors described in TOML: the note's examples, what a description may not say, what its bytes may not be."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.blocks import Link, Packet
from hiphinge.devices import generic
from hiphinge.devices.description import Description
from hiphinge.devices.driver import (
    CONFIGURED,
    CONNECTED,
    COUNTED,
    DEVICE,
    Advertisement,
    Configuration,
    Subscribe,
    Wanted,
    Write,
)
from hiphinge.devices.registry import DECODERS
from tests.devices.notes import SENSOR, converse, note, packet, plain, same_in_any_grouping, set_up

NOTE = note("generic")
EXAMPLES = re.findall(r"```toml\n(.*?)```\n```hex\n(.*?)```\n```json\n(.*?)```", NOTE, re.DOTALL)
THINGY, BOARD = (tomllib.loads(text) for text, _, _ in EXAMPLES)


def told(content: dict[str, Any]) -> Configuration:
    """What the log says of a sensor that is described so."""
    _, got = converse(generic.driver("one", Description.of(content)).start(Wanted()), lambda step: None)
    return Configuration.from_text(got.to_text())


def ready(content: dict[str, Any]) -> generic.Decoder:
    """A decoder that was told."""
    decoder = generic.Decoder(SENSOR)
    set_up(decoder, told(content))
    return decoder


def test_the_note_has_examples() -> None:
    """Were a fence renamed, the tests below would hold for nothing."""
    assert (len(EXAMPLES), len(plain(NOTE, "refused"))) == (2, 3)


@pytest.mark.parametrize(("text", "raw", "meaning"), EXAMPLES)
def test_examples(text: str, raw: str, meaning: str) -> None:
    """Description, bytes, values; the log alone is enough."""
    wanted = json.loads(meaning)
    decoder = ready(tomllib.loads(text))
    block, errors, _ = decoder.decode([packet(bytes.fromhex(raw))])
    assert errors == ()
    np.testing.assert_allclose(block.acc / 9.80665, wanted["acc_g"], atol=6e-7)
    np.testing.assert_allclose(np.rad2deg(block.gyr), np.array(wanted["gyr_dps"], float), atol=1e-9)
    assert block.t_ns.tolist() == [t * 1_000_000 for t in wanted["t_ms"]]
    assert decoder.time == (DEVICE if "[tick]" in text else COUNTED)
    assert not block.clipped.any()


@pytest.mark.parametrize("raw", plain(NOTE, "refused"))
def test_refused_examples(raw: bytes) -> None:
    """One error; neighbours count."""
    good = bytes.fromhex(EXAMPLES[1][1])
    block, errors, _ = ready(BOARD).decode([packet(good, 1), packet(raw, 2), packet(good, 3)])
    assert len(block) == 4
    assert [e.payload for e in errors] == [raw]


def test_it_writes_what_is_described() -> None:
    """And returns ranges in SI."""
    driver = generic.driver("thingy", Description.of(THINGY))
    done, got = converse(driver.start(Wanted()), lambda step: None)
    assert done == [Subscribe("data"), Write("setting", bytes.fromhex("88138813e803640000"), response=True)]
    assert (got.rate_hz, got.acc_range, got.gyr_range) == (100, 2 * 9.80665, pytest.approx(np.deg2rad(1023)))
    assert converse(driver.stop(), lambda step: None)[0] == [
        Write("setting", bytes.fromhex("88138813e803050000"), response=True)
    ]
    assert (driver.name, driver.verified) == ("generic:thingy", False)
    assert driver.recognises(Advertisement("Thingy 7"))
    assert not driver.recognises(Advertisement("thing"))


def test_a_recording_is_read_without_the_description_at_hand() -> None:
    """By its name alone; others are as unknown as ever."""
    decoder = DECODERS["generic:of another machine"](SENSOR)
    set_up(decoder, told(BOARD))
    assert len(decoder.decode([packet(bytes.fromhex(EXAMPLES[1][1]))]).block) == 2
    assert "generic:of another machine" in DECODERS
    assert "nobody" not in DECODERS
    with pytest.raises(KeyError):
        DECODERS["nobody"]


def test_its_clock_goes_on_over_wraps_and_silence() -> None:
    """A u16 of ms wraps every 65.5 s."""
    decoder = ready(BOARD)
    arrivals = [0, 40_000, 80_000, 300_000]
    heard = [packet(b"\xa5" + (t % 65536).to_bytes(2, "big") + bytes(6), t * 1_000_000) for t in arrivals]
    assert (decoder.decode(heard).block.t_ns // 1_000_000).tolist() == arrivals


def test_without_a_clock_samples_are_counted_anew_with_each_connection() -> None:
    """A gap has no number."""
    decoder = ready(THINGY)
    raw = packet(bytes.fromhex(EXAMPLES[0][1]))
    assert decoder.decode([raw, raw]).block.t_ns.tolist() == [0, 10_000_000]
    decoder.follow(Link(0, SENSOR, CONNECTED))
    assert len(decoder.decode([raw]).block) == 0
    decoder.follow(Link(0, SENSOR, CONFIGURED, told(THINGY).to_text()))
    assert decoder.decode([raw]).block.t_ns.tolist() == [0]


def test_ends_of_types_and_ranges_are_clipped() -> None:
    """An i16 at its end; a value at its range."""
    rows = np.zeros((3, 9), "<i2")
    rows[0, 4], rows[1, 0] = -32768, 8 * 1024
    decoded = ready(THINGY).decode([packet(row.tobytes()) for row in rows])
    assert decoded.block.clipped.tolist() == [True, True, False]


FLOATS = {**BOARD, "header": 0, "begins": "", "sample": 12, "acc": {**BOARD["acc"], "type": "f32"}}
FLOATS.pop("tick")


@pytest.mark.parametrize("bits", ["7fc00000", "7fa00000", "7f800000", "71c9f2ca"])
def test_floats_that_no_sensor_measures(bits: str) -> None:
    """NaN, a signalling one, infinity and 2e30 are refused, without a warning; plain ones are not."""
    content = {**FLOATS, "acc": {**FLOATS["acc"], "scale": 1}}
    raw = [bytes.fromhex(bits) + bytes(8), np.array([9.8, 0, 0], ">f4").tobytes()]
    block, errors, _ = ready(content).decode([packet(x) for x in raw])
    assert (len(block), len(errors)) == (1, 1)


def changed(path: str, value: object) -> dict[str, Any]:
    """The board with one field another."""
    content: dict[str, Any] = json.loads(json.dumps(BOARD))
    *outer, last = path.split(".")
    inner = content
    for name in outer:
        inner = inner[name]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return content


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("maker", None, "without maker"),
        ("makr", "x", "makr"),
        ("name_prefix", "b", "3 letters"),
        ("rate_hz", 0, "rate_hz is '0.0'"),
        ("rate_hz", True, "rate_hz"),
        ("rate_hz", float("nan"), "rate_hz"),
        ("sample", 5, "acc.offset"),
        ("sample", 10**10, "sample"),
        ("samples", 256, "samples"),
        ("header", 2, "tick.offset"),
        ("begins", "a", "hex"),
        ("characteristics.data", None, "data"),
        ("characteristics.data", "FFE4", "lower case"),
        ("acc.type", "f64", "type is 'f64'"),
        ("acc.unit", "deg/s", "m/s2 or g"),
        ("acc.scale", 0, "scale"),
        ("acc.range", -1, "range"),
        ("acc.offset", -1, "acc.offset"),
        ("acc", 3, "acc is '3', expected a table"),
        ("tick.unit_us", 1, "wraps after 10 s"),
        ("tick.type", "i16", "u8, u16 or u32"),
        ("start", {}, "a list"),
        ("start", [{"characteristic": "command", "bytes": "00"}], "characteristic is 'command'"),
        ("start", [{"characteristic": "data", "bytes": "0x00"}], "hex"),
    ],
)
def test_what_a_description_may_not_say(path: str, value: object, words: str) -> None:
    """The field is named."""
    with pytest.raises(ValueError, match=re.escape(words)):
        Description.of(changed(path, value))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(JSON, st.sampled_from([*BOARD, "acc.type", "acc.offset", "tick.unit_us", "characteristics.data"]))
def test_any_description_is_one_or_a_value_error(value: object, path: str) -> None:
    """Never another exception; and what passes decodes without any."""
    try:
        made = Description.of(changed(path, value))
    except ValueError:
        return
    decoder = ready(made.plain())
    decoder.decode([packet(bytes(n)) for n in range(20)])


@given(st.lists(st.binary(max_size=30), max_size=10), st.lists(st.integers(0, 10), max_size=3),
       st.sampled_from([THINGY, BOARD, FLOATS]))  # fmt: skip
def test_any_bytes_in_any_grouping(payloads: list[bytes], cuts: list[int], content: dict[str, Any]) -> None:
    """Samples or one error each; nothing raises."""
    begun = [b"\xa5" + p if content is BOARD else p for p in payloads]
    same_in_any_grouping(lambda: ready(content), [packet(p, 10**7 * i) for i, p in enumerate(begun)], cuts)


@pytest.mark.parametrize("text", ["", "[" * 9999, Configuration(50, 1, 1).to_text()])
def test_a_configuration_of_nonsense(text: str) -> None:
    """Is told once; before any, bytes mean nothing."""
    decoder = generic.Decoder(SENSOR)
    decoder.follow(Link(0, SENSOR, CONFIGURED, text))
    block, errors, _ = decoder.decode([packet(b"x"), Packet(SENSOR, "other", 0, b"x")])
    assert (len(block), len(errors)) == (0, 2)
