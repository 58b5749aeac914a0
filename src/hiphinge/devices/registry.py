"""Which driver serves which device. One line a device; other packages add theirs with :func:`add`."""

from __future__ import annotations

from collections.abc import Callable

from hiphinge.devices import generic, hiphinge_imu
from hiphinge.devices.driver import Advertisement, Decoder, Driver
from hiphinge.devices.hiphinge_ble import Hiphinge
from hiphinge.devices.metamotion import MetaMotion
from hiphinge.devices.movella_dot import Dot
from hiphinge.devices.movesense import Movesense
from hiphinge.devices.open_earable import OpenEarable
from hiphinge.devices.polar_verity import PolarVerity
from hiphinge.devices.thingy52 import Thingy
from hiphinge.devices.witmotion import WitMotion

DRIVERS: dict[str, Driver] = {}
"""Devices that can be connected to, by name."""


class _Decoders(dict[str, Callable[[str], Decoder]]):
    """Described devices need not be known: their recordings carry the description."""

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or (isinstance(name, str) and name.startswith(generic.PREFIX))

    def __missing__(self, name: str) -> Callable[[str], Decoder]:
        if name in self:
            return generic.Decoder
        raise KeyError(name)


DECODERS: dict[str, Callable[[str], Decoder]] = _Decoders({hiphinge_imu.NAME: hiphinge_imu.Decoder})
"""Devices that can be read from a recording: those above, described ones, the layout of simulations and imports."""


def add(driver: Driver) -> None:
    """Make a driver known, before any recording is opened; a name that is taken raises ValueError."""
    if driver.name in DRIVERS or driver.name == hiphinge_imu.NAME:
        raise ValueError(f"driver {driver.name!r}: known already, expected another name.")
    DRIVERS[driver.name] = driver
    DECODERS[driver.name] = driver.decoder


def recognised(seen: Advertisement) -> Driver | None:
    """The driver that knows this advertisement; one that was added goes before one that was there."""
    return next((driver for driver in reversed(DRIVERS.values()) if driver.recognises(seen)), None)


for _driver in (Hiphinge(), WitMotion(), Dot(), MetaMotion(), Movesense(), PolarVerity(), OpenEarable(), Thingy()):
    add(_driver)
