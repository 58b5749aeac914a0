"""What goes wrong: with the radio, with a sensor, with the person who puts them on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Loss:
    """Packets lost one by one; 0.01 is about one packet of 100 ms every ten seconds. ``site`` "" is all."""

    share: float = 0.01
    site: str = ""


@dataclass(frozen=True)
class Gap:
    """Nothing is heard of a sensor for a while and is never sent again; s."""

    site: str
    start: float
    duration: float


@dataclass(frozen=True)
class Stall:
    """A sensor's packets are held back and arrive together at the end; s."""

    site: str
    start: float
    duration: float


@dataclass(frozen=True)
class Dead:
    """A sensor falls silent for good; s."""

    site: str
    start: float


@dataclass(frozen=True)
class Slip:
    """A sensor turns on its segment by ``rotvec`` rad in segment axes within half a second; s."""

    site: str
    start: float
    rotvec: tuple[float, float, float] = (0.0, 0.0, float(np.deg2rad(12.0)))


@dataclass(frozen=True)
class Swapped:
    """Two sensors worn at each other's sites from ``start`` s on; both thighs: legs swapped."""

    site: str
    other: str
    start: float = 0.0


@dataclass(frozen=True)
class UpsideDown:
    """A sensor put on upside down: turned by half a turn on the skin."""

    site: str


Fault = Loss | Gap | Stall | Dead | Slip | Swapped | UpsideDown
