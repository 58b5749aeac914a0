"""What holds of a configuration: from the log alone, forgotten with the connection, nonsense kept out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.blocks import Link
from hiphinge.devices.configured import Configured, number
from hiphinge.devices.driver import BATTERY, CONFIGURED, CONNECTED, LOST, Configuration


def link(state: str, value: str = "", arrival_ns: int = 3) -> Link:
    """Of some sensor."""
    return Link(arrival_ns, "s", state, value)


def rates() -> Configured[float]:
    """Reads the rate."""
    return Configured("s", lambda configuration: configuration.rate_hz)


def test_from_connection_to_connection() -> None:
    """Nothing is known before; awaited from the connection to the configuration; what is lost holds on."""
    known = rates()
    assert (known.value, known.awaited) == (None, False)
    known.follow(link(CONNECTED))
    assert (known.value, known.awaited) == (None, True)
    known.follow(link(CONFIGURED, Configuration(50, 1, 1).to_text()))
    for state in (BATTERY, LOST):
        known.follow(link(state, "87"))
        assert (known.value, known.awaited) == (50, False)
    known.follow(link(CONNECTED))
    assert (known.value, known.awaited) == (None, True)


@given(st.text(max_size=60) | st.recursive(st.floats(), lambda x: st.lists(x, max_size=2)).map(str))
def test_nonsense_is_told_once(text: str) -> None:
    """With when it came and what it said; no exception, whatever it is."""
    known = rates()
    known.follow(link(CONFIGURED, text, 9))
    errors = known.errors()
    assert known.value is None
    assert [e.arrival_ns for e in errors] == [9]
    assert known.errors() == []


@pytest.mark.parametrize("found", [None, True, "1", 0, 1.5, float("nan"), [1]])
def test_a_number_is_a_number_within_its_limits(found: object) -> None:
    """The name is in the message."""
    with pytest.raises(ValueError, match="lsb is"):
        number({"lsb": found}, "lsb", 0, 1)
    assert number({"lsb": 1}, "lsb", 0, 1) == 1.0


def test_a_configuration_survives_the_log() -> None:
    """With and without more; a sensor without gyroscope has a range of 0."""
    for one in (Configuration(100, 78.5, 0.0), Configuration(60, 1, 1, {"payload": 21, "inner": {"a": [1]}})):
        assert Configuration.from_text(one.to_text()) == one
