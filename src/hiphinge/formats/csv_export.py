"""Inputs -> a session folder of CSV files, the same that :mod:`csv_session` reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from hiphinge.blocks import SITES, Control, ImuBlock, Input, Packet, Sensor, Tick
from hiphinge.devices.registry import DECODERS
from hiphinge.errors import InputError
from hiphinge.formats import csv_markers
from hiphinge.formats.csv_folder import MARKERS, csv_stem
from hiphinge.formats.csv_lines import shown
from hiphinge.formats.csv_table import COLUMNS, WITHOUT_GYROSCOPE
from hiphinge.formats.registry import Replacing
from hiphinge.hearing import UNDECODED, Hearing
from hiphinge.markers import ACTION, Marker, from_control

WAITING = 1024
"""Inputs that are decoded and written together."""


def write(
    batches: Iterable[Sequence[Input]], sensors: Sequence[Sensor], folder: Path, replacing: Replacing
) -> list[str]:
    """Write one file a site and the markers; returns notes.

    Times are the shortest decimals of t_ns / 1e9, values the shortest of their
    32-bit floats: both come back the same. Raises InputError before any file
    takes its name.
    """
    sites = _checked_sites(sensors)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: a file, expected a folder or a new name. Choose another name.")
    made = [part for part in (folder, *folder.parents) if not part.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with ExitStack() as stack:
            export = Export(sites, sensors, folder, replacing, stack)
            for batch in batches:
                export.take(batch)
            return export.finish()
    except BaseException:
        with suppress(OSError):  # somebody else has put something there
            for part in made:
                part.rmdir()
        raise


class Export:
    """The files being written; each takes its name when ``stack`` is left well."""

    def __init__(
        self, sites: dict[str, str], sensors: Sequence[Sensor], folder: Path, replacing: Replacing, stack: ExitStack
    ) -> None:
        self._sites, self._folder, self._replacing, self._stack = sites, folder, replacing, stack
        self._hearing = Hearing(sensors)
        self._waiting: list[Input] = []
        self._tables: dict[str, Table] = {}
        self._markers: list[Marker] = []
        self._clock: Tick | None = None
        self._bad_packets = self._bad_markers = 0

    def take(self, batch: Sequence[Input]) -> None:
        """Packets, markers and the clock; nothing else has a place in the folder."""
        for item in batch:
            if isinstance(item, Packet) and item.sensor not in self._sites:
                self._bad_packets += 1
            elif isinstance(item, Control) and item.action == ACTION:
                self._take_marker(item)
            elif isinstance(item, Tick) and item.utc_ns is not None:
                self._clock = self._clock or item
        self._waiting += batch
        if len(self._waiting) >= WAITING:
            self._flush()

    def finish(self) -> list[str]:
        """Write what waits and the markers; what could not be kept as notes."""
        self._flush()
        if not self._tables:
            raise InputError(
                "export: no samples in the recording, expected at least one sensor with some. Choose another."
            )
        written = {f"{site}.csv" for site in self._tables} | ({csv_markers.NAME} if self._markers else set())
        _refuse_mixture(self._folder, written)
        if self._markers:
            csv_markers.write_markers(
                self._stack.enter_context(self._replacing(self._folder / csv_markers.NAME)), self._markers
            )
        return self._notes()

    def _take_marker(self, control: Control) -> None:
        marker = from_control(control)
        if marker and csv_markers.has_place(marker):
            self._markers.append(marker)
        else:
            self._bad_markers += 1

    def _flush(self) -> None:
        """Samples on the clock that analysis has them on."""
        for site, block in self._hearing.hear(self._waiting):
            if not len(block):
                continue
            if site not in self._tables:
                self._tables[site] = Table(self._folder / f"{site}.csv", block, self._replacing, self._stack)
            self._tables[site].write(block)
        self._waiting = []
        self._bad_packets += sum(one.kind == UNDECODED for one in self._hearing.events)
        self._hearing.events.clear()

    def _notes(self) -> list[str]:
        notes = [f"{site}: no samples, so no file." for site in self._sites.values() if site not in self._tables]
        for site, table in self._tables.items():
            if table.incomplete:
                notes.append(f"{site}.csv: {table.incomplete} rows lack a value; the cell is empty.")
        if self._bad_packets:
            notes.append(f"{self._bad_packets} packets could not be decoded and are left out.")
        if self._bad_markers:
            notes.append(f"{self._bad_markers} markers have no place in {csv_markers.NAME} and are left out.")
        if self._clock:
            first_ns = min(table.first_ns for table in self._tables.values())
            notes += wall_clock_note(self._clock, first_ns)
        return notes


class Table:
    """One site's file: columns without gyroscope if its first samples have none."""

    def __init__(self, path: Path, first: ImuBlock, replacing: Replacing, stack: ExitStack) -> None:
        self.columns = COLUMNS if np.isfinite(first.gyr).any() else WITHOUT_GYROSCOPE
        self.first_ns = int(first.t_ns[0])
        self.incomplete = 0
        file = stack.enter_context(stack.enter_context(replacing(path)).open("wb"))
        file.write(f"{','.join(self.columns)}\n".encode())
        kinds = [pa.float64(), *[pa.float32()] * (len(self.columns) - 1)]
        schema = pa.schema(list(zip(self.columns, kinds, strict=True)))
        options = arrow_csv.WriteOptions(include_header=False)
        self._rows = stack.enter_context(arrow_csv.CSVWriter(file, schema, write_options=options))
        self._schema = schema

    def write(self, block: ImuBlock) -> None:
        """Add rows; NaN becomes an empty cell."""
        values = np.hstack([block.acc, block.gyr])[:, : len(self.columns) - 1].astype(np.float32)
        self.incomplete += int(np.isnan(values).any(axis=1).sum())
        arrays = [block.t_ns / 1e9, *values.T]
        cells = [pa.array(np.ascontiguousarray(array), from_pandas=True) for array in arrays]
        self._rows.write_table(pa.table(cells, schema=self._schema))


def wall_clock_note(clock: Tick, first_ns: int) -> list[str]:
    """How to bring the wall clock back, which a folder cannot hold; empty when it makes no sense."""
    zone_s = clock.utc_offset_s or 0
    try:
        zone = timezone(timedelta(seconds=zone_s))
        utc_us = ((clock.utc_ns or 0) + first_ns - clock.arrival_ns) // 1000
        start = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=utc_us)
        text = start.astimezone(zone).isoformat(timespec="milliseconds")
    except (OverflowError, ValueError):
        return []
    return [f"A folder cannot hold the wall clock: import it with --start {text}."]


def _checked_sites(sensors: Sequence[Sensor]) -> dict[str, str]:
    """Sensor -> site; a site from a recording becomes a file's name only if it is a known one."""
    sites: dict[str, str] = {}
    for s in sensors:
        if s.site not in SITES or s.site in sites.values():
            found = f"a second sensor at {s.site}" if s.site in SITES else f"the site {shown(s.site, 30)!r}"
            raise InputError(
                f"export: {found}, expected each of {', '.join(SITES)} at most once. It cannot become a folder."
            )
        if s.device not in DECODERS:
            raise InputError(f"export: {s.site} is a {shown(s.device, 30)!r}, expected one of {', '.join(DECODERS)}.")
        sites[s.sensor] = s.site
    return sites


def _refuse_mixture(folder: Path, written: set[str]) -> None:
    """A folder that would hold files of two sessions."""
    for path in sorted(folder.iterdir()):
        if csv_stem(path.name) in {*SITES, MARKERS} and path.name not in written:
            raise InputError(f"{folder}: {shown(path.name)} of another session is there. Choose an empty folder.")
