"""A session folder of CSV files <-> Inputs; contract.md says what stands in it.

What is wrong is refused, with file and line, before anything is kept: a wrong
header, another unit, cells that are no number, NaN, a time that comes twice or
runs back, fewer than two samples, a site nobody knows or that comes twice, a
marker that nobody knows or that ends before it starts. Nothing is guessed and
nothing is repaired unasked. With ``drop_bad_rows`` rows that are no finite
numbers or that repeat a time are left out (they become a gap), with a note;
time that runs back is refused still, as nobody can know which part is right.

What is only odd is a note: a marker outside the data, a short stand, a peak
that no sensor reaches, a named unit that does not look right. Taken silently:
byte order mark, CRLF, quotes and blanks around cells, empty lines, a last line
without an end, gzip under either name, other files than ``*.csv`` and ``*.csv.gz``.

Names of files only choose among the known sites; none ever becomes a path.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain, count, islice, pairwise
from pathlib import Path

import numpy as np

from hiphinge.blocks import Control, Input, Packet, Sensor, Tick
from hiphinge.devices import hiphinge_imu
from hiphinge.formats import csv_export, csv_markers
from hiphinge.formats.csv_folder import find_files
from hiphinge.formats.csv_table import Rows, SensorFile, join
from hiphinge.formats.csv_units import Units
from hiphinge.markers import to_control

PACKET_SAMPLES = 100
PACKET_S = 0.25
"""A packet holds at most so many samples and so long a time: its first sample must not
arrive later than a radio's would (the grid waits 0.3 s), or the sensor would count as silent."""
GAP_PERIODS = 3.0
"""A step longer than this many periods is a gap; no packet spans one."""
PERIOD_STEPS = 1000
"""The period is the median of the first steps, so that it does not depend on how a file is cut into blocks."""
BATCH = 256
"""Inputs a batch: a megabyte; the grouping has no meaning."""


class SessionFolder:
    """A folder as a stream of Inputs. ``notes`` fills while it is read; ``progress`` runs from 0 to 1."""

    def __init__(
        self,
        folder: Path,
        *,
        start: datetime | None = None,
        acc_unit: str | None = None,
        gyr_unit: str | None = None,
        drop_bad_rows: bool = False,
    ) -> None:
        self.paths, markers = find_files(folder)
        self.markers = csv_markers.read_markers(markers) if markers else []
        self.sensors = tuple(Sensor(site, hiphinge_imu.NAME, site) for site in self.paths)
        self.notes: list[str] = []
        self._start, self._drop_bad_rows = start, drop_bad_rows
        self._acc_unit, self._gyr_unit = acc_unit, gyr_unit
        self._files: list[SensorFile] = []

    @property
    def progress(self) -> float:
        """Share of the bytes that have been read."""
        return sum(f.lines.read_bytes for f in self._files) / max(1, sum(f.lines.size for f in self._files))

    def batches(self) -> Iterator[list[Input]]:
        """All Inputs in order of arrival; raises SessionFolderError at the first defect."""
        self.notes.clear()
        self._files = [SensorFile(path, drop_bad_rows=self._drop_bad_rows) for path in self.paths.values()]
        tracks = [Track(site, self._rows(file)) for site, file in zip(self.paths, self._files, strict=True)]
        first_ns = min(track.first_ns for track in tracks)
        clock = [clock_pair(first_ns, self._start)] if self._start else []
        marks: list[Control] = [to_control(marker) for marker in self.markers]
        streams: list[Iterator[Input]] = [iter(clock), *(track.packets() for track in tracks), iter(marks)]
        # merge is stable: of inputs at one instant the clock comes first, a marker last.
        merged = heapq.merge(*streams, key=lambda item: item.arrival_ns)
        while batch := list(islice(merged, BATCH)):
            yield batch
        last_ns = max(track.last_ns for track in tracks)
        self.notes.extend(csv_markers.notes_on(self.markers, first_ns / 1e9, last_ns / 1e9))

    def _rows(self, file: SensorFile) -> Iterator[Rows]:
        units = Units(file.name, self._acc_unit, self._gyr_unit)
        for rows in file.blocks():
            yield units.convert(rows)
        self.notes += units.notes + file.notes


read, write = SessionFolder, csv_export.write
"""What every format offers; see registry.py."""


class Track:
    """One sensor's rows -> its packets, up to PACKET_SAMPLES each and none across a gap."""

    def __init__(self, site: str, blocks: Iterator[Rows]) -> None:
        first = next(blocks)
        self.site = site
        self._blocks = chain([first], blocks)
        self.first_ns, self.last_ns = int(first.t_ns[0]), int(first.t_ns[-1])
        period_ns = float(np.median(np.diff(first.t_ns[: PERIOD_STEPS + 1])))
        self._gap_ns = GAP_PERIODS * period_ns
        self._samples = max(1, min(PACKET_SAMPLES, int(PACKET_S * 1e9 / period_ns)))

    def packets(self) -> Iterator[Packet]:
        """All samples; a packet arrives with its last one."""
        number = count()
        waiting: Rows | None = None
        for rows in self._blocks:
            *whole, waiting = self._pieces(join(waiting, rows) if waiting else rows)
            self.last_ns = int(waiting.t_ns[-1])
            for piece in whole:
                yield self._packet(next(number), piece)
        if waiting:
            yield self._packet(next(number), waiting)

    def _pieces(self, rows: Rows) -> list[Rows]:
        """One packet each; only the last may still grow."""
        gaps = np.flatnonzero(np.diff(rows.t_ns) > self._gap_ns) + 1
        edges = [0, *gaps.tolist(), len(rows)]
        spans = [
            (i, min(i + self._samples, end)) for begin, end in pairwise(edges) for i in range(begin, end, self._samples)
        ]
        return [rows[begin:end] for begin, end in spans]

    def _packet(self, number: int, rows: Rows) -> Packet:
        payload = hiphinge_imu.encode(number, rows.t_ns, rows.acc, rows.gyr)
        return Packet(self.site, hiphinge_imu.CHARACTERISTIC, int(rows.t_ns[-1]), payload)


def clock_pair(arrival_ns: int, start: datetime) -> Tick:
    """What the wall clock said at ``arrival_ns``; ``start`` knows its zone."""
    offset = start.utcoffset()
    if offset is None:
        raise ValueError(f"start is {start.isoformat()}, expected a time with its zone.")
    since = start - datetime(1970, 1, 1, tzinfo=UTC)
    utc_ns = (since.days * 86400 + since.seconds) * 10**9 + since.microseconds * 1000
    return Tick(arrival_ns, utc_ns, round(offset.total_seconds()))
