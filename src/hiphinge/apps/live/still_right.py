"""At the start of a session: ten seconds that say whether the kept calibration still holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hiphinge.apps.live.opening import Opened
from hiphinge.blocks import Input, Outcome, Packet
from hiphinge.wizard.holds import Check


class StillRight:
    """A listener; begins when every sensor was heard, says its verdict once, and is done."""

    def __init__(self, opened: Opened, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._unheard = {s.sensor for s in opened.source.sensors}
        self._check: Check | None = Check(opened.params, opened.source.sensors, opened.calibration)
        self.sentence = ""

    def __call__(self, inputs: Sequence[Input], _: Outcome) -> None:
        """Look on for as long as it takes."""
        if self._check is None:
            return
        self._unheard -= {one.sensor for one in inputs if isinstance(one, Packet)}
        held = self._check.feed(inputs)
        if held.words != self.sentence and not self._unheard:
            self.sentence = held.words
            self._tell(held.words)
        if held.done:
            self._check = None
