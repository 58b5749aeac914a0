"""The file while it grows: chunks, repeated records, flush and fsync."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic

from mcap.data_stream import RecordBuilder
from mcap.records import Attachment, Channel, ChunkIndex, Schema
from mcap.writer import LIBRARY_IDENTIFIER, CompressionType
from mcap.writer import Writer as McapWriter

from hiphinge.blocks import Input
from hiphinge.errors import RecordingError
from hiphinge.recording import layout
from hiphinge.recording.header import Header, to_attachments
from hiphinge.recording.replacing import OWNER_ONLY, sync_folder
from hiphinge.recording.walk import MAX_SIZE

CUT_SHARE = 0.75
"""Share of ``flush_s`` that a chunk collects; the rest is the disk's time to take it."""
SYNC_SHARE = 0.5
"""Share of ``flush_s`` between two fsyncs at least: below CUT_SHARE, so that live every chunk is synced."""
CUT_BYTES = 2**20
"""A chunk is closed at this many bytes, so that a reader needs little memory."""
ROW_BYTES = 64
"""What an input takes besides its text or payload, about."""
TOPICS = {layout.PACKETS: "packets/", layout.CONTROLS: "control", layout.LINKS: "link", layout.TICKS: "clock"}
ENCODING = "hiphinge"
_MAX_TIME = 2**64 - 1


class ChunkIndexes:
    """What the library keeps of every chunk until it writes the index at the end, as the bytes that it will write.

    Its own list of objects takes 0.6 kB a chunk, 22 MB in eight hours; this takes a fifth. The library has no
    public place for it: should its list have another name one day, files stay right and
    test_a_chunk_costs_little_memory fails.
    """

    def __init__(self) -> None:
        self._records = bytearray()

    def append(self, index: ChunkIndex) -> None:
        """One more chunk."""
        builder = RecordBuilder()
        index.write(builder)
        self._records += builder.end()

    def __iter__(self) -> Iterator[ChunkIndexes]:
        yield self  # all records are written in one piece

    def write(self, builder: RecordBuilder) -> None:
        """As a record of the library does."""
        builder.write(self._records)


class Log:
    """One recording being written, by one thread at a time. Lets OSError through."""

    def __init__(self, path: Path, header: Header, flush_s: float) -> None:
        self._file = os.fdopen(_create(path), "wb")
        self._flush_s, self._tag = flush_s, header.tag
        self._sensors = {s.sensor: s for s in header.sensors}
        # MAX_SIZE: the library must not close chunks, a flush stays in one piece.
        self._mcap = McapWriter(self._file, chunk_size=MAX_SIZE, compression=CompressionType.ZSTD)
        self._mcap._Writer__chunk_indices = ChunkIndexes()  # type: ignore[attr-defined]  # see there
        self._attachments = [
            Attachment(0, 0, name, _media(name), text) for name, text in to_attachments(header).items()
        ]
        self._schema = Schema(1, layout.TABLE.encode(), ENCODING, ENCODING)
        self._channels: dict[tuple[int, str], Channel] = {}
        self._pending: dict[tuple[int, str], tuple[list[int], list[Input]]] = {}
        self._first_ns: int | None = None
        self._since = self._synced = monotonic()
        self._bytes = self._chunks = 0
        try:
            self._begin(header.software)
            sync_folder(path.resolve().parent)
        except BaseException:
            self.abandon()
            path.unlink()  # nothing is in it yet
            raise

    def append(self, first: int, inputs: Iterable[Input]) -> None:
        """Take inputs numbered from ``first``; chunks are cut by recorded time and by size."""
        for sequence, item in enumerate(inputs, first):
            if self._first_ns is None:
                self._first_ns, self._since = item.arrival_ns, monotonic()
            elif abs(item.arrival_ns - self._first_ns) >= CUT_SHARE * self._flush_s * 1e9:
                self.cut()
                self._first_ns, self._since = item.arrival_ns, monotonic()
            sequences, items = self._pending.setdefault(layout.channel_of(item), ([], []))
            sequences.append(sequence)
            items.append(item)
            self._bytes += layout.size_of(item) + ROW_BYTES
            if self._bytes >= CUT_BYTES:
                self.cut()

    def seconds_left(self) -> float | None:
        """Until what waits must go to the disk; None when nothing waits."""
        if self._first_ns is None:
            return None
        return self._since + CUT_SHARE * self._flush_s - monotonic()

    def cut(self) -> None:
        """Close the chunk, hand it to the system and, at the latest every ``flush_s``, to the disk."""
        for (kind, sensor), (sequences, inputs) in self._pending.items():
            message = layout.encode(self._tag, kind, sensor, sequences, inputs)
            # Log time is the last arrival: the chunk's end time is then right.
            time_ns = min(max(inputs[-1].arrival_ns, 0), _MAX_TIME)
            self._mcap.add_message(self._channel(kind, sensor), time_ns, message, time_ns, self._chunks & 0xFFFFFFFF)
        self._pending.clear()
        self._first_ns, self._bytes = None, 0
        self._mcap.flush()
        self._chunks += 1
        if self._chunks & (self._chunks - 1) == 0:
            self._repeat()
        if monotonic() - self._synced >= SYNC_SHARE * self._flush_s:
            self._sync()

    def close(self) -> None:
        """Write what waits and the index at the end."""
        try:
            if self._pending:
                self.cut()
            self._mcap.finish()
            self._sync()
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Close the file as it is."""
        with suppress(OSError):
            self._file.close()

    def _begin(self, software: str) -> None:
        self._mcap.start(profile=ENCODING, library=f"{software} {LIBRARY_IDENTIFIER}")
        for a in self._attachments:
            self._mcap.add_attachment(a.create_time, a.log_time, a.name, a.media_type, a.data)
        self._mcap.register_schema(self._schema.name, self._schema.encoding, self._schema.data)
        for sensor in self._sensors:
            self._channel(layout.PACKETS, sensor)
        for kind in (layout.CONTROLS, layout.LINKS, layout.TICKS):
            self._channel(kind, "")
        self._sync()

    def _channel(self, kind: int, sensor: str) -> int:
        """The id of a channel, known to the library from now on."""
        if (kind, sensor) not in self._channels:
            worn = self._sensors.get(sensor)
            metadata = {"sensor": sensor, "device": worn.device, "site": worn.site} if worn else {"sensor": sensor}
            topic, schema = TOPICS[kind] + sensor, self._schema.id
            number = self._mcap.register_channel(topic, ENCODING, schema, metadata)
            self._channels[kind, sensor] = Channel(number, topic, ENCODING, metadata, schema)
        return self._channels[kind, sensor].id

    def _repeat(self) -> None:
        """Attachments, schema and channels again, after 1, 2, 4, 8 … chunks.

        The library writes them once, at the start. Its public record classes
        give the bytes; between two flushes they may stand anywhere.
        """
        builder = RecordBuilder()
        for record in (*self._attachments, self._schema, *self._channels.values()):
            record.write(builder)
        self._file.write(builder.end())
        self._file.flush()

    def _sync(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._synced = monotonic()


def _create(path: Path) -> int:
    """A new file for the owner only, or an empty one that waits; never over a recording."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), OWNER_ONLY)
    if os.fstat(number).st_size:
        os.close(number)
        raise RecordingError(f"{path}: there is a file already, expected a new name. Move it away or choose another.")
    os.chmod(path, OWNER_ONLY)
    return number


def _media(name: str) -> str:
    return "application/json" if name.endswith(".json") else "application/octet-stream"
