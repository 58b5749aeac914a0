"""requirements.lock is in step with pyproject.toml, hashed, and names no address."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.contract.source import ROOT

LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
LISTED = [*PROJECT["dependencies"], *(wanted for extra in EXTRAS.values() for wanted in extra)]
WANTED = [wanted for wanted in LISTED if not wanted.startswith("hiphinge[")]  # dev asks for the other extras by name
PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?: ; [^\\]+)? \\$", re.MULTILINE)


def pins(name: str) -> list[str]:
    """Locked versions of a package: one, or one for each range of Pythons."""
    return [m["version"] for m in PIN.finditer(LOCK) if canonicalize_name(m["name"]) == canonicalize_name(name)]


@pytest.mark.parametrize("wanted", WANTED)
def test_every_dependency_is_pinned_within_its_range(wanted: str) -> None:
    """Out of step: run `make lock`."""
    requirement = Requirement(wanted)
    found = pins(requirement.name)
    assert found
    assert [v for v in found if v not in requirement.specifier] == []


def test_every_pin_has_a_hash() -> None:
    """Each block of the lock is a pin followed by hashes."""
    blocks = re.split(r"\n(?=\S)", LOCK.strip())
    assert [b.splitlines()[0] for b in blocks if not PIN.match(b) or "--hash=sha256:" not in b] == []


def test_the_lock_names_no_address() -> None:
    """It installs from wherever the machine's pip is set up to look."""
    assert "://" not in LOCK
    assert "index-url" not in LOCK
