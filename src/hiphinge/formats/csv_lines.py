"""A text file, plain or gzip, as blocks of whole lines: never more than a few MB at once."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path

from hiphinge.errors import SessionFolderError

BLOCK_BYTES = 2 << 20
"""About 35 000 rows; reading three sensors takes 200 MB in all, however long they are."""
LONGEST_LINE = 1 << 16
"""Bytes; a row has about 80."""

_GZIP = b"\x1f\x8b"
_FOREIGN = {
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"PK\x03\x04": "a zip or Excel file",
    b"PAR1": "a Parquet file",
    b"\x89HDF": "an HDF5 file",
}
_BOM = b"\xef\xbb\xbf"


def shown(text: str, longest: int = 60) -> str:
    """Text from a file, safe to print: no control characters, not too long."""
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


class Lines:
    """Blocks of whole lines with the number of each block's first line (from 1).

    ``read_bytes`` tells how far it is within the file's ``size``. Compression
    is told by the content, not by the name.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, shown(path.name)
        self.size = path.stat().st_size
        self.read_bytes = 0
        self.line = 1

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        rest = b""
        for chunk in self._chunks():
            # Only now, when more is there: so that the last line is never a block of its own.
            cut = rest.rfind(b"\n") + 1
            if cut:
                yield self.line, rest[:cut]
                self.line += rest.count(b"\n", 0, cut)
            rest = rest[cut:] + chunk
            unfinished = len(rest) - rest.rfind(b"\n") - 1
            if unfinished > LONGEST_LINE:
                self._fail(f"{unfinished} bytes without a line end", "rows of text", line=self.line)
        if rest:
            yield self.line, rest

    def _chunks(self) -> Iterator[bytes]:
        with open(self.path, "rb") as raw:
            stream: io.BufferedIOBase = raw
            if raw.peek(2).startswith(_GZIP):
                stream = gzip.GzipFile(fileobj=raw)
            while chunk := self._read(stream):
                if self.read_bytes == 0:
                    chunk = self._checked_start(chunk)
                self.read_bytes = raw.tell()
                yield chunk

    def _read(self, stream: io.BufferedIOBase) -> bytes:
        try:
            return stream.read(BLOCK_BYTES)
        except EOFError:
            self._fail("the compressed file ends early", "a whole gzip file", "Copy it again.", self.line)
        except (gzip.BadGzipFile, zlib.error):
            self._fail("the compressed file is damaged", "a sound gzip file", "Copy it again.", self.line)
        return b""  # unreachable: both lines above raise

    def _checked_start(self, chunk: bytes) -> bytes:
        for start, kind in _FOREIGN.items():
            if chunk.startswith(start):
                self._fail(kind, "UTF-8 text", "Save it as CSV, UTF-8.")
        if b"\0" in chunk[:LONGEST_LINE]:
            self._fail("a binary file", "UTF-8 text", "Save it as CSV, UTF-8.")
        return chunk.removeprefix(_BOM)

    def _fail(self, found: str, expected: str, advice: str = "Check the file.", line: int | None = None) -> None:
        where = f"{self.name}, after line {line - 1}" if line and line > 1 else self.name
        raise SessionFolderError(f"{where}: {found}, expected {expected}. {advice}", file=self.name, line=line)
