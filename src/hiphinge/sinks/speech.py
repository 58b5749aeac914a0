"""Words from the system's own speaker."""

from __future__ import annotations

import shutil
import subprocess

from hiphinge.blocks import Alert
from hiphinge.errors import SinkError
from hiphinge.settings import feedback
from hiphinge.sinks.sink import Sink

SPEAKERS = (("spd-say", "--wait"), ("say",), ("espeak-ng",), ("espeak",))
"""Commands that speak their last argument, the best first."""
LONGEST_S = 15.0
"""s that a sentence may take [D]."""


class Speech(Sink):
    """Reads messages aloud, the newest only."""

    name = "speech"
    keep = 1
    late = 5.0
    audible = True

    def __init__(self, params: feedback.Speech) -> None:
        super().__init__(params.kinds)
        self._speaker: tuple[str, ...] = ()

    def open(self) -> None:
        """Look for a speaker."""
        found = [command for command in SPEAKERS if shutil.which(command[0])]
        if not found:
            names = ", ".join(command[0] for command in SPEAKERS)
            raise SinkError(f"speech: no speaker was found, expected one of {names}. Install one; until then no words.")
        self._speaker = found[0]

    def deliver(self, cue: Alert) -> None:
        """Speak, and wait for the end."""
        try:
            subprocess.run(  # no option can be smuggled in: messages begin with a word
                [*self._speaker, cue.message.lstrip("-")],
                check=True,
                timeout=LONGEST_S,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except (OSError, subprocess.SubprocessError) as e:
            raise SinkError(
                f"speech: {self._speaker[0]} did not speak, expected it to. Try it in a terminal: "
                f"{self._speaker[0]} hello"
            ) from e

    @property
    def state(self) -> str:
        """With which speaker."""
        return f"speech: ready, with {self._speaker[0]}."
