"""What a recording says about itself, and how older files become readable."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeGuard

from hiphinge.blocks import Sensor
from hiphinge.errors import NewerFormatError, RecordingError

FORMAT_VERSION = 1
MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""Format version -> what turns its header.json into the next version's."""

HEADER, MONITOR, CALIBRATION = "header.json", "monitor.json", "calibration.json"
"""Names of the attachments; the last two only where there is something in them."""


@dataclass(frozen=True, slots=True)
class Header:
    """Who recorded what with which sensors.

    ``created_utc`` ISO 8601; ``source`` ble, simulated, import …; ``software``
    name and version of the writer; ``monitor`` and ``calibration`` JSON text or
    ""; ``repairs`` says what a repair could not save.
    """

    recording_id: str
    created_utc: str
    wearer: str
    source: str
    software: str
    sensors: tuple[Sensor, ...]
    monitor: str = ""
    calibration: str = ""
    format_version: int = FORMAT_VERSION
    repairs: tuple[str, ...] = ()

    @property
    def tag(self) -> int:
        """CRC-32 of the id: every message carries it, so that no other file's bytes slip in."""
        return zlib.crc32(self.recording_id.encode("utf-8", "surrogatepass"))


def to_attachments(header: Header) -> dict[str, bytes]:
    """Name -> content, as they stand in the file."""
    texts = {MONITOR: header.monitor, CALIBRATION: header.calibration}
    present = {name: text.encode() for name, text in texts.items() if text}
    fields = {k: v for k, v in asdict(header).items() if k not in ("monitor", "calibration")}
    content = {"format": "hiphinge recording", **fields, "attachments": sorted(present)}
    return {HEADER: json.dumps(content, indent=1).encode(), **present}


def expected_attachments(attachments: dict[str, bytes], who: str) -> set[str]:
    """The names that its header.json announces."""
    content = _load(attachments[HEADER], who)
    names = content.get("attachments")
    return {HEADER, *names} if _is_texts(names) else {HEADER}


def from_attachments(attachments: dict[str, bytes], who: str) -> Header:
    """The header again; ``who`` is the file's name for errors.

    Raises NewerFormatError, or RecordingError when a field is missing or of another kind.
    """
    content = _migrated(_load(attachments[HEADER], who), who)
    names = ("recording_id", "created_utc", "wearer", "source", "software")
    wrong = [name for name in names if not isinstance(content.get(name), str)]
    if not _is_texts(content.get("repairs")):
        wrong.append("repairs")
    sensors = content.get("sensors")
    if not isinstance(sensors, list) or not all(map(_is_sensor, sensors)):
        wrong.append("sensors")
    if wrong:
        raise RecordingError(f"{who}: {HEADER} lacks a usable {wrong[0]}, expected the header of a hiphinge recording.")
    return Header(
        **{name: content[name] for name in names},
        sensors=tuple(Sensor(s["sensor"], s["device"], s["site"]) for s in content["sensors"]),
        monitor=_json_text(attachments, MONITOR),
        calibration=_json_text(attachments, CALIBRATION),
        repairs=tuple(content["repairs"]),
    )


def _load(text: bytes, who: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as e:
        raise RecordingError(f"{who}: {HEADER} is no JSON ({type(e).__name__}), expected a hiphinge header.") from e
    if not isinstance(content, dict):
        raise RecordingError(f"{who}: {HEADER} holds a {type(content).__name__}, expected an object of fields.")
    return content


def _migrated(content: dict[str, Any], who: str) -> dict[str, Any]:
    version = content.get("format_version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise RecordingError(f"{who}: format version {version!r}, expected a whole number from 1.")
    if version > FORMAT_VERSION:
        raise NewerFormatError(
            f"{who}: recording format {version} written by {content.get('software', 'unknown')}, "
            f"expected at most {FORMAT_VERSION}. Update hiphinge to read it.",
            found=version,
            known=FORMAT_VERSION,
        )
    for older in range(version, FORMAT_VERSION):
        content = MIGRATIONS[older](content)
    return content


def _json_text(attachments: dict[str, bytes], name: str) -> str:
    return attachments.get(name, b"").decode("utf-8", "replace")


def _is_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(v, str) for v in value)


def _is_sensor(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(k), str) for k in ("sensor", "device", "site"))
