from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.errors import InputError
from hiphinge.settings import home, private_folder, settings_file, write_private
from hiphinge.settings.places import file_name


def test_home_is_where_the_environment_says_and_private(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HIPHINGE_HOME", str(tmp_path / "a" / "b"))
    assert home() == tmp_path / "a" / "b"
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700
    assert stat.S_IMODE(home().stat().st_mode) == 0o700
    assert settings_file() == home() / "settings.toml"


def test_without_it_the_platforms_folders_are_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HIPHINGE_HOME")
    monkeypatch.setattr("platformdirs.user_data_path", lambda *a, **k: tmp_path / "data")
    monkeypatch.setattr("platformdirs.user_config_path", lambda *a, **k: tmp_path / "config")
    assert home() == tmp_path / "data"
    assert settings_file() == tmp_path / "config" / "settings.toml"


def test_a_folder_that_exists_keeps_its_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert stat.S_IMODE(private_folder(tmp_path).stat().st_mode) == 0o755


def test_a_failed_write_leaves_what_stood_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    write_private(path, "old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="space"):
        write_private(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_a_looser_file_becomes_private(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@given(st.text())
def test_file_names_are_safe(name: str) -> None:
    found = file_name(name)
    assert found == found.lower()
    assert set(found) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")
    assert 0 < len(found) < 60


@given(st.text(), st.text())
def test_another_name_gets_another_file(a: str, b: str) -> None:
    assert (file_name(a) == file_name(b)) is (a == b)


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "CON", "con", "Anna", "a" * 300, "C:\\x", "\ud800"])
def test_hostile_names_get_a_digest(name: str) -> None:
    assert file_name(name)[-8:].isalnum()
    assert file_name(name) not in (name, "con")


@pytest.mark.parametrize("name", [".", "missing/a.json"])
def test_what_cannot_be_a_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="expected the name of a file to write"):
        write_private(tmp_path / name, "text")
    assert list(tmp_path.iterdir()) == []
