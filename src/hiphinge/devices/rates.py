"""Rates and ranges: which of those that a device offers is taken, and whether one can be true."""

from __future__ import annotations

from collections.abc import Iterable

from hiphinge.devices.driver import Configuration

SLOWEST_HZ, FASTEST_HZ = 0.5, 10_000.0
"""No sensor of movement samples slower or faster [D]."""


def enough(wanted: float, offered: Iterable[int]) -> int:
    """The least of those offered that is enough (to a thousandth: limits are rounded), else the most.

    >>> enough(90, (25, 50, 100, 200)), enough(999, (25, 50, 100, 200))
    (100, 200)
    """
    some = sorted(offered)
    return next((value for value in some if value >= wanted * 0.999), some[-1])


def period_ns(configuration: Configuration) -> float:
    """Between two samples; ValueError where no sensor samples like that."""
    rate_hz = configuration.rate_hz
    if not SLOWEST_HZ <= rate_hz <= FASTEST_HZ:
        raise ValueError(f"rate_hz is {rate_hz:g}, expected {SLOWEST_HZ:g} to {FASTEST_HZ:g}")
    return 1e9 / rate_hz
