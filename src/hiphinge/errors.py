"""The tree of exceptions. Every message: who, what was found, what was expected, what to do.

::

    HiphingeError
    ├── InputError          a file or value that somebody gave
    │   ├── SessionFolderError    a folder of CSV files
    │   ├── RecordingError        an .mcap file
    │   │   └── NewerFormatError  written by a newer hiphinge
    │   ├── SettingsError         a rule, a name or a value in the settings
    │   ├── CalibrationFileError  a calibration file
    │   └── JournalError          the journal of sessions: damaged, newer, or held by another program
    ├── DecodeError         bytes that no sensor of this kind sends
    ├── CalibrationRefused  the movements do not allow a calibration
    ├── RadioError          Bluetooth itself: no adapter, switched off, not allowed
    ├── SensorRefused       a sensor that does not do what its driver asked
    ├── SinkError           a cue that did not reach the wearer: no device, no service
    ├── HeldError           another process holds the sensors of this home
    └── MissingExtraError   an optional package is not installed
"""

from __future__ import annotations

import math


class HiphingeError(Exception):
    """Anything that hiphinge can explain in one sentence."""


class InputError(HiphingeError):
    """A file or value that somebody gave and that cannot be used."""


class SessionFolderError(InputError):
    """A folder of CSV files that cannot be read; ``file`` and ``line`` (from 1) where known."""

    def __init__(self, message: str, *, file: str = "", line: int | None = None) -> None:
        super().__init__(message)
        self.file, self.line = file, line


class RecordingError(InputError):
    """An .mcap file that is no recording of hiphinge, or is damaged."""


class NewerFormatError(RecordingError):
    """A recording written in a newer format than this version reads."""

    def __init__(self, message: str, *, found: int, known: int) -> None:
        super().__init__(message)
        self.found, self.known = found, known


class SettingsError(InputError):
    """A setting whose name or value is not known; ``name`` is its dotted path."""

    def __init__(self, message: str, *, name: str = "") -> None:
        super().__init__(message)
        self.name = name


class CalibrationFileError(InputError):
    """A calibration file with the wrong units, version or shape."""


class JournalError(InputError):
    """The journal of sessions cannot be used; recordings and summaries are untouched.

    ``damaged``: it can be made anew from them.
    """

    def __init__(self, message: str, *, damaged: bool = False) -> None:
        super().__init__(message)
        self.damaged = damaged


class DecodeError(HiphingeError):
    """Bytes that no sensor of this kind sends; ``payload`` is what came, ``arrival_ns`` when."""

    def __init__(self, message: str, *, payload: bytes = b"", arrival_ns: int = 0) -> None:
        super().__init__(message)
        self.payload, self.arrival_ns = payload, arrival_ns


class CalibrationRefused(HiphingeError):
    """The movements do not allow a calibration; ``part`` names the step to repeat."""

    def __init__(self, message: str, *, part: str = "", value: float = math.nan, limit: float = math.nan) -> None:
        super().__init__(message)
        self.part, self.value, self.limit = part, value, limit


class RadioError(HiphingeError):
    """Bluetooth cannot be used at all: no adapter, off, no permission, no free link."""


class SensorRefused(HiphingeError):
    """A sensor lacks a characteristic, does not answer, or did not take its configuration; ``sensor``: its address."""

    def __init__(self, message: str, *, sensor: str = "") -> None:
        super().__init__(message)
        self.sensor = sensor


class SinkError(HiphingeError):
    """A way to the wearer that does not work now and may work later; no secret in its text."""


class HeldError(HiphingeError):
    """Another process owns the sensors and the live recording of this home."""


class MissingExtraError(HiphingeError):
    """An optional package is not installed."""


def in_words(e: HiphingeError | OSError) -> str:
    """One sentence, also for what the system says of a file.

    >>> in_words(FileNotFoundError(2, "No such file or directory", "monday.mcap"))
    'monday.mcap: no such file or directory. Check the path, the free space and the permissions.'
    """
    if isinstance(e, HiphingeError):
        return str(e)
    where = f"{e.filename}: " if e.filename else ""
    return f"{where}{(e.strerror or str(e)).lower()}. Check the path, the free space and the permissions."
