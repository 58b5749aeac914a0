"""What a decoder knows of its sensor's configuration, as the log tells it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from hiphinge.blocks import Link
from hiphinge.devices.driver import CONFIGURED, CONNECTED, Configuration
from hiphinge.errors import DecodeError

NONSENSE = 2.0
"""Times the range: no sensor measures that."""

T = TypeVar("T")


class Configured(Generic[T]):
    """The configuration that holds, as ``read`` makes it of the log's (ValueError: it cannot); None before.

    ``awaited``: connected, and not yet configured. What comes then is of
    whatever another program left behind.
    """

    def __init__(self, sensor: str, read: Callable[[Configuration], T]) -> None:
        self.value: T | None = None
        self.awaited = False
        self._sensor, self._read = sensor, read
        self._errors: list[DecodeError] = []

    def follow(self, link: Link) -> None:
        """A new connection forgets the configuration; one that says nothing is kept out, with an error."""
        if link.state == CONNECTED:
            self.value, self.awaited = None, True
        elif link.state == CONFIGURED:
            self.awaited = False
            try:
                self.value = self._read(Configuration.from_text(link.value))
            except (ValueError, RecursionError) as e:
                self._errors.append(self._error(link, e))

    def errors(self) -> list[DecodeError]:
        """Those of configurations that were not to be read, once each."""
        errors, self._errors = self._errors, []
        return errors

    def _error(self, link: Link, why: Exception) -> DecodeError:
        return DecodeError(
            f"{self._sensor}: a configuration that cannot be read ({str(why)[:200] or type(why).__name__}). "
            "It is left out; connect the sensor anew.",
            payload=link.value.encode("utf-8", "replace")[:200],
            arrival_ns=link.arrival_ns,
        )


def number(more: Mapping[str, object], name: str, low: float, high: float) -> float:
    """The number called ``name``, within (low, high]; else ValueError."""
    found = more.get(name)
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not low < found <= high:
        raise ValueError(f"{name} is {str(found)[:40]}, expected a number above {low:g} up to {high:g}")
    return float(found)
