"""Recordings: the ordered log of everything that was fed to the monitor, as an MCAP file."""

from hiphinge.recording.contents import Contents, Marker, SensorContents
from hiphinge.recording.header import FORMAT_VERSION, Header
from hiphinge.recording.reader import Damage, Recording, open_recording
from hiphinge.recording.repair import Repaired, repair
from hiphinge.recording.replacing import replacing
from hiphinge.recording.writer import Writer

__all__ = [
    "FORMAT_VERSION",
    "Contents",
    "Damage",
    "Header",
    "Marker",
    "Recording",
    "Repaired",
    "SensorContents",
    "Writer",
    "open_recording",
    "repair",
    "replacing",
]
