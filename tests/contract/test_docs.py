"""The documents speak of files, commands and targets that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hiphinge.apps.cli import COMMANDS
from tests.contract.source import PACKAGE, ROOT, tracked

PAGES = sorted(p for p in tracked() if p.suffix == ".md")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)")
CODE_PATH = re.compile(r"`((?:[a-z_]+/)*[a-z_]+\.py|[a-z_]+/(?:[a-z_]+/)*)`")
COMMAND = re.compile(r"^ {4}(?:\.venv/bin/)?hiphinge ([a-z]+)", re.MULTILINE)
TARGET = re.compile(r"^ {4}make ([a-z]+)", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """Links to files of this repository; what is outside is not asked."""
    dead = [target for target in LINK.findall(page.read_text("utf-8")) if not (page.parent / target).exists()]
    assert dead == []


@pytest.mark.parametrize("name", ["docs/story-of-a-sample.md", "docs/frames.md", "CONTRIBUTING.md", "README.md"])
def test_named_source_files_exist(name: str) -> None:
    """`streams/align.py` below the package or the checkout; a folder ends in a slash."""
    named = CODE_PATH.findall((ROOT / name).read_text("utf-8"))
    assert [path for path in named if not ((PACKAGE / path).exists() or (ROOT / path).exists())] == []


def test_the_story_names_its_stations() -> None:
    """The check above reads something."""
    assert len(CODE_PATH.findall((ROOT / "docs" / "story-of-a-sample.md").read_text("utf-8"))) > 25


def test_commands_of_the_readme_exist() -> None:
    """What a stranger is told to type."""
    told = set(COMMAND.findall((ROOT / "README.md").read_text("utf-8")))
    assert told
    assert told <= set(COMMANDS)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_make_targets_exist(name: str) -> None:
    """And what make is told to do."""
    targets = set(TARGET.findall((ROOT / name).read_text("utf-8")))
    assert targets
    assert targets <= set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
