"""A file appears whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hiphinge.errors import InputError

OWNER_ONLY = 0o600


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """An empty file beside ``path``, for the owner only; it takes the name at the end of the block.

    On any error it is removed and what stood under the name stays. Raises
    InputError when ``path`` cannot be replaced.
    """
    target = Path(path).resolve()
    if target.exists() and not target.is_file():
        raise InputError(f"{path}: not a plain file, expected one or a new name. Choose another name.")
    if not target.parent.is_dir():
        raise InputError(f"{path}: there is no folder {target.parent}, expected one. Create it first.")
    # mkstemp: created 0600. The end of the name stays, as writers may look at it.
    number, name = tempfile.mkstemp(prefix=f".{target.stem}.", suffix=f".part{target.suffix}", dir=target.parent)
    os.close(number)
    temporary = Path(name)
    try:
        yield temporary
        _settle(temporary)
        os.replace(temporary, target)
    except BaseException as e:
        temporary.unlink(missing_ok=True)
        if isinstance(e, OSError) and e.filename is None:  # a full disk does not say whose
            e.filename = str(path)
        raise
    sync_folder(target.parent)


def _settle(path: Path) -> None:
    """On the disk, and for the owner only even if the writer made a new file of that name."""
    os.chmod(path, OWNER_ONLY)
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Put a new name on the disk too; only POSIX can open a folder."""
    if os.name != "posix":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
