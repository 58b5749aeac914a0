"""How a sensor that nobody foresaw is described: frozen values, from what TOML or JSON gave."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np

from hiphinge.blocks import GRAVITY

TYPES = {"i8": "i1", "u8": "u1", "i16": "i2", "u16": "u2", "i32": "i4", "u32": "u4", "f32": "f4"}
UNITS = {"m/s2": 1.0, "g": GRAVITY, "rad/s": 1.0, "deg/s": math.pi / 180}
LARGEST = 512
"""Bytes of a notification: the longest value of an attribute."""
LEAST_WRAP_S = 10.0
"""A clock that wraps sooner cannot be unwrapped over a stalled radio."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Order:
    """Bytes to write, as hex, and s to wait after them."""

    characteristic: str
    bytes: str
    wait_s: float = 0.0
    response: bool = False

    def __post_init__(self) -> None:
        _check(_hex(self.bytes), "bytes", self.bytes, "pairs of hex digits")
        _check(0 <= self.wait_s <= 10, "wait_s", self.wait_s, "0 to 10")


@dataclass(frozen=True)
class Axes:
    """Three values, one behind the other: ``offset`` of x in the sample; one count is ``scale`` ``unit``s."""

    offset: int
    type: str
    scale: float
    unit: str
    range: float

    def __post_init__(self) -> None:
        _check(self.type in TYPES, "type", self.type, ", ".join(TYPES))
        _check(self.scale != 0, "scale", self.scale, "a number but 0")
        _check(self.range > 0, "range", self.range, "more than 0")

    @property
    def si(self) -> float:
        """m/s² or rad/s of one ``unit``."""
        return UNITS[self.unit]


@dataclass(frozen=True)
class Tick:
    """The device's clock at the first sample: ``offset`` in the header, one tick is ``unit_us`` µs."""

    offset: int
    type: str
    unit_us: int

    def __post_init__(self) -> None:
        _check(self.type in ("u8", "u16", "u32"), "type", self.type, "u8, u16 or u32")
        wrap_s = self.unit_us * 1e-6 * 2.0 ** int(self.type[1:])
        _check(LEAST_WRAP_S <= wrap_s < 1e8, "unit_us", self.unit_us, f"a clock that wraps after {LEAST_WRAP_S:g} s")


@dataclass(frozen=True)
class Description:
    """One kind of device.

    name_prefix : of what it advertises. rate_hz : as it is after ``start``. header, sample : bytes before the
    samples, and of each. samples : in a notification; 0: as many as there are. begins : hex that each
    notification begins with. characteristics : short name -> UUID; "data" is notified.
    """

    maker: str
    name_prefix: str
    rate_hz: float
    characteristics: Mapping[str, str]
    sample: int
    acc: Axes
    gyr: Axes | None = None
    tick: Tick | None = None
    header: int = 0
    samples: int = 1
    begins: str = ""
    big_endian: bool = False
    start: tuple[Order, ...] = field(default=())
    stop: tuple[Order, ...] = field(default=())

    def __post_init__(self) -> None:
        _check(len(self.name_prefix) >= 3, "name_prefix", self.name_prefix, "3 letters at least")
        _check(1 <= self.rate_hz <= 1000, "rate_hz", self.rate_hz, "1 to 1000")
        _check("data" in self.characteristics, "characteristics", ", ".join(self.characteristics), 'one called "data"')
        for short, uuid in self.characteristics.items():
            _check(_UUID.fullmatch(uuid) is not None, f"characteristics.{short}", uuid, "a UUID in lower case")
        _check(0 <= self.header <= LARGEST and 1 <= self.sample <= LARGEST, "sample", self.sample, f"1 to {LARGEST}")
        _check(0 <= self.samples <= 255, "samples", self.samples, "0 to 255")
        _check(_hex(self.begins), "begins", self.begins, "pairs of hex digits")
        self._check_layout()
        for order in (*self.start, *self.stop):
            _check(order.characteristic in self.characteristics, "characteristic", order.characteristic, "one named")

    def _check_layout(self) -> None:
        for name, axes, units in (("acc", self.acc, ("m/s2", "g")), ("gyr", self.gyr, ("rad/s", "deg/s"))):
            if axes is not None:
                end = axes.offset + 3 * np.dtype(TYPES[axes.type]).itemsize
                _check(axes.offset >= 0 and end <= self.sample, f"{name}.offset", axes.offset, "within the sample")
                _check(axes.unit in units, f"{name}.unit", axes.unit, " or ".join(units))
        if self.tick is not None:
            end = self.tick.offset + np.dtype(TYPES[self.tick.type]).itemsize
            _check(self.tick.offset >= 0 and end <= self.header, "tick.offset", self.tick.offset, "within the header")

    @classmethod
    def of(cls, content: object) -> Description:
        """From what TOML or JSON gave; ValueError names the field that is wrong."""
        made: Description = _built(cls, content, "")
        return made

    def plain(self) -> dict[str, Any]:
        """As :meth:`of` takes it."""
        return {name: list(x) if isinstance(x, tuple) else x for name, x in asdict(self).items() if x is not None}

    def dtype(self, axes: Axes) -> np.dtype[Any]:
        """Of one of its values."""
        return np.dtype((">" if self.big_endian else "<") + TYPES[axes.type])


def _check(holds: bool, name: str, found: object, expected: str) -> None:
    if not holds:
        raise ValueError(f"{name} is {str(found)[:60]!r}, expected {expected}")


def _hex(text: str) -> bool:
    return re.fullmatch(r"\s*([0-9a-fA-F]{2}\s*)*", text) is not None


def _built(kind: Any, content: object, name: str) -> Any:
    """``content`` as that type: a dataclass, a tuple of one, a mapping, a plain value, or one of them or None."""
    if type(None) in (choices := get_args(kind)):
        kind = choices[0]
    if hasattr(kind, "__dataclass_fields__"):
        return _built_dataclass(kind, content, name)
    if get_origin(kind) is tuple:
        _check(isinstance(content, list), name, content, "a list")
        return tuple(_built(get_args(kind)[0], one, name) for one in content)  # type: ignore[attr-defined]  # checked
    if get_origin(kind) is Mapping:
        ok = isinstance(content, Mapping) and all(isinstance(x, str) for pair in content.items() for x in pair)
        _check(ok, name, content, "texts by name")
        return dict(content)  # type: ignore[call-overload]  # checked
    return _value(kind, content, name)


def _value(kind: Any, content: object, name: str) -> object:
    """A plain value of that type; a whole number is a number."""
    fits = isinstance(content, (int, float) if kind is float else kind) and isinstance(content, bool) == (kind is bool)
    if isinstance(content, (int, float)):
        fits = fits and abs(content) < 1e9
    _check(fits, name, content, f"a value of type {kind.__name__}")
    made: object = kind(content)
    return made


def _built_dataclass(kind: Any, content: object, name: str) -> Any:
    _check(isinstance(content, Mapping), name or "description", content, "a table")
    given: Mapping[str, object] = content  # type: ignore[assignment]  # checked
    hints = get_type_hints(kind)
    unknown = [key for key in given if key not in hints]
    _check(not unknown, name or "description", ", ".join(map(str, unknown)), f"only {', '.join(hints)}")
    prefix = f"{name}." if name else ""
    required = [f.name for f in fields(kind) if f.default is MISSING]
    missing = [key for key in required if key not in given]
    _check(not missing, name or "description", "without " + ", ".join(missing), "all that it needs")
    return kind(**{key: _built(hints[key], one, prefix + key) for key, one in given.items()})
