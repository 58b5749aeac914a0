"""The words about safety in a real pseudo-terminal, and never in a pipe."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hiphinge import settings
from hiphinge.settings import safety
from tests.apps.terminal import read

pty = pytest.importorskip("pty", reason="terminal: this system has no pseudo-terminals")

HIPHINGE = [sys.executable, "-m", "hiphinge"]
QUESTION = b"Press Enter when you have read this"


def in_a_terminal(*args: str, answer: bytes = b"\n") -> tuple[int, str]:
    """Exit status and all that the terminal shows; ``answer`` is typed once it is asked for."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*HIPHINGE, *args], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as run:
        os.close(theirs)
        shown = b""
        while piece := read(ours):
            if QUESTION not in shown and QUESTION in shown + piece:
                os.write(ours, answer)
            shown += piece
    os.close(ours)
    return run.returncode, shown.decode().replace("\r\n", "\n")


def flat(text: str) -> str:
    return " ".join(text.split())


def test_they_are_shown_once_and_kept_as_read(hiphinge_home: Path) -> None:
    code, shown = in_a_terminal("info", "nothing.mcap")
    assert code == 1
    assert safety.SHORT in flat(shown)
    assert max(len(line) for line in shown.split("Press")[0].splitlines()) <= 80
    assert settings.load(root=safety.Safety).read == safety.WORDING
    assert (hiphinge_home / "settings.toml").read_text() == f"[safety]\nread = {safety.WORDING}\n"
    code, shown = in_a_terminal("info", "nothing.mcap")
    assert (code, QUESTION.decode() in shown) == (1, False)


def test_ctrl_c_is_no_answer(hiphinge_home: Path) -> None:
    code, shown = in_a_terminal("info", "nothing.mcap", answer=b"\x04")  # the end of what is typed
    assert code == 130
    assert shown.endswith("Stopped.\n")
    assert list(hiphinge_home.iterdir()) == []


@pytest.mark.parametrize("args", [("--help",), ("info", "--help"), ("info", "-h"), ("--version",)])
def test_help_is_not_kept_waiting(args: tuple[str, ...], hiphinge_home: Path) -> None:
    code, shown = in_a_terminal(*args)
    assert (code, QUESTION.decode() in shown) == (0, False)
    assert list(hiphinge_home.iterdir()) == []


def test_a_pipe_is_never_asked(hiphinge_home: Path) -> None:
    done = subprocess.run(
        [*HIPHINGE, "info", "nothing.mcap"],
        stdin=subprocess.PIPE,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode in (1, 2)
    assert "medical" not in done.stdout + done.stderr
    assert list(hiphinge_home.iterdir()) == []


def test_one_end_in_a_pipe_is_enough(hiphinge_home: Path) -> None:
    """A script with the terminal as its stdin, but its stderr kept: nobody would see the question."""
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [*HIPHINGE, "info", "nothing.mcap"], stdin=theirs, capture_output=True, check=False, timeout=60
    )
    os.close(ours)
    os.close(theirs)
    assert QUESTION not in done.stdout + done.stderr


def test_new_words_are_shown_again() -> None:
    settings.save(safety.Safety(safety.WORDING - 1))
    _, shown = in_a_terminal("info", "nothing.mcap")
    assert QUESTION.decode() in shown
