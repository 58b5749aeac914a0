"""Figures as a reader says them."""

from __future__ import annotations

import math

import numpy as np

UNKNOWN = "–"
NOT_OBSERVABLE = "not observable with these sensors"


def degrees(value: float, sd: float = float("nan")) -> str:
    """``34°``, or ``34° ± 3`` with twice the standard deviation; a dash when not known."""
    if not math.isfinite(value):
        return UNKNOWN
    return f"{value:.0f}°" if not math.isfinite(sd) else f"{value:.0f}° ± {2 * sd:.0f}"


def number(value: float, decimals: int = 0, unit: str = "") -> str:
    """``1.4 s``; a dash when not known."""
    return f"{value:.{decimals}f}{unit}" if math.isfinite(value) else UNKNOWN


def verdict(rounded: object) -> str:
    """What is said of a lift's back."""
    if not isinstance(rounded, bool | np.bool_):  # None, or the NA of pandas
        return "not judged"
    return "rounded" if rounded else "not rounded"


def plural(n: int, one: str, many: str = "") -> str:
    """``1 alert``, ``3 alerts``; ``many`` where it is not made with an s."""
    return f"{n} {one}" if n == 1 else f"{n} {many or f'{one}s'}"


def listed(parts: list[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def span(seconds: float | None) -> str:
    """``2 h 05 min``, ``4 min 10 s``, ``9.5 s``; "unknown" for None and NaN."""
    if seconds is None or not math.isfinite(seconds):
        return "unknown"
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds >= 10 or seconds == 0 else f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s" if whole < 600 else f"{round(whole / 60)} min"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"
