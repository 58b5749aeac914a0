"""The index at the end of a file that was closed: which chunks hold a channel."""

from __future__ import annotations

import struct
import zlib
from typing import BinaryIO

from mcap.opcode import Opcode
from mcap.writer import MCAP0_MAGIC as MAGIC

from hiphinge.recording.walk import HEAD, MAX_SIZE

_FOOTER = struct.Struct("<QQI")
_CHANNEL = struct.Struct("<HHI")
_INDEX = struct.Struct("<QQQQI")
_ENTRY = struct.Struct("<HQ")


def chunks_with(topic: str, file: BinaryIO, size: int) -> list[int] | None:
    """Offsets of the chunks that hold messages of ``topic``; None: the index is absent or damaged."""
    records = read_summary(file, size)
    if records is None:
        return None
    try:
        ids = {_id for _id, name in map(_channel, records.get(Opcode.CHANNEL, [])) if name == topic.encode()}
        indexes = map(_chunk_index, records.get(Opcode.CHUNK_INDEX, []))
        return [offset for offset, channels in indexes if ids & channels]
    except struct.error:
        return None


def read_summary(file: BinaryIO, size: int) -> dict[int, list[bytes]] | None:
    """Opcode -> contents of its records, when the index passes its check (CRC)."""
    end = size - len(MAGIC) - _FOOTER.size - HEAD.size
    if end < len(MAGIC):
        return None
    file.seek(end)
    tail = file.read()
    opcode, length = HEAD.unpack_from(tail)
    start, _, crc = _FOOTER.unpack_from(tail, HEAD.size)
    is_footer = opcode == Opcode.FOOTER and length == _FOOTER.size and tail.endswith(MAGIC)
    if not is_footer or not len(MAGIC) <= start <= end or end - start > MAX_SIZE:
        return None
    file.seek(start)
    content = file.read(end - start)
    checked = zlib.crc32(tail[: HEAD.size + _FOOTER.size - 4], zlib.crc32(content))
    return _split(content) if checked == crc else None


def _split(content: bytes) -> dict[int, list[bytes]] | None:
    records: dict[int, list[bytes]] = {}
    at = 0
    while at < len(content):
        if at + HEAD.size > len(content):
            return None
        opcode, length = HEAD.unpack_from(content, at)
        at += HEAD.size + length
        records.setdefault(opcode, []).append(content[at - length : at])
    return records if at == len(content) else None


def _channel(record: bytes) -> tuple[int, bytes]:
    channel, _, length = _CHANNEL.unpack_from(record)
    return channel, record[_CHANNEL.size : _CHANNEL.size + length]


def _chunk_index(record: bytes) -> tuple[int, set[int]]:
    _, _, offset, _, length = _INDEX.unpack_from(record)
    entries = record[_INDEX.size : _INDEX.size + length]
    return offset, {channel for channel, _ in _ENTRY.iter_unpack(entries)}
