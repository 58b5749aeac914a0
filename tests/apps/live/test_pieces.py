"""A recording a day, cut where nobody sits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from hiphinge.apps.live.pieces import LEAPT, LONG, MIDNIGHT, ROOM, Params, State, cut

P = Params()
MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
SEATED = State(MONDAY, 10 * 3600.0, is_seated=True)
UP = replace(SEATED, is_seated=False)
ROOMY = 10**10


@pytest.mark.parametrize(
    ("state", "today", "why"),
    [
        (UP, MONDAY, ""),
        (UP, TUESDAY, MIDNIGHT),
        (SEATED, TUESDAY, ""),  # no bout is torn
        (replace(SEATED, seconds=86_400.0), TUESDAY, LONG),  # not even by somebody who never rises
        (replace(UP, seconds=86_400.0), MONDAY, LONG),
        (replace(UP, seconds=3599.0), TUESDAY, ""),  # nor is a minute a day
        (replace(SEATED, leapt=3600.0), MONDAY, LEAPT),  # an hour asleep
        (replace(SEATED, leapt=-7200.0), MONDAY, LEAPT),  # a wall clock that was set back
        (replace(SEATED, leapt=0.5), MONDAY, ""),  # one that is kept right
        (replace(UP, begun=TUESDAY), MONDAY, MIDNIGHT),  # a zone to the west: another day is another day
    ],
)
def test_the_day_ends_at_a_quiet_moment_after_midnight(state: State, today: date, why: str) -> None:
    assert cut(P, state, today, ROOMY) == why


@pytest.mark.parametrize(
    ("failed", "free", "failures", "why"),
    [
        (59.0, ROOMY, 1, ""),
        (60.0, ROOMY, 1, ROOM),
        (60.0, P.room - 1, 1, ""),
        (60.0, ROOMY, 2, ""),  # a disk that takes nothing although it has room is asked less and less
        (3600.0, ROOMY, 99, ROOM),
    ],
)
def test_recording_begins_again_when_there_is_room(failed: float, free: int, failures: int, why: str) -> None:
    assert cut(P, replace(SEATED, failed=failed), MONDAY, free, failures) == why
