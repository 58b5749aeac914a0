"""How far apart samples really are, where each notification stamps one of its samples."""

from __future__ import annotations

STRETCH = 1.1
"""Times the nominal period that samples may really be apart; more: a notification is missing [D]."""


class Spacing:
    """Evenly from stamp to stamp; the nominal period where something is missing between two."""

    def __init__(self, period_ns: float) -> None:
        self._period_ns = period_ns
        self._before: int | None = None

    def since(self, stamp_ns: int, n: int) -> float:
        """Samples are so many ns apart; ``n`` periods lie between the stamp before and this one."""
        before, self._before = self._before, stamp_ns
        if before is not None and 0 < stamp_ns - before < STRETCH * n * self._period_ns:
            return (stamp_ns - before) / n
        return self._period_ns
