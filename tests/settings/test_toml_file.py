from __future__ import annotations

import math
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from hiphinge.errors import SettingsError
from hiphinge.settings import load, save


@dataclass(frozen=True)
class Worn:
    sensor: str
    site: str


@dataclass(frozen=True)
class Rule:
    on_share: float = 0.8
    limit: float = field(default=math.radians(20), metadata={"unit": "rad"})
    until: float | None = None
    hours: tuple[int, ...] = (9, 17)


@dataclass(frozen=True)
class Root:
    worn: tuple[Worn, ...] = ()
    rounding: Rule = field(default_factory=Rule)
    sitting: Rule = field(default_factory=Rule)
    wearer: str = ""


HAND_WRITTEN = """\
# my settings
[rounding]
on_share = 0.7   # since March
limit_deg = 35
"""


def test_no_file_is_the_default(tmp_path: Path) -> None:
    assert load(tmp_path, Root) == Root()


def test_a_file_by_hand_is_read_in_degrees(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(HAND_WRITTEN)
    assert load(tmp_path, Root) == Root(rounding=Rule(0.7, math.radians(35)))


def test_only_what_differs_from_the_defaults_is_written(tmp_path: Path) -> None:
    path = save(replace(Root(), rounding=Rule(limit=math.radians(25))), tmp_path)
    assert path.read_text() == "[rounding]\nlimit_deg = 25.0\n"


def test_comments_and_what_did_not_change_stay(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(HAND_WRITTEN)
    save(load(tmp_path, Root), tmp_path)
    assert path.read_text() == HAND_WRITTEN
    save(replace(load(tmp_path, Root), rounding=Rule(0.8, math.radians(35), 2.5)), tmp_path)
    assert path.read_text() == HAND_WRITTEN.replace("0.7", "0.8") + "until = 2.5\n"


def test_everything_comes_back(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(HAND_WRITTEN)
    worn = (Worn("C4:7F", "sacrum"), Worn("C4:80", "thigh_left"))
    params = Root(worn, Rule(math.inf, 0.5, 3.0, ()), Rule(hours=(1,)), "Ana")
    save(params, tmp_path)
    assert load(tmp_path, Root) == params
    save(Root(), tmp_path)
    assert load(tmp_path, Root) == Root()


def test_it_is_for_the_owner_only(tmp_path: Path) -> None:
    path = save(replace(Root(), wearer="Ana"), tmp_path / "deep" / "config")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [p.name for p in path.parent.iterdir()] == ["settings.toml"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"[rounding\n", "no TOML"),
        (b"\xff\xfe", "no TOML"),
        (b"[rounding]\non_shar = 1\n", "rounding.on_shar: an unknown name, expected one like rounding.on_share"),
        (b"[rounding]\non_share = '1'\n", "rounding.on_share: '1', expected a number"),
    ],
)
def test_a_defect_is_named_with_its_file_and_nothing_is_overwritten(
    tmp_path: Path, text: bytes, complaint: str
) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(text)
    with pytest.raises(SettingsError) as e:
        load(tmp_path, Root)
    assert str(e.value).startswith(f"{path}: {complaint}")
    with pytest.raises(SettingsError):
        save(Root(), tmp_path)
    assert path.read_bytes() == text
