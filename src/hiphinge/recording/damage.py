"""What damage cost: known from the numbers of the inputs before and after it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hiphinge.recording.rows import Rows, T
from hiphinge.recording.walk import Flaw

MAX_DAMAGES = 10_000
"""Places that are named one by one; a file made to be bad must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A place that could not be read, and what it cost; None where that cannot be known."""

    offset: int
    reason: str
    lost: int | None
    from_s: float | None
    to_s: float | None

    def __str__(self) -> str:
        return f"byte {self.offset}: {self.reason}; {self._cost()}"

    def _cost(self) -> str:
        if self.lost == 0:
            return "no input lost"
        inputs = "inputs" if self.lost is None else "1 input" if self.lost == 1 else f"{self.lost} inputs"
        if self.from_s is None and self.to_s is None:
            return "what it held is lost"
        if self.from_s is None:
            return f"{inputs} lost before {self.to_s:.3f} s"
        if self.to_s is None:
            return f"anything after {self.from_s:.3f} s is lost"
        return f"{inputs} lost between {self.from_s:.3f} s and {self.to_s:.3f} s"


@dataclass(frozen=True, slots=True)
class Loss:
    """Inputs and seconds missing between readable ones; ``tail_unknown``: and nobody knows what at the end."""

    inputs: int
    seconds: float
    tail_unknown: bool


class Trail:
    """What came last, to say what is lost in between."""

    def __init__(self) -> None:
        self.damages: list[Damage] = []
        self.unnamed = 0
        self.loss = Loss(0, 0.0, False)
        self.expected = 0
        self._open: list[Flaw] = []
        self._last_ns: int | None = None

    def flaw(self, flaw: Flaw) -> None:
        """Something cannot be used; what it cost shows when inputs come again."""
        if len(self.damages) + len(self._open) < MAX_DAMAGES:
            self._open.append(flaw)
        else:
            self.unnamed += 1

    def good(self, offset: int, rows: Rows[T]) -> None:
        """Inputs, at least one; those between the last and these are lost."""
        lost = rows.numbers[0] - self.expected
        if lost and not self._open:
            self.flaw(Flaw(offset, "inputs are missing before this chunk"))
        if lost:
            gap_s = (rows.first_ns - self._last_ns) / 1e9 if self._last_ns is not None else 0.0
            self.loss = replace(self.loss, inputs=self.loss.inputs + lost, seconds=self.loss.seconds + max(gap_s, 0.0))
        self._settle(lost, rows.first_ns)
        self.expected, self._last_ns = rows.numbers[-1] + 1, rows.last_ns

    def end(self) -> None:
        """Nothing comes any more."""
        self.loss = replace(self.loss, tail_unknown=bool(self._open))
        self._settle(None, None)

    def _settle(self, lost: int | None, next_ns: int | None) -> None:
        for flaw in self._open:
            self.damages.append(Damage(flaw.offset, flaw.reason, lost, _seconds(self._last_ns), _seconds(next_ns)))
        self._open.clear()


def _seconds(ns: int | None) -> float | None:
    return None if ns is None else ns / 1e9
