"""Tones from the audio device, by miniaudio (extra [sound])."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Generator
from contextlib import suppress
from functools import cache
from typing import Any

from hiphinge.blocks import Alert
from hiphinge.errors import SinkError
from hiphinge.settings import feedback
from hiphinge.sinks.optional import optional
from hiphinge.sinks.sink import Sink
from hiphinge.sinks.tones import RATE, Mixer, Samples

BUFFER_MS = 20
"""Latency of one buffer: a tenth of what a lifter would notice [D]."""
LAST_TONE_S = 0.5
"""s that closing waits for a melody that has begun."""
NO_DEVICE = (
    "sound: no audio device was found, expected a loudspeaker or headphones. Connect one; until then cues are silent."
)


class Sound(Sink):
    """Melodies for cues, and on demand a tone that follows the depth. The newest cue wins, an old one is dropped."""

    name = "sound"
    keep = 1
    late = 0.5
    audible = True

    def __init__(self, params: feedback.Sound, backends: tuple[str, ...] = ()) -> None:
        super().__init__(params.kinds)
        self.params, self._backends = params, backends
        self.mixer = Mixer(params.volume)
        self._device: Any = None

    def open(self) -> None:
        """Start the default device. ``backends`` of miniaudio by name; else all that can be heard."""
        miniaudio = optional("miniaudio", "sound")
        hush_alsa()
        chosen = [b for b in miniaudio.Backend if _wanted(b.name, self._backends)]
        try:
            self._device = miniaudio.PlaybackDevice(
                miniaudio.SampleFormat.FLOAT32, 1, RATE, BUFFER_MS, backends=chosen, app_name="hiphinge"
            )
            self._device.start(self._stream())
        except miniaudio.MiniaudioError as e:
            raise SinkError(NO_DEVICE) from e

    def deliver(self, cue: Alert) -> None:
        """Begin its melody."""
        if not self._device.running or self._device.callback_generator is None:
            raise SinkError(NO_DEVICE)
        self.mixer.play(cue.kind)

    def depth(self, share: float) -> None:
        """Let it be heard, if the wearer asked for it."""
        self.mixer.depth = share if self.params.depth_pitch and not self.muted else math.nan

    def close(self) -> None:
        """Let the last melody end, then stop the device."""
        if self._device is None:
            return
        self.mixer.idle.wait(LAST_TONE_S)
        self._device.close()
        self._device = None

    @property
    def state(self) -> str:
        """Through which system, how loud."""
        return f"sound: ready, through {self._device.backend} at a volume of {self.mixer.volume:.0%}.".replace(
            "%", " %"
        )

    def _stream(self) -> Generator[bytes | Samples, int, None]:
        """Buffers as miniaudio asks for them, already begun."""
        stream = self._buffers()
        next(stream)
        return stream

    def _buffers(self) -> Generator[bytes | Samples, int, None]:
        n = yield b""
        while True:
            n = yield self.mixer.render(n)


def _wanted(backend: str, named: tuple[str, ...]) -> bool:
    """Without names: not the ones that nobody hears, or miniaudio would fall back to silence and say nothing."""
    return backend in named if named else backend not in ("NULL", "CUSTOM")


@cache
def hush_alsa() -> Any:
    """Keep ALSA from writing a page to the terminal for each device that is not there; elsewhere nothing.

    The result must live as long as the process: ALSA calls it.
    """
    quiet = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p)(
        lambda *_: None
    )
    with suppress(OSError, AttributeError):  # no ALSA, or one without this function
        ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(quiet)
    return quiet
