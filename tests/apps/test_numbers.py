"""A number on the command line is one: no command takes nan or infinity for seconds, hours or a rate."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from hiphinge.apps.cli import hiphinge


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "many", ""])
@pytest.mark.parametrize(
    "before",
    [
        ("lift", "--for"),
        ("scan", "--for"),
        ("status", "--pause"),
        ("calibrate", "--speed"),
        ("simulate", "workout", "-o", "a.mcap", "--rate-hz"),
        ("simulate", "workout", "-o", "a.mcap", "--hours"),
        ("history", "--ankle"),
    ],
    ids=lambda words: " ".join((words[0], words[-1])),
)
def test_what_is_no_number_ends_with_two(before: tuple[str, ...], value: str) -> None:
    done = CliRunner().invoke(hiphinge, [*before, value])
    assert done.exit_code == 2, done.output
    assert f"Invalid value for '{before[-1]}'" in done.stderr
