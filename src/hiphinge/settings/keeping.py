"""How long recordings are kept, and what a day is measured against: ``[retention]`` and ``[goals]``.

None of it changes an outcome.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

from hiphinge.errors import SettingsError


@dataclass(frozen=True)
class Retention:
    """How long raw recordings stay; their summaries always do.

    keep_raw_days : days after its last sample [D]: a season of a desk job; 0 keeps none.
    disk_budget_gb : 10⁹ bytes of all raw recordings, the oldest go first [D]: 90 desk days
        of 274 MB.
    """

    keep_raw_days: float = 90.0
    disk_budget_gb: float = 25.0

    def __post_init__(self) -> None:
        _not_negative(self, "retention")


@dataclass(frozen=True)
class Goals:
    """What a wearer wants of a day; 0 is no goal. None of it is a medical limit.

    breaks_per_hour : of sitting: one each half hour (Duran 2023: 5 min each 30 min).
    walking_min : minutes a day (WalkBack: 5 x 30 min a week).
    longest_sitting_min : minutes without standing up, at most [D].
    """

    breaks_per_hour: float = 2.0
    walking_min: float = 30.0
    longest_sitting_min: float = 60.0

    def __post_init__(self) -> None:
        _not_negative(self, "goals")


def _not_negative(section: Any, table: str) -> None:
    for field in fields(section):
        value = getattr(section, field.name)
        if not (math.isfinite(value) and value >= 0):
            name = f"{table}.{field.name}"
            raise SettingsError(f"{name}: {value:g}, expected 0 or more. Correct the value.", name=name)
