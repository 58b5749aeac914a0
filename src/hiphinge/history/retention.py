"""Which raw recordings go, and why; their summaries stay. A pure choice: nothing is deleted here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hiphinge.settings import Retention

DAY_S, GB = 86_400.0, 1e9
WRITING_S = 120.0
"""Since the last byte, s, within which a recording may still be growing: it is flushed every second."""


@dataclass(frozen=True)
class Raw:
    """A recording on the disk: when its last byte was written (s since 1970), whether its summary is kept."""

    path: Path
    size: int
    written: float
    summarised: bool = True


@dataclass(frozen=True)
class Going:
    """A recording that goes, and why in words."""

    raw: Raw
    why: str


def going(recordings: Iterable[Raw], retention: Retention, now: float) -> list[Going]:
    """First what is too old, then the oldest until the rest fits the budget; in order of age.

    Nothing goes that has no summary, or that may be growing.
    """
    by_age = sorted(recordings, key=lambda raw: (raw.written, raw.path.name))
    used = sum(raw.size for raw in by_age)
    found = []
    for raw in by_age:
        if not raw.summarised or is_growing(raw, now):
            continue
        age_days = (now - raw.written) / DAY_S
        if age_days > retention.keep_raw_days:
            why = f"{age_days:.0f} days old, kept for {retention.keep_raw_days:g}"
        elif used > retention.disk_budget_gb * GB:
            why = f"all recordings take {used / GB:.1f} GB, the budget is {retention.disk_budget_gb:g} GB"
        else:
            continue
        used -= raw.size
        found.append(Going(raw, why))
    return found


def is_growing(raw: Raw, now: float) -> bool:
    """Whether somebody may be writing it: its last byte is young."""
    return now - raw.written < WRITING_S


def unsummarised(recordings: Sequence[Raw]) -> list[Raw]:
    """Those that stay however old they are: nothing else is left of the session."""
    return [raw for raw in recordings if not raw.summarised]
