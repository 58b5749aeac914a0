"""The import rule of the house, and what may not be known at or below the wizard."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions

import pytest

from tests.contract.source import PURE, ROOMS, ROOT, Module, modules

PURE_MODULES = [m for m in modules() if m.room in PURE]

# Whatever would let an outcome depend on more than the log of inputs.
IMPURE = frozenset(
    "asyncio concurrent logging multiprocessing os io pathlib random secrets shutil signal socket sqlite3 "
    "subprocess tempfile threading time urllib uuid".split()
)
IMPURE_CALLS = frozenset({"open", "print", "input"})
IMPURE_ATTRIBUTES = frozenset({"now", "utcnow", "today", "random", "default_rng"})


def test_rooms_import_downwards_only() -> None:
    """import-linter, as `make check` runs it."""
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_nothing_imports_the_bare_package(module: Module) -> None:
    """Only apps may, for the version; ``from hiphinge import rotation`` names a room."""
    bare = [name for source, name in module.imports() if source == "hiphinge" and name not in ROOMS]
    allowed = ["__version__"] if module.room in {"apps", ""} else []
    assert [name for name in bare if name not in allowed] == []


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_scipy_spatial_stays_in_rotation(module: Module) -> None:
    """One quaternion order: scipy's default x y z w meets w x y z in one file only."""
    used = [source for source, name in module.imports() if f"{source}.{name}".startswith("scipy.spatial")]
    assert not used or module.room == "rotation"


def impurities(tree: ast.Module) -> Iterator[str]:
    """Every place where a pure room would reach outside."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef):
            yield f"async def {node.name}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in IMPURE_CALLS:
            yield f"{node.func.id}()"
        elif isinstance(node, ast.Attribute) and node.attr in IMPURE_ATTRIBUTES:
            yield f".{node.attr}"


@pytest.mark.parametrize("module", PURE_MODULES, ids=lambda m: m.name)
def test_pure_rooms_know_no_files_clock_or_chance(module: Module) -> None:
    """An outcome is a function of the log of inputs, of nothing else."""
    imported = {source.split(".")[0] for source, _ in module.imports()}
    assert sorted(imported & IMPURE) == []
    assert list(impurities(module.tree)) == []


def test_impurities_are_found() -> None:
    """The check above can fail."""
    tree = ast.parse("async def f(): pass\nopen('x')\nt = datetime.now()\nx = np.random.rand()")
    assert sorted(impurities(tree)) == [".now", ".random", "async def f", "open()"]


EXTRAS = {"sources.virtual": "virtual", "sinks": "sound push", "apps.dashboard": "dashboard"}
"""Rooms that may import what only an extra brings; they do it when it is asked for, and say what is missing."""


def test_third_party_imports_are_declared() -> None:
    """What the package imports is what it depends on: no less, so that a plain install runs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    imported = {(source.split(".")[0], m.name) for m in modules() for source, _ in m.imports()}
    by_name = packages_distributions()
    missing = set()
    for name, module in imported:
        wanted = list(project["dependencies"])
        for room, extras in EXTRAS.items():
            if module.startswith(f"hiphinge.{room}"):
                wanted += [one for extra in extras.split() for one in project["optional-dependencies"][extra]]
        declared = {requirement.split(">")[0].lower() for requirement in wanted}
        if name not in {*sys.stdlib_module_names, "hiphinge", ""} and not declared & {
            d.lower() for d in by_name.get(name, [name])
        }:
            missing.add((name, module))
    assert missing == set()
