"""Which file of a session folder is what."""

from __future__ import annotations

import difflib
from itertools import islice
from pathlib import Path

from hiphinge.blocks import SITES
from hiphinge.errors import SessionFolderError
from hiphinge.formats.csv_lines import shown

MARKERS = "markers"


def find_files(folder: Path) -> tuple[dict[str, Path], Path | None]:
    """Site -> its file, in the order of SITES, and the markers' file if there is one."""
    if not folder.is_dir():
        found = "a file" if folder.exists() else "no such folder"
        raise SessionFolderError(f"{folder}: {found}, expected a folder of CSV files. Pass the folder that holds them.")
    paths: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        stem = csv_stem(path.name)
        if stem is None:
            continue
        _check_name(path, stem, paths)
        paths[stem] = path
    markers = paths.pop(MARKERS, None)
    if not paths:
        expected = ", ".join(f"{site}.csv" for site in SITES)
        raise SessionFolderError(
            f"{folder}: no file of a sensor, expected one or more of {expected}. {_what_is_there(folder)}"
        )
    return {site: paths[site] for site in SITES if site in paths}, markers


def csv_stem(name: str) -> str | None:
    """``Sacrum.csv.gz`` -> ``sacrum``; None for a hidden file and for one that is no CSV."""
    stem = name.lower().removesuffix(".gz")
    return stem.removesuffix(".csv") if stem.endswith(".csv") and not name.startswith(".") else None


def _check_name(path: Path, stem: str, before: dict[str, Path]) -> None:
    name = shown(path.name)
    if stem not in (*SITES, MARKERS):
        near = difflib.get_close_matches(stem, (*SITES, MARKERS), 1)
        advice = f"Did you mean {near[0]}.csv?" if near else "Rename it, or move it out of the folder."
        sites = ", ".join(SITES)
        raise SessionFolderError(f"{name}: no site has this name, expected one of {sites}. {advice}", file=name)
    if not path.is_file():
        raise SessionFolderError(f"{name}: no plain file, expected CSV. Move it out of the folder.", file=name)
    if stem in before:
        other = shown(before[stem].name)
        raise SessionFolderError(
            f"{name}: {other} is there too, expected one file for {stem}. Remove one of them.", file=name
        )


def _what_is_there(folder: Path) -> str:
    names = [shown(path.name + "/" * path.is_dir(), 30) for path in islice(sorted(folder.iterdir()), 4)]
    return f"It holds {', '.join(names)} …; pass the folder of the CSV files." if names else "The folder is empty."
