"""What holds for every driver, whatever its device says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.devices import generic
from hiphinge.devices.description import Description
from hiphinge.devices.driver import (
    Advertisement,
    Ask,
    Configuration,
    Driver,
    Pulses,
    Read,
    Step,
    Steps,
    Subscribe,
    Wait,
    Wanted,
    Write,
)
from hiphinge.devices.registry import DECODERS, DRIVERS, add, recognised
from hiphinge.errors import SensorRefused
from tests.devices.notes import converse, note, plain

NOTES = Path(__file__).resolve().parents[2] / "firmware_notes"
PAGES = {"hiphinge_ble": "hiphinge_imu", "generic:thingy": "generic"}
THINGY = re.findall(r"```toml\n(.*?)```", note("generic"), re.DOTALL)[0]
DESCRIBED = generic.driver("thingy", Description.of(tomllib.loads(THINGY)))
EVERY = [*DRIVERS.values(), DESCRIBED]
NAMES = [driver.name for driver in EVERY]
SAID = [raw for page in NOTES.glob("*.md") for raw in plain(page.read_text("utf-8"), "[a-z]+(?<!json|toml)")]
ANSWERS = st.lists(
    st.none() | st.binary(max_size=40) | st.sampled_from(SAID) | st.sampled_from([b"\x83\0", b"\x81\0", b"\x82\0"]),
    max_size=30,
)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.mark.parametrize("driver", EVERY, ids=NAMES)
def test_a_driver_says_what_it_is(driver: Driver) -> None:
    """Name, maker, UUIDs in lower case, and a page that says so where nothing outside bears it out."""
    assert driver.name
    assert driver.maker
    assert "data" in driver.characteristics or "medium" in driver.characteristics
    assert all(UUID.fullmatch(uuid) for uuids in driver.characteristics.values() for uuid in uuids)
    page = (NOTES / f"{PAGES.get(driver.name, driver.name)}.md").read_text("utf-8")
    assert driver.verified is not ("nverified" in page)


@pytest.mark.parametrize("driver", EVERY, ids=NAMES)
@given(
    answers=st.lists(st.none() | st.binary(max_size=40), max_size=30), rate=st.floats(0, 1e4), reach=st.floats(0, 1e4)
)
def test_a_device_of_nonsense_is_refused_or_configured(
    driver: Driver, answers: list[bytes | None], rate: float, reach: float
) -> None:
    """Nothing but SensorRefused, in words; what is returned survives the log; only its own characteristics."""
    left = iter(answers)

    def answer(step: Step) -> bytes | None:
        if not isinstance(step, Wait):
            assert step.characteristic in driver.characteristics
        if isinstance(step, Ask):
            assert step.on in driver.characteristics
        return next(left, None) if isinstance(step, Read | Ask) else None

    try:
        _, got = converse(driver.start(Wanted(rate, reach, reach)), answer)
    except SensorRefused as e:
        assert re.search(r"expected|set to", str(e))  # noqa: PT017  # a generator: pytest.raises would want one each time
        assert str(e).endswith(".")  # noqa: PT017  # likewise
    else:
        assert Configuration.from_text(got.to_text()) == got


@pytest.mark.parametrize("driver", EVERY, ids=NAMES)
@given(ANSWERS)
def test_small_talk_with_nonsense(driver: Driver, answers: list[bytes | None]) -> None:
    """Battery, lamp, time, farewell: an answer, None or SensorRefused."""
    left = iter(answers)

    def hear(steps: Steps[object]) -> object:
        try:
            return converse(steps, lambda step: next(left, None) if isinstance(step, Read | Ask) else None)[1]
        except SensorRefused:
            return None

    level = hear(driver.battery())
    assert level is None or (isinstance(level, float) and 0 <= level <= 100)
    assert hear(driver.blink()) in (True, False, None)
    assert hear(driver.has_motor()) in (True, False, None)
    assert hear(driver.vibrate(0.15, 2)) is None
    assert hear(driver.exchange(10**15)) is None
    assert hear(driver.stop()) is None


@pytest.mark.parametrize("driver", EVERY, ids=NAMES)
def test_nothing_is_written_before_its_answers_can_be_heard(driver: Driver) -> None:
    """An Ask waits for a notification: it is subscribed to before."""
    subscribed: set[str] = set()

    def answer(step: Step) -> bytes | None:
        if isinstance(step, Subscribe):
            subscribed.add(step.characteristic)
        assert not isinstance(step, Ask) or step.on in subscribed
        assert not isinstance(step, Write | Ask) or step.payload
        return None

    try:
        converse(driver.start(Wanted()), answer)
    except SensorRefused:
        return


def test_the_table_of_devices_has_them_all() -> None:
    """With its page, and "unverified" where it is."""
    table = (NOTES / "README.md").read_text("utf-8")
    rows = {
        name: (page, last) for name, page, last in re.findall(r"^\| \[(\w+)\]\((.+?)\) .* \| (.+) \|$", table, re.M)
    }
    assert {name: rows[name][1].startswith("verified") for name in DRIVERS} == {
        name: driver.verified for name, driver in DRIVERS.items()
    }
    assert all((NOTES / page).exists() for page, _ in rows.values())


def test_each_device_has_one_driver() -> None:
    """A name that is taken cannot be taken again; strangers are nobody's."""
    with pytest.raises(ValueError, match="witmotion"):
        add(DRIVERS["witmotion"])
    with pytest.raises(ValueError, match="hiphinge_imu"):
        add(type("Again", (Driver,), {"name": "hiphinge_imu"})())
    assert recognised(Advertisement("Pixel 9")) is None
    assert set(DRIVERS) < set(DECODERS)


@given(st.text(max_size=80) | st.sampled_from(["[]", "{}", '{"seconds": 1e999, "number": 1}', "null", "[" * 5000]))
def test_what_is_no_vibration_is_refused(text: str) -> None:
    """In a recording that somebody else wrote; what was written is read."""
    try:
        read = Pulses.from_text(text)
    except (ValueError, RecursionError):
        return
    assert 0 < read.lasts < 120


def test_a_vibration_comes_back() -> None:
    for one in (Pulses(0.15, 2), Pulses(0.02, 10)):
        assert Pulses.from_text(one.to_text()) == one
    assert Pulses(0.15, 2).lasts == pytest.approx(0.45)
    for text in ('{"seconds": true, "number": -1}', '{"seconds": 0.1, "number": 0}', '{"seconds": "1", "number": 1}'):
        with pytest.raises(ValueError, match="expected seconds and a number"):
            Pulses.from_text(text)
