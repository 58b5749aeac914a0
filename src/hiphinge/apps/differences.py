"""What two runs over one recording disagree on, in words, with the numbers that decided."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hiphinge.apps.watch import told
from hiphinge.blocks import Alert, Repetition

Found = tuple[Sequence[Repetition], Sequence[Alert]]

NEAR_S = 2.0
"""Two alerts of a kind so near are the same alert, told at another moment."""


def differences(before: Found, after: Found) -> list[str]:
    """One line a change: repetitions first, then alerts, each in order of time."""
    return [*_repetitions(before[0], after[0]), *_alerts(before[1], after[1])]


def _repetitions(before: Sequence[Repetition], after: Sequence[Repetition]) -> list[str]:
    lines = []
    left = list(after)
    for old in before:
        new = next((r for r in left if r.start < old.end and r.end > old.start), None)
        if new is None:
            lines.append(f"no longer a repetition: {told(old).strip()}")
            continue
        left.remove(new)
        lines += _changed(old, new)
    return lines + [f"now a repetition: {told(new).strip()}" for new in left]


def _changed(old: Repetition, new: Repetition) -> list[str]:
    at = f"{old.start:.1f} s  rep {old.rep}"
    lines = []
    if old.kind != new.kind:
        lines.append(f"{at}: {old.kind} -> {new.kind} (depth {_degrees(new.depth)}, lumbar {_share(new)})")
    if old.rounded != new.rounded:
        words = {True: "rounded", False: "not rounded", None: "not observable"}
        lines.append(f"{at}: {words[old.rounded]} -> {words[new.rounded]} (peak lumbar {_share(new)})")
    if abs(old.peak_lumbar_flexion - new.peak_lumbar_flexion) > 0.01:
        lines.append(
            f"{at}: peak lumbar flexion {_degrees(old.peak_lumbar_flexion)} -> {_degrees(new.peak_lumbar_flexion)}"
        )
    return lines


def _alerts(before: Sequence[Alert], after: Sequence[Alert]) -> list[str]:
    lines = []
    left = list(after)
    for old in before:
        new = next((a for a in left if a.kind == old.kind and abs(a.t - old.t) < NEAR_S), None)
        if new is None:
            lines.append(f"{old.t:.1f} s  no longer told: {old.message} ({_why(old)})")
            continue
        left.remove(new)
        if (new.value, new.threshold) != (old.value, old.threshold) or new.t != old.t:
            lines.append(f"{old.t:.1f} s  {old.kind}: told at {new.t:.1f} s ({_why(old)} -> {_why(new)})")
    return lines + [f"{new.t:.1f} s  now told: {new.message} ({_why(new)})" for new in left]


def _why(alert: Alert) -> str:
    return f"{alert.rule}: {alert.value:.2f} against {alert.threshold:.2f}"


def _share(rep: Repetition) -> str:
    return f"{100 * rep.peak_lumbar_share:.0f} % of own range"


def _degrees(angle: float) -> str:
    return f"{math.degrees(angle):.0f}°"
