"""Ways to bring a cue to the wearer: sound, desktop, push, speech, vibration; their delivery; state for a house."""

from __future__ import annotations

from hiphinge.settings import Feedback, Secrets
from hiphinge.sinks.delivery import Backoff, Delivery
from hiphinge.sinks.desktop import Desktop
from hiphinge.sinks.home_assistant import HomeAssistant
from hiphinge.sinks.push import Push
from hiphinge.sinks.sink import Sink, Tell
from hiphinge.sinks.sound import Sound
from hiphinge.sinks.speech import Speech
from hiphinge.sinks.terminal import ring
from hiphinge.sinks.vibration import Buzz, Vibration

__all__ = [
    "Backoff",
    "Buzz",
    "Delivery",
    "Desktop",
    "HomeAssistant",
    "Push",
    "Sink",
    "Sound",
    "Speech",
    "Vibration",
    "ring",
    "wanted",
]


def wanted(
    feedback: Feedback, secrets: Secrets, *, buzz: Buzz | None = None, instead: Tell | None = ring
) -> tuple[Sink, ...]:
    """The sinks that the wearer's settings ask for, not yet open.

    ``buzz`` writes to a sensor's motor; ``instead`` has the notices that the desktop does not take.
    """
    sinks: list[Sink] = []
    if feedback.sound.on:
        sinks.append(Sound(feedback.sound))
    if feedback.desktop.on:
        sinks.append(Desktop(feedback.desktop, instead))
    if feedback.push.on:
        sinks += [Push(feedback.push, address, number) for number, address in enumerate(secrets.push, 1)]
    if feedback.speech.on:
        sinks.append(Speech(feedback.speech))
    if feedback.vibration.on and buzz is not None:
        sinks.append(Vibration(feedback.vibration, buzz))
    for sink in sinks:
        sink.muted = feedback.mute and sink.audible
    return tuple(sinks)
