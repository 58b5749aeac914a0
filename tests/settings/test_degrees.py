from __future__ import annotations

import math
from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from hiphinge.settings.degrees import number, to_degrees, to_radians


@given(st.floats(-1e300, 1e300))
@example(2.7)
@example(5e-324)
def test_degrees_bring_back_the_same_radians(radians: float) -> None:
    degrees = to_degrees(radians)
    assert to_radians(number(str(degrees))) == radians


@given(st.integers(-36_000_000, 36_000_000))
def test_what_somebody_wrote_in_degrees_reads_as_written(micro: int) -> None:
    assert to_degrees(math.radians(micro / 1e5)) == micro / 1e5


def test_more_digits_than_a_float_has_are_needed() -> None:
    assert isinstance(to_degrees(2.7), Decimal)
    assert math.radians(float(to_degrees(2.7))) != 2.7


def test_numbers_are_floats_unless_long() -> None:
    assert type(number("0.30000000000000004")) is float
    assert type(number("0.000000000000000000001")) is float
    assert type(number("1e400")) is float
    assert type(number("154.6986046853222765451")) is Decimal
