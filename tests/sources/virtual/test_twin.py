"""The base of a twin, by the example of its own documentation; no radio."""

from __future__ import annotations

import re
import struct
import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from hiphinge.errors import InputError
from hiphinge.sources.virtual import twin as base
from hiphinge.sources.virtual.twin import Identity, Refused, Samples, Twin, counts
from hiphinge.sources.virtual.twins import TWINS, twin_class
from tests.sources.virtual.playing import on_a_table


def documented() -> type[Twin]:
    """The class that the documentation shows."""
    block = re.search(r"samples::\n\n(.*?)\n\nThen one line", str(base.__doc__), re.DOTALL)
    assert block
    found: dict[str, Any] = {"np": np, "struct": struct, "Iterator": Iterator, "Samples": Samples, "counts": counts}
    exec(textwrap.dedent(block[1]), found | {"Twin": Twin}, found)
    made: type[Twin] = found["Pebble"]
    return made


def pebble(drift_ppm: float = 0.0) -> Twin:
    """One of them, switched on at 100 s."""
    made = documented()(Identity(), on_a_table, drift_ppm)
    made.power_on(100.0)
    return made


def test_the_example_of_the_documentation_streams_and_answers() -> None:
    one = pebble()
    one.write("ffe2", bytes([82, 10]))
    one.write("ffe2", b"?")
    assert one.outbox.pop() == ("ffe1", b"?\x0a", False)
    one.advance(101.0)
    assert len(one.outbox) == one.made == 101
    assert struct.unpack("<I6h", one.outbox[50].payload) == (500, 0, 0, 1961, 0, 0, 0)
    one.write("ffe2", b"S")
    one.advance(105.0)
    assert one.made == 101
    assert one.due() == np.inf


def test_samples_fall_due_by_the_sensors_own_clock() -> None:
    """100 ppm fast: one more in a hundred seconds, and ticks that say so."""
    fast = pebble(100.0)
    fast.stream(100.0, 1)
    fast.advance(200.0)
    assert fast.made == 10_002
    assert fast.tick == pytest.approx(100.01)
    assert pebble().due() == np.inf


def test_batches_are_whole() -> None:
    one = pebble()
    one.stream(100.0, 5)
    assert one.due() == pytest.approx(100.04)
    one.advance(100.0399)
    assert one.outbox == []
    one.advance(100.0401)
    assert one.made == 1


@pytest.mark.parametrize("steps", [1, 7, 100])
def test_however_often_it_is_asked_it_makes_the_same(steps: int) -> None:
    one = pebble()
    one.stream(100.0, 1)
    for now in np.linspace(100.0, 101.0, steps + 1):
        one.advance(float(now))
    whole = pebble()
    whole.stream(100.0, 1)
    whole.advance(101.0)
    assert one.outbox == whole.outbox


def test_power_begins_anew() -> None:
    one = pebble()
    one.stream(100.0, 1)
    one.advance(101.0)
    one.power_on(102.0)
    assert (one.tick, one.is_streaming, one.outbox) == (0.0, False, [])


def test_what_it_lacks_it_refuses() -> None:
    with pytest.raises(Refused):
        pebble().read("ffe9")
    with pytest.raises(Refused):
        Twin(Identity(), on_a_table).write("ffe9", b"")


def test_the_battery_in_whole_per_cent() -> None:
    one = pebble()
    one.drain(41.2)
    assert one.read("2a19") == bytes([42])


def test_a_converter_stops_at_its_ends() -> None:
    np.testing.assert_array_equal(counts([-1e9, -0.6, 0.4, 1e9], 1.0), [-32768, -1, 0, 32767])
    np.testing.assert_array_equal(counts([300.0], 1.0, bits=8), [127])


@pytest.mark.parametrize("name", TWINS)
def test_every_twin_can_be_worn(name: str) -> None:
    """Its class is there, and it says of itself what an advertisement needs."""
    one = twin_class(name)(Identity(), on_a_table)
    one.power_on(0.0)
    assert one.name
    assert one.table
    one.abandoned()
    one.power_on(1.0)
    assert not one.is_streaming


def test_an_unknown_make_is_one_sentence() -> None:
    with pytest.raises(InputError, match=r"'fitbit', expected one of .*hiphinge"):
        twin_class("fitbit")
