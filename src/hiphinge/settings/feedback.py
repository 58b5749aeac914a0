"""How the wearer is told: which way takes which cues, how loud. ``[feedback]`` of settings.toml.

Numbers and choices are [D]: proposals of this project, each to be set by the wearer.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hiphinge.alerts.messages import WORDS
from hiphinge.blocks import SITES
from hiphinge.errors import SettingsError

GOOD, SHIFT, NOTE = "good", "shift", "set_note"
KINDS = (*WORDS, GOOD, SHIFT, NOTE)
"""Everything that can be told: the alerts, a good repetition, "shift a little" while sitting, words about a set."""

_SENSORS = ("data_poor", "sensor_lost", "sensor_slipped", "sensor_swapped")
_MOVE = ("sitting_too_long", SHIFT)


@dataclass(frozen=True)
class Way:
    """One way to the wearer.

    on : whether it is used at all.
    kinds : the cues that it takes, of :data:`KINDS`.
    """

    on: bool = True
    kinds: tuple[str, ...] = KINDS


@dataclass(frozen=True)
class Sound(Way):
    """Short tones.

    volume : 0 to 1 of what the device gives; 0.5.
    depth_pitch : a soft tone that rises with the depth of the movement; off, as it is heard all the time.
    """

    volume: float = 0.5
    depth_pitch: bool = False


@dataclass(frozen=True)
class Desktop(Way):
    """Notices of the desktop. Not about lifts: nobody reads one at the bottom of it."""

    kinds: tuple[str, ...] = (*_MOVE, *_SENSORS)


@dataclass(frozen=True)
class Push(Way):
    """Messages to the addresses in secrets.toml. Not about lifts either."""

    kinds: tuple[str, ...] = ("sitting_too_long", *_SENSORS)


@dataclass(frozen=True)
class Speech(Way):
    """The system's speaker reads the message aloud; off until the wearer asks for it."""

    on: bool = False
    kinds: tuple[str, ...] = ("rounded_back", *_MOVE, *_SENSORS)


@dataclass(frozen=True)
class Vibration(Way):
    """The motor of a sensor.

    site : where the sensor is worn that vibrates; "": the first that says it has a motor.
    pulse_s : s of one pulse; 0.15 (Lins 2018).
    pulses : how many; 2 (Lins 2018: two or three).
    """

    kinds: tuple[str, ...] = ("rounded_back", *_MOVE)
    site: str = ""
    pulse_s: float = 0.15
    pulses: int = 2


@dataclass(frozen=True)
class Feedback:
    """All ways to the wearer; SettingsError names a value that none can work with.

    mute : nothing is heard, neither tones nor speech.
    """

    mute: bool = False
    sound: Sound = field(default_factory=Sound)
    desktop: Desktop = field(default_factory=Desktop)
    push: Push = field(default_factory=Push)
    speech: Speech = field(default_factory=Speech)
    vibration: Vibration = field(default_factory=Vibration)

    def __post_init__(self) -> None:
        for name in ("sound", "desktop", "push", "speech", "vibration"):
            _known(f"feedback.{name}.kinds", getattr(self, name).kinds)
        _a_site("feedback.vibration.site", self.vibration.site)
        _within("feedback.sound.volume", self.sound.volume, 0.0, 1.0)
        _within("feedback.vibration.pulse_s", self.vibration.pulse_s, 0.02, 2.0)
        _within("feedback.vibration.pulses", self.vibration.pulses, 1, 10)


def _known(name: str, kinds: tuple[str, ...]) -> None:
    for kind in kinds:
        if kind not in KINDS:
            raise SettingsError(
                f"{name}: {kind!r}, expected some of {', '.join(KINDS)}. Correct the name, or leave it out.", name=name
            )


def _a_site(name: str, site: str) -> None:
    if site and site not in SITES:
        raise SettingsError(
            f'{name}: {site!r}, expected one of {", ".join(SITES)}, or "" for any. Correct the name.', name=name
        )


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise SettingsError(f"{name}: {value:g}, expected {low:g} to {high:g}. Correct the value.", name=name)
