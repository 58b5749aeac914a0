"""Colours for white and for black, and for colour-blind eyes (after Okabe and Ito 2008); shapes say the same."""

from __future__ import annotations

BACK, HIP = "#D55E00", "#1F83C4"
LIMIT = "#8A8A8A"
ALERT = "#B5489A"
ROUNDED, NOT_ROUNDED, UNKNOWN = "#D55E00", "#1F83C4", "#8A8A8A"
INK = "#7A7A7A"
"""Axes: 4.3 : 1 on white and 4.4 : 1 on the dark page, so that a canvas needs no second drawing."""
POSTURES = {
    "sitting": "#E69F00",
    "standing": "#1F83C4",
    "walking": "#009E73",
    "cycling": "#56B4E9",
    "lying": "#CC79A7",
    "not_worn": "#6B6B6B",
    "unknown": "#A8A8A8",
}
