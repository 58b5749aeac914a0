"""Documentation is complete: every public name, every array's shape, every number's origin."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.contract.source import STAGES, Module, modules

ARRAYS = ("Floats", "Bools", "Times", "Flags", "ArrayLike", "NDArray")
SHAPE_SIGNS = ("(n", "(k", "(m", "(3", "(4", "(...", "shape", "scalar")
Documented = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def public(tree: ast.Module) -> Iterator[tuple[str, Documented]]:
    """Public classes, functions and methods, with what may document them from above."""
    above = ast.get_docstring(tree) or ""
    for node in tree.body:
        if isinstance(node, Documented) and not node.name.startswith("_"):
            yield above, node
            if isinstance(node, ast.ClassDef):
                inherited = above + (ast.get_docstring(node) or "")
                methods = (n for n in node.body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_"))
                yield from ((inherited, method) for method in methods if not is_setter(method))


def is_setter(node: ast.FunctionDef) -> bool:
    """Whether a method is the other half of a property, which speaks for both."""
    return any(ast.unparse(d).endswith(".setter") for d in node.decorator_list)


def takes_arrays(node: ast.AST) -> bool:
    """Whether a function's annotations name an array."""
    if not isinstance(node, ast.FunctionDef):
        return False
    annotations = [a.annotation for a in node.args.args] + [node.returns]
    return any(word in ast.unparse(a) for a in annotations if a for word in ARRAYS)


def undocumented(module: Module) -> Iterator[str]:
    """What a reader would miss in one file."""
    if module.tree.body and not ast.get_docstring(module.tree):
        yield f"{module.name}: the file says nothing of itself"
    for above, node in public(module.tree):
        own = ast.get_docstring(node) or ""
        if not own:
            yield f"{module.name}.{node.name}: no docstring"
        elif takes_arrays(node) and not any(sign in own + above for sign in SHAPE_SIGNS):
            yield f"{module.name}.{node.name}: no shape of its arrays"


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_every_public_name_is_documented(module: Module) -> None:
    """A docstring each; where arrays go in or out, their shape (here, or once for the class or file)."""
    assert list(undocumented(module)) == []


def unexplained(module: Module) -> Iterator[str]:
    """Fields of Params without a comment or a docstring of their own."""
    lines = module.text.splitlines()
    for params in (n for n in module.tree.body if isinstance(n, ast.ClassDef) and n.name.endswith("Params")):
        above = ast.get_docstring(params) or ""
        for field, after in zip(params.body, [*params.body[1:], None], strict=True):
            if not isinstance(field, ast.AnnAssign):
                continue
            name = ast.unparse(field.target)
            own = "#" in lines[field.lineno - 1] or lines[field.lineno - 2].lstrip().startswith("#")
            if not (own or is_docstring(after) or listed(name, above)):
                yield f"{module.name}.{params.name}.{name}"


def listed(name: str, docstring: str) -> bool:
    """Whether a docstring explains a name: ``name`` in double backticks, or ``name : meaning``."""
    return bool(re.search(rf"``{name}``|\b{name}(, \w+)* : ", docstring))


def is_docstring(node: ast.stmt | None) -> bool:
    """Whether a statement is a bare string."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


@pytest.mark.parametrize("module", [m for m in modules() if m.room in STAGES], ids=lambda m: m.name)
def test_params_say_unit_and_origin(module: Module) -> None:
    """A number without an origin cannot be changed: Params are frozen and every field is explained."""
    assert list(unexplained(module)) == []
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef) and node.name.endswith("Params"):
            assert any("frozen=True" in ast.unparse(d) for d in node.decorator_list), f"{module.name}.{node.name}"
