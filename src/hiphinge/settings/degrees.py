"""Radians inside, degrees outside, and back to the very same number.

The degrees of a radian often fall between two floats. Then more digits than a
float holds are written (a Decimal), and such a number is read exactly; a
number of up to 17 digits is a float in degrees, as somebody would write it.
"""

from __future__ import annotations

import math
from decimal import Context, Decimal

FLOAT_DIGITS = 17
"""Digits that tell any two 64-bit floats apart."""

_EXACT = Context(prec=40)
_DEGREES_OF_RADIAN = _EXACT.divide(180, Decimal("3.14159265358979323846264338327950288419716939937510"))
_WRITTEN = Context(prec=22)

Number = int | float | Decimal


def number(text: str) -> float | Decimal:
    """A number as read from a file: a float, or a Decimal if it has more digits than a float holds.

    >>> number("0.3"), number("154.6986046853222765451")
    (0.3, Decimal('154.6986046853222765451'))
    """
    value = float(text)
    sane = value != 0.0 and math.isfinite(value)  # so that Decimal knows the exponent
    if sane and len(text) > FLOAT_DIGITS and len((exact := Decimal(text)).as_tuple().digits) > FLOAT_DIGITS:
        return exact
    return value


def to_radians(degrees: Number) -> float:
    """Degrees as they stand in a file or on a command line -> rad.

    >>> to_radians(180)
    3.141592653589793
    """
    if isinstance(degrees, Decimal):
        return float(_EXACT.divide(degrees, _DEGREES_OF_RADIAN))
    return math.radians(degrees)


def to_degrees(radians: float) -> float | Decimal:
    """The shortest degrees that :func:`to_radians` brings back to ``radians``, to the last bit.

    >>> to_degrees(math.radians(0.3)), to_degrees(2.7)
    (0.3, Decimal('154.6986046853222765451'))
    """
    radians = float(radians)
    if not math.isfinite(radians) or radians == 0.0:
        return radians
    degrees = math.degrees(radians)
    shorter = [float(f"{degrees:.{digits}g}") for digits in (6, 12, 15, 16, 17)]
    near = [*shorter, math.nextafter(degrees, math.inf), math.nextafter(degrees, -math.inf)]
    for candidate in near:
        if math.radians(candidate) == radians:
            return candidate
    return _WRITTEN.multiply(Decimal(radians), _DEGREES_OF_RADIAN)
