"""Drivers from outside: described in the wearer's folder, or brought by another package."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hiphinge.devices import registry
from hiphinge.devices.driver import Advertisement
from hiphinge.errors import SettingsError
from hiphinge.settings.drivers import load_drivers

NOTE = (Path(__file__).resolve().parents[2] / "firmware_notes" / "generic.md").read_text("utf-8")
THINGY = re.findall(r"```toml\n(.*?)```", NOTE, re.DOTALL)[0]
PLUGIN = """
from hiphinge.devices.driver import Driver

class Acme(Driver):
    name, maker, characteristics = "acme", "Acme", {"data": ("0000ffe4-0000-1000-8000-00805f9b34fb",)}

    def recognises(self, seen):
        return seen.name == "Acme 1"

class Needy(Acme):
    name = "needy"

    def __init__(self, something):
        pass

class Taken(Acme):
    name = "witmotion"

nothing = 3
"""


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """The registry as it was, afterwards."""
    drivers, decoders = dict(registry.DRIVERS), dict(registry.DECODERS)
    yield
    for kept, now in ((drivers, registry.DRIVERS), (decoders, registry.DECODERS)):
        now.clear()  # type: ignore[attr-defined]  # both are dicts
        now.update(kept)  # type: ignore[attr-defined]  # both are dicts


@pytest.fixture
def folder(hiphinge_home: Path) -> Path:
    """For descriptions."""
    made = hiphinge_home / "drivers"
    made.mkdir()
    return made


def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Install a distribution that names this entry point."""
    (tmp_path / "acme_hiphinge.py").write_text(PLUGIN)
    about = tmp_path / "acme-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[hiphinge.drivers]\nacme = {value}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "acme_hiphinge", raising=False)


def test_none_at_all() -> None:
    """Neither folder nor packages."""
    assert load_drivers() == []


def test_a_description_in_the_home(folder: Path) -> None:
    """Is recognised by its name; loading again replaces it."""
    (folder / "thingy.toml").write_text(THINGY, "utf-8")
    assert load_drivers() == load_drivers() == ["generic:thingy"]
    found = registry.recognised(Advertisement("Thingy"))
    assert found is registry.DRIVERS["generic:thingy"]
    assert found.maker == "Nordic Thingy:52"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"maker = ", "Invalid value"),
        (b"\xff\xfe", "utf-8"),
        (b'maker = "x"', "without name_prefix"),
        (b"a = " + b"[" * 50_000, "thing.toml: "),
        (b"#" * 200_000, "more than 100000 bytes"),
    ],
)
def test_a_bad_description_is_one_sentence(folder: Path, raw: bytes, words: str) -> None:
    """With the file's name and what to do."""
    (folder / "thing.toml").write_bytes(raw)
    with pytest.raises(SettingsError, match=re.escape(words)) as raised:
        load_drivers()
    assert str(raised.value).startswith(str(folder / "thing.toml"))
    assert "move it away" in str(raised.value)


def test_a_folder_in_place_of_a_description(folder: Path) -> None:
    """Says so."""
    (folder / "x.toml").mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        load_drivers()


def test_a_driver_of_another_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its entry point; its recordings can be read too. Once, however often it is asked for."""
    plug_in(tmp_path, monkeypatch, "acme_hiphinge:Acme")
    assert load_drivers() == load_drivers() == ["acme"]
    assert registry.recognised(Advertisement("Acme 1")) is registry.DRIVERS["acme"]
    assert "acme" in registry.DECODERS


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("acme_hiphinge:Nobody", "cannot be loaded"),
        ("acme_is_not_here:Acme", "cannot be loaded"),
        ("acme_hiphinge:nothing", "is no subclass"),
        ("acme_hiphinge:Needy", "cannot be used"),
        ("acme_hiphinge:Taken", "known already"),
    ],
)
def test_a_bad_package_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, words: str) -> None:
    """With its name and what to do."""
    plug_in(tmp_path, monkeypatch, value)
    with pytest.raises(SettingsError, match=words) as raised:
        load_drivers()
    assert str(raised.value).startswith("acme: ")
