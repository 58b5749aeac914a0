"""Names, sizes and silenced checks of the source."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.contract.source import ROOT, Module, modules

# Words that say nothing. As a whole name, or (the first group) as a part of one.
EMPTY_PARTS = frozenset({"util", "utils", "helper", "helpers", "manager", "managers"})
EMPTY_NAMES = EMPTY_PARTS | {"data", "info", "process", "handle", "handler", "misc", "common"}
CONTRACT_COMMANDS = frozenset({"info"})  # `hiphinge info`

MAX_FILE, MAX_FUNCTION = 400, 60
SILENCED = re.compile(r"#\s*(noqa|type:\s*ignore|ruff:\s*noqa|pragma)\S*(\s+[A-Z]+\d+,?)*\s*(?P<reason>.*)")

Named = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def words(name: str) -> list[str]:
    """The words of snake_case or CamelCase, in lower case."""
    return [w.lower() for w in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]


def says_nothing(name: str) -> bool:
    """Whether a name is empty of meaning."""
    return name.lower().strip("_") in EMPTY_NAMES or not EMPTY_PARTS.isdisjoint(words(name))


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_names_say_something(module: Module) -> None:
    """No utils, helper, manager, data, info, process or handle as a file, class or function."""
    names = [module.path.stem, *(n.name for n in ast.walk(module.tree) if isinstance(n, Named))]
    allowed = CONTRACT_COMMANDS if module.room == "apps" else frozenset()
    assert [name for name in names if says_nothing(name) and name not in allowed] == []


@pytest.mark.parametrize(
    ("name", "empty"), [("FileManager", True), ("data", True), ("read_utils", True), ("data_poor", False)]
)
def test_empty_names_are_told_apart(name: str, empty: bool) -> None:
    """The check above can fail, and lets the contract's own words pass."""
    assert says_nothing(name) is empty


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_files_and_functions_stay_short(module: Module) -> None:
    """Past 400 lines a file is two rooms, past 60 a function is two."""
    assert len(module.text.splitlines()) <= MAX_FILE
    functions = [n for n in ast.walk(module.tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {f.name: (f.end_lineno or 0) - f.lineno + 1 for f in functions}
    assert {name: length for name, length in lengths.items() if length > MAX_FUNCTION} == {}


SOURCES = sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "tests").rglob("*.py")])


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_silenced_checks_have_a_reason(path: Path) -> None:
    """``# noqa: X`` and ``# type: ignore[x]`` say why, in the same line."""
    lines = path.read_text("utf-8").splitlines()
    found = [(n, m) for n, line in enumerate(lines, 1) if (m := SILENCED.search(line))]
    assert [n for n, m in found if len(m["reason"]) < 8] == []
