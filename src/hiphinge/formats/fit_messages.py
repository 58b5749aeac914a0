"""Messages of the FIT protocol (Garmin's; developer.garmin.com/fit) as bytes: enough of it to write an activity."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

EPOCH = datetime(1989, 12, 31)
"""UTC from which FIT counts seconds."""
PROTOCOL, PROFILE = 0x20, 2132
"""Versions 2.0 and 21.32: what the fields below are taken from."""

ENUM, UINT8, UINT16, UINT32, UINT32Z = (0x00, "B"), (0x02, "B"), (0x84, "H"), (0x86, "I"), (0x8C, "I")
"""Base types: number in the protocol, and as :mod:`struct` calls them."""

Base = tuple[int, str]


@dataclass(frozen=True)
class Kind:
    """A kind of message: its global ``number``, and field name -> (number, base type)."""

    number: int
    fields: Mapping[str, tuple[int, Base]]


FILE_ID = Kind(
    0,
    {
        **{"type": (0, ENUM), "manufacturer": (1, UINT16), "product": (2, UINT16), "serial_number": (3, UINT32Z)},
        **{"time_created": (4, UINT32)},
    },
)
RECORD = Kind(20, {"timestamp": (253, UINT32)})
EVENT = Kind(21, {"timestamp": (253, UINT32), "event": (0, ENUM), "event_type": (1, ENUM)})
SET = Kind(
    225,
    {
        **{"timestamp": (254, UINT32), "duration": (0, UINT32), "repetitions": (3, UINT16), "set_type": (5, UINT8)},
        **{"start_time": (6, UINT32), "category": (7, UINT16), "message_index": (10, UINT16)},
    },
)
_SPAN = {
    **{"message_index": (254, UINT16), "timestamp": (253, UINT32), "event": (0, ENUM), "event_type": (1, ENUM)},
    **{"start_time": (2, UINT32), "total_elapsed_time": (7, UINT32), "total_timer_time": (8, UINT32)},
}
LAP = Kind(19, {**_SPAN, "sport": (25, ENUM), "sub_sport": (39, ENUM)})
SESSION = Kind(
    18,
    {
        **_SPAN,
        **{"sport": (5, ENUM), "sub_sport": (6, ENUM), "first_lap_index": (25, UINT16), "num_laps": (26, UINT16)},
    },
)
ACTIVITY = Kind(
    34,
    {
        **{"timestamp": (253, UINT32), "total_timer_time": (0, UINT32), "num_sessions": (1, UINT16)},
        **{"type": (2, ENUM), "event": (3, ENUM), "event_type": (4, ENUM), "local_timestamp": (5, UINT32)},
    },
)

Message = tuple[Kind, Mapping[str, int]]


def file_bytes(messages: Iterable[Message]) -> bytes:
    """A whole file; every field of a message's kind must be given."""
    local: dict[int, int] = {}
    body = b"".join(_message(kind, values, local) for kind, values in messages)
    head = struct.pack("<BBHI4s", 14, PROTOCOL, PROFILE, len(body), b".FIT")
    content = head + struct.pack("<H", crc(head)) + body
    return content + struct.pack("<H", crc(content))


def timestamp(utc: datetime) -> int:
    """Seconds as FIT counts them, of a UTC time without a zone."""
    return round((utc - EPOCH).total_seconds())


def crc(content: bytes) -> int:
    """CRC-16 of the protocol.

    >>> hex(crc(b"123456789"))
    '0xbb3d'
    """
    found = 0
    for byte in content:
        found ^= byte
        for _ in range(8):
            found = (found >> 1) ^ (0xA001 if found & 1 else 0)
    return found


def _message(kind: Kind, values: Mapping[str, int], local: dict[int, int]) -> bytes:
    """Its data, after its definition where that was not yet written; ``local`` numbers the kinds."""
    packing = "<B" + "".join(base[1] for _, base in kind.fields.values())
    definition = b""
    if kind.number not in local:
        local[kind.number] = len(local)
        fields = b"".join(struct.pack("<BBB", n, struct.calcsize(b[1]), b[0]) for n, b in kind.fields.values())
        head = struct.pack("<BBBHB", 0x40 | local[kind.number], 0, 0, kind.number, len(kind.fields))
        definition = head + fields
    return definition + struct.pack(packing, local[kind.number], *(values[name] for name in kind.fields))
