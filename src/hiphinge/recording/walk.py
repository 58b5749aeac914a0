"""Verified pieces of an MCAP file, in order; whatever is wrong is named and stepped over.

The library's reader trusts the sizes that a file announces and stops at the
first bad record. Here every size is checked against the file and against
:data:`MAX_SIZE` before anything is read or decompressed, every CRC is verified,
and after damage the next chunk is searched for by its signature.
https://mcap.dev/spec
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import zstandard
from mcap.opcode import Opcode
from mcap.writer import MCAP0_MAGIC as MAGIC

MAX_SIZE = 64 * 2**20
"""Bytes: the largest chunk or attachment that is read, packed or unpacked.

The writer's chunks are 1 MiB at most plus one input; 64 MiB leaves room for
files that other tools have rewritten.
"""

HEAD = struct.Struct("<BQ")
_CHUNK = struct.Struct("<QQQII")
_TIMES = struct.Struct("<QQ")
_U32, _U64 = struct.Struct("<I"), struct.Struct("<Q")
_SIGNATURE = b"\x04\x00\x00\x00zstd"
"""Length and name of the compression, as they stand in every chunk."""
_SIGNATURE_AT = HEAD.size + _CHUNK.size - _U32.size
_MAX_NAME = 1024
_SEARCH_BYTES = 2**20
_LAST_OPCODE = 0x0F
_PRIVATE_OPCODES = 0x80


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk that passed its checks; ``records`` unpacked."""

    offset: int
    records: bytes


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attachment that passed its checks."""

    offset: int
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something at ``offset`` that cannot be used, and why."""

    offset: int
    reason: str


def walk(file: BinaryIO, size: int, *, chunks: bool = True) -> Iterator[Chunk | Attachment | Flaw]:
    """The pieces of the data section; without ``chunks`` these are stepped over unread.

    ``safe`` is the end of the last piece whose two sizes agreed: after damage
    the search starts there, as a wrong size may have led past good chunks.
    """
    offset = safe = len(MAGIC)
    while True:
        opcode, end = record_at(file, offset, size)
        if opcode == Opcode.DATA_END and end == offset + HEAD.size + 4:
            return
        if end > size or not is_opcode(opcode) or (opcode in _CHECKED and not _CHECKED[opcode](file, offset, end)):
            yield Flaw(offset, _why(opcode, offset, size))
            found = _next_chunk(file, safe, size)
            if found is None:
                return
            offset = found
            continue
        if opcode == Opcode.ATTACHMENT:
            yield read_attachment(file, offset, end)
        elif opcode == Opcode.CHUNK and chunks:
            yield read_chunk(file, offset, end)
        if opcode in _CHECKED:
            safe = end
        offset = end


def record_at(file: BinaryIO, offset: int, size: int) -> tuple[int, int]:
    """Opcode and end of a record; an end beyond ``size`` where there is none."""
    file.seek(offset)
    head = file.read(HEAD.size) if offset + HEAD.size <= size else b""
    if len(head) < HEAD.size:
        return 0, size + 1
    opcode, length = HEAD.unpack(head)
    return opcode, offset + HEAD.size + length


def is_opcode(opcode: int) -> bool:
    """Whether MCAP knows it, or leaves it to applications."""
    return 1 <= opcode <= _LAST_OPCODE or opcode >= _PRIVATE_OPCODES


def read_chunk(file: BinaryIO, offset: int, end: int) -> Chunk | Flaw:
    """Unpack and verify a chunk whose sizes agree."""
    if end - offset > MAX_SIZE:
        return Flaw(offset, _too_big("the chunk", end - offset))
    file.seek(offset + HEAD.size)
    content = memoryview(file.read(end - offset - HEAD.size))
    _, _, unpacked, crc, name_length = _CHUNK.unpack_from(content)
    if unpacked > MAX_SIZE:
        return Flaw(offset, _too_big("the chunk, unpacked,", unpacked))
    name_end = _CHUNK.size + name_length
    records = _unpack(bytes(content[_CHUNK.size : name_end]), content[name_end + _U64.size :], unpacked)
    if isinstance(records, str):
        return Flaw(offset, f"the chunk {records}")
    if len(records) != unpacked or zlib.crc32(records) != crc:
        return Flaw(offset, "the chunk fails its check (CRC)")
    return Chunk(offset, records)


def chunk_at(file: BinaryIO, offset: int, size: int) -> Chunk | Flaw:
    """The chunk that an index places at ``offset``."""
    if not _is_chunk(file, offset, size):
        return Flaw(offset, "no chunk where the index says")
    return read_chunk(file, offset, record_at(file, offset, size)[1])


def read_attachment(file: BinaryIO, offset: int, end: int) -> Attachment | Flaw:
    """Read and verify an attachment whose sizes agree."""
    if end - offset > MAX_SIZE:
        return Flaw(offset, _too_big("the attachment", end - offset))
    file.seek(offset + HEAD.size)
    content = file.read(end - offset - HEAD.size)
    (crc,) = _U32.unpack_from(content, len(content) - _U32.size)
    if zlib.crc32(content[: -_U32.size]) != crc:
        return Flaw(offset, "the attachment fails its check (CRC)")
    name, at = _string(content, _TIMES.size)
    _, at = _string(content, at)
    return Attachment(offset, name.decode("utf-8", "replace"), content[at + _U64.size : -_U32.size])


def _unpack(compression: bytes, packed: memoryview, unpacked: int) -> bytes | str:
    """The chunk's records, or what is wrong. Never more than ``unpacked`` bytes are made."""
    if compression == b"":
        return bytes(packed)
    if compression != b"zstd":
        return f"is packed with {compression.decode('ascii', 'replace')!r}, expected zstd"
    try:
        # -1: the frame does not say; max_output_size then bounds it.
        if zstandard.frame_content_size(packed) not in (-1, unpacked):
            return "announces another size than its content"
        return zstandard.ZstdDecompressor(max_window_size=MAX_SIZE).decompress(packed, max_output_size=unpacked)
    except zstandard.ZstdError:
        return "cannot be unpacked"


def _chunk_agrees(file: BinaryIO, offset: int, end: int) -> bool:
    """Whether the chunk's own sizes add up to the record's."""
    fixed = HEAD.size + _CHUNK.size
    file.seek(offset)
    head = file.read(fixed)
    if len(head) < fixed:
        return False
    *_, name_length = _CHUNK.unpack_from(head, HEAD.size)
    rest = file.read(name_length + _U64.size) if name_length <= _MAX_NAME else b""
    if len(rest) < name_length + _U64.size:
        return False
    return offset + fixed + len(rest) + int(_U64.unpack_from(rest, name_length)[0]) == end


def _attachment_agrees(file: BinaryIO, offset: int, end: int) -> bool:
    file.seek(offset + HEAD.size)
    head = file.read(min(end - offset - HEAD.size, _TIMES.size + 2 * (_MAX_NAME + _U32.size) + _U64.size))
    _, at = _string(head, _TIMES.size)
    _, at = _string(head, at)
    if at + _U64.size > len(head):
        return False
    length = int(_U64.unpack_from(head, at)[0])
    return offset + HEAD.size + at + _U64.size + length + _U32.size == end


_CHECKED: dict[int, Callable[[BinaryIO, int, int], bool]] = {
    Opcode.CHUNK: _chunk_agrees,
    Opcode.ATTACHMENT: _attachment_agrees,
}


def _string(content: bytes, at: int) -> tuple[bytes, int]:
    """The text at ``at`` and where it ends (beyond the content when it is cut off)."""
    if at + _U32.size > len(content):
        return b"", at + _U32.size
    end = at + _U32.size + int(_U32.unpack_from(content, at)[0])
    return content[at + _U32.size : end], end


def _next_chunk(file: BinaryIO, start: int, size: int) -> int | None:
    """Where the next chunk begins whose sizes agree and lie in the file."""
    at = start
    while at < size:
        file.seek(at)
        block = file.read(min(_SEARCH_BYTES, size - at))
        hit = block.find(_SIGNATURE)
        while hit >= 0:
            offset = at + hit - _SIGNATURE_AT
            if offset >= start and _is_chunk(file, offset, size):
                return offset
            hit = block.find(_SIGNATURE, hit + 1)
        if at + len(block) >= size or not block:
            return None
        at += len(block) - len(_SIGNATURE) + 1
    return None


def _is_chunk(file: BinaryIO, offset: int, size: int) -> bool:
    opcode, end = record_at(file, offset, size)
    return opcode == Opcode.CHUNK and end <= size and _chunk_agrees(file, offset, end)


def _too_big(what: str, size: int) -> str:
    return f"{what} is {size / 2**20:.0f} MiB, expected at most {MAX_SIZE // 2**20} MiB"


def _why(opcode: int, offset: int, size: int) -> str:
    if offset >= size:
        return "the file was not closed"
    if not is_opcode(opcode):
        return f"no record begins with {opcode:#04x}"
    return "a record that is cut off or whose sizes disagree"
