"""What no sensor measures and the wearer types in: the ankle test."""

from __future__ import annotations

from datetime import datetime

from hiphinge import __version__
from hiphinge.history import Entry, Journal

ANKLE, TYPED = "ankle_cm", "typed in"
NOTICED_CM = 1.9
"""A smaller change of toe to wall may be chance (minimal detectable change 1.6 to 1.9 cm, review of 2015)."""


def keep_ankle(journal: Journal, cm: float, wearer: str, now: datetime) -> Entry:
    """Toe to wall, knee touching it; kept as a session of no length, so that it is rebuilt and deleted as any other.

    ``now`` is the wall clock with its zone.
    """
    offset = now.utcoffset()
    summary = {
        **{"recording_id": f"ankle-{now:%Y%m%dT%H%M%S.%f}", "wearer": wearer, "source": TYPED},
        **{"created_utc": now.isoformat(timespec="milliseconds"), "software": f"hiphinge {__version__}"},
        **{"start_utc": now.isoformat(timespec="milliseconds")},
        "utc_offset_s": None if offset is None else round(offset.total_seconds()),
        **{"start_s": 0.0, "end_s": 0.0, "duration_s": 0.0},
        "tests": {ANKLE: cm},
    }
    entry = Entry(summary)
    journal.add(entry)
    return entry
