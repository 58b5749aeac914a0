"""Recordings: the ordered log of everything that was fed to the monitor, as an MCAP file."""

from hiphinge.recording.contents import Contents, SensorContents
from hiphinge.recording.damage import Loss
from hiphinge.recording.header import FORMAT_VERSION, Header
from hiphinge.recording.reader import Recording, is_closed, open_recording
from hiphinge.recording.repair import Repaired, repair
from hiphinge.recording.replacing import replacing
from hiphinge.recording.writer import Writer

__all__ = [
    "FORMAT_VERSION",
    "Contents",
    "Header",
    "Loss",
    "Recording",
    "Repaired",
    "SensorContents",
    "Writer",
    "is_closed",
    "open_recording",
    "repair",
    "replacing",
]
