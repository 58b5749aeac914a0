"""The bench of a fake org.bluez, for the links too."""

from tests.bluez.conftest import bluez, bluez_process

__all__ = ["bluez", "bluez_process"]
