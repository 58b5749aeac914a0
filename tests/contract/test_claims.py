"""No text of the product makes a medical claim.

Searched: every string of the source that is not a docstring, the help of the commands, and every page.
The words about safety (settings/safety.py) are the only ones that may speak of illness.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hiphinge.settings import safety
from tests.contract.source import ROOT, Module, modules, tracked

FORBIDDEN = {
    r"\bprevent\w*|\bprotect\w* (you|your|the) ": "a claim to prevent injury (FDA General Wellness, 2019)",
    r"\btreat(s|ed|ing|ment\w*)?\b|\bcure[sd]?\b|\bheal(s|ed|ing)?\b|\btherap\w+|\brehab\w*": "a claim to treat",
    r"\breliev\w+|\brelief\b|\bpain[- ]free|\bless pain\b|\bback pain\b": "a claim about pain",
    r"\bdiagnos\w+|\bpatients?\b|\bsymptoms?\b|\bdiseases?\b|\bdisorders?\b": "as if it diagnosed",
    r"\bdanger\w*|\bhazard\w*|\bharmful\b|\binjur\w+|\brisk\w*": "no movement is known to be dangerous; no risk score",
    r"\b(un)?safe(r|ly|st)?\b(?!-inline)": "it cannot tell whether a movement is safe",
    r"\bmedical(ly)?\b|\bclinical(ly)?\b": "it is not a medical device, and nothing here is clinically validated",
    r"\b(bad|good|poor|correct|wrong|proper|perfect|ideal|healthy) (posture|form|technique|backs?|spine)\b": (
        "no posture is known to be good or bad for everybody"
    ),
    r"\bdis[ck]s? (bulg|herni|ruptur|pressure)\w*|\bherni\w+|\bruptur\w+|\bslipped disc|\bwear and tear": "frightens",
    r"\b(see|call|ask|visit|consult) (a|your|the) (doctor|clinician|physio\w*|therapist)": "medical action",
    r"\b(proven|guarantee[sd]?) to\b|\bscientifically\b": "nothing here is proven to do anything",
}
"""Pattern -> why no text may have it."""

ALLOWED = (
    *safety.WORDS,
    safety.TITLE,
    "not a medical device",
    # Said when the wearer presses "it hurts", never out of a measurement.
    "See a clinician if it gets worse or spreads",
)
"""Passages that say what it is not, and the signs for which help is needed."""

PAGES = sorted(path for path in tracked() if path.suffix == ".md")
COMMANDS = re.compile(r"\b(command|group)\b")
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def flat(text: str) -> str:
    """One line, without the signs of Markdown's quotes and stress."""
    return " ".join(re.sub(r"^\s*> ?|\*", "", text, flags=re.MULTILINE).split())


def claims(text: str) -> list[tuple[str, str]]:
    """What must not be said, and why."""
    text = flat(text)
    for passage in ALLOWED:
        text = text.replace(passage, "")
    return [(m[0], why) for pattern, why in FORBIDDEN.items() for m in re.finditer(pattern, text, re.IGNORECASE)]


def shown(module: Module) -> Iterator[str]:
    """Strings that may reach a wearer: all but docstrings, and the docstrings that are the help of a command."""
    hidden = set()
    for node in ast.walk(module.tree):
        if isinstance(node, Documented):
            is_help = any(COMMANDS.search(ast.unparse(d)) for d in getattr(node, "decorator_list", ()))
            bare = (s.value for s in node.body if isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
            hidden |= set() if is_help else {id(value) for value in bare}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in hidden:
            yield node.value


def test_no_text_of_the_source_makes_a_claim() -> None:
    found = {(m.name, *claim) for m in modules() for text in shown(m) for claim in claims(text)}
    assert sorted(found) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_nor_does_a_page(page: Path) -> None:
    assert claims(page.read_text("utf-8")) == []


def test_the_readme_has_all_the_words_about_safety() -> None:
    """In these very words: they live in settings/safety.py."""
    readme = flat((ROOT / "README.md").read_text("utf-8"))
    assert [words[:60] for words in safety.WORDS if words not in readme] == []


@pytest.mark.parametrize(
    "text",
    [
        "Prevents injury",
        "It treats back pain",
        "Dangerous posture!",
        "Your risk score",
        "Good posture for 31 min",
        "Lift safely",
        "clinically proven to help",
        "Protect your back",
        "Your disc pressure is high",
        "See a doctor today",
        "You have symptoms",
    ],
)
def test_claims_are_found(text: str) -> None:
    """The checks above can fail."""
    assert claims(text)


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_each_reason_is_given_and_each_pattern_is_one(pattern: str) -> None:
    assert FORBIDDEN[pattern]
    assert not re.search(pattern, "Rounded to 86 % of your range (limit 80 %)")


@pytest.mark.parametrize(
    "text",
    ["Time to move: sitting for 31 min", "Good repetition", "It may help you practise", safety.SHORT, safety.FOOT],
)
def test_information_about_movement_is_no_claim(text: str) -> None:
    assert claims(text) == []


def test_help_of_commands_is_searched_and_other_docstrings_are_not() -> None:
    text = '"""Treats."""\n@click.command()\ndef f():\n    """Cures."""\ndef g():\n    """Heals."""\n    x = "risk"\n'
    module = Module(Path("x.py"), "x", "apps", text, ast.parse(text))
    assert sorted(shown(module)) == ["Cures.", "risk"]
