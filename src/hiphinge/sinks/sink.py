"""What a sink is: one way to bring a cue to the wearer."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from hiphinge.blocks import Alert
from hiphinge.errors import HiphingeError

Tell = Callable[[Alert], None]


class Sink(ABC):
    """One way to the wearer. ``open``, ``deliver`` and ``close`` are called from one thread of its own, and may block.

    A cue is an :class:`~hiphinge.blocks.Alert`; its kind may also be "good" or
    "shift" (settings/feedback.py). ``instead`` takes the cues while the sink
    cannot.
    """

    name = ""
    """How sentences call it."""
    keep = 1
    """Cues that may wait; the oldest makes room for the newest."""
    late = math.inf
    """s after which a cue that waited is of no use."""
    audible = False
    """Whether it is silent while the wearer wants nothing to be heard."""

    def __init__(self, kinds: Sequence[str], instead: Tell | None = None) -> None:
        self.kinds, self.instead = frozenset(kinds), instead
        self.muted = False

    @abstractmethod
    def open(self) -> None:
        """Get ready. SinkError: not now, it may come back; MissingExtraError: never in this process."""

    @abstractmethod
    def deliver(self, cue: Alert) -> None:
        """Bring one cue. SinkError: it did not reach the wearer."""

    def depth(self, share: float) -> None:
        """How deep the movement is, 0 upright to 1 deepest, NaN unknown; from any thread, at once. Most do nothing."""
        return

    def close(self) -> None:
        """Give back what ``open`` took; also after it failed."""
        return

    @property
    @abstractmethod
    def state(self) -> str:
        """One sentence about the open sink; no secret in it."""

    def check(self) -> str:
        """One sentence: its state, or why it cannot be used. Opens and closes it: not while it is in use."""
        try:
            self.open()
            return self.state
        except HiphingeError as e:
            return str(e)
        finally:
            self.close()
