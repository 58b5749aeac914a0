"""What a calibration found, or why it is refused, in words and degrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from hiphinge.blocks import SACRUM, UPPER_LUMBAR, Calibration
from hiphinge.errors import CalibrationRefused
from hiphinge.kinematics import mounting
from hiphinge.kinematics.mounting import Rest
from hiphinge.kinematics.range_of_motion import Range
from hiphinge.monitor import Params

MOVEMENTS = {
    "bend": "bends",
    "sit": "sitting down",
    "lean": "leaning forward",
    "walk": "walking",
    "lift": "raising the thigh",
}


PLACE = "place of "
"""What is missing of a sensor that is worn at another's place."""
NO_THIGH = (
    "Without a thigh sensor squats with an upright trunk are not seen, and getting up from sitting tall may count "
    "as a repetition."
)


def words(found: Calibration, rests: Mapping[str, Rest], bends: Range, params: Params) -> str:
    """One paragraph that a wearer understands."""
    told = [f"Stood still for {min(r.seconds for r in rests.values()):.0f} s."]
    told += [_axis(found, site, params) for site in found.mountings]
    told += _bends(found, bends, params)
    told += [_unplaced(found.missing)] if any(m.startswith(PLACE) for m in found.missing) else []
    told += [NO_THIGH] if {UPPER_LUMBAR, SACRUM} == set(found.mountings) else []
    if found.missing:
        told.append(f"Not known: {', '.join(found.missing)}.")
    return " ".join(told)


def _axis(found: Calibration, site: str, params: Params) -> str:
    place, m = site.replace("_", " ").capitalize(), found.mountings[site]
    if m.axis_from:
        return f"{place}: axis from {MOVEMENTS[m.axis_from]}, {100 * m.axis_share:.0f} % explained."
    least = 100 * params.mounting.axis_share
    return f"{place}: no movement showed its axis (less than {least:.0f} % explained)."


def _bends(found: Calibration, bends: Range, params: Params) -> list[str]:
    if not np.isfinite(bends.value):
        return []
    reached, spread = np.rad2deg(bends.value), np.rad2deg(bends.spread)
    if not np.isfinite(found.max_lumbar_flexion):
        return [f"The bends reached {reached:.0f}° of lumbar flexion, which is not plausible: own range not set."]
    told = [f"Own lumbar flexion {reached:.0f}° over {len(bends.peaks)} bends (spread {spread:.0f}°)."]
    if bends.spread > params.range_of_motion.spread:
        told.append("The bends differ much: repeat them if you can.")
    return told


def _unplaced(missing: Sequence[str]) -> str:
    pair = [m.removeprefix(PLACE).replace("_", " ") for m in missing if m.startswith(PLACE)]
    return (
        f"While you sat, {' lay like a thigh and '.join(pair)} stayed upright: these two are worn at each other's "
        "places, and nothing is said of them. Exchange them and calibrate again."
    )


def exchanged(pair: Sequence[str]) -> CalibrationRefused:
    """The refusal where no other sensor is worn."""
    return CalibrationRefused(f"sitting: {_unplaced([PLACE + site for site in pair])}", part="sit")


def moved_while_standing(site: str, rest: Rest, limits: mounting.Params) -> CalibrationRefused:
    """The refusal of a stand that was none."""
    moving, allowed = np.rad2deg(rest.stirring), np.rad2deg(limits.still_rate)
    return CalibrationRefused(
        f"standing: {site} was still for {rest.seconds:.1f} s (moving at {moving:.1f} °/s), expected "
        f"{limits.still_seconds:.1f} s below {allowed:.0f} °/s. Stand upright and still for ten seconds and try again.",
        part="stand",
        value=rest.seconds,
        limit=limits.still_seconds,
    )
