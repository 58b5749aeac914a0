"""Every trouble has a sentence with what to do; what is one sensor's own is not blamed on the radio."""

from __future__ import annotations

import sys

import pytest
from bleak import exc
from bleak.exc import BleakBluetoothNotAvailableReason as Reason

from hiphinge.sources.ble.troubles import of_a_sensor, of_the_radio


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_each_reason_has_a_cure_on_each_system(reason: Reason, system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", system)
    words = of_the_radio(exc.BleakBluetoothNotAvailableError("no", reason))
    assert words
    assert words.startswith("Bluetooth: ")
    assert words.count(". ") == 1
    assert words.endswith("then try again.")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError(2, "No such file"), "no system message bus"),
        (EOFError(), "its service went away"),
        (exc.BleakDBusError("org.freedesktop.DBus.Error.ServiceUnknown", []), "does not run"),
        (exc.BleakDBusError("org.bluez.Error.NotReady", []), "switched off"),
    ],
)
def test_what_is_the_radios(error: Exception, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert words in (of_the_radio(error) or "")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TimeoutError(), "did not answer in time"),
        (exc.BleakDeviceNotFoundError("C4"), "no free link"),
        (exc.BleakCharacteristicNotFoundError("ffe4"), "lacks the characteristic ffe4"),
        (exc.BleakDBusError("org.bluez.Error.InProgress", []), "busy"),
        (exc.BleakGATTProtocolError(14), "refused what it was asked (GATT Protocol Error: Unlikely Error)"),
        (exc.BleakError("something new"), "something new"),
        (exc.BleakError(), "BleakError"),
    ],
)
def test_what_is_a_sensors(error: Exception, words: str) -> None:
    assert of_the_radio(error) is None
    assert words in of_a_sensor(error)
