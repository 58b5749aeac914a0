"""The journal of sessions: what stays when raw data go, and what weeks say together."""

from hiphinge.history.days import day_table, overlaps, session_starts, uncovered
from hiphinge.history.entry import Entry, keep, kept, read, recordings, summary_path
from hiphinge.history.journal import Journal, open_or_rebuild
from hiphinge.history.local_days import UNDATED
from hiphinge.history.retention import Going, Raw, going, is_growing, unsummarised
from hiphinge.history.seat_shifts import SeatLevels
from hiphinge.history.sitting_figures import SittingFigures, sitting_figures

__all__ = [
    "UNDATED",
    "Entry",
    "Going",
    "Journal",
    "Raw",
    "SeatLevels",
    "SittingFigures",
    "day_table",
    "going",
    "is_growing",
    "keep",
    "kept",
    "open_or_rebuild",
    "overlaps",
    "read",
    "recordings",
    "session_starts",
    "sitting_figures",
    "summary_path",
    "uncovered",
    "unsummarised",
]
