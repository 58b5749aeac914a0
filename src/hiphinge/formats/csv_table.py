"""One sensor's CSV file -> blocks of checked rows, or the first defect with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from hiphinge.blocks import LATEST_S, Floats, Times
from hiphinge.devices.hiphinge_imu import times_ns
from hiphinge.errors import SessionFolderError
from hiphinge.formats.csv_lines import Lines, shown

COLUMNS = ("t_s", "acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z")
WITHOUT_GYROSCOPE = COLUMNS[:4]

LARGEST = 1e30
"""No sensor measures this, and a 32-bit float still holds it in any unit."""
SLOWEST_S = 2.0
"""A median step this long is no record of movement: t_s in ms has 5 to 40."""
ENOUGH_STEPS = 20
"""Fewer steps may be mostly gaps and say nothing about the rate."""

DECIMAL_COMMA = "The file seems to have decimal commas or semicolons: export it with decimal points and commas between."
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one file, in its own units.

    ``line`` (n,) from 1, ``t_ns`` (n,) rising, ``acc`` and ``gyr`` (n, 3), NaN without gyroscope.
    """

    line: Times
    t_ns: Times
    acc: Floats
    gyr: Floats

    def __len__(self) -> int:
        return len(self.t_ns)

    def __getitem__(self, part: slice) -> Rows:
        return Rows(self.line[part], self.t_ns[part], self.acc[part], self.gyr[part])


def join(a: Rows, b: Rows) -> Rows:
    """Two blocks as one."""
    t_ns, line = np.concatenate([a.t_ns, b.t_ns]), np.concatenate([a.line, b.line])
    return Rows(line, t_ns, np.concatenate([a.acc, b.acc]), np.concatenate([a.gyr, b.gyr]))


@dataclass(frozen=True, slots=True)
class Defect:
    """A row that cannot be used."""

    line: int
    found: str
    expected: str
    advice: str = ""


class SensorFile:
    """Reads one file; ``notes`` says what was left out (only with ``drop_bad_rows``)."""

    def __init__(self, path: Path, *, drop_bad_rows: bool = False) -> None:
        self.lines = Lines(path)
        self.name = self.lines.name
        self.notes: list[str] = []
        self._drop_bad_rows = drop_bad_rows
        self._first_dropped: Defect | None = None
        self._dropped = 0
        self._columns: tuple[str, ...] = ()
        self._last: tuple[int, int] | None = None  # t_ns and line of the last good row

    def blocks(self) -> Iterator[Rows]:
        """Every good row, in order of time; at least two in the first block."""
        first = True
        for line, text in self._after_header():
            rows = self._in_order(*self._numbers(line, text))
            if first:
                self._check_first(rows)
                first = False
            yield rows
        if first:
            self.fail("a header and no row", "samples", "Export the recording again.")
        if self._first_dropped is not None:
            worst = f"line {self._first_dropped.line}: {self._first_dropped.found}"
            self.notes.append(f"{self.name}: {self._dropped} bad rows left out, the first in {worst}.")

    def fail(self, found: str, expected: str, advice: str, line: int | None = None) -> None:
        """Refuse the file."""
        where = self.name if line is None else f"{self.name}, line {line}"
        raise SessionFolderError(f"{where}: {found}, expected {expected}. {advice}", file=self.name, line=line)

    def _after_header(self) -> Iterator[tuple[int, bytes]]:
        for line, text in self.lines:
            if self._columns:
                yield line, text
                continue
            header, _, body = text.partition(b"\n")
            self._columns = self._checked_header(header)
            if body.strip():
                yield line + 1, body
        if not self._columns:
            self.fail("an empty file", f"the header {','.join(COLUMNS)}", "Export the recording again.")

    def _checked_header(self, header: bytes) -> tuple[str, ...]:
        try:
            text = header.decode("utf-8").strip()
        except UnicodeDecodeError:
            text = ""
            self.fail("bytes that are not UTF-8", "UTF-8 text", "Save it as CSV, UTF-8.", 1)
        found = tuple(cell.strip(' \t"') for cell in text.split(","))
        if found not in (COLUMNS, WITHOUT_GYROSCOPE):
            self.fail(f"the header {shown(text) or 'is an empty line'}", ",".join(COLUMNS), header_advice(text), 1)
        return found

    def _numbers(self, first_line: int, text: bytes) -> tuple[Times, Floats]:
        values = parse(text, self._columns)
        if values is not None:
            return np.arange(first_line, first_line + len(values)), values
        kept: list[tuple[int, list[float]]] = []
        for line, row in enumerate(text.split(b"\n"), first_line):
            if not row.strip():
                continue
            numbers = parse_row(line, row, self._columns)
            if isinstance(numbers, Defect):
                self._reject(numbers)
            else:
                kept.append((line, numbers))
        lines = np.array([line for line, _ in kept], np.int64)
        return lines, np.array([row for _, row in kept], float).reshape(-1, len(self._columns))

    def _in_order(self, line: Times, values: Floats) -> Rows:
        far = np.flatnonzero(np.abs(values[:, 0]) > LATEST_S)
        if len(far):
            found = f"t_s is {values[far[0], 0]:.10g}"
            self.fail(found, "seconds", "It seems to be in ms, µs or ns: divide it.", int(line[far[0]]))
        t_ns = times_ns(values[:, 0])
        before_ns, before_line = self._last or (t_ns[0] - 1 if len(t_ns) else 0, 0)
        step = np.diff(t_ns, prepend=before_ns)
        good = step > 0
        for i in np.flatnonzero(~good):
            self._judge_step(int(line[i]), int(line[i - 1]) if i else before_line, values[i, 0], step[i])
        if len(t_ns):
            self._last = int(t_ns[-1]), int(line[-1])
        acc, gyr = values[good, 1:4], values[good, 4:]
        return Rows(line[good], t_ns[good], acc, gyr if gyr.shape[1] else np.full_like(acc, np.nan))

    def _judge_step(self, line: int, line_before: int, t: float, step_ns: int) -> None:
        if step_ns < 0:
            found = f"t_s runs back by {-step_ns / 1e9:.10g} s to {t:.15g}"
            self.fail(found, "rising times", "Cut the file there, or put both parts on one clock.", line)
        self._reject(Defect(line, f"the time of line {line_before} again ({t:.15g} s)", "rising times"))

    def _reject(self, defect: Defect) -> None:
        if not self._drop_bad_rows:
            advice = defect.advice or "Correct the file, or pass --drop-bad-rows to leave such rows out."
            self.fail(defect.found, defect.expected, advice, defect.line)
        self._first_dropped = min(self._first_dropped or defect, defect, key=lambda found: found.line)
        self._dropped += 1

    def _check_first(self, rows: Rows) -> None:
        if len(rows) < 2:
            self.fail("one sample" if len(rows) else "no good row", "at least two samples", "Record it again.")
        step = float(np.median(np.diff(rows.t_ns))) / 1e9
        if len(rows) > ENOUGH_STEPS and step > SLOWEST_S:
            advice = "t_s seems to be in ms or µs: convert it to seconds."
            self.fail(f"samples {step:.3g} s apart", f"less than {SLOWEST_S:.0f} s", advice)


def parse(text: bytes, columns: tuple[str, ...]) -> Floats | None:
    """Values (n, columns) if each line is a row of finite numbers, else None."""
    options = arrow_csv.ConvertOptions(column_types=dict.fromkeys(columns, pa.float64()))
    reading = arrow_csv.ReadOptions(column_names=columns, block_size=max(len(text), 1), use_threads=False)
    parsing = arrow_csv.ParseOptions(ignore_empty_lines=False)
    try:
        table = arrow_csv.read_csv(pa.BufferReader(text), reading, parsing, options)
    except pa.ArrowInvalid:
        return None
    values = np.column_stack([column.to_numpy() for column in table.columns])
    lines = text.count(b"\n") + (not text.endswith(b"\n"))
    return values if len(values) == lines and np.abs(values).max() <= LARGEST else None


def parse_row(line: int, row: bytes, columns: tuple[str, ...]) -> list[float] | Defect:
    """The numbers of one line, or what is wrong with it."""
    try:
        cells = [cell.strip(' \t\r"') for cell in row.decode("utf-8").split(",")]
    except UnicodeDecodeError:
        return Defect(line, "bytes that are not UTF-8", "numbers")
    if len(cells) != len(columns):
        advice = DECIMAL_COMMA if len(cells) > len(columns) or b";" in row else ""
        return Defect(line, f"{len(cells)} cells", f"{len(columns)}", advice)
    for column, cell in zip(columns, cells, strict=True):
        if not cell or cell.lower() in {"nan", "na", "null", "none"}:
            return Defect(line, f"{column} is {cell or 'empty'}", "a number")
        if not _NUMBER.fullmatch(cell) or abs(float(cell)) > LARGEST:
            return Defect(line, f"{column} is {shown(cell, 20)}", "a finite number")
    return [float(cell) for cell in cells]


def header_advice(found: str) -> str:
    """What to do about a wrong header."""
    for separator, name in ((";", "semicolons"), ("\t", "tabs")):
        if separator in found:
            return f"It is separated by {name}: export it with commas between, and decimal points."
    if all(_NUMBER.fullmatch(cell.strip()) for cell in found.split(",")):
        return "The first line holds numbers: put the header above it."
    return "Rename, reorder or remove columns."
