"""When nobody is to be disturbed: times of day on the wearer's own clock."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from hiphinge.blocks import Tick
from hiphinge.errors import SettingsError

DAY_S = 86400
SLEPT_S = 300.0
"""s by which the wall clock runs ahead of the recording's: the host has slept. A clock that was wrong and is set
right looks the same; then sitting is counted anew, which reminds later and never too early. [D]"""
KEPT_S = 3600.0
"""s that the pairs are kept: far more than any finding is late, and little memory in a day."""
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


def parse(times: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Spans of the day (from, to) s after midnight; one may run over midnight.

    >>> parse(["22:00-07:30"])
    ((79200, 27000),)
    """
    spans = []
    for text in times:
        match = _SPAN.fullmatch(text.strip())
        if match is None:
            raise SettingsError(
                f"alerts.quiet: {text!r}, expected a span of the day. Write it like 22:00-07:00.", name="alerts.quiet"
            )
        h1, m1, h2, m2 = map(int, match.groups())
        spans.append((h1 * 3600 + m1 * 60, h2 * 3600 + m2 * 60))
    return tuple(spans)


class WallClock:
    """The wearer's time of day at any instant of the recording, from the clock pairs in it."""

    def __init__(self) -> None:
        self._at: list[float] = []  # s on the recording's clock
        self._local: list[float] = []  # local s since the epoch at that instant
        self._last: tuple[float, str] | None = None  # UTC less the recording's clock, s, and the boot

    def set(self, ticks: Sequence[Tick]) -> list[float]:
        """Take the pairs among ``ticks``, in their order; the times (s) at which the host had slept or begun anew."""
        slept = []
        for tick in ticks:
            if tick.utc_ns is None:
                continue
            at, utc = tick.arrival_ns / 1e9, tick.utc_ns / 1e9
            if self._last is not None and ((utc - at) - self._last[0] >= SLEPT_S or tick.boot_id != self._last[1]):
                slept.append(at)
            self._last = utc - at, tick.boot_id
            self._at.append(at)
            self._local.append(utc + (tick.utc_offset_s or 0))
        return slept

    def forget(self, before: float) -> None:
        """Drop the pairs that no instant from ``before`` s on needs."""
        unneeded = max(bisect_right(self._at, before) - 1, 0)
        del self._at[:unneeded], self._local[:unneeded]

    def time_of_day(self, t: float) -> float | None:
        """Seconds after local midnight at ``t`` s by the last pair before it; None before the first."""
        i = bisect_right(self._at, t) - 1
        return None if i < 0 else (self._local[i] + t - self._at[i]) % DAY_S


def inside(spans: Sequence[tuple[int, int]], time_of_day: float | None) -> bool:
    """Whether a time of day lies in one of the spans; False when it is not known."""
    if time_of_day is None:
        return False
    return any((a <= time_of_day < b) if a < b else (time_of_day >= a or time_of_day < b) for a, b in spans)
