"""The tracked files: rooms by their names, nothing about one machine, no address of a registry."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.contract.source import PACKAGE, ROOMS, ROOT, modules, tracked

TEST_FOLDERS = ROOMS | {"contract", "property", "golden", "integration", "benchmarks", "bluez"}
TOP = frozenset(
    "README.md LICENSE Makefile pyproject.toml requirements.lock CHANGELOG.md CONTRIBUTING.md .gitignore .ci "
    "firmware_notes calibration notebooks docs src tests".split()
)

# Split, so that this file does not hold what it looks for.
HOME = re.compile("(?<![\\w.~])/" + "(?:home|root|Users|work)/" + "[\\w.]")
REGISTRY = re.compile(
    "|".join(("py" + "pi\\.org", "python" + "hosted", "npm" + "js\\.", "deb\\." + "debian", "proxy\\.go" + "lang"))
)


def texts() -> list[tuple[Path, str]]:
    """Every tracked file that is text."""
    return [(path, raw.decode()) for path in tracked() if b"\0" not in (raw := path.read_bytes())]


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    """``file:line: text`` of every match."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_tracked_file_names_a_place_on_one_machine() -> None:
    """Home folders and checkouts of whoever wrote it."""
    assert lines_with(HOME) == []


def test_no_tracked_file_names_a_registry() -> None:
    """Where packages come from is the machine's business: its pip is configured."""
    assert lines_with(REGISTRY) == []


@pytest.mark.parametrize("text", ["see /ho" + "me/ada/x", '"/wo' + 'rk/main"', "C=/Use" + "rs/ada"])
def test_machine_paths_are_found(text: str) -> None:
    """The check above can fail."""
    assert HOME.search(text)


def test_every_room_has_the_name_that_the_architecture_gives_it() -> None:
    """Not every room must exist; none may appear under another name."""
    assert {m.path.relative_to(PACKAGE).parts[0].removesuffix(".py") for m in modules()} <= ROOMS


def test_tests_mirror_the_source() -> None:
    """A folder of tests is a room, or one of those that cross rooms."""
    folders = {
        p.relative_to(ROOT / "tests").parts[0] for p in tracked() if "tests" in p.parts and p.parent.name != "tests"
    }
    assert folders <= TEST_FOLDERS


def test_the_top_of_the_checkout_is_as_laid_out() -> None:
    """No new folder beside the rooms without a decision."""
    assert {p.relative_to(ROOT).parts[0] for p in tracked()} <= TOP
