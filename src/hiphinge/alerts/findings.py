"""What detectors saw -> what a wearer might be told, each in the units of its message."""

from __future__ import annotations

from collections.abc import Callable

from hiphinge.alerts.rules import LOST, POOR, ROUNDED, SLIPPED, SWAPPED, Finding, Params
from hiphinge.blocks import Event


def from_event(event: Event, params: Params) -> Finding | None:
    """The finding in an event, or None: most events are no one's business."""
    make = _FINDINGS.get(event.kind)
    return make(event, params) if make else None


def _rounded(e: Event, _: Params) -> Finding:
    share, flexion = e.number("share"), e.number("flexion")
    return Finding(e.t, ROUNDED, share, round(share * e.number("limit") / flexion, 9), "rounding.on_share")


def _poor(e: Event, _: Params) -> Finding:
    return Finding(e.t, POOR, e.number("share"), e.number("limit"), "signal.poor_share", bout=e.data["since"])


def _fair(e: Event, _: Params) -> Finding:
    return Finding(e.t, POOR, 0.0, 0.0, "signal.poor_share", bout=e.data["since"], over=True)


def _lost(e: Event, params: Params) -> Finding:
    silent = e.t - e.number("since") + params.dwell(LOST)
    limit = e.t - e.number("since")
    return Finding(e.t, LOST, silent, limit, "signal.lost", bout=(e.data["site"], e.data["since"]), detail=e.data)


def _back(e: Event, _: Params) -> Finding:
    return Finding(e.t, LOST, 0.0, 0.0, "signal.lost", bout=(e.data["site"], e.data["since"]), over=True)


def _slipped(e: Event, _: Params) -> Finding:
    moved, limit = e.number("moved_deg"), e.number("limit_deg")
    return Finding(e.t, SLIPPED, moved, limit, "wear.slip", bout=e.data["site"], detail=e.data)


def _swapped(e: Event, _: Params) -> Finding:
    return Finding(
        e.t, SWAPPED, e.number("value"), e.number("limit"), "wear.swaps", bout=e.data["sites"], detail=e.data
    )


_FINDINGS: dict[str, Callable[[Event, Params], Finding]] = {
    "rounded": _rounded,
    "data_poor": _poor,
    "data_fair": _fair,
    "sensor_lost": _lost,
    "sensor_back": _back,
    "sensor_slipped": _slipped,
    "sensor_swapped": _swapped,
}
