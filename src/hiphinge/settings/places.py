"""Where hiphinge keeps its files, and writing there: whole or not at all, for the owner only."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

import platformdirs

from hiphinge.errors import InputError

OWNER_FILE, OWNER_FOLDER = 0o600, 0o700
SETTINGS = "settings.toml"
SENSORS = "sensors"

LONGEST_NAME = 40
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)?")
"""Names that Windows keeps for devices, and the empty one."""


def home() -> Path:
    """The folder of recordings, journal and calibrations; made (0700) where it is missing.

    ``HIPHINGE_HOME``, else the platform's folder for a user's data. InputError where that is a file.
    """
    path = _set_home() or platformdirs.user_data_path("hiphinge", appauthor=False)
    if path.is_file():
        raise InputError(f"{path}: a file, expected a folder for recordings and settings. Set HIPHINGE_HOME to one.")
    return private_folder(path)


def settings_file(folder: Path | None = None) -> Path:
    """``settings.toml`` in ``folder``, else in HIPHINGE_HOME or the platform's configuration folder."""
    return (folder or _set_home() or platformdirs.user_config_path("hiphinge", appauthor=False)) / SETTINGS


def _set_home() -> Path | None:
    named = os.environ.get("HIPHINGE_HOME")
    return Path(named).expanduser().absolute() if named else None


def private_folder(path: Path) -> Path:
    """``path``; it and its missing parents are made for the owner only."""
    for folder in (*reversed(path.parents), path):
        if not folder.exists():
            folder.mkdir(mode=OWNER_FOLDER, exist_ok=True)
    return path


def write_private(path: Path, text: str) -> None:
    """Replace ``path`` by ``text``, readable by the owner only; on any error what stood there stays.

    InputError when that cannot be a file.
    """
    if path.is_dir() or not path.parent.is_dir():
        found = "a folder" if path.is_dir() else f"in a folder that is not there, {path.parent}"
        raise InputError(f"{path}: {found}, expected the name of a file to write. Choose another name.")
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)  # made 0600
    try:
        with os.fdopen(number, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException as e:
        Path(name).unlink(missing_ok=True)
        if isinstance(e, OSError) and e.filename is None:  # a full disk does not say whose
            e.filename = str(path)
        raise


def file_name(name: str) -> str:
    """A file name for a sensor's id or a person's name: safe everywhere, another for another name.

    >>> file_name("anna"), file_name("C4:7F:01")
    ('anna', 'c4-7f-01-b450e4c1')
    """
    plain = re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")[:LONGEST_NAME]
    if plain == name and not _RESERVED.fullmatch(plain):
        return plain
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain}-{digest}".lstrip("-")
