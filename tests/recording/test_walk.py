"""Sizes are checked before anything is read or unpacked."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import zstandard
from mcap.writer import MCAP0_MAGIC as MAGIC

from hiphinge.recording.walk import MAX_SIZE, Attachment, Chunk, Flaw, walk

MIB = 2**20
DATA_END = struct.pack("<BQI", 0x0F, 4, 0)


def record(opcode: int, content: bytes) -> bytes:
    return struct.pack("<BQ", opcode, len(content)) + content


def chunk(packed: bytes, unpacked: int, crc: int = 0, compression: bytes = b"zstd") -> bytes:
    fixed = struct.pack("<QQQII", 0, 0, unpacked, crc, len(compression))
    return record(0x06, fixed + compression + struct.pack("<Q", len(packed)) + packed)


def good_chunk(records: bytes) -> bytes:
    return chunk(zstandard.compress(records), len(records), zlib.crc32(records))


def attachment(content: bytes) -> bytes:
    body = struct.pack("<QQI", 0, 0, 1) + b"a" + struct.pack("<I", 0) + struct.pack("<Q", len(content)) + content
    return record(0x09, body + struct.pack("<I", zlib.crc32(body)))


def zeros(size: int, *, announced: bool) -> bytes:
    packer = zstandard.ZstdCompressor().compressobj(**({"size": size} if announced else {}))
    return b"".join(packer.compress(bytes(MIB)) for _ in range(size // MIB)) + packer.flush()


def pieces(body: bytes) -> list[Chunk | Attachment | Flaw]:
    content = MAGIC + body
    return list(walk(io.BytesIO(content), len(content)))


@contextmanager
def memory_below(limit: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


def test_good_pieces_come_in_order() -> None:
    found = pieces(attachment(b"text") + good_chunk(b"first") + record(0x07, b"") + good_chunk(b"second") + DATA_END)
    assert [type(p) for p in found] == [Attachment, Chunk, Chunk]
    assert isinstance(found[0], Attachment)
    assert found[0].content == b"text"
    assert [p.records for p in found if isinstance(p, Chunk)] == [b"first", b"second"]


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("declared", [1000, 300 * MIB])
def test_a_chunk_that_unpacks_to_too_much_is_refused_in_little_memory(announced: bool, declared: int) -> None:
    bomb = chunk(zeros(300 * MIB, announced=announced), declared)
    with memory_below(4 * MIB):
        found = pieces(bomb + good_chunk(b"after") + DATA_END)
    assert [type(p) for p in found] == [Flaw, Chunk]


def test_an_attachment_larger_than_the_limit_is_not_read(tmp_path: Path) -> None:
    size = 2 * MAX_SIZE
    path = tmp_path / "big"
    content_at = struct.pack("<QQI", 0, 0, 1) + b"a" + struct.pack("<I", 0) + struct.pack("<Q", size)
    with path.open("wb") as file:
        file.write(MAGIC + struct.pack("<BQ", 0x09, len(content_at) + size + 4) + content_at)
        file.truncate(file.tell() + size + 4)  # a hole: no disk, no time
    with path.open("ab") as file:
        file.write(good_chunk(b"after") + DATA_END)
    with path.open("rb") as file, memory_below(4 * MIB):
        flaw, after = walk(file, path.stat().st_size)
    assert isinstance(flaw, Flaw)
    assert "128 MiB, expected at most 64" in flaw.reason
    assert isinstance(after, Chunk)


@pytest.mark.parametrize("length", [10**10, 2**63, 2**64 - 1])
def test_an_attachment_that_announces_more_than_the_file_holds(length: int) -> None:
    body = struct.pack("<QQI", 0, 0, 1) + b"a" + struct.pack("<I", 0) + struct.pack("<Q", length)
    with memory_below(4 * MIB):
        found = pieces(struct.pack("<BQ", 0x09, length) + body + good_chunk(b"after") + DATA_END)
    assert [type(p) for p in found] == [Flaw, Chunk]


def test_after_a_wrong_length_the_next_chunk_is_found() -> None:
    first, second, third = good_chunk(b"first"), good_chunk(b"second" * 50), good_chunk(b"third")
    lying = first[:1] + struct.pack("<Q", len(first) - 9 + len(second)) + first[9:]
    found = pieces(lying + second + third + DATA_END)
    assert [type(p) for p in found] == [Flaw, Chunk, Chunk]


def test_a_wrong_length_of_a_small_record_does_not_hide_chunks() -> None:
    """The jump ends exactly behind two good chunks, at the end of the file."""
    two = good_chunk(b"one") + good_chunk(b"two")
    found = pieces(good_chunk(b"zero") + struct.pack("<BQ", 0x07, len(two)) + two)
    assert [p.records for p in found if isinstance(p, Chunk)] == [b"zero", b"one", b"two"]


@pytest.mark.parametrize("wrong", [b"lz4", b"zst\xff", b"none"])
def test_another_compression_is_named(wrong: bytes) -> None:
    (flaw,) = pieces(chunk(b"abc", 3, compression=wrong) + DATA_END)
    assert isinstance(flaw, Flaw)
    assert "expected zstd" in flaw.reason


def test_a_chunk_without_compression_is_read() -> None:
    (found,) = pieces(chunk(b"abc", 3, zlib.crc32(b"abc"), b"") + DATA_END)
    assert found == Chunk(8, b"abc")


def test_a_file_that_was_not_closed_says_so() -> None:
    *_, flaw = pieces(good_chunk(b"first"))
    assert isinstance(flaw, Flaw)
    assert flaw.reason == "the file was not closed"


def test_a_signature_across_two_search_blocks_is_found() -> None:
    for shift in range(-50, 10):
        found = pieces(bytes(MIB - 8 + shift) + good_chunk(b"far") + DATA_END)
        assert [type(p) for p in found] == [Flaw, Chunk]
