"""Sensors that brought their clocks together by themselves: what arrivals say of each is made one answer.

Each sensor keeps a Clock of its own, which knows reboots, stalls and silences. Those of one base ought to
find one offset to the host; what they differ by are waits for the radio, and is taken off. All of it
happens at an input that lies between packets of all of them, so that no grouping can change it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import median

import numpy as np

from hiphinge.blocks import ImuBlock, Times
from hiphinge.streams.clock.clock import Clock

LEAST = 0.0002
"""s between two that have just agreed. [D] A sample of theirs is told to 1 µs; their makers say 0.1 ms and less."""
GATE, WAITS = 4.0, 0.05
"""Offsets that differ by so many standard deviations and one connection interval are not of one clock. [D]"""
LASTING = 10
"""Looks that must find it: a stall while a sensor begins is over sooner. [D]"""
LATELY_NS = 10_000_000_000
"""One that was not heard for so long says nothing of the others. [D]"""

LEFT = "its clock is not the one that it said it shares. It goes on with its own."


@dataclass(frozen=True, slots=True)
class Base:
    """A clock that several share since ``since_s`` s (host): they part at ``ppm``, known for ``holds_s`` s."""

    name: str
    since_s: float
    ppm: float
    holds_s: float

    def error(self, now_s: float) -> float | None:
        """One standard deviation, s, of the time between two of its sensors; None: not known any more."""
        age = now_s - self.since_s
        return LEAST + self.ppm * 1e-6 * age if 0 <= age <= self.holds_s else None

    def to_text(self) -> str:
        """As the value of a Link "synchronised"."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Base | None:
        """Again; None where it is none."""
        try:
            content = json.loads(text)
            numbers = [float(content[name]) for name in ("since_s", "ppm", "holds_s")]
            name = str(content["name"])[:100]
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return None
        return cls(name, *numbers) if all(map(math.isfinite, numbers)) else None


class Member:
    """One sensor's part in a base. ``apart`` s: its error to the others, None while it goes alone.

    What is to be added to its times is slewed as a Clock is, at most ``slew`` s a second.
    """

    def __init__(self, slew: float) -> None:
        self.base: Base | None = None
        self.apart: float | None = None
        self.doubts = 0
        self._slew = slew
        self._from = self._start = self._target = self._latest = 0

    @property
    def by_ns(self) -> int:
        """What is to be added, once slewed."""
        return self._target

    def leave(self) -> None:
        """Go alone; what was found so far stays, as after a twist."""
        self.base, self.apart, self.doubts = None, None, 0

    def reset(self) -> None:
        """Go alone, as one that has another clock now."""
        self.leave()
        self.aim(0)

    def aim(self, by_ns: int) -> None:
        """Add so much, from the next sample on."""
        self._start, self._from = int(self._added(np.array([self._latest]))[0]), self._latest
        self._target = by_ns

    def folded(self) -> int:
        """What was added, and is no more: the clock itself is to take it."""
        by_ns = self._target
        self.aim(0)
        return by_ns

    def place(self, block: ImuBlock) -> ImuBlock:
        """The samples, on its clock -> on that of all."""
        if not len(block):
            return block
        self._latest = max(self._latest, int(block.t_ns.max()))
        if not (self._start or self._target):
            return block
        return replace(block, t_ns=block.t_ns + self._added(block.t_ns))

    def _added(self, t_ns: Times) -> Times:
        most = (self._slew * np.maximum(t_ns - self._from, 0)).astype(np.int64)
        return self._start + np.clip(self._target - self._start, -most, most)


Sharing = Collection[tuple[Member, Clock]]


def agree(sharing: Sharing, now_s: float) -> list[Member]:
    """Bring those of each base to one offset; those that cannot be of their base leave it, and are returned."""
    left: list[Member] = []
    for base in dict.fromkeys(member.base for member, _ in sharing if member.base):
        error = base.error(now_s)
        some = [(member, clock) for member, clock in sharing if member.base == base]
        if error is None:
            for member, _ in some:
                member.leave()
        else:
            left += _agree(some, error)
    return left


def _agree(some: Sharing, error: float) -> list[Member]:
    latest = [clock.latest_ns for _, clock in some if clock.latest_ns is not None]
    if not latest:
        return []
    at = max(latest)
    known = [(m, c.offset_ns(at), c.error) for m, c in some if c.latest_ns is not None and at - c.latest_ns < LATELY_NS]
    middle = median(offset for _, offset, _ in known)
    for member, offset, sd in known:
        odd = abs(offset - middle) > (GATE * sd + WAITS) * 1e9
        member.doubts = member.doubts + 1 if odd else 0
    sure = [one for one in known if not one[0].doubts]
    if len(sure) > 1:
        _bring_together(sure, error)
    left = [member for member, _, _ in known if member.doubts >= LASTING]
    for member in left:
        member.reset()
    return left


def _bring_together(sure: Sequence[tuple[Member, int, float]], error: float) -> None:
    """To the mean of their offsets, each as good as its clock says."""
    first = sure[0][1]
    weights = [1.0 / max(sd, LEAST) ** 2 for _, _, sd in sure]
    mean = sum(w * (offset - first) for w, (_, offset, _) in zip(weights, sure, strict=True)) / sum(weights)
    for member, offset, _ in sure:
        member.aim(first + round(mean) - offset)
        member.apart = error


def between(sharing: Sharing) -> float | None:
    """One standard deviation, s, of the time between the two worst; None: there are no two clocks."""
    if len(sharing) < 2:
        return None
    known: dict[object, float] = {}
    for i, (member, clock) in enumerate(sharing):
        key = member.base if member.apart is not None else i
        known[key] = min(known.get(key, math.inf), clock.error)
    within = max((member.apart or 0.0 for member, _ in sharing), default=0.0)
    return max(math.hypot(*sorted(known.values())[-2:]), within) if len(known) > 1 else within


def are_one(sharing: Sharing) -> bool:
    """Whether two or more, all of one base, have agreed."""
    bases = {member.base if member.apart is not None else None for member, _ in sharing}
    return len(sharing) > 1 and len(bases) == 1 and None not in bases
