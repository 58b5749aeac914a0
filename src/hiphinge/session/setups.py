"""What a set of worn sensors can say, and what it must not say, in words (contract.md, body sites)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hiphinge.blocks import SACRUM, THIGH_LEFT, THIGH_RIGHT, UPPER_LUMBAR


@dataclass(frozen=True)
class Setup:
    """``words`` for a reader; ``cannot`` names what stays unknown, each with its reason."""

    name: str
    words: str
    cannot: tuple[str, ...]


LUMBAR = "lumbar angles and rounding (they need the upper lumbar and the sacrum sensor)"
HIP = "hip angles (they need the sacrum and a thigh sensor)"
SITTING = "sitting for certain (it needs a thigh sensor)"
LIFTS = "repetitions (they need the trunk or the pelvis and one more sensor)"
SPLIT = "one number for the lumbar angle (without the sacrum sensor low back and hip are told apart as an interval)"
HIP_SPLIT = "hip angles alone (without the sacrum sensor only lumbar and hip together are known)"
ROUNDED = "rounding, unless the whole interval lies above the limit"
TILT = "hip flexion (no thigh sensor; pelvis tilt stands for it while the thighs are upright)"

FULL = Setup("full", "low back, pelvis and thigh: everything can be seen", ())
BACK = Setup("back", "low back and pelvis, no thigh", (TILT, "hip abduction and hip rotation", SITTING))
HIPS = Setup("hip", "pelvis and thigh, no upper lumbar sensor", (LUMBAR,))
INTERVAL = Setup("interval", "upper lumbar and thigh, no sacrum sensor", (SPLIT, HIP_SPLIT, ROUNDED))
THIGHS = Setup("thighs", "thigh alone: its inclination and sitting", (LUMBAR, HIP, LIFTS))
ONE = Setup("one", "one sensor on the trunk: its inclination only", (LUMBAR, HIP, SITTING, LIFTS))


def setup_of(sites: Iterable[str]) -> Setup:
    """The richest row of the contract's table that these sites contain."""
    worn = set(sites)
    thigh = bool(worn & {THIGH_LEFT, THIGH_RIGHT})
    if {UPPER_LUMBAR, SACRUM} <= worn:
        return FULL if thigh else BACK
    if not thigh:
        return ONE
    if SACRUM in worn:
        return HIPS
    return INTERVAL if UPPER_LUMBAR in worn else THIGHS
