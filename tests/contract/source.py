"""What the contract tests look at: the source parsed once, and the tracked files."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "hiphinge"

ROOMS = frozenset(
    "blocks rotation runs markers errors devices streams fusion kinematics detect coach alerts monitor wizard settings "
    "intake params hearing reception recording formats history simulate sources sinks session apps "
    "__main__ __init__".split()
)
STAGES = frozenset({"devices", "streams", "fusion", "kinematics", "detect", "coach", "alerts"})
PURE = STAGES | set("wizard monitor intake params hearing reception rotation runs markers blocks errors".split())
"""Rooms at or below ``wizard``: no I/O, no async, no log, no clock, no chance."""


@dataclass(frozen=True)
class Module:
    """One file of the package: dotted name, room, text and tree."""

    path: Path
    name: str
    room: str
    text: str
    tree: ast.Module

    def imports(self) -> Iterator[tuple[str, str]]:
        """Pairs (module, name) of every import; ``import a.b`` gives ("a.b", "")."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, "") for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((node.module or "", alias.name) for alias in node.names)


@cache
def modules() -> tuple[Module, ...]:
    """Every file of the package."""
    return tuple(read(path) for path in sorted(PACKAGE.rglob("*.py")))


def read(path: Path) -> Module:
    """One file, parsed."""
    text = path.read_text("utf-8")
    parts = ("hiphinge", *path.relative_to(PACKAGE).with_suffix("").parts)
    dotted = parts[:-1] if parts[-1] == "__init__" else parts
    return Module(path, ".".join(dotted), dotted[1] if len(dotted) > 1 else "", text, ast.parse(text))


@cache
def tracked() -> tuple[Path, ...]:
    """Files under version control; binary ones too."""
    out = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(ROOT / name for name in out.split("\0") if name and (ROOT / name).is_file())
