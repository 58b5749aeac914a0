"""From a label every 0.1 s to bouts: what is too short is no bout, what is briefly interrupted is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SITTING, STANDING, WALKING, CYCLING, LYING, NOT_WORN, UNKNOWN = (
    "sitting",
    "standing",
    "walking",
    "cycling",
    "lying",
    "not_worn",
    "unknown",
)
MISSING = "missing"
"""Unknown for want of samples, not of sensors; outside it is called unknown too."""

RESTING = (SITTING, LYING, CYCLING)
"""A short interruption by anything does not end these; others are bridged over missing data alone.

Cycling is among them because nobody pedals all the time.

A walk of ten seconds between two spells of standing stays a walk.
"""


@dataclass(frozen=True, slots=True)
class Spell:
    """One posture from cell ``start`` on; it ends where the next begins."""

    start: int
    posture: str


class Timeline:
    """Labels of cells, in order, become contiguous spells.

    ``shortest`` cells that a posture must last, ``gap`` cells that are bridged
    when both sides agree, ``wait`` cells by which a label may be taken back,
    ``coast`` cells on the saddle that still are the ride when the pedals stop.
    A posture that is too short belongs to the one that follows it, unless the
    one before it returns.
    """

    def __init__(self, first: int, shortest: Mapping[str, int], gap: int, wait: int, coast: int) -> None:
        self._shortest, self._gap, self._wait, self._coast = shortest, gap, wait, coast
        self._first = first
        self._spells: list[Spell] = []  # the last one is open
        self._bridged: list[tuple[int, int, list[Spell]]] = []  # at which cell, after which spell, over what
        self._run = Spell(first, "")  # the newest labels that are alike
        self._at = self._left = first  # end of all labels; end of the last that fits the open spell
        self.since = first  # where the open spell began

    @property
    def posture(self) -> str:
        """What holds now; ``unknown`` before the first spell is long enough."""
        return self._spells[-1].posture if self._spells else UNKNOWN

    def extend(self, posture: str, stop: int, since: int | None = None) -> list[Spell]:
        """Label everything up to cell ``stop``; the spells that are final now, each with its end as the next.

        ``since`` says that it has been so from an earlier cell on.
        """
        if posture != self._run.posture:
            self._left = self._at if self._coasting() else self._left  # it rolled to a stop
            self._run = Spell(self._at, posture)
        self._at = stop
        if posture == self.posture and self._spells:
            self._left = stop
        elif stop - self._run.start >= (self._coast if self._coasting() else self._shortest[posture]):
            self._begin(Spell(self._left if since is None else since, posture))
            self._left = stop
        return self._final(min(self._left, stop - self._wait))

    def finish(self) -> list[Spell]:
        """All that is left, and where it ends (a spell without posture)."""
        spells = self._spells or [Spell(self._first, UNKNOWN)]
        self._spells = []
        return [*spells, Spell(self._at, "")]

    def _coasting(self) -> bool:
        return self._run.posture == SITTING and self.posture == CYCLING

    def _begin(self, new: Spell) -> None:
        while self._bridged and self._bridged[-1][0] >= new.start:  # what led back is taken back
            _, reached, over = self._bridged.pop()
            self._spells[reached + 1 :] = over
        while self._spells and self._spells[-1].start >= new.start:
            self._spells.pop()
        if not self._spells:
            new = Spell(self._first, new.posture)
        back = self._bridgehead(new)
        if back is None:
            self._spells.append(new)
        else:
            self._bridged.append((new.start, back, self._spells[back + 1 :]))
            del self._spells[back + 1 :]
        self.since = self._spells[-1].start

    def _bridgehead(self, new: Spell) -> int | None:
        """Index of the spell that ``new`` goes on with, or None."""
        for i in range(len(self._spells) - 1, -1, -1):
            end = self._spells[i + 1].start if i + 1 < len(self._spells) else new.start
            if new.start - end > self._gap:
                return None
            if self._spells[i].posture == new.posture:
                return i
            if self._spells[i].posture != MISSING and new.posture not in RESTING:
                return None
        return None

    def _final(self, floor: int) -> list[Spell]:
        """Spells that nothing after cell ``floor`` can reopen, and the one that follows them."""
        final = 0
        while final + 1 < len(self._spells) and floor - self._spells[final + 1].start > self._gap:
            final += 1
        if not final:
            return []
        done, self._spells = self._spells[: final + 1], self._spells[final:]
        self._bridged = [(at, back - final, over) for at, back, over in self._bridged if back >= final and at > floor]
        self._first = self._spells[0].start
        return done
