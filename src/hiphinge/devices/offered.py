"""Which of the values that a device offers is taken."""

from __future__ import annotations

from collections.abc import Iterable


def enough(wanted: float, offered: Iterable[int]) -> int:
    """The least of those offered that is enough (to a thousandth: limits are rounded), else the most.

    >>> enough(90, (25, 50, 100, 200)), enough(999, (25, 50, 100, 200))
    (100, 200)
    """
    some = sorted(offered)
    return next((value for value in some if value >= wanted * 0.999), some[-1])
