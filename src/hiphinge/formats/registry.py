"""Other people's files, by name. One line a format."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from hiphinge.blocks import Input, Sensor

if TYPE_CHECKING:
    import pandas as pd

FORMATS = {"csv": "hiphinge.formats.csv_session"}
"""Name -> the module that reads and writes it, loaded when it is used."""
RESULTS = {"activpal": "hiphinge.formats.activpal", "fit": "hiphinge.formats.fit_activity"}
"""Name -> the module that writes what an analysis found."""

Replacing = Callable[[Path], AbstractContextManager[Path]]
"""Yields a path to write to, which takes the name when the block ends well and vanishes otherwise."""


class Session(Protocol):
    """A foreign session as a stream; ``notes`` fills while it is read, ``progress`` runs from 0 to 1."""

    sensors: tuple[Sensor, ...]
    notes: list[str]

    @property
    def progress(self) -> float:
        """Share that has been read."""
        ...

    def batches(self) -> Iterator[list[Input]]:
        """All Inputs in order of arrival; raises InputError at the first defect."""
        ...


class Format(Protocol):
    """What a module in FORMATS offers."""

    def read(
        self,
        path: Path,
        *,
        start: datetime | None = None,
        acc_unit: str | None = None,
        gyr_unit: str | None = None,
        drop_bad_rows: bool = False,
    ) -> Session:
        """Open a session; ``start`` (with its zone) is the wall clock at the first sample."""
        ...

    def write(
        self, batches: Iterable[Sequence[Input]], sensors: Sequence[Sensor], path: Path, replacing: Replacing
    ) -> list[str]:
        """Write a recording's inputs; returns notes on what the format cannot hold."""
        ...


class Found(Protocol):
    """What an analysis found, as ``hiphinge.session.Found`` holds it."""

    @property
    def reps(self) -> pd.DataFrame:
        """As reps.csv."""
        ...

    @property
    def bouts(self) -> pd.DataFrame:
        """As bouts.csv."""
        ...

    @property
    def summary(self) -> Mapping[str, Any]:
        """As summary.json."""
        ...


class ResultFormat(Protocol):
    """What a module in RESULTS offers."""

    def write(self, found: Found, path: Path, replacing: Replacing) -> list[str]:
        """Write it; returns notes on what the format cannot hold. InputError: it cannot hold this at all."""
        ...


def load_result(name: str) -> ResultFormat:
    """The format of results of this name; KeyError when there is none."""
    return cast(ResultFormat, importlib.import_module(RESULTS[name]))


def load(name: str) -> Format:
    """The format of this name; KeyError when there is none."""
    return cast(Format, importlib.import_module(FORMATS[name]))
