"""What goes wrong with Bluetooth, in words: what was found, what was expected, what to do.

The cases and their cures: bleak's exceptions and troubleshooting page, BlueZ's
D-Bus error names (doc/org.bluez.*.rst), and the robustness list of the project.
"""

from __future__ import annotations

import sys

from bleak import exc
from bleak.exc import BleakBluetoothNotAvailableReason as Reason

_BUS_ERRORS: tuple[type[Exception], ...] = ()
if sys.platform == "linux":  # elsewhere there is no D-Bus
    from dbus_fast.errors import DBusFastError

    _BUS_ERRORS = (DBusFastError,)
BLEAK_ERRORS = (exc.BleakError, OSError, EOFError, TimeoutError, *_BUS_ERRORS)
"""What bleak lets out when a device, an adapter, D-Bus or the daemon fails."""

_ON = {
    "linux": "Switch it on (bluetoothctl power on; rfkill unblock bluetooth)",
    "darwin": "Switch it on in the menu bar or System Settings > Bluetooth",
    "win32": "Switch it on in Settings > Bluetooth & devices",
}
_ALLOW = {
    "linux": "Add yourself to the group bluetooth (sudo usermod -aG bluetooth $USER) and log in again",
    "darwin": "Allow this terminal in System Settings > Privacy & Security > Bluetooth, then start it again",
    "win32": "Allow desktop apps in Settings > Privacy & security > Radios",
}
_REASONS = {
    Reason.NO_BLUETOOTH: ("no adapter found, expected one", "Plug in a Bluetooth adapter"),
    Reason.NO_BLE_CENTRAL_ROLE: ("the adapter cannot connect to sensors", "Use one that knows Bluetooth Low Energy"),
    Reason.POWERED_OFF: ("switched off, expected on", ""),
    Reason.DENIED_BY_USER: ("not allowed for this program", ""),
    Reason.DENIED_BY_SYSTEM: ("not allowed on this machine", "Ask whoever administers it"),
    Reason.DENIED_BY_UNKNOWN: ("not allowed for this program", ""),
}
_DBUS = {
    "org.bluez.Error.NotReady": Reason.POWERED_OFF,
    "org.bluez.Error.NotPermitted": Reason.DENIED_BY_USER,
    "org.bluez.Error.NotAuthorized": Reason.DENIED_BY_USER,
    "org.freedesktop.DBus.Error.AccessDenied": Reason.DENIED_BY_USER,
}
_DAEMON = ("org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner")
_BUSY = ("org.bluez.Error.InProgress", "org.freedesktop.DBus.Error.LimitsExceeded")


def of_the_radio(error: BaseException) -> str | None:
    """The sentence where Bluetooth itself is the trouble, or None: then it is one sensor's."""
    if isinstance(error, exc.BleakBluetoothNotAvailableError):
        return _reason(error.reason)
    if isinstance(error, exc.BleakDBusError):
        if error.dbus_error in _DAEMON:
            return _sentence("its service does not run", "Start it (sudo systemctl start bluetooth)")
        return _reason(_DBUS[error.dbus_error]) if error.dbus_error in _DBUS else None
    return _of_the_bus(error)


def of_a_link(error: BaseException) -> str:
    """Why one sensor is not connected, whichever of the two it was."""
    return of_the_radio(error) or of_a_sensor(error)


def of_a_sensor(error: BaseException) -> str:
    """Why one sensor could not be had, in a clause."""
    if isinstance(error, TimeoutError):
        return "did not answer in time"
    if isinstance(error, exc.BleakDeviceNotFoundError):
        return "is not to be found any more; or the adapter has no free link (most hold 3 to 7)"
    if isinstance(error, exc.BleakCharacteristicNotFoundError):
        return f"lacks the characteristic {error.char_specifier}"
    if isinstance(error, exc.BleakGATTProtocolError):
        return f"the link broke off, or it refused what it was asked ({error.args[1]})"
    if isinstance(error, exc.BleakDBusError) and error.dbus_error in _BUSY:
        return "the adapter is busy with another connection"
    return f"the link failed ({str(error) or type(error).__name__})"


def _of_the_bus(error: BaseException) -> str | None:
    """The way to bluetoothd, where that is the trouble."""
    if isinstance(error, (FileNotFoundError, ConnectionRefusedError)) and sys.platform == "linux":
        return _sentence(
            "no system message bus here, expected D-Bus and bluetoothd",
            "Install and start them (sudo apt-get install bluez; sudo systemctl start bluetooth)",
        )
    if isinstance(error, _BUS_ERRORS):
        return _sentence(
            f"the system message bus refuses ({error})",
            "Give this user the right to use it, or correct DBUS_SYSTEM_BUS_ADDRESS",
        )
    if isinstance(error, EOFError):
        return _sentence("its service went away", "It is tried again; else: sudo systemctl restart bluetooth")
    return None


def _reason(reason: Reason) -> str:
    found, cure = _REASONS.get(
        reason, ("not to be used, for a reason the system does not tell", "Try: hiphinge doctor")
    )
    table = _ON if reason is Reason.POWERED_OFF else _ALLOW
    return _sentence(found, cure or table.get(sys.platform, "Change that in the system's settings"))


def _sentence(found: str, cure: str) -> str:
    return f"Bluetooth: {found}. {cure}, then try again."
