"""The words that a wearer reads: what, and the reason in numbers. No medical claim, nothing that frightens."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hiphinge.blocks import SACRUM, THIGH_LEFT, THIGH_RIGHT, UPPER_LUMBAR

PLACES = {
    UPPER_LUMBAR: "upper back sensor",
    SACRUM: "pelvis sensor",
    THIGH_LEFT: "left thigh sensor",
    THIGH_RIGHT: "right thigh sensor",
}
"""What a wearer calls the sensor at a site."""

Detail = Mapping[str, object]


def words(kind: str, value: float, threshold: float, detail: Detail) -> str:
    """The message of a finding, with its value and threshold in the kind's own unit.

    >>> words("rounded_back", 0.86, 0.8, {})
    'Rounded to 86 % of your range (limit 80 %)'
    >>> words("sitting_too_long", 1860.0, 1800.0, {})
    'Time to move: sitting for 31 min'
    """
    return WORDS[kind](value, threshold, detail)


def place(detail: Detail) -> str:
    """The sensor that a finding is about.

    >>> place({"site": "sacrum"})
    'pelvis sensor'
    """
    site = str(detail.get("site", ""))
    return PLACES.get(site, site or "sensor")


def _rounded(value: float, threshold: float, _: Detail) -> str:
    return f"Rounded to {value:.0%} of your range (limit {threshold:.0%})".replace("%", " %")


def _sitting(value: float, _threshold: float, detail: Detail) -> str:
    still = "Still time to move" if detail.get("again") else "Time to move"
    return f"{still}: sitting for {value / 60:.0f} min"


def shift(value: float) -> str:
    """The softer word to somebody who has sat the same way for ``value`` s; a cue, no alert.

    >>> shift(900.0)
    'Shift a little: 15 min in one posture'
    """
    return f"Shift a little: {value / 60:.0f} min in one posture"


def _poor(value: float, threshold: float, _: Detail) -> str:
    return f"Poor signal: {value:.0%} of it missing (limit {threshold:.0%}). Angles pause".replace("%", " %")


def _lost(value: float, _threshold: float, detail: Detail) -> str:
    return f"Nothing from the {place(detail)} for {value:.0f} s. Check its battery and the distance"


def _slipped(value: float, threshold: float, detail: Detail) -> str:
    return f"The {place(detail)} seems to have moved by {abs(value):.0f}° (limit {threshold:.0f}°). Calibrate again"


def _swapped(_value: float, _threshold: float, detail: Detail) -> str:
    sites = detail.get("sites")
    names = [PLACES.get(str(s), str(s)) for s in sites] if isinstance(sites, (tuple, list)) else []
    if len(names) == 1:
        return f"The {names[0]} seems to be on the other leg. Move it, or set it up anew"
    both = " and the ".join(names) if names else "sensors"
    return f"The {both} seem to be on each other's place. Exchange them, or set them up anew"


WORDS: dict[str, Callable[[float, float, Detail], str]] = {
    "rounded_back": _rounded,
    "sitting_too_long": _sitting,
    "data_poor": _poor,
    "sensor_lost": _lost,
    "sensor_slipped": _slipped,
    "sensor_swapped": _swapped,
}
"""Kind of alert -> words from value, threshold and detail. These are all the kinds there are.

Units: rounded_back share of own range; sitting_too_long s; data_poor share;
sensor_lost s; sensor_slipped degrees; sensor_swapped that of its measure.
"""
