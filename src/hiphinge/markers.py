"""Named parts of a recording: what the wearer was asked to do, and when. Each is a Control in the log."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from hiphinge.blocks import LATEST_S, Control

ACTION = "marker"
MOVEMENTS = ("stand", "bend", "sit", "sit_tall", "slump")
"""Labels of what a calibration is made of."""
GUIDED = "calibration"
"""Label of the whole of a guided calibration: what is marked within it is all of it."""
TWIST = "twist"
"""Label of a twist of all sensors in one hand."""


@dataclass(frozen=True, slots=True)
class Marker:
    """``label`` from ``start_s`` to ``end_s`` on the recording's clock."""

    label: str
    start_s: float
    end_s: float

    def to_text(self) -> str:
        """The value of its Control."""
        return json.dumps(asdict(self))


def to_control(marker: Marker) -> Control:
    """What tells it, at its end; read back as the same."""
    return Control(round(marker.end_s * 1e9), ACTION, marker.to_text())


def from_control(control: Control) -> Marker | None:
    """What it tells; None where it is none: another action, no label, times that cannot be."""
    if control.action != ACTION:
        return None
    told: Any = control.said
    try:
        marker = Marker(str(told["label"]), float(told["start_s"]), float(told["end_s"]))
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    return marker if abs(marker.start_s) <= LATEST_S and abs(marker.end_s) <= LATEST_S else None
