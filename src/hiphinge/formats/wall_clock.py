"""When a session began, for files that cannot do without a date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hiphinge.errors import InputError


def utc_start(summary: Mapping[str, Any], who: str) -> datetime:
    """UTC, without a zone, of the summary's ``start_s``. InputError where it is not known."""
    if summary["start_utc"] is None:
        raise InputError(
            f"{who}: the recording has no wall clock, expected one: this format needs dates. "
            f"Import it with --start, then export again."
        )
    return datetime.fromisoformat(summary["start_utc"]).astimezone(UTC).replace(tzinfo=None)


def local_start(summary: Mapping[str, Any], who: str) -> datetime:
    """The same on the wearer's own clock."""
    return utc_start(summary, who) + timedelta(seconds=summary["utc_offset_s"] or 0)
