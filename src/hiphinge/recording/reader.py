"""Read a recording back: inputs in their order, damage by name."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import BinaryIO, TypeVar

from mcap.opcode import Opcode
from mcap.writer import MCAP0_MAGIC as MAGIC

from hiphinge.blocks import Control, Fed, Input
from hiphinge.errors import RecordingError
from hiphinge.recording import layout
from hiphinge.recording.contents import Contents, count
from hiphinge.recording.damage import Damage, Loss, Trail
from hiphinge.recording.header import CALIBRATION, HEADER, MONITOR, Header, expected_attachments, from_attachments
from hiphinge.recording.log import TOPICS
from hiphinge.recording.rows import Rows, in_runs, singly
from hiphinge.recording.summary import chunks_with, read_summary
from hiphinge.recording.walk import HEAD, Attachment, Chunk, Flaw, chunk_at, walk

BATCH_S = 10.0
"""Seconds in a batch: long enough for speed, about 100 kB of packets for three sensors at 100 Hz."""
BATCH_INPUTS = 100_000
"""A batch ends here in any case, so that many inputs at one instant do not fill the memory."""
BUFFER_BYTES = 2**18

_MESSAGE = struct.Struct("<HIQQ")

T = TypeVar("T", bound=Fed)
Arrange = Callable[[Sequence[layout.Message]], Rows[T]]
"""How a chunk's inputs are given."""


def open_recording(path: str | os.PathLike[str]) -> Recording:
    """Read what the recording says about itself.

    Raises RecordingError when it is none of hiphinge's, NewerFormatError when
    it is newer than this version, OSError when it cannot be read.
    """
    with open(path, "rb", buffering=BUFFER_BYTES) as file:
        magic = file.read(len(MAGIC))
        if magic != MAGIC:
            raise RecordingError(
                f"{path}: begins with {magic.hex(' ') or 'nothing'}, expected an MCAP recording. "
                f"Give a file that hiphinge recorded, or bring it in with `hiphinge import`."
            )
        attachments = _read_attachments(file, _size(file), str(path))
    if HEADER not in attachments:
        raise RecordingError(
            f"{path}: an MCAP file without a header of hiphinge, expected a recording that hiphinge wrote. "
            f"Give another file; what other programs record cannot be read."
        )
    header = from_attachments(attachments, str(path))
    return Recording(
        Path(path), header, missing=sorted(expected_attachments(attachments, str(path)) - attachments.keys())
    )


def is_closed(path: str | os.PathLike[str]) -> bool:
    """Whether its writer came to the end: a recording that was cut off lacks the last bytes."""
    with open(path, "rb") as file:
        size = _size(file)
        file.seek(max(size - len(MAGIC), 0))
        return size > 2 * len(MAGIC) and file.read() == MAGIC


class Recording:
    """A recording on the disk; it is opened anew for every pass, nothing of it stays in memory."""

    def __init__(self, path: Path, header: Header, missing: Iterable[str] = ()) -> None:
        self.path, self.header = path, header
        self._missing = [f"{name}: no copy of it can be read; it is left out" for name in missing]
        self._trail = Trail()

    @property
    def damage(self) -> list[str]:
        """What could not be read so far, in words; complete once ``batches`` has run through."""
        more = [f"{self._trail.unnamed} more places"] if self._trail.unnamed else []
        return [*self._missing, *map(str, self._trail.damages), *more]

    @property
    def loss(self) -> Loss:
        """What the damage cost so far."""
        return self._trail.loss

    def batches(self, span_s: float = BATCH_S) -> Iterator[list[Input]]:
        """All readable inputs in their order, in lists of ``span_s`` s (at least one flush)."""
        yield from _batched(self._flushes(singly), span_s)

    def runs(self, span_s: float = BATCH_S) -> Iterator[list[Fed]]:
        """The same inputs in the same lists, but packets in runs where they may be: read in half the time.

        Runs of different sensors lie side by side in time: feed a list whole, or cut it where no run is.
        """
        yield from _batched(self._flushes(in_runs), span_s)

    def controls(self) -> list[Control]:
        """All controls. Reads only the chunks that hold one; without an index, the whole file."""
        found = self._indexed(layout.CONTROLS)
        inputs = chain.from_iterable(self.batches()) if found is None else found
        return [item for item in inputs if isinstance(item, Control)]

    def contents(self) -> Contents:
        """Count what is in it; reads the whole file once."""
        return count(self)

    def _indexed(self, kind: int) -> list[Input] | None:
        """The inputs of a kind by the index; None when the index or a chunk it names is damaged."""
        found: list[Input] = []
        with open(self.path, "rb", buffering=BUFFER_BYTES) as file:
            size = _size(file)
            offsets = chunks_with(TOPICS[kind], file, size)
            for offset in () if offsets is None else offsets:
                rows = _checked(chunk_at(file, offset, size), 0, self.header.tag, singly, kind)
                if isinstance(rows, Flaw):
                    return None
                found += rows.inputs
        return None if offsets is None else found

    def _flushes(self, arrange: Arrange[T]) -> Iterator[Rows[T]]:
        """The inputs of one chunk after the other, numbered without repetition."""
        with open(self.path, "rb", buffering=BUFFER_BYTES) as file:
            size = _size(file)
            trail = self._trail = Trail()
            for piece in walk(file, size):
                rows = _checked(piece, trail.expected, self.header.tag, arrange)
                if isinstance(rows, Flaw):
                    trail.flaw(rows)
                elif rows.inputs:
                    trail.good(piece.offset, rows)
                    yield rows
            trail.end()
            if not trail.damages and read_summary(file, size) is None:
                trail.damages.append(Damage(size, "the index at the end is damaged", 0, None, None))


def _batched(flushes: Iterable[Rows[T]], span_s: float) -> Iterator[list[T]]:
    """Flushes together, until they span ``span_s`` s."""
    batch: list[T] = []
    n = first_ns = 0
    for rows in flushes:
        first_ns = first_ns if batch else rows.first_ns
        batch += rows.inputs
        n += len(rows.numbers)
        if n >= BATCH_INPUTS or abs(rows.last_ns - first_ns) >= span_s * 1e9:
            yield batch
            batch, n = [], 0
    if batch:
        yield batch


def _checked(
    piece: Chunk | Attachment | Flaw, expected: int, tag: int, arrange: Arrange[T], kind: int | None = None
) -> Rows[T] | Flaw:
    """The inputs of a chunk, of one kind or all, none for an attachment, or why they cannot be used."""
    if isinstance(piece, Flaw):
        return piece
    if isinstance(piece, Attachment):
        return Rows([], [])
    try:
        messages = [m for m in _messages(piece.records) if kind in (None, layout.kind_of(m, tag))]
        rows = arrange([layout.take_apart(m, tag) for m in messages])
    except layout.LayoutError as e:
        return Flaw(piece.offset, str(e))
    numbers = rows.numbers
    if numbers and numbers[0] < expected:
        return Flaw(piece.offset, "the chunk repeats inputs that came before")
    if numbers and kind is None and numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        return Flaw(piece.offset, "the chunk's inputs are not numbered one by one")
    return rows


def _messages(records: bytes) -> Iterator[memoryview]:
    at, view = 0, memoryview(records)  # not copied: a day is 300 MB
    while at < len(records):
        if at + HEAD.size > len(records):
            raise layout.LayoutError("a chunk that ends within a record")
        opcode, length = HEAD.unpack_from(records, at)
        at += HEAD.size + length
        if at > len(records):
            raise layout.LayoutError("a chunk that ends within a record")
        if opcode == Opcode.MESSAGE:
            yield view[at - length + _MESSAGE.size : at]


def _read_attachments(file: BinaryIO, size: int, who: str) -> dict[str, bytes]:
    """Those that the header names; as long as one is missing, from the copies farther on."""
    attachments: dict[str, bytes] = {}
    for piece in walk(file, size, chunks=False):
        if isinstance(piece, Attachment) and piece.name in (HEADER, MONITOR, CALIBRATION):
            attachments.setdefault(piece.name, piece.content)
        if HEADER in attachments and not expected_attachments(attachments, who) - attachments.keys():
            break
    return attachments


def _size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size
