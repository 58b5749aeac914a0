"""When a recording of the service ends and the next one begins.

A recording a day: retention deletes whole recordings, the journal takes a session
when it has ended, and what damages a file damages a day at most. The cut waits
until nobody sits, so that no bout is torn; a session of its own begins, since a
recording must hold all that its outcomes depend on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

MIDNIGHT, LONG, ROOM = "a new day", "24 hours", "there is room on the disk again"
LEAPT = "the computer slept, or its clock was set"


@dataclass(frozen=True)
class Params:
    """longest : s; never longer than a day. shortest : s; a clock that is set to and fro makes no crumbs [D].

    room : bytes free until recording begins again: three hours of three sensors [D].
    leap : s that the wall clock may move against the other one: a recording has one start on the wall clock,
        from which the journal places its hours [D].
    patience : s from the failure of a recording to the next one, doubled each time, up to longest_patience [D].
    """

    longest: float = 86_400.0
    shortest: float = 3600.0
    room: int = 100_000_000
    leap: float = 60.0
    patience: float = 60.0
    longest_patience: float = 3600.0

    def wait(self, failures: int) -> float:
        """S without a recording after so many that failed in a row.

        >>> [Params().wait(n) for n in (1, 2, 9)]
        [60.0, 120.0, 3600.0]
        """
        return min(self.patience * 2.0 ** (min(failures, 30) - 1), self.longest_patience)


@dataclass(frozen=True)
class State:
    """Of the session that runs.

    seconds : since it began, on the day ``begun``. failed : s since its recording failed.
    leapt : s by which the wall clock has moved against the monotonic one.
    """

    begun: date
    seconds: float
    is_seated: bool
    failed: float | None = None
    leapt: float = 0.0


def cut(p: Params, state: State, today: date, free: int, failures: int = 0) -> str:
    """Why it is to end now, "" when not; ``free`` bytes where recordings are kept."""
    if state.failed is not None and free >= p.room and state.failed >= p.wait(failures):
        return ROOM
    if state.seconds >= p.longest:
        return LONG
    if abs(state.leapt) >= p.leap:
        return LEAPT
    if today != state.begun and state.seconds >= p.shortest and not state.is_seated:
        return MIDNIGHT
    return ""
