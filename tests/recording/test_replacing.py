from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from hiphinge.errors import InputError
from hiphinge.recording import replacing


def test_the_file_appears_whole_and_for_its_owner_only(tmp_path: Path) -> None:
    target = tmp_path / "day.mcap"
    target.write_text("old")
    with replacing(target) as temporary:
        temporary.write_text("new")
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".mcap"
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_on_an_error_everything_is_as_before(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "day.mcap"
    target.write_text("old")

    def stop(temporary: Path) -> None:
        temporary.write_text("half")
        raise error

    with pytest.raises(error), replacing(target) as temporary:
        stop(temporary)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_is_told_with_the_name_that_was_wanted(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space") as full, replacing(tmp_path / "day.html"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert full.value.filename == str(tmp_path / "day.html")


def test_a_writer_that_renames_over_the_temporary_name_stays_private(tmp_path: Path) -> None:
    with replacing(tmp_path / "t.csv") as temporary:
        other = tmp_path / "other"
        other.write_text("x")
        other.chmod(0o644)
        os.replace(other, temporary)
    assert (tmp_path / "t.csv").stat().st_mode & 0o777 == 0o600


def test_a_link_keeps_pointing(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with replacing(tmp_path / "link") as temporary:
        temporary.write_text("x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "x"


def test_what_cannot_be_replaced_is_refused_by_name(tmp_path: Path) -> None:
    for path, words in ((tmp_path, "not a plain file"), (tmp_path / "no" / "day.mcap", "no folder")):
        with pytest.raises(InputError, match=words), replacing(path):
            pass
    assert list(tmp_path.iterdir()) == []
